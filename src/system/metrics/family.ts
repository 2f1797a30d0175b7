import type { MetricDefinition } from './definition.js';

/** One series of a counter or gauge: add to it or set it, nothing is looked up. */
export interface MetricCell {
  value: number;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** Series beyond this number share one, so that ten thousand policies do not become ten thousand series unnoticed. */
const seriesLimit = 5_000;
const otherSeries = '(other)';

/** Counters and gauges with the same name; a series is looked up once and then counted into directly. */
export class Family {
  readonly #labels: readonly string[];
  readonly #cells = new Map<string, { readonly labels: readonly string[]; readonly cell: MetricCell }>();

  constructor(definition: MetricDefinition) {
    this.#labels = definition.labels;
  }

  cell(...values: readonly string[]): MetricCell {
    const key = values.join('\u0000');
    const known = this.#cells.get(key);
    if (known !== undefined) return known.cell;
    if (this.#cells.size >= seriesLimit && values[0] !== otherSeries)
      return this.cell(...values.map(() => otherSeries));
    const cell: MetricCell = { value: 0 };
    this.#cells.set(key, { labels: values, cell });
    return cell;
  }

  add(amount: number, ...values: readonly string[]): void {
    this.cell(...values).value += amount;
  }

  set(amount: number, ...values: readonly string[]): void {
    this.cell(...values).value = amount;
  }

  samples(): readonly Sample[] {
    return [...this.#cells.values()].map(({ labels, cell }) => ({
      labels: labelled(this.#labels, labels),
      value: cell.value,
    }));
  }
}

/** One series of a histogram. */
export class HistogramCell {
  readonly #bounds: Float64Array;
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: Float64Array) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += seconds;
  }
}

export class HistogramFamily {
  readonly #name: string;
  readonly #labels: readonly string[];
  readonly #bounds: Float64Array;
  readonly #cells = new Map<string, { readonly labels: readonly string[]; readonly cell: HistogramCell }>();

  constructor(name: string, definition: MetricDefinition) {
    this.#name = name;
    this.#labels = definition.labels;
    this.#bounds = Float64Array.from(definition.buckets ?? []);
  }

  cell(...values: readonly string[]): HistogramCell {
    const key = values.join('\u0000');
    const known = this.#cells.get(key);
    if (known !== undefined) return known.cell;
    const cell = new HistogramCell(this.#bounds);
    this.#cells.set(key, { labels: values, cell });
    return cell;
  }

  samples(): readonly Sample[] {
    return [...this.#cells.values()].flatMap(({ labels: values, cell }) => {
      const labels = labelled(this.#labels, values);
      let count = 0;
      const buckets = [...cell.counts].map((inBucket, index) => {
        count += inBucket;
        const bound = this.#bounds[index];
        return { labels: { le: bound ?? '+Inf', ...labels }, value: count, metricName: `${this.#name}_bucket` };
      });
      return [
        ...buckets,
        { labels, value: cell.sum, metricName: `${this.#name}_sum` },
        { labels, value: count, metricName: `${this.#name}_count` },
      ];
    });
  }
}

function labelled(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
