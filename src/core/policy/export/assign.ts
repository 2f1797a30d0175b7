import type { Catalogue, Stage } from '../../profile/catalogue.js';
import type { Manifest } from '../crd/manifest.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';
import { parseProfileReference } from '../match/profile-reference.js';
import type { AssignRule, PolicySpec } from '../schema/policy-schema.js';
import { and, celList, celText, not, or } from './cel.js';
import { ADDS_CAPABILITIES, type CelContainerList, fieldOf, isNew, skipConditions } from './cel-containers.js';
import { celImage } from './cel-image.js';
import { asksForCapabilities, type ExportGap, isUnconfined, NOT_NORMAL } from './cel-profile-cover.js';
import { celScope, type PodPlace, podItself } from './cel-scope.js';
import { celContainer } from './exemptions.js';

export interface AssignOptions {
  readonly catalogue: Catalogue;
  readonly exemptions: readonly LoadedExemption[];
  readonly labels: Readonly<Record<string, string>>;
}

const NAME = 'seccomply-assign';

interface Candidate {
  readonly rule: AssignRule;
  readonly policy: PolicySpec;
  /** The variable that says whether the pod is in the policy's scope. */
  readonly scope: string;
  /** `RuntimeDefault`, `Localhost/<path>`; undefined: it matches, and nothing is assigned. */
  readonly effective: string | undefined;
  /** Only for containers that add no capabilities. */
  readonly withoutCapabilities: boolean;
  readonly catalogueName: string | undefined;
}

/**
 * One MutatingAdmissionPolicy with the rules of all policies that change pods, since the first rule that matches a container wins over all of
 * them. `policies` come in the order in which they are looked at.
 */
export function exportAssignment(policies: readonly LoadedPolicy[], options: AssignOptions): readonly Manifest[] {
  const choice = choiceOf(policies, options);
  if (choice === undefined) return [];
  const { types, withImages } = choice;
  const lists: readonly CelContainerList[] = [
    ...(types.has('Container') ? (['containers'] as const) : []),
    ...(types.has('Sidecar') || types.has('Init') ? (['initContainers'] as const) : []),
    ...(types.has('Ephemeral') ? (['ephemeralContainers'] as const) : []),
  ];
  const metadata = { name: NAME, labels: options.labels };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] },
            { apiGroups: [''], apiVersions: ['v1'], resources: ['pods/ephemeralcontainers'], operations: ['UPDATE'] },
          ],
        },
        matchConditions: skipConditions(podItself),
        variables: [
          ...choice.scopes(podItself),
          { name: 'pod', expression: fieldOf(podItself.spec) },
          ...lists.map((list) => ({ name: list, expression: containersOf(list, withImages) })),
          { name: 'targets', expression: lists.map((list) => targetsOf(list, choice.chosen)).join(' + ') },
        ],
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: PATCH } }],
      },
    },
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: NAME },
    },
  ];
}

export interface Choice {
  /** For the container `c`: what it gets, the empty text where nothing changes. Asks for `c.own`, `c.adds` and the scopes. */
  readonly chosen: string;
  readonly withImages: boolean;
  readonly types: ReadonlySet<string>;
  /** The variables that say whether the pod is in the scope of each policy. */
  scopes(pod: PodPlace): readonly { readonly name: string; readonly expression: string }[];
}

/** What containers get by the rules of these policies; undefined when none changes a pod. */
export function choiceOf(
  policies: readonly LoadedPolicy[],
  { catalogue, exemptions }: Pick<AssignOptions, 'catalogue' | 'exemptions'>,
): Choice | undefined {
  const active = policies.filter(({ value }) => value.spec.mode === 'Enforce' && (value.spec.assign ?? []).length > 0);
  if (active.length === 0) return undefined;
  const candidates = active.flatMap(({ value: { spec } }, index) =>
    (spec.assign ?? []).map((rule) => candidateOf(rule, spec, `variables.policy${index}`, catalogue)),
  );
  const unconfined = exemptions.filter(({ value }) => value.spec.allow.includes('Unconfined'));
  const kept = or(...unconfined.map(({ value }, index) => and(`variables.kept${index}`, celContainer(value.spec))));
  return {
    chosen: candidates.reduceRight((otherwise, candidate) => {
      const matches = and(candidate.scope, celContainer(candidate.rule));
      return `(${matches} ? ${outcome(candidate, catalogue, kept)} : ${otherwise})`;
    }, "''"),
    withImages:
      candidates.some(({ rule }) => rule.images !== undefined) ||
      unconfined.some(({ value }) => value.spec.images !== undefined),
    types: new Set(candidates.flatMap(({ rule }) => rule.containerTypes)),
    scopes: (pod) => [
      ...active.map(({ value }, index) => ({ name: `policy${index}`, expression: celScope(value.spec.match, pod) })),
      ...(active.some(({ value }) => value.spec.unconfined === 'Replace') || unconfinedFields(catalogue).length > 0
        ? unconfined.map(({ value }, index) => ({ name: `kept${index}`, expression: celScope(value.spec.match, pod) }))
        : []),
    ],
  };
}

