import type { InstanceEndedEntry } from '../log-entries.js';
import type { ChainFindings } from './chain-findings.js';
import { type ChainState, provenUpTo } from './chain-state.js';
import type { InstanceSummary } from './instance-summary.js';

type InstanceEnd = InstanceEndedEntry['ended'];

interface FoundEnd {
  readonly end: InstanceEnd;
  readonly foundBy: string;
  /** The record that says it. */
  readonly seq: number;
  readonly time: string;
}

/** Compares the ends of chains with what later instances in the same folder found. */
export class EndedInstances {
  readonly #complete: boolean;
  readonly #ended = new Map<string, FoundEnd>();

  /** `complete`: a chain that another one speaks of has to be there. */
  constructor(complete: boolean) {
    this.#complete = complete;
  }

  add(found: FoundEnd): void {
    this.#ended.set(found.end.endedInstance, found);
  }

  /** How an instance ended, as far as its own chain or a later instance tells. */
  howEnded({ instance, stopIsSigned }: ChainState): InstanceSummary['ended'] {
    return stopIsSigned ? 'stopped' : (this.#ended.get(instance)?.end.how ?? 'open');
  }

  /** Since when a later instance vouches for the end of a chain, with a record that is itself proven. */
  vouchedSince({ instance }: ChainState, chains: ReadonlyMap<string, ChainState>): string | undefined {
    const found = this.#ended.get(instance);
    const by = found === undefined ? undefined : chains.get(found.foundBy);
    return found !== undefined && by !== undefined && provenUpTo(by) >= found.seq ? found.time : undefined;
  }

  /** Once all chains were read. */
  check(chains: ReadonlyMap<string, ChainState>, findings: ChainFindings): void {
    for (const [instance, { end, foundBy }] of this.#ended) {
      const chain = chains.get(instance);
      if (chain === undefined) this.#checkMissing(end, foundBy, findings);
      else {
        // Where lines at the end were changed, the instance saw them whole or as they are now.
        const isEnd = end.lastSeq >= chain.seq && end.lastSeq <= chain.seq + chain.unread;
        const isOther = end.lastSeq === chain.seq && chain.hash !== end.lastHash;
        if (!isEnd || isOther)
          findings.add({
            code: 'ended-differently',
            message: `the chain ends with record ${chain.seq}, but instance ${foundBy} found its end at record ${end.lastSeq}${isOther ? ' with another hash' : ''}`,
            seq: chain.seq,
            instance,
          });
      }
    }
  }

  #checkMissing({ endedInstance: instance, lastSeq }: InstanceEnd, foundBy: string, findings: ChainFindings): void {
    if (!this.#complete) findings.note(`instance ${foundBy} names instance ${instance} before it, which was not given`);
    else if (lastSeq > 0)
      findings.add({
        code: 'chain-missing',
        message: `the chain of instance ${instance} is missing: instance ${foundBy} found ${lastSeq} records of it`,
        instance,
      });
  }
}
