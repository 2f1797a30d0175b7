import { hash } from 'node:crypto';
import { canonicalJson } from '../document/canonical-json.js';
import type { AuditRecord } from './record.js';

/** The record of a line, when it is one and its hash fits its content. Says nothing about its place in a chain. */
export function readIntactRecord(line: Buffer | string): AuditRecord | undefined {
  const record = readRecord(line);
  return record !== undefined && isIntact(record) ? record : undefined;
}

/** Whether the hash of a record fits its content. */
export function isIntact({ hash: claimed, ...body }: AuditRecord): boolean {
  try {
    return hash('sha256', canonicalJson(body)) === claimed;
  } catch {
    // Nested deeper than anything that is written here.
    return false;
  }
}

/** The record of a line, when it has what makes every record one; nothing is checked. */
export function readRecord(line: Buffer | string): AuditRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  return withItsMembers(value);
}

/** The value, when it has what makes every record one. */
export function withItsMembers(value: unknown): AuditRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Partial<AuditRecord>;
  return record.stream === 'audit' &&
    typeof record.hash === 'string' &&
    typeof record.prevHash === 'string' &&
    Number.isSafeInteger(record.seq) &&
    (record.seq as number) > 0 &&
    typeof record.recordType === 'string' &&
    typeof record.time === 'string' &&
    typeof record.source?.instance === 'string'
    ? (record as AuditRecord)
    : undefined;
}
