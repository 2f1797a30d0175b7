export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds in seconds, for a histogram. */
  readonly buckets?: readonly number[];
}

/** The metrics of a process, by name. */
export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;
