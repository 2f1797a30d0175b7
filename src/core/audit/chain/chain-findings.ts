import type { ChainFinding, ChainGap } from './chain-report.js';

type UnplacedFinding = Omit<ChainFinding, 'file' | 'line'>;

const limit = 100;

/** Collects findings with the file and line that is being read, gaps and notes, each up to a limit. */
export class ChainFindings {
  readonly list: ChainFinding[] = [];
  readonly gaps: ChainGap[] = [];
  readonly #notes: string[] = [];
  omitted = 0;
  gapsOmitted = 0;
  #notesOmitted = 0;
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

  /** Something that is not shown, and no fault. */
  leaveOpen(gap: ChainGap): void {
    if (this.gaps.length < limit) this.gaps.push(gap);
    else this.gapsOmitted += 1;
  }

  note(text: string): void {
    if (this.#notes.length < limit) this.#notes.push(text);
    else this.#notesOmitted += 1;
  }

  get notes(): readonly string[] {
    return this.#notesOmitted === 0 ? this.#notes : [...this.#notes, `and ${this.#notesOmitted} more notes`];
  }

  add(finding: ChainFinding): void {
    if (this.list.length < limit) this.list.push(finding);
    else this.omitted += 1;
  }
}
