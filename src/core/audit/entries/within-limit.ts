import { hash } from 'node:crypto';
import { type AdmissionEntry, isAdmissionEntry } from '../admission-entry.js';
import type { PolicySetEntry } from '../configuration-entries.js';
import { type AuditEntry, recordBytesLimit } from '../record.js';
import { cutToBytes, listLimit, restOfList } from './recorded-text.js';

/** Most bytes of an entry as JSON; what the log adds takes less than the rest. */
export const entryBytesLimit = recordBytesLimit - 1_024;

/** Bytes that a text takes as JSON at most, without quotation marks. */
export function mostJsonBytes(text: string | undefined): number {
  if (text === undefined) return 0;
  // No character takes more than six bytes of JSON.
  return plain.test(text) ? text.length : 6 * text.length;
}

const plain = /^[\w./:*-]*$/;

/** Bytes that an entry takes as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * The entry, cut where it takes more bytes than a record may: the other findings go first, then warnings, groups and extra of who asked,
 * containers that inherit, and at last long texts are shortened; what is cut is counted or has its SHA-256 left. The weightiest finding, its
 * policy and exemption, and who asked always stay.
 */
export function withinLimit<E extends AuditEntry>(entry: E, limit: number = entryBytesLimit): E {
  let cut: AuditEntry = entry;
  const steps = isAdmissionEntry(entry) ? admissionSteps : entry.recordType === 'policy-set' ? policySetSteps : [];
  for (const step of steps) {
    const excess = jsonBytes(cut) - limit;
    if (excess <= 0) return cut as E;
    cut = step(cut as never, excess);
  }
  for (const bytes of [2_048, 512, 256]) {
    if (jsonBytes(cut) <= limit) break;
    cut = shortened(cut, bytes);
  }
  return cut as E;
}

const admissionSteps: readonly ((entry: AdmissionEntry, excess: number) => AdmissionEntry)[] = [
  cutFindings,
  ({ decision, ...entry }, excess) => ({
    ...entry,
    decision: { ...decision, ...cutList(decision, 'warnings', excess) },
  }),
  ({ actor, ...entry }, excess) => ({ ...entry, actor: { ...actor, ...cutList(actor, 'groups', excess) } }),
  cutExtra,
  cutInheritedBy,
];

function cutFindings(entry: AdmissionEntry, excess: number): AdmissionEntry {
  const { otherFindings = [] } = entry;
  if (otherFindings.length === 0) return entry;
  // The digest and the count take some bytes themselves.
  const kept = frontOf(otherFindings, excess + (entry.findingsSha256 === undefined ? 128 : 0));
  const { otherFindings: _, ...rest } = entry;
  return {
    ...rest,
    findingsSha256: entry.findingsSha256 ?? findingsSha256(allFindings(entry)),
    ...(kept.length === 0 ? {} : { otherFindings: kept }),
    otherFindingsOmitted: (entry.otherFindingsOmitted ?? 0) + otherFindings.length - kept.length,
  };
}

function allFindings({
  container,
  exemption,
  finding,
  policy,
  otherFindings = [],
}: AdmissionEntry): readonly unknown[] {
  const first = exemption === undefined ? { container, finding, policy } : { container, exemption, finding, policy };
  return [first, ...otherFindings];
}

/** SHA-256 over the JSON of each finding as a record shows it, the weightiest first. */
export function findingsSha256(findings: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(findings));
}

function cutExtra(entry: AdmissionEntry): AdmissionEntry {
  const { extra, ...actor } = entry.actor;
  if (extra === undefined) return entry;
  const short = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [restOfList(values)]]));
  return { ...entry, actor: { ...actor, extra: short } };
}

function cutInheritedBy(entry: AdmissionEntry, excess: number): AdmissionEntry {
  if (entry.container === undefined) return entry;
  return { ...entry, container: { ...entry.container, ...cutList(entry.container, 'inheritedBy', excess) } };
}

const policySetSteps: readonly ((entry: PolicySetEntry, excess: number) => PolicySetEntry)[] = (
  ['removed', 'changed', 'added', 'problems'] as const
).map((list) => ({ recordType, policySet }, excess) => {
  const documents: readonly unknown[] = policySet[list] ?? [];
  const kept = frontOf(documents, excess + 32);
  if (kept.length === documents.length) return { recordType, policySet };
  const { [list]: _, omitted = 0, ...rest } = policySet;
  return {
    recordType,
    policySet: {
      ...rest,
      ...(kept.length === 0 ? {} : { [list]: kept }),
      omitted: omitted + documents.length - kept.length,
    },
  };
});

/** The list under a key without so many bytes of its end; a word on the rest stands for it. */
function cutList<K extends string>(
  part: { readonly [key in K]?: readonly string[] },
  key: K,
  excess: number,
): { readonly [key in K]?: readonly string[] } {
  const whole: readonly string[] = part[key] ?? [];
  // What stands behind the limit already speaks of a rest.
  const [list, end] = [whole.slice(0, listLimit), whole.slice(listLimit)];
  const kept = frontOf(list, excess + 128);
  return kept.length === list.length
    ? {}
    : ({ [key]: [...kept, restOfList(list.slice(kept.length)), ...end] } as never);
}

/** As many of a list's first as leave at least so many bytes of JSON out; none when it has no more. */
function frontOf<T>(list: readonly T[], bytes: number): readonly T[] {
  let left = bytes;
  let length = list.length;
  while (left > 0 && length > 0) {
    length -= 1;
    left -= jsonBytes(list[length]) + 1;
  }
  return list.slice(0, length);
}

/** The same with every text in it cut to so many bytes of JSON. */
function shortened<T>(value: T, bytes: number): T;
function shortened(value: unknown, bytes: number): unknown {
  if (typeof value === 'string') return cutToBytes(value, bytes);
  if (Array.isArray(value)) return value.map((item) => shortened(item as unknown, bytes));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shortened(member as unknown, bytes)]));
}
