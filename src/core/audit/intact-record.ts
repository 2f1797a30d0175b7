import { hash } from 'node:crypto';
import { canonicalJson } from '../document/canonical-json.js';
import type { AuditRecord } from './record.js';

/** The record of a line, when it is one and its hash fits its content. Says nothing about its place in a chain. */
export function readIntactRecord(line: Buffer | string): AuditRecord | undefined {
  const record = readRecord(line);
  if (record === undefined) return undefined;
  const { hash: claimed, ...body } = record;
  return hash('sha256', canonicalJson(body)) === claimed ? record : undefined;
}

/** The record of a line, when it has the shape of one; nothing is checked. */
export function readRecord(line: Buffer | string): AuditRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Partial<AuditRecord>;
  return record.stream === 'audit' &&
    typeof record.hash === 'string' &&
    typeof record.prevHash === 'string' &&
    typeof record.seq === 'number' &&
    typeof record.recordType === 'string' &&
    typeof record.time === 'string' &&
    typeof record.source?.instance === 'string'
    ? (record as AuditRecord)
    : undefined;
}
