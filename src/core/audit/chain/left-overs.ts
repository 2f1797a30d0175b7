import type { StoreEntry } from '../log-entries.js';
import type { ChainFindings } from './chain-findings.js';
import type { ChainState } from './chain-state.js';
import { readSealedLine } from './read-sealed-line.js';
import { recordStart } from './sealed-lines.js';

const lineEnd = 0x0a;

interface LeftOver {
  readonly file: string;
  /** Bytes. */
  readonly length: number;
  /** The segment after it has begun. */
  isFollowed: boolean;
}

/**
 * Bytes behind the end of a segment, which the next one leaves out. A write that failed leaves some, and then the instance says in the next
 * segment why it left the one before; all others were added by somebody else.
 */
export class LeftOvers {
  readonly #findings: ChainFindings;
  /** What may be left by a write, until the next segment has said so. */
  readonly #open = new Map<ChainState, LeftOver>();

  constructor(findings: ChainFindings) {
    this.#findings = findings;
  }

  /** `bytes`: undefined for more than a write has. `chain`: the one that the file ends with. */
  add(file: string, bytes: Buffer | undefined, length: number, chain: ChainState | undefined): void {
    const one = { file, length, isFollowed: false };
    if (bytes === undefined || chain === undefined || !isLeftByWrite(bytes, chain)) {
      this.#report(one);
      return;
    }
    this.#close(chain);
    this.#open.set(chain, one);
  }

  /** The chain begins its next segment. */
  onSegment(chain: ChainState): void {
    const one = this.#open.get(chain);
    if (one === undefined) return;
    if (one.isFollowed) this.#close(chain);
    else one.isFollowed = true;
  }

  onStore(chain: ChainState, { state }: StoreEntry['store']): void {
    const one = this.#open.get(chain);
    if (one === undefined || state === 'unreadable') return;
    this.#open.delete(chain);
    this.#findings.note(
      `${one.file}: ${one.length} bytes at the end do not count: a write that failed left them, and the next segment says where this one ended`,
    );
  }

  /** Once all chains were read. */
  check(): void {
    for (const chain of this.#open.keys()) this.#close(chain);
  }

  #close(chain: ChainState): void {
    const one = this.#open.get(chain);
    this.#open.delete(chain);
    if (one !== undefined) this.#report(one);
  }

  #report({ file, length }: LeftOver): void {
    this.#findings.add({
      code: 'left-over',
      message: `${length} bytes stand behind the end that the next segment names, and no write that failed left them: somebody else added them`,
      file,
    });
  }
}

/** Whether bytes are what a write that failed can leave behind a chain: records that go on with it, then an unfinished one or NUL bytes. */
function isLeftByWrite(bytes: Buffer, { instance, seq, hash }: ChainState): boolean {
  let next = seq + 1;
  let prevHash = hash;
  let from = 0;
  for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, from)) {
    const line = readSealedLine(Buffer.from(bytes.subarray(from, end)));
    if (line === undefined || line.actual !== line.claimed || line.instance !== instance) return false;
    if (line.seq !== next || line.prevHash !== prevHash) return false;
    next += 1;
    prevHash = line.actual;
    from = end + 1;
  }
  return isUnfinished(bytes.subarray(from));
}

/** Whether it is the beginning of a record, with or without the NUL bytes of what did not reach the disk, or these alone. */
function isUnfinished(rest: Buffer): boolean {
  const nul = rest.indexOf(0);
  const begun = nul < 0 ? rest : rest.subarray(0, nul);
  if (nul >= 0 && rest.subarray(nul).some((byte) => byte !== 0)) return false;
  const start = Buffer.from(recordStart);
  const compared = Math.min(begun.length, start.length);
  return begun.subarray(0, compared).equals(start.subarray(0, compared));
}
