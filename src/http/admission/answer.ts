/** What a call gets back, and how it is counted. */
export interface HttpAnswer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
  readonly operation: string;
  readonly decision: 'allowed' | 'patched' | 'denied' | 'error';
  readonly dryRun: boolean;
}

/** An answer that waits for something: its record on disk, the labels of a namespace. */
export interface PendingAnswer {
  readonly settled: Promise<HttpAnswer>;
  /** What to say when the deadline comes first, or the caller is gone; without it the call gets an error. */
  readonly late?: () => HttpAnswer;
}
