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
  readonly ended: 'stopped' | 'crashed' | 'open';
  /** Absent where all records are covered by a signature or by what was kept elsewhere. */
  readonly unproven?: UnprovenRecords;
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

export function summaryOf(
  chain: ChainState,
  ended: InstanceSummary['ended'],
  unprovenUntil: string | undefined,
): InstanceSummary {
  const { instance, firstSeq, records, checkpoints, signedUpTo, keptUpTo, publicKey } = chain;
  const proven = provenUpTo(chain);
  const from = Math.max(proven + 1, firstSeq);
  return {
    instance,
    firstSeq,
    lastSeq: chain.seq,
    lastHash: chain.hash,
    records,
    checkpoints,
    signedUpTo,
    keptUpTo,
    ...(publicKey === undefined ? {} : { publicKey }),
    ended,
    ...(from > chain.seq
      ? {}
      : {
          unproven: {
            from,
            to: chain.seq,
            since: chain.unprovenSince,
            ...(unprovenUntil === undefined ? {} : { until: unprovenUntil }),
          },
        }),
  };
}

/** What the end of a chain does not prove. */
export function openEnds({ instance, ended, unproven }: InstanceSummary): readonly string[] {
  const notes: string[] = [];
  if (unproven !== undefined) {
    const { from, to, since, until } = unproven;
    const which = from === to ? `record ${from} is` : `records ${from} to ${to} are`;
    notes.push(
      until === undefined
        ? `instance ${instance}: ${which} unproven since ${since}: no signature covers ${from === to ? 'it' : 'them'} yet, so a change or a gap would not show`
        : `instance ${instance}: ${which} unproven from ${since} until ${until}, when the next start found and signed ${from === to ? 'it' : 'them'}: unsigned until then, so a change before that would not show, and one after it would`,
    );
  }
  if (ended === 'open')
    notes.push(
      `instance ${instance} has no stop record: it is running, it crashed, or its end was cut (lines kept elsewhere would tell: --collected)`,
    );
  return notes;
}
