import { type ChainState, provenUpTo } from './chain-state.js';

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
  /** The last record that was found the same in what was kept elsewhere; 0 for none. */
  readonly keptUpTo: number;
  readonly publicKey?: string;
  /** `stopped` is signed by the instance itself or said by a later one; `running` by the file that names its process. */
  readonly ended: 'stopped' | 'crashed' | 'running' | 'open';
  /** Absent where all records are covered by a signature or by what was kept elsewhere. */
  readonly unproven?: UnprovenRecords;
  /** Absent where a signed stop, or what was kept elsewhere, shows that nothing came after the last record. */
  readonly unprovenEnd?: UnprovenEnd;
}

/** Records at the end of a chain that nothing vouches for: they could have been changed or left out, and it would not show. */
export interface UnprovenRecords {
  readonly from: number;
  readonly to: number;
  /** When the first of them says that it was made. */
  readonly since: string;
  /** When a later instance found and signed them as they are: no change since then. Absent while none has. */
  readonly until?: string;
}

/** Nothing tells whether more records came after this one. */
interface UnprovenEnd {
  readonly after: number;
  /** When a later instance found and signed the end: nothing was cut since then. Absent while none has. */
  readonly until?: string;
}

export interface HowEnded {
  readonly ended: InstanceSummary['ended'];
  /** A later instance found and signed the end. */
  readonly foundAt: string | undefined;
  /** What was kept elsewhere shows the end. */
  readonly endIsKept: boolean;
}

export function summaryOf(chain: ChainState, { ended, foundAt, endIsKept }: HowEnded): InstanceSummary {
  const { instance, firstSeq, records, checkpoints, signedUpTo, keptUpTo, publicKey, seq } = chain;
  const proven = provenUpTo(chain);
  const from = Math.max(proven + 1, firstSeq);
  const until = foundAt === undefined ? {} : { until: foundAt };
  return {
    instance,
    firstSeq,
    lastSeq: seq,
    lastHash: chain.hash,
    records,
    checkpoints,
    signedUpTo,
    keptUpTo,
    ...(publicKey === undefined ? {} : { publicKey }),
    ended,
    ...(from > seq ? {} : { unproven: { from, to: seq, since: chain.unprovenSince, ...until } }),
    ...(chain.stopIsSigned || endIsKept ? {} : { unprovenEnd: { after: seq, ...until } }),
  };
}
