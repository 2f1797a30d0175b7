import { generateKeyPairSync, sign } from 'node:crypto';
import type { ChainReport } from '../../../../src/core/audit/chain/chain-report.js';
import { ChainVerifier } from '../../../../src/core/audit/chain/chain-verifier.js';
import { checkpointOf, publicKeyText } from '../../../../src/core/audit/chain/checkpoint.js';
import type { KeptElsewhere } from '../../../../src/core/audit/chain/kept-elsewhere.js';
import { firstPrevHash, SealedLines, type SealInput } from '../../../../src/core/audit/chain/sealed-lines.js';
import type { CheckpointEntry } from '../../../../src/core/audit/log-entries.js';
import type { AuditEntry, AuditRecord } from '../../../../src/core/audit/record.js';
import { denialEntry } from '../denial-entry.js';

/** Chains as an instance writes them, for tests to change. */
export const instance = '20261124T095722Z-1f3a9c2b';
export const later = '20261124T100000Z-00000001';
export const latest = '20261124T110000Z-00000002';

type Signer = Parameters<typeof checkpointOf>[1];

export function newSigner(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: publicKeyText(privateKey) };
}

export const signer = newSigner();

/** A line of the chain before it is sealed; `sign` is a checkpoint over what is before it, `sign-v1` one of an older version. */
export type Step = AuditEntry | 'sign' | 'sign-v1';

export interface Sealed {
  readonly lines: readonly string[];
  readonly lastSeq: number;
  readonly lastHash: string;
}

export const timeOf = (seq: number): string => `2026-11-24T09:57:22.${String(seq).padStart(6, '0')}Z`;

export function sealInput(seq: number, prevHash: string, of = instance, time = timeOf(seq)): SealInput {
  return {
    recordId: `0193a000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
    seq,
    time,
    source: { component: 'webhook', instance: of, version: '0.1.0' },
    prevHash,
  };
}

export function seal(steps: readonly Step[], of = instance, { key = signer, time = timeOf } = {}): Sealed {
  let prevHash = firstPrevHash;
  const lines = steps.map((step, index) => {
    const sealed = new SealedLines();
    const input = sealInput(index + 1, prevHash, of, time(index + 1));
    prevHash = sealed.add(entryOf(step, input, key), input);
    return sealed.bytes.toString('utf8', 0, sealed.bytes.length - 1);
  });
  return { lines, lastSeq: lines.length, lastHash: prevHash };
}

function entryOf(step: Step, input: SealInput, key: Signer): AuditEntry {
  if (step === 'sign') return checkpointOf(input, key);
  return step === 'sign-v1' ? oldCheckpoint(input, key) : step;
}

/** As versions before the signature over the checkpoint's own record made them. */
function oldCheckpoint({ seq, prevHash, source }: SealInput, { privateKey, publicKey }: Signer): CheckpointEntry {
  const text = `seccomply-checkpoint-v1\n${source.instance}\n${seq - 1}\n${prevHash}\n`;
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64');
  return { recordType: 'checkpoint', checkpoint: { lastSeq: seq - 1, lastHash: prevHash, publicKey, signature } };
}

/** The checkpoint in a line. */
export function checkpointIn(line: string | undefined): CheckpointEntry['checkpoint'] {
  return (JSON.parse(line ?? '{}') as AuditRecord & CheckpointEntry).checkpoint;
}

export const segment: AuditEntry = { recordType: 'segment', segment: { number: 1, previous: null } };
export const start = startOf(signer);
export const stop: AuditEntry = { recordType: 'stop', stop: { reason: 'SIGTERM' } };
export const denial = (name: string): AuditEntry => denialEntry({ request: { ...denialEntry().request, name } });
/** segment, start, the signature over both: three lines. */
export const beginning: readonly (AuditEntry | 'sign')[] = [segment, start, 'sign'];

export function startOf({ publicKey }: Signer): AuditEntry {
  return { recordType: 'start', start: { publicKey, durability: 'disk', pid: 1, host: 'h' } };
}

/** The record of a later instance that found the end of a chain. */
export function endedOf({ lastSeq, lastHash }: Sealed, how: 'stopped' | 'crashed' = 'crashed'): AuditEntry {
  return { recordType: 'instance-ended', ended: { endedInstance: instance, how, lastSeq, lastHash } };
}

/** What checking lines comes to; `before` gets the verifier first. */
export function verified(
  lines: readonly string[],
  {
    kept,
    before,
    complete = true,
  }: {
    readonly kept?: KeptElsewhere;
    readonly before?: (verifier: ChainVerifier) => void;
    readonly complete?: boolean;
  } = {},
): ChainReport {
  const verifier = new ChainVerifier({ complete, ...(kept === undefined ? {} : { kept }) });
  before?.(verifier);
  verifier.beginFile('000001.jsonl');
  for (const line of lines) verifier.line(Buffer.from(line));
  return verifier.finish();
}

export const codes = (report: ChainReport): readonly string[] => report.findings.map(({ code }) => code);
export const gaps = (report: ChainReport): readonly string[] => report.gaps.map(({ code }) => code);
