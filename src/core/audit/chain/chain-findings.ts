import type { ChainFinding } from './chain-report.js';

type UnplacedFinding = Omit<ChainFinding, 'file' | 'line'>;

const limit = 100;

/** Collects findings with the file and line that is being read, up to a limit, and notes. */
export class ChainFindings {
  readonly list: ChainFinding[] = [];
  readonly notes: string[] = [];
  omitted = 0;
  #file = '';
  #line = 0;

  beginFile(name: string): void {
    this.#file = name;
    this.#line = 0;
  }

  beginLine(): void {
    this.#line += 1;
  }

  addHere(finding: UnplacedFinding): void {
    this.add({ ...finding, file: this.#file, line: this.#line });
  }

  add(finding: ChainFinding): void {
    if (this.list.length < limit) this.list.push(finding);
    else this.omitted += 1;
  }
}
