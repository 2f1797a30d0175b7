import type { DocumentReference } from '../../policy/load/loaded-document.js';
import { formatProblem, type Problem } from '../../problem/problem.js';
import type { RecordedDocument } from '../admission-entry.js';
import type { PolicySetEntry } from '../configuration-entries.js';
import { recordedDocument } from './recorded-document.js';
import { recordedText } from './recorded-text.js';

const listLimit = 100;

/** What of a set of documents in force a record compares. */
interface PolicySetFacts {
  /** SHA-256 over the whole set. */
  readonly contentSha256: string;
  readonly policies: readonly DocumentReference[];
  readonly exemptions: readonly DocumentReference[];
}

/** The record of a set that came into force: what was added, changed and removed against the one before. */
export function policySetInForce(set: PolicySetFacts, previous?: PolicySetFacts): PolicySetEntry {
  const added = new Listed();
  const changed = new Listed();
  const removed = new Listed();
  for (const kind of ['policies', 'exemptions'] as const) {
    const before = byName(previous?.[kind]);
    const now = byName(set[kind]);
    for (const document of now.values()) {
      const old = before.get(document.name);
      if (old === undefined) added.add(document);
      else if (old.contentSha256 !== document.contentSha256) changed.add(document);
    }
    for (const document of before.values()) if (!now.has(document.name)) removed.add(document);
  }
  const omitted = added.omitted + changed.omitted + removed.omitted;
  return {
    recordType: 'policy-set',
    policySet: {
      result: 'in-force',
      contentSha256: set.contentSha256,
      ...(previous === undefined ? {} : { previousSha256: previous.contentSha256 }),
      policies: set.policies.length,
      exemptions: set.exemptions.length,
      ...(added.documents.length === 0 ? {} : { added: added.documents }),
      ...(changed.documents.length === 0 ? {} : { changed: changed.documents }),
      ...(removed.documents.length === 0 ? {} : { removed: removed.documents }),
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

/** The first documents of a list, and how many more there are: a set may have a hundred thousand. */
class Listed {
  readonly documents: RecordedDocument[] = [];
  omitted = 0;

  add(document: DocumentReference): void {
    if (this.documents.length < listLimit) this.documents.push(recordedDocument(document));
    else this.omitted += 1;
  }
}

function byName(documents: readonly DocumentReference[] = []): ReadonlyMap<string, DocumentReference> {
  return new Map(documents.map((document) => [document.name, document]));
}
