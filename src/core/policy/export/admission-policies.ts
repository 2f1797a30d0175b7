import type { Catalogue } from '../../profile/catalogue.js';
import type { Manifest } from '../crd/manifest.js';
import type { DocumentSet } from '../load/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';
import { parseProfileReference } from '../match/profile-reference.js';
import { isUnderCeiling } from '../rules/requirement.js';
import type { PolicyRequirement } from '../schema/policy-schema.js';
import { BUILT_IN } from '../values/built-in.js';
import { assignmentGaps, choiceOf, exportAssignment } from './assign.js';
import { asksForCapabilities, type CoverOptions, type ExportGap, isUnconfined } from './cel-profile-cover.js';
import { isInForce } from './exemptions.js';
import { type ExportedRequirement, exportRequirement } from './require.js';

export interface ExportOptions {
  readonly catalogue: Catalogue;
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  /** Milliseconds since 1970: exemptions that are not in force then are left out. */
  readonly now: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ExportedPolicies {
  /** In the order in which they are applied. */
  readonly objects: readonly Manifest[];
  /** What the objects do not say, or say otherwise than the webhook. */
  readonly gaps: readonly ExportGap[];
  /** When the first exemption in them ends, as written; from then on the export lets through what the webhook refuses. */
  readonly renewBefore: string | undefined;
}

/**
 * ValidatingAdmissionPolicy and MutatingAdmissionPolicy objects for what CEL can say of these documents, so that the essential rule holds
 * while no webhook answers. CEL has no clock, so the exemptions in force are written into the policies, and the export has to be made again
 * when one ends. They are no parameters: an API server that has once seen the last binding with parameters of a built-in kind go never
 * finds such parameters again until it is restarted (kubernetes/kubernetes#130887), and would refuse every pod.
 */
export function exportAdmissionPolicies(documents: DocumentSet, options: ExportOptions): ExportedPolicies {
  const { catalogue, now, longestExemption } = options;
  const labels = options.labels ?? { 'app.kubernetes.io/name': 'seccomply', 'app.kubernetes.io/component': 'policies' };
  const policies = inOrder(documents.policies);
  const exemptions = documents.exemptions.filter((exemption) => isInForce(exemption, now, longestExemption));
  const staged = new Set(
    policies.flatMap(({ value }) =>
      (value.spec.assign ?? []).flatMap(({ profile, stage }) => (stage === 'Enforce' ? [] : [profile])),
    ),
  );
  const requirements = [
    ...builtIn(options.baseline),
    ...policies.flatMap((policy) => requirementOf(policy, exemptions, options.baseline)),
  ];
  const choice = choiceOf(policies, { catalogue, exemptions });
  const made = requirements.flatMap((requirement) =>
    exportRequirement(requirement, {
      catalogue,
      staged,
      choice,
      ...ceilingOf(requirement, catalogue),
      exemptions,
      labels,
    }),
  );
  const expiries = exemptions.map(({ value }) => value.spec.expires).sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    objects: [...exportAssignment(policies, { catalogue, exemptions, labels }), ...made],
    gaps: [
      ...assignmentGaps(policies, catalogue),
      ...stageGaps(staged, catalogue),
      ...ceilingGaps(requirements, staged, catalogue),
      ...replaceGaps(policies, exemptions),
      ...exemptionGaps(documents, options),
      ...(exemptions.length === 0 ? [] : [clockGap]),
    ],
    renewBefore: expiries[0],
  };
}

const clockGap: ExportGap = {
  document: 'every exemption',
  path: 'spec.expires',
  why: 'CEL has no clock: an exemption ends when the export is made again',
  effect: 'refuses less',
};

/** Of a profile that refuses nothing only the logging stages are allowed, and these cannot be told from the other by such a path. */
function stageGaps(staged: ReadonlySet<string>, catalogue: Catalogue): readonly ExportGap[] {
  return [...staged]
    .filter((name) => isUnconfined(catalogue, name) && asksForCapabilities(catalogue, name))
    .map((name) => ({
      document: 'every policy',
      path: 'spec.assign',
      why: `${name} refuses nothing, and its path depends on the capabilities that a container adds: its logging stages are not allowed either`,
      effect: 'refuses more',
    }));
}

/** A ceiling lets through some stages of a profile and not others, and by such a path they cannot be told apart. */
function ceilingGaps(
  requirements: readonly ExportedRequirement[],
  staged: ReadonlySet<string>,
  catalogue: Catalogue,
): readonly ExportGap[] {
  const names = [...staged].filter((name) => !isUnconfined(catalogue, name) && asksForCapabilities(catalogue, name));
  return requirements.flatMap((requirement) => {
    const { isAllowed } = ceilingOf(requirement, catalogue);
    if (isAllowed === undefined) return [];
    return names
      .filter((name) => isAllowed(name, 'Enforce') !== isAllowed(name, 'Record'))
      .map((name) => ({
        document: `SeccompPolicy ${requirement.policy}`,
        path: 'spec.require.ceiling',
        why: `the ceiling is not for every stage of ${name}, whose path depends on the capabilities that a container adds: no stage of it is allowed`,
        effect: 'refuses more',
      }));
  });
}

