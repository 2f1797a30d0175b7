import type { ChainState } from './chain-state.js';

/** What is known of the chain of one instance. */
export interface InstanceSummary {
  readonly instance: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly records: number;
  readonly checkpoints: number;
  /** The last record under a good signature; 0 for none. */
  readonly signedUpTo: number;
  readonly publicKey?: string;
  readonly ended: 'stopped' | 'crashed' | 'open';
}

export function summaryOf(chain: ChainState, ended: InstanceSummary['ended']): InstanceSummary {
  const { instance, firstSeq, records, checkpoints, signedUpTo, publicKey } = chain;
  return {
    instance,
    firstSeq,
    lastSeq: chain.seq,
    lastHash: chain.hash ?? '',
    records,
    checkpoints,
    signedUpTo,
    ...(publicKey === undefined ? {} : { publicKey }),
    ended,
  };
}

/** What the end of a chain does not prove. */
export function openEnds({ instance, lastSeq, signedUpTo, ended }: InstanceSummary): readonly string[] {
  const notes: string[] = [];
  const unsigned = lastSeq - signedUpTo;
  if (unsigned > 0)
    notes.push(
      `instance ${instance}: ${unsigned === 1 ? 'the last record is' : `the last ${unsigned} records are`} chained, but not signed yet`,
    );
  if (ended === 'open')
    notes.push(
      `instance ${instance} has no stop record: it is running, it crashed, or its end was cut (a checkpoint kept elsewhere would tell)`,
    );
  return notes;
}
