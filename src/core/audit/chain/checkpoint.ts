import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '../../document/canonical-json.js';
import type { CheckpointEntry } from '../log-entries.js';
import type { AuditRecord } from '../record.js';
import type { SealInput } from './sealed-lines.js';

type Checkpoint = CheckpointEntry['checkpoint'];

/** Signs the chain up to the record before, and the record that the checkpoint itself becomes when it is sealed with `seal`. */
export function checkpointOf(
  seal: SealInput,
  key: { readonly privateKey: KeyObject; readonly publicKey: string },
): CheckpointEntry {
  const { cluster, prevHash, recordId, seq, source, time } = seal;
  // In the order of canonical JSON, so that nothing needs to be sorted.
  const unsigned = { lastHash: prevHash, lastSeq: seq - 1, publicKey: key.publicKey };
  const recordSha256 = sha256({
    checkpoint: unsigned,
    cluster,
    prevHash,
    recordId,
    recordType: 'checkpoint',
    seq,
    source,
    stream: 'audit',
    time,
    version: 1,
  });
  const signed = { ...unsigned, recordSha256 };
  const signature = sign(null, checkpointText(source.instance, signed), key.privateKey).toString('base64');
  return { recordType: 'checkpoint', checkpoint: { ...signed, signature } };
}

/** Whether the signature of a checkpoint is right for the key it names. Whose key that is, is another question. */
export function checkpointHolds(instance: string, checkpoint: Checkpoint): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.from(checkpoint.publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    });
    return (
      key.asymmetricKeyType === 'ed25519' &&
      verify(null, checkpointText(instance, checkpoint), key, Buffer.from(checkpoint.signature, 'base64'))
    );
  } catch {
    return false;
  }
}

/** Whether a checkpoint's record is the one that it was signed in. Those of older versions sign only what is before them. */
export function signedRecord(record: AuditRecord & CheckpointEntry): 'same' | 'another' | 'unsigned' {
  const { hash: _, ...body } = record;
  const { recordSha256, signature: __, ...unsigned } = record.checkpoint;
  if (recordSha256 === undefined) return 'unsigned';
  return recordSha256 === sha256({ ...body, checkpoint: unsigned }) ? 'same' : 'another';
}

/** The public half of a key, in the form that records carry: SPKI DER, base64. */
export function publicKeyText(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
}

type SignedMembers = Pick<Checkpoint, 'lastSeq' | 'lastHash' | 'recordSha256'>;

function checkpointText(instance: string, { lastSeq, lastHash, recordSha256 }: SignedMembers): Buffer {
  return Buffer.from(
    recordSha256 === undefined
      ? `seccomply-checkpoint-v1\n${instance}\n${lastSeq}\n${lastHash}\n`
      : `seccomply-checkpoint-v2\n${instance}\n${lastSeq}\n${lastHash}\n${recordSha256}\n`,
  );
}

function sha256(value: unknown): string {
  return hash('sha256', canonicalJson(value));
}
