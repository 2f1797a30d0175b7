import type { DocumentReference } from '../admission/decision.js';
import { formatProblem, type Problem } from '../problem.js';
import type { PolicySetEntry, RecordedDocument } from './record.js';
import { recordedText } from './recorded-text.js';

const listLimit = 100;

/** What of a set of documents in force a record compares. */
export interface PolicySetFacts {
  /** SHA-256 over the whole set. */
  readonly contentSha256: string;
  readonly policies: readonly DocumentReference[];
  readonly exemptions: readonly DocumentReference[];
}

/** The record of a set that came into force: what was added, changed and removed against the one before. */
export function policySetInForce(set: PolicySetFacts, previous?: PolicySetFacts): PolicySetEntry {
  const before = byName(previous);
  const now = byName(set);
  const added: RecordedDocument[] = [];
  const changed: RecordedDocument[] = [];
  const removed: RecordedDocument[] = [];
  for (const [key, document] of now) {
    const old = before.get(key);
    if (old === undefined) added.push(recorded(document));
    else if (old.contentSha256 !== document.contentSha256) changed.push(recorded(document));
  }
  for (const [key, document] of before) if (!now.has(key)) removed.push(recorded(document));
  const omitted = [added, changed, removed].reduce((sum, list) => sum + Math.max(0, list.length - listLimit), 0);
  return {
    recordType: 'policy-set',
    policySet: {
      result: 'in-force',
      contentSha256: set.contentSha256,
      ...(previous === undefined ? {} : { previousSha256: previous.contentSha256 }),
      policies: set.policies.length,
      exemptions: set.exemptions.length,
      ...(added.length === 0 ? {} : { added: added.slice(0, listLimit) }),
      ...(changed.length === 0 ? {} : { changed: changed.slice(0, listLimit) }),
      ...(removed.length === 0 ? {} : { removed: removed.slice(0, listLimit) }),
      ...(omitted === 0 ? {} : { omitted }),
    },
  };
}

/** The record of a change that was refused; the set before stays in force. */
export function policySetRefused(problems: readonly Problem[], inForce?: PolicySetFacts): PolicySetEntry {
  const errors = problems.filter((problem) => problem.severity === 'error');
  return {
    recordType: 'policy-set',
    policySet: {
      result: 'refused',
      ...(inForce === undefined ? {} : { contentSha256: inForce.contentSha256 }),
      policies: inForce?.policies.length ?? 0,
      exemptions: inForce?.exemptions.length ?? 0,
      problems: errors.slice(0, listLimit).map((problem) => recordedText(formatProblem(problem)) ?? problem.code),
      ...(errors.length > listLimit ? { omitted: errors.length - listLimit } : {}),
    },
  };
}

function byName(set: PolicySetFacts | undefined): ReadonlyMap<string, DocumentReference> {
  return new Map([
    ...(set?.policies ?? []).map((document) => [`policy/${document.name}`, document] as const),
    ...(set?.exemptions ?? []).map((document) => [`exemption/${document.name}`, document] as const),
  ]);
}

function recorded(document: DocumentReference): RecordedDocument {
  return {
    name: recordedText(document.name) ?? '',
    contentSha256: document.contentSha256,
    ...(document.origin === undefined ? {} : { origin: recordedText(document.origin) ?? '' }),
  };
}
