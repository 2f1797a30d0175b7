import type { CheckpointEntry } from '../log-entries.js';
import type { AuditRecord } from '../record.js';
import type { ChainFinding } from './chain-report.js';
import type { ChainState } from './chain-state.js';
import { checkpointHolds, signedRecord } from './checkpoint.js';

/** What is wrong with a checkpoint in its own chain, or the last record that it signs: its own, where it is of a version that signs that. */
export function ownCheckpoint(
  { instance, publicKey }: ChainState,
  record: AuditRecord & CheckpointEntry,
): { readonly signedUpTo: number } | { readonly fault: Pick<ChainFinding, 'code' | 'message'> } {
  const { checkpoint, seq, prevHash } = record;
  if (checkpoint.lastSeq !== seq - 1 || checkpoint.lastHash !== prevHash || !checkpointHolds(instance, checkpoint))
    return faulty('bad-checkpoint', 'the signature of the checkpoint does not hold for the chain before it');
  if (publicKey !== undefined && publicKey !== checkpoint.publicKey)
    return faulty('other-key', 'the checkpoint is signed with another key than the start of the instance names');
  const signed = signedRecord(record);
  if (signed === 'another')
    return faulty('bad-checkpoint', 'the record of the checkpoint is not the one that was signed with it');
  return { signedUpTo: signed === 'same' ? seq : seq - 1 };
}

function faulty(code: ChainFinding['code'], message: string) {
  return { fault: { code, message } };
}
