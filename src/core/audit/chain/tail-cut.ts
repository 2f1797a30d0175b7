import type { ChainFinding } from './chain-report.js';
import type { ChainState } from './chain-state.js';

/** The finding for a chain that once had a record `last`, of which `how` tells how that is known. */
export function tailCut({ instance, seq, unread }: ChainState, last: number, how: string): ChainFinding {
  const end = seq + unread;
  const cut = end + 1 === last ? `record ${last} was` : `records ${end + 1} to ${last} were`;
  return {
    code: 'tail-cut',
    message: `the chain ends with record ${end}, but record ${last} was ${how}: ${cut} cut off`,
    seq: end,
    instance,
  };
}