/** A repair has to know which requirements an exemption lifts; here a container that might be exempt is left as it is. */
function replaceGaps(policies: readonly LoadedPolicy[], exemptions: readonly LoadedExemption[]): readonly ExportGap[] {
  if (!exemptions.some(({ value }) => value.spec.allow.includes('Unconfined'))) return [];
  return policies
    .filter(
      ({ value: { spec } }) => spec.mode === 'Enforce' && spec.unconfined === 'Replace' && spec.assign !== undefined,
    )
    .map(({ value }) => ({
      document: `SeccompPolicy ${value.metadata.name}`,
      path: 'spec.unconfined',
      why: 'a container that an exemption allows to be Unconfined is not repaired, even where it does not lift every requirement',
      effect: 'refuses more',
    }));
}

function exemptionGaps({ exemptions }: DocumentSet, { now, longestExemption }: ExportOptions): readonly ExportGap[] {
  return exemptions
    .filter((exemption) => !isInForce(exemption, now, longestExemption))
    .map(({ value }) => ({
      document: `SeccompExemption ${value.metadata.name}`,
      path: 'spec.expires',
      why: 'it is not in force now: expired, or further ahead than an exemption may last',
      effect: 'refuses more',
    }));
}

/** Higher priority first, then by name; of two with one name the file before the custom resource. */
function inOrder(policies: readonly LoadedPolicy[]): readonly LoadedPolicy[] {
  return [...policies].sort(
    (a, b) =>
      b.value.spec.priority - a.value.spec.priority ||
      (a.value.metadata.name < b.value.metadata.name ? -1 : a.value.metadata.name > b.value.metadata.name ? 1 : 0) ||
      (a.home === b.home ? 0 : a.home === 'file' ? -1 : 1),
  );
}

const builtInRequire: PolicyRequirement = {
  containerTypes: ['Container', 'Sidecar', 'Init', 'Ephemeral'],
  hostAccess: 'Ignore',
  privileged: 'Ignore',
  templates: 'Warn',
};

function builtIn(baseline: readonly string[] | 'off'): readonly ExportedRequirement[] {
  if (baseline === 'off') return [];
  return [
    {
      policy: BUILT_IN,
      mode: 'Enforce',
      match: undefined,
      require: builtInRequire,
      profiles: baseline,
      refusesUnconfined: undefined,
      unconfined: 'Deny',
    },
  ];
}

function requirementOf(
  { value: { metadata, spec } }: LoadedPolicy,
  exemptions: readonly LoadedExemption[],
  baseline: readonly string[] | 'off',
): readonly ExportedRequirement[] {
  const { mode, match, assign = [], require = builtInRequire, unconfined } = spec;
  const refusesUnconfined =
    assign.length > 0 && !builtInRefuses(metadata.name, exemptions, baseline) ? assign : undefined;
  if (spec.require === undefined && refusesUnconfined === undefined) return [];
  const profiles = profilesOf(require);
  return [{ policy: metadata.name, mode, match, require, profiles, refusesUnconfined, unconfined }];
}

/** Whether the built-in requirement refuses every Unconfined that the policy refuses. */
function builtInRefuses(
  policy: string,
  exemptions: readonly LoadedExemption[],
  baseline: readonly string[] | 'off',
): boolean {
  if (baseline === 'off' || baseline.includes('Unconfined')) return false;
  return !exemptions.some(
    ({ value: { spec } }) =>
      spec.allow.includes('Unconfined') &&
      spec.policies?.includes(BUILT_IN) === true &&
      !spec.policies.includes(policy),
  );
}

/** What is allowed by name and, where there is a ceiling, by content: only these kinds can be under one. */
function profilesOf({ profiles, ceiling }: PolicyRequirement): readonly string[] | undefined {
  if (ceiling === undefined) return profiles;
  const named = profiles ?? ['RuntimeDefault', '*'];
  return named.filter(
    (pattern) =>
      pattern !== 'Unconfined' &&
      pattern !== 'Unset' &&
      !pattern.startsWith('Localhost/') &&
      (pattern !== 'RuntimeDefault' || ceiling === 'RuntimeDefault'),
  );
}

function ceilingOf(
  { require: { ceiling } }: ExportedRequirement,
  catalogue: Catalogue,
): Pick<CoverOptions, 'isAllowed'> {
  const reference = ceiling === undefined ? undefined : parseProfileReference(ceiling);
  if (reference?.ok !== true) return {};
  return {
    isAllowed: (name, stage) => isUnderCeiling(reference.value, { kind: 'Catalogue', name, stage }, catalogue),
  };
}
