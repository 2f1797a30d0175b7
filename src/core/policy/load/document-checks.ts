import type { Severity } from '../../problem/problem.js';
import { shown } from '../../text/parsed.js';
import { parseProfileReference } from '../match/profile-reference.js';
import type { SeccompExemption } from '../schema/exemption-schema.js';
import type { SeccompPolicy } from '../schema/policy-schema.js';
import { BUILT_IN } from '../values/built-in.js';

/** Something that each field alone does not show. */
export interface DocumentCheck {
  readonly code: string;
  readonly severity: Severity;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly advice: string;
}

/** What is wrong with a document whose fields are each well formed. */
export function checkDocument(document: SeccompPolicy | SeccompExemption): readonly DocumentCheck[] {
  return document.kind === 'SeccompPolicy' ? checkPolicy(document) : [];
}

function checkPolicy({ metadata, spec }: SeccompPolicy): DocumentCheck[] {
  const found: DocumentCheck[] = [];
  if (metadata.name === BUILT_IN)
    found.push({
      code: 'PD014',
      severity: 'error',
      path: ['metadata', 'name'],
      message: `${BUILT_IN} is the name of the requirement that always applies`,
      advice: 'choose another name',
    });
  const names = new Set<string>();
  for (const [index, rule] of (spec.assign ?? []).entries()) {
    if (rule.name !== undefined && names.has(rule.name))
      found.push({
        code: 'PD016',
        severity: 'error',
        path: ['spec', 'assign', index, 'name'],
        message: `a rule before this one is called ${shown(rule.name)}, too`,
        advice: 'choose another name: messages and records tell rules apart by it',
      });
    if (rule.name !== undefined) names.add(rule.name);
    const profile = parseProfileReference(rule.profile);
    if (rule.stage !== 'Enforce' && profile.ok && profile.value.kind !== 'Catalogue')
      found.push({
        code: 'PD009',
        severity: 'error',
        path: ['spec', 'assign', index, 'stage'],
        message: `${rule.profile} has no stage ${rule.stage}: only catalogue profiles come in stages`,
        advice: 'remove stage, or assign a catalogue profile',
      });
  }
  if ((spec.assign ?? []).length === 0 && spec.require === undefined)
    found.push({
      code: 'PD018',
      severity: 'warning',
      path: ['spec'],
      message: 'this policy assigns nothing and requires nothing',
      advice: 'add assign or require, or remove the policy',
    });
  return found;
}
