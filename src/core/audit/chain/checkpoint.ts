import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { CheckpointEntry } from '../log-entries.js';

/** Signs the chain up to and including one record. */
export function checkpointOf(
  instance: string,
  lastSeq: number,
  lastHash: string,
  key: { readonly privateKey: KeyObject; readonly publicKey: string },
): CheckpointEntry {
  const signature = sign(null, checkpointText(instance, lastSeq, lastHash), key.privateKey).toString('base64');
  return { recordType: 'checkpoint', checkpoint: { lastSeq, lastHash, publicKey: key.publicKey, signature } };
}

/** Whether the signature of a checkpoint is right for the key it names. Whose key that is, is another question. */
export function checkpointHolds(instance: string, checkpoint: CheckpointEntry['checkpoint']): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.from(checkpoint.publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    });
    return (
      key.asymmetricKeyType === 'ed25519' &&
      verify(
        null,
        checkpointText(instance, checkpoint.lastSeq, checkpoint.lastHash),
        key,
        Buffer.from(checkpoint.signature, 'base64'),
      )
    );
  } catch {
    return false;
  }
}

/** The public half of a key, in the form that records carry: SPKI DER, base64. */
export function publicKeyText(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
}

function checkpointText(instance: string, lastSeq: number, lastHash: string): Buffer {
  return Buffer.from(`seccomply-checkpoint-v1\n${instance}\n${lastSeq}\n${lastHash}\n`);
}