/** What of the assignment is not exported. */
export function assignmentGaps(policies: readonly LoadedPolicy[], catalogue: Catalogue): readonly ExportGap[] {
  return policies.flatMap(({ value: { metadata, spec } }) =>
    spec.mode !== 'Enforce'
      ? []
      : (spec.assign ?? []).flatMap((rule, index): readonly ExportGap[] => {
          const { profile, stage } = rule;
          const gap = (why: string): readonly ExportGap[] => [
            {
              document: `SeccompPolicy ${metadata.name}`,
              path: `spec.assign[${index}].profile`,
              why,
              effect: 'assigns less',
            },
          ];
          const reference = parseProfileReference(profile);
          if (!reference.ok || reference.value.kind !== 'Catalogue') return [];
          const entry = catalogue.get(profile);
          if (entry === undefined || !(entry.available || spec.unavailable === 'Inject'))
            return spec.unavailable === 'Deny'
              ? gap(`${profile} is not on the nodes, and the policy refuses such pods: they are let through without it`)
              : [];
          if (asksForCapabilities(catalogue, profile))
            return gap(
              `the file of ${profile} depends on the capabilities that a container adds: containers that add some get nothing`,
            );
          return stage === 'Enforce'
            ? []
            : [
                {
                  document: `SeccompPolicy ${metadata.name}`,
                  path: `spec.assign[${index}].stage`,
                  why: `who gave a container the ${stage} form of ${profile} cannot be told: every pod may name it`,
                  effect: 'refuses less',
                },
              ];
        }),
  );
}

function candidateOf(rule: AssignRule, policy: PolicySpec, scope: string, catalogue: Catalogue): Candidate {
  const common = { rule, policy, scope, withoutCapabilities: false, catalogueName: undefined };
  const reference = parseProfileReference(rule.profile);
  if (!reference.ok) return { ...common, effective: undefined };
  if (reference.value.kind !== 'Catalogue') return { ...common, effective: rule.profile };
  const entry = catalogue.get(rule.profile);
  const path = catalogue.pathOf(rule.profile, rule.stage, []);
  const isThere = entry !== undefined && path !== undefined && (entry.available || policy.unavailable === 'Inject');
  if (!isThere) return { ...common, effective: policy.unavailable === 'Deny' ? undefined : 'RuntimeDefault' };
  return {
    ...common,
    effective: `Localhost/${path}`,
    withoutCapabilities: asksForCapabilities(catalogue, rule.profile),
    catalogueName: rule.profile,
  };
}

/** One map of texts for each container, in the order of the list: a patch goes by the index. */
function containersOf(list: CelContainerList, withImages: boolean): string {
  const all = `${podItself.spec}.${list}`;
  const type =
    list === 'containers'
      ? "'Container'"
      : list === 'ephemeralContainers'
        ? "'Ephemeral'"
        : "(has(c.restartPolicy) && c.restartPolicy == 'Always' ? 'Sidecar' : 'Init')";
  const members = [
    "'name': string(c.name)",
    `'type': ${type}`,
    `'own': string(${fieldOf('c')})`,
    `'place': (has(c.securityContext) ? (has(c.securityContext.seccompProfile) ? 'profile' : 'context') : 'container')`,
    `'adds': ${ADDS_CAPABILITIES}`,
    `'judged': (${isNew('oldObject.spec', list)} ? 'yes' : 'no')`,
    ...(withImages ? [`'image': string(has(c.image) ? ${celImage('string(c.image)')} : '')`] : []),
  ];
  return `has(${all}) ? ${all}.map(c, {${members.join(', ')}}) : []`;
}

/** For each container where the profile goes and which it is; the empty text where nothing is to be done. */
function targetsOf(list: CelContainerList, chosen: string): string {
  return `variables.${list}.transformList(i, c, {'path': '/spec/${list}/' + string(i), 'place': c.place, 'to': (c.judged == 'no' ? '' : ${chosen})})`;
}

