import type { CheckpointEntry } from '../log-entries.js';
import type { ChainFinding } from './chain-report.js';
import type { ChainState } from './chain-state.js';
import { checkpointHolds } from './checkpoint.js';

/** What is wrong with a checkpoint in its own chain, which stands behind the record that `prevHash` is the hash of; else undefined. */
export function checkpointFault(
  { instance, publicKey }: ChainState,
  checkpoint: CheckpointEntry['checkpoint'],
  { seq, prevHash }: { readonly seq: number; readonly prevHash: string },
): Pick<ChainFinding, 'code' | 'message'> | undefined {
  if (checkpoint.lastSeq !== seq - 1 || checkpoint.lastHash !== prevHash || !checkpointHolds(instance, checkpoint))
    return { code: 'bad-checkpoint', message: 'the signature of the checkpoint does not hold for the chain before it' };
  if (publicKey !== undefined && publicKey !== checkpoint.publicKey)
    return {
      code: 'other-key',
      message: 'the checkpoint is signed with another key than the start of the instance names',
    };
  return undefined;
}
