import type { InstanceEndedEntry } from '../log-entries.js';
import type { ChainFindings } from './chain-findings.js';
import { type ChainState, provenUpTo } from './chain-state.js';
import { tailCut } from './tail-cut.js';

type InstanceEnd = InstanceEndedEntry['ended'];
type Chains = ReadonlyMap<string, ChainState>;

interface FoundEnd {
  readonly end: InstanceEnd;
  readonly foundBy: string;
  /** The record that says it. */
  readonly seq: number;
  readonly time: string;
}

/** A file beside the segments of an instance, which names the instance that found its end. */
export interface FoundEndedFile {
  readonly file: string;
  readonly instance: string;
  readonly recordedBy: string;
}

/**
 * Compares the ends of chains with what later instances in the same folder found. Each of their statements counts: a start looks at an
 * instance again where somebody has taken away the file that says that it was looked at.
 */
export class EndedInstances {
  readonly #complete: boolean;
  readonly #ended = new Map<string, FoundEnd[]>();
  readonly #files: FoundEndedFile[] = [];

  /** `complete`: a chain that another one speaks of has to be there. */
  constructor(complete: boolean) {
    this.#complete = complete;
  }

  add(found: FoundEnd): void {
    const before = this.#ended.get(found.end.endedInstance);
    if (before === undefined) this.#ended.set(found.end.endedInstance, [found]);
    else before.push(found);
  }

  addFile(found: FoundEndedFile): void {
    this.#files.push(found);
  }

  /** How an instance ended, as far as later instances tell. */
  saidOf(instance: string): InstanceEnd['how'] | undefined {
    const found = this.#ended.get(instance);
    if (found === undefined) return undefined;
    return found.every(({ end }) => end.how === 'stopped') ? 'stopped' : 'crashed';
  }

  /** Since when a later instance vouches for the end of a chain, with a record that is itself proven: the first one that does. */
  vouchedSince({ instance }: ChainState, chains: Chains): string | undefined {
    return this.#ended
      .get(instance)
      ?.filter(({ foundBy, seq }) => {
        const by = chains.get(foundBy);
        return by !== undefined && provenUpTo(by) >= seq;
      })
      .map(({ time }) => time)
      .sort()[0];
  }

  /** Once all chains were read. */
  check(chains: Chains, findings: ChainFindings): void {
    for (const [instance, found] of this.#ended) {
      const chain = chains.get(instance);
      if (chain === undefined) this.#checkMissing(found, findings);
      else for (const one of found) this.#checkEnd(chain, one, findings);
    }
    for (const file of this.#files) this.#checkFile(file, chains, findings);
  }

  #checkMissing(found: readonly FoundEnd[], findings: ChainFindings): void {
    const [{ end, foundBy }] = [...found].sort((one, other) => other.end.lastSeq - one.end.lastSeq) as [FoundEnd];
    const { endedInstance: instance, lastSeq } = end;
    if (!this.#complete) findings.note(`instance ${foundBy} names instance ${instance} before it, which was not given`);
    else if (lastSeq > 0)
      findings.add({
        code: 'chain-missing',
        message: `the chain of instance ${instance} is missing: instance ${foundBy} found ${lastSeq} records of it (if its folder lies elsewhere, name that folder, too)`,
        instance,
      });
  }

  #checkEnd(chain: ChainState, found: FoundEnd, findings: ChainFindings): void {
    const { instance, seq, unread } = chain;
    const { end, foundBy } = found;
    // Of a stream of lines, a crash takes those that were on disk and not printed yet.
    if (!this.#complete && end.lastSeq > seq + unread)
      findings.leaveOpen({
        code: 'records-elsewhere',
        message: `instance ${foundBy} found the end of instance ${instance} at record ${end.lastSeq}, and what was given ends with record ${seq}`,
        instance,
      });
    else checkEnd(chain, found, findings);
  }

  /** The instance that found an end says so in its own chain, too. */
  #checkFile({ file, instance, recordedBy }: FoundEndedFile, chains: Chains, findings: ChainFindings): void {
    const by = chains.get(recordedBy);
    if (by === undefined) {
      const message = `instance ${recordedBy}, which found the end of instance ${instance}, is not here: removed, or moved elsewhere (then name that folder, too)`;
      if (this.#complete) findings.leaveOpen({ code: 'instance-elsewhere', message, instance: recordedBy });
      else findings.note(message);
    } else if (
      !by.lacksBeginning &&
      chains.has(instance) &&
      !(this.#ended.get(instance) ?? []).some(({ foundBy }) => foundBy === recordedBy)
    )
      findings.add({
        code: 'ended-differently',
        message: `the file says that instance ${recordedBy} found the end of instance ${instance}, and that one says nothing of it: one of them was changed`,
        file,
        instance,
      });
  }
}

function checkEnd(chain: ChainState, { end, foundBy }: FoundEnd, findings: ChainFindings): void {
  const { instance } = chain;
  const { lastSeq, lastHash, head } = end;
  // Where lines at the end were changed, the instance saw them whole or as they are now.
  const isEnd = lastSeq >= chain.seq && lastSeq <= chain.seq + chain.unread;
  const isOther = lastSeq === chain.seq && chain.hash !== lastHash;
  if (!isEnd || isOther)
    findings.add({
      code: 'ended-differently',
      message: `the chain ends with record ${chain.seq}, but instance ${foundBy} found its end at record ${lastSeq}${isOther ? ' with another hash' : ''}`,
      seq: chain.seq,
      instance,
    });
  if (end.torn !== undefined && chain.stopIsSigned)
    findings.add({
      code: 'left-over',
      message: `the instance stopped in order, and instance ${foundBy} found ${end.torn.bytes} bytes behind its end, now in ${end.torn.file}: somebody else added them`,
      seq: chain.seq,
      instance,
    });
  if (head === undefined || !isEnd) return;
  if (typeof head === 'string')
    findings.note(
      `instance ${foundBy} found the last signature of instance ${instance}, head.json, ${head} when it looked at its end`,
    );
  // The signature is written down as the record after the one it signs, and only then beside the segments.
  else if (head.lastSeq + 1 > chain.seq + chain.unread)
    findings.add(tailCut(chain, head.lastSeq + 1, `its last signature when instance ${foundBy} found its end`));
}
