import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import type { AuditEntry, CheckpointEntry, ClusterIdentity, RecordSource } from './record.js';

/** `prevHash` of the first record of an instance. */
export const firstPrevHash = '0'.repeat(64);

export interface SealInput {
  readonly recordId: string;
  readonly seq: number;
  readonly time: string;
  readonly source: RecordSource;
  readonly cluster?: ClusterIdentity;
  readonly prevHash: string;
}

export interface Sealed {
  /** The record as its line of JSON, without the line end. */
  readonly line: string;
  readonly hash: string;
}

/**
 * Makes an entry a record of the chain. The hash is SHA-256 over the canonical JSON of everything else, and the line is that
 * very text with `"hash"` put in front: whoever checks needs no parser (`{` + what follows the first comma), whoever parses
 * removes `hash`, prints canonically and gets the same bytes.
 */
export function sealEntry(entry: AuditEntry, input: SealInput): Sealed {
  const body = canonicalJson({ ...entry, ...input, stream: 'audit', version: 1 });
  const digest = hash('sha256', body);
  return { line: `{"hash":"${digest}",${body.slice(1)}`, hash: digest };
}

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

/** The public half in the form that records carry: SPKI DER, base64. */
export function publicKeyText(privateKey: KeyObject | string): string {
  const key = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey;
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
}

function checkpointText(instance: string, lastSeq: number, lastHash: string): Buffer {
  return Buffer.from(`seccomply-checkpoint-v1\n${instance}\n${lastSeq}\n${lastHash}\n`);
}
