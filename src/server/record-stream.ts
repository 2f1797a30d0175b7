/**
 * Writes audit records to standard output, a batch at a time. A reader that has gone away is no reason to stop: the records are
 * on disk.
 */
export class RecordStream {
  readonly #out: NodeJS.WritableStream;
  #lines: string[] = [];
  #scheduled = false;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
    out.on('error', () => undefined);
  }

  readonly line = (line: string): void => {
    this.#lines.push(line);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Runs before the answers that wait for these records, which need more than one step of their promises.
    queueMicrotask(() => this.flush());
  };

  flush(): void {
    this.#scheduled = false;
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#out.write(text);
  }
}
