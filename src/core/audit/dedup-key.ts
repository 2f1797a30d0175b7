import { hash } from 'node:crypto';
import type {
  AdmissionEntry,
  OtherFinding,
  RecordedContainer,
  RecordedDocument,
  RecordedExemption,
  RecordedFinding,
  RecordedRequest,
  RecordedWorkload,
} from './admission-entry.js';

/**
 * The names that the API server makes of `generateName` (k8s.io/apiserver/pkg/storage/names, k8s.io/apimachinery/pkg/util/rand): at most 58
 * characters of it and five of these. `/validate` is shown such a name as if the client had given it.
 */
const longestGeneratedBase = 58;
const generatedEnd = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/** Past so many findings a decision only counts them: nobody can say then that two are the same. */
const mostComparableFindings = 900;

/**
 * What makes two admissions the same to an auditor: everything that their records say, and what they had to cut, as its SHA-256 stands in
 * them. Left out are only what each attempt has anew: the uid of the request, when it came in, and of an object that is being created its uid
 * and a name that the API server may have made: whether the client gave it, nobody can tell. The text is put together member by member: as JSON it would take twice as long, and each denial waits
 * for it. SHA-256, since thousands are kept.
 */
export function dedupKeyOf(entry: AdmissionEntry): string {
  return hash('sha256', textOf(entry), 'base64');
}

function textOf(entry: AdmissionEntry): string {
  const { actor, caller, decision, otherFindings, profile, request, workload } = entry;
  const madeName = generatedNameOf(request);
  let text = `${entry.recordType} ${request.webhook} ${request.dryRun} ${of(request.operation)}${of(request.resource)}`;
  text += `${of(request.subresource)}${of(request.namespace)}${of(request.generateName)}`;
  text += of(madeName === undefined ? request.name : undefined);
  if (workload !== undefined) text += workloadText(workload, request, madeName);
  text += `;${of(actor.username)}${of(actor.uid)}${ofList(actor.groups)}`;
  text += actor.extra === undefined ? '-' : of(JSON.stringify(actor.extra));
  text += `${caller.authenticated} ${of(caller.name)}`;
  text += `${decision.allowed} ${decision.code} ${decision.mode} ${decision.outcome} ${of(decision.message)}${ofList(decision.warnings)}`;
  text += findingText(entry);
  if (otherFindings !== undefined) for (const other of otherFindings) text += findingText(other);
  text += `;${of(entry.findingsSha256)}${entry.otherFindingsOmitted}`;
  if ((entry.otherFindingsOmitted ?? 0) >= mostComparableFindings) text += of(request.uid);
  if (profile !== undefined) {
    text += `;${of(profile.reference)}${of(profile.effective)}${profile.stage} ${profile.result} `;
    text += `${documentText(profile.policy)}${of(profile.policy.rule)}`;
  }
  return text;
}

function findingText({ container, finding, policy, exemption }: AdmissionEntry | OtherFinding): string {
  return `;${containerText(container)}${partsText(finding)}${documentText(policy)}${exemptionText(exemption)}`;
}

function containerText(container: RecordedContainer | undefined): string {
  if (container === undefined) return '-';
  const { image, inheritedBy, name, type } = container;
  return `${type} ${of(name)}${of(image)}${ofList(inheritedBy)}`;
}

function partsText(finding: RecordedFinding | undefined): string {
  if (finding === undefined) return '-';
  const { code, effective, expected, fieldPath, kind, message, mode, requested } = finding;
  return `${kind} ${mode} ${of(code)}${of(requested)}${of(effective)}${of(expected)}${of(fieldPath)}${of(message)}`;
}

function documentText(document: RecordedDocument | undefined): string {
  return document === undefined ? '-' : `${of(document.name)}${of(document.contentSha256)}${of(document.origin)}`;
}

function exemptionText(exemption: RecordedExemption | undefined): string {
  if (exemption === undefined) return '-';
  const { expires, owner, reason, ticket } = exemption;
  return `${documentText(exemption)}${of(owner)}${of(reason)}${of(expires)}${of(ticket)}`;
}

function workloadText(
  { chain, kind, name, uid }: RecordedWorkload,
  request: RecordedRequest,
  madeName: string | undefined,
): string {
  // Where no owner is named it is the object itself; owners have the names and uids that they are said to have.
  const isNew = chain.length < 2 && isCreated(request);
  const links =
    madeName === undefined ? chain : chain.map((link, index) => (index === 0 ? withoutEnd(link, madeName) : link));
  return `${of(kind)}${of(isNew && name === madeName ? undefined : name)}${of(isNew ? undefined : uid)}${ofList(links)}`;
}

function withoutEnd(link: string, name: string): string {
  return link.endsWith(`/${name}`) ? link.slice(0, -name.length) : link;
}

/** Only of an object that is being created: one that is there is one object, whoever named it. */
function generatedNameOf(request: RecordedRequest): string | undefined {
  const { generateName, name } = request;
  if (!isCreated(request) || name === undefined || generateName === undefined) return undefined;
  const base = generateName.slice(0, longestGeneratedBase);
  const isGenerated =
    name.length === base.length + 5 && name.startsWith(base) && generatedEnd.test(name.slice(base.length));
  return isGenerated ? name : undefined;
}

/** Whether the object comes to be: a subresource (an eviction, a binding) is created of an object that is there. */
function isCreated({ operation, subresource = '' }: RecordedRequest): boolean {
  return operation === 'CREATE' && subresource === '';
}

/** A string behind its length, so that where it ends does not hang on what it holds. */
function of(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`;
}

function ofList(list: readonly string[] | undefined): string {
  if (list === undefined) return '-';
  let text = `${list.length};`;
  for (const item of list) text += of(item);
  return text;
}
