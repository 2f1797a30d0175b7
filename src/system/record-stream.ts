/**
 * Writes audit records to standard output. A reader that has gone away is no reason to stop: the records are on disk.
 */
export class RecordStream {
  readonly #out: NodeJS.WritableStream;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
    out.on('error', () => undefined);
  }

  readonly lines = (lines: Buffer): void => {
    this.#out.write(lines);
  };
}
