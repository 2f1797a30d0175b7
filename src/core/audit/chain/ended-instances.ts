import type { InstanceEndedEntry } from '../log-entries.js';
import type { ChainFindings } from './chain-findings.js';
import type { ChainState } from './chain-state.js';
import type { InstanceSummary } from './instance-summary.js';

type InstanceEnd = InstanceEndedEntry['ended'];

/** Compares the ends of chains with what later instances in the same folder found. */
export class EndedInstances {
  readonly #complete: boolean;
  readonly #ended = new Map<string, { readonly end: InstanceEnd; readonly foundBy: string }>();

  /** `complete`: a chain that another one speaks of has to be there. */
  constructor(complete: boolean) {
    this.#complete = complete;
  }

  add(end: InstanceEnd, foundBy: string): void {
    this.#ended.set(end.endedInstance, { end, foundBy });
  }

  /** How an instance ended, as far as its own chain or a later instance tells. */
  howEnded({ instance, stopped }: ChainState): InstanceSummary['ended'] {
    return stopped ? 'stopped' : (this.#ended.get(instance)?.end.how ?? 'open');
  }

  /** Once all chains were read. */
  check(chains: ReadonlyMap<string, ChainState>, findings: ChainFindings): void {
    for (const [instance, { end, foundBy }] of this.#ended) {
      const chain = chains.get(instance);
      if (chain === undefined) this.#checkMissing(end, foundBy, findings);
      else if (chain.seq !== end.lastSeq || (chain.hash !== undefined && chain.hash !== end.lastHash))
        findings.add({
          code: 'ended-differently',
          message: `the chain ends with record ${chain.seq}, but instance ${foundBy} found its end at record ${end.lastSeq}${chain.seq === end.lastSeq ? ' with another hash' : ''}`,
          seq: chain.seq,
          instance,
        });
    }
  }

  #checkMissing({ endedInstance: instance, lastSeq }: InstanceEnd, foundBy: string, findings: ChainFindings): void {
    if (!this.#complete)
      findings.notes.push(`instance ${foundBy} names instance ${instance} before it, which was not given`);
    else if (lastSeq > 0)
      findings.add({
        code: 'chain-missing',
        message: `the chain of instance ${instance} is missing: instance ${foundBy} found ${lastSeq} records of it`,
        instance,
      });
  }
}
