import { type Members, membersOf } from '../../document/members.js';
import { shortened } from '../../text/quoted.js';
import type { Decision } from '../decision.js';
import type { RequestFacts } from './request-facts.js';

export type ReadReview =
  | { readonly ok: true; readonly request: RequestFacts & { readonly uid: string } }
  | { readonly ok: false; readonly message: string };

const API_VERSION = 'admission.k8s.io/v1';
const MOST_UID = 1_024;
const MOST_ANNOTATION = 1_024;

/** Takes the request out of an AdmissionReview, as it came; `message` says why there is none. */
export function readReview(review: unknown): ReadReview {
  const { kind, apiVersion, request } = membersOf(review) ?? {};
  if (kind !== 'AdmissionReview') return no('this is not an AdmissionReview: its kind has to be AdmissionReview');
  if (apiVersion !== API_VERSION) return no(`this AdmissionReview is not of apiVersion ${API_VERSION}`);
  const members = membersOf(request);
  if (members === undefined) return no('this AdmissionReview has no request');
  if (!hasUid(members)) return no('the request has no uid');
  if (members.uid.length > MOST_UID) return no(`the uid of the request has more than ${MOST_UID} characters`);
  return { ok: true, request: members };
}

/**
 * The JSON text that answers the API server, by the rules of the admission API (Kubernetes documentation, "Dynamic Admission
 * Control"): the uid of the request, a patch and its type together or not at all, none from `/validate`; annotation keys are
 * qualified names.
 */
export function reviewAnswer(uid: string, decision: Decision, recordId?: string): string {
  const { allowed, code, message, patch, warnings, webhook } = decision;
  let text = `{"apiVersion":"${API_VERSION}","kind":"AdmissionReview","response":{"uid":${JSON.stringify(uid)},"allowed":${allowed}`;
  if (!allowed) {
    const reason = code === 403 ? 'Forbidden' : 'InternalError';
    text += `,"status":${JSON.stringify({ code, reason, message: message ?? 'refused' })}`;
  } else if (webhook === 'mutate' && patch.length > 0)
    text += `,"patchType":"JSONPatch","patch":"${Buffer.from(JSON.stringify(patch)).toString('base64')}"`;
  if (warnings.length > 0) text += `,"warnings":${JSON.stringify(warnings)}`;
  return `${text},"auditAnnotations":${JSON.stringify(auditAnnotations(decision, recordId))}}}`;
}

/** What the API server's own audit log keeps of the decision; `violation` is what policies in Warn and Audit mode object to. */
export function auditAnnotations(
  { outcome, assignments, findings }: Decision,
  recordId: string | undefined,
): Readonly<Record<string, string>> {
  const annotations: Record<string, string> = { decision: outcome };
  if (assignments.length > 0 || findings.length > 0) {
    const policies = new Set<string>();
    const exemptions = new Set<string>();
    const profiles: string[] = [];
    const violations: string[] = [];
    for (const { policy, container, effective } of assignments) {
      policies.add(policy.name);
      profiles.push(`${container}=${effective}`);
    }
    for (const { policy, exemption, kind, mode, message } of findings) {
      policies.add(policy.name);
      if (exemption !== undefined) exemptions.add(exemption.name);
      if (mode !== 'Enforce' && kind === 'violation') violations.push(message);
    }
    annotations.policy = joined([...policies], ',');
    if (profiles.length > 0) annotations.profile = joined(profiles, ',');
    if (exemptions.size > 0) annotations.exemption = joined([...exemptions], ',');
    if (violations.length > 0) annotations.violation = joined(violations, '; ');
  }
  if (recordId !== undefined) annotations['record-id'] = recordId;
  return annotations;
}

function hasUid(members: Members): members is Members & { readonly uid: string } {
  return typeof members.uid === 'string' && members.uid !== '';
}

function joined(parts: readonly string[], separator: string): string {
  let text = '';
  for (const part of parts) {
    text += text === '' ? part : `${separator}${part}`;
    if (text.length > MOST_ANNOTATION) return shortened(text, MOST_ANNOTATION);
  }
  return text;
}

function no(message: string): ReadReview {
  return { ok: false, message };
}