/** What a container that the rule matches gets: by what it has, and what the policy says of that. */
function outcome(
  { effective, policy, rule, withoutCapabilities, catalogueName }: Candidate,
  catalogue: Catalogue,
  mayBeUnconfined: string,
): string {
  if (effective === undefined) return "''";
  const to = celText(effective);
  const has = "(c.own == 'Unset' ? variables.pod : c.own)";
  const cases: string[] = [`${has} == 'Unset' ? ${to}`];
  // Of a pod that runs the inherited field cannot be repaired, so the new container gets one of its own.
  const repairable = rule.containerTypes.includes('Ephemeral')
    ? "(c.own == 'Unconfined' || c.type == 'Ephemeral')"
    : "c.own == 'Unconfined'";
  cases.push(
    policy.unconfined === 'Replace'
      ? `${has} == 'Unconfined' ? (${and(repairable, not(mayBeUnconfined))} ? ${to} : '')`
      : `${has} == 'Unconfined' ? ''`,
  );
  const open = unconfinedFields(catalogue);
  if (open.length > 0 && policy.existing !== 'Override') {
    const repairs =
      policy.existing === 'Tighten' ? 'true' : policy.unconfined === 'Replace' ? repairableFile(rule) : 'false';
    cases.push(
      `(${has} in ${celList(open)} && ${has} != ${to}) ? (${and(repairs, not(mayBeUnconfined))} ? ${to} : '')`,
    );
  }
  if (policy.existing === 'Override') cases.push(`${has} != ${to} && ${wellFormed(has)} ? ${to}`);
  if (policy.existing === 'Tighten' && catalogueName !== undefined) {
    const looser = looserThan(catalogueName, rule.stage, catalogue);
    if (looser.length > 0) cases.push(`${has} in ${celList(looser)} ? ${to}`);
  }
  const chosen = `(${cases.join(' : ')} : '')`;
  return withoutCapabilities ? `(c.adds == 'yes' ? '' : ${chosen})` : chosen;
}

/** Like Unconfined it is repaired where it is the container's own, and for debug containers. */
function repairableFile({ containerTypes }: AssignRule): string {
  return containerTypes.includes('Ephemeral') ? "(c.own != 'Unset' || c.type == 'Ephemeral')" : "c.own != 'Unset'";
}

/** The fields that name profiles which refuse nothing, as far as they do not depend on capabilities. */
function unconfinedFields(catalogue: Catalogue): readonly string[] {
  return catalogue
    .names()
    .filter((name) => isUnconfined(catalogue, name) && !asksForCapabilities(catalogue, name))
    .flatMap((name) => catalogue.pathOf(name, 'Enforce', []) ?? [])
    .map((path) => `Localhost/${path}`);
}

function wellFormed(text: string): string {
  return `(${text} == 'RuntimeDefault' || (${text}.startsWith('Localhost/') && !${text}.matches(${celText(NOT_NORMAL)})))`;
}

/**
 * What the profile is known to be tighter than. Its logging stages are within the runtime default whatever it allows itself, and
 * tighter than nothing of the catalogue.
 */
function looserThan(name: string, stage: Stage, catalogue: Catalogue): readonly string[] {
  const entry = catalogue.get(name);
  const looser = entry !== undefined && (stage !== 'Enforce' || entry.withinRuntimeDefault) ? ['RuntimeDefault'] : [];
  if (stage !== 'Enforce') return looser;
  const pathsOf = (other: string, stages: readonly Stage[]) =>
    asksForCapabilities(catalogue, other) ? [] : stages.flatMap((one) => catalogue.pathOf(other, one, []) ?? []);
  const others = catalogue
    .names()
    .filter((other) => other !== name && catalogue.within(name, other) && !catalogue.within(other, name));
  const paths = [
    ...pathsOf(name, ['Record', 'Complain']),
    ...others.flatMap((other) => pathsOf(other, ['Record', 'Complain', 'Enforce'])),
  ];
  return [...looser, ...paths.map((path) => `Localhost/${path}`)];
}

const VALUE =
  "(t.to == 'RuntimeDefault' ? {'type': 'RuntimeDefault'} : {'type': 'Localhost', 'localhostProfile': t.to.substring(10)})";
const PATCH = `variables.targets.filter(t, t.to != '').map(t, t.place == 'container' ? JSONPatch{op: 'add', path: t.path + '/securityContext', value: {'seccompProfile': ${VALUE}}} : JSONPatch{op: t.place == 'profile' ? 'replace' : 'add', path: t.path + '/securityContext/seccompProfile', value: ${VALUE}})`;
