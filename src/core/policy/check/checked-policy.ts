import type { LoadedPolicy } from '../load/loaded-document.js';
import { compileGlob, type Glob, literalOf } from '../match/glob.js';
import { type ImagePattern, parseImagePattern } from '../match/image-pattern.js';
import {
  type ProfilePattern,
  type ProfileReference,
  parseProfilePattern,
  parseProfileReference,
} from '../match/profile-reference.js';
import { type Scope, scopeOf } from '../rules/pod-scope.js';
import type { AssignRule } from '../schema/policy-schema.js';
import type { ContainerType } from '../values/container-type.js';
import { globCovers, globsMeet } from './glob-cover.js';
import { imagePatternCovers, imagePatternsMeet } from './image-cover.js';
import { listCovers, listsMeet, scopeCovers, scopesMeet } from './scope-cover.js';

/** A policy, read for comparing it with others. */
export interface CheckedPolicy {
  readonly loaded: LoadedPolicy;
  readonly name: string;
  /** Its turn among all policies: 0 is looked at first. */
  readonly order: number;
  readonly scope: Scope;
  readonly rules: readonly CheckedRule[];
  readonly requirement: CheckedRequirement | undefined;
}

/** Containers of some pods: what a rule or a requirement is for. */
export interface ContainerTarget {
  readonly policy: CheckedPolicy;
  readonly types: readonly ContainerType[];
  readonly images: readonly ImagePattern[] | undefined;
  readonly containers: readonly Glob[] | undefined;
}

export interface CheckedRule extends ContainerTarget {
  readonly index: number;
  readonly rule: AssignRule;
  readonly profile: ProfileReference;
}

export interface CheckedRequirement extends ContainerTarget {
  readonly profiles: readonly ProfilePattern[] | undefined;
  readonly ceiling: ProfileReference | undefined;
}

/** The policies in the order in which they are looked at: priority, then name, then files before custom resources. */
export function checkedPolicies(policies: readonly LoadedPolicy[]): readonly CheckedPolicy[] {
  return [...policies].sort(byTurn).map(checkedPolicy);
}

/** `rule nginx`, or `rule 2 (assign[1])` for one without a name. */
export function ruleText({ rule, index }: CheckedRule): string {
  return rule.name === undefined ? `rule ${index}` : `rule ${rule.name}`;
}

/** Whether every container that `b` is for is one that `a` is for, as far as the container goes (not the pod). */
export function containersCover(
  a: ContainerTarget,
  b: ContainerTarget,
  types: readonly ContainerType[] = b.types,
): boolean {
  return (
    types.every((type) => a.types.includes(type)) &&
    (a.images === undefined || listCovers(a.images, b.images, imagePatternCovers)) &&
    (a.containers === undefined || listCovers(a.containers, b.containers, globCovers))
  );
}

/** Whether some container can be what both are for; true where that is not certain. */
export function targetsMeet(a: ContainerTarget, b: ContainerTarget): boolean {
  return (
    a.types.some((type) => b.types.includes(type)) &&
    listsMeet(a.images, b.images, imagePatternsMeet) &&
    listsMeet(a.containers, b.containers, globsMeet) &&
    (a.policy === b.policy || scopesMeet(a.policy.scope, b.policy.scope))
  );
}

/** Whether every container that `b` is for is one that `a` is for; false where that is not certain. */
export function targetCovers(a: ContainerTarget, b: ContainerTarget): boolean {
  return containersCover(a, b) && (a.policy === b.policy || scopeCovers(a.policy.scope, b.policy.scope));
}

/** The names of namespaces, when the target is for some by name only. */
export function namespacesOf({ policy }: ContainerTarget): readonly string[] | undefined {
  return literals(policy.scope.namespaces?.map(literalOf));
}

/** The keys of whole image names, when the target is for some by name only. */
export function imageKeysOf({ images }: ContainerTarget): readonly string[] | undefined {
  return literals(images?.map(({ nameKey }) => (nameKey?.startsWith('=') === true ? nameKey : undefined)));
}

function literals(names: readonly (string | undefined)[] | undefined): readonly string[] | undefined {
  if (names === undefined) return undefined;
  const known = names.filter((name) => name !== undefined);
  return known.length === names.length ? known : undefined;
}

function byTurn(a: LoadedPolicy, b: LoadedPolicy): number {
  const byPriority = b.value.spec.priority - a.value.spec.priority;
  if (byPriority !== 0) return byPriority;
  if (a.reference.name !== b.reference.name) return a.reference.name < b.reference.name ? -1 : 1;
  return a.home === b.home ? 0 : a.home === 'file' ? -1 : 1;
}

function checkedPolicy(loaded: LoadedPolicy, order: number): CheckedPolicy {
  const { spec } = loaded.value;
  const { require } = spec;
  const rules: CheckedRule[] = [];
  let requirement: CheckedRequirement | undefined;
  const policy: CheckedPolicy = {
    loaded,
    name: loaded.reference.name,
    order,
    scope: scopeOf(spec.match),
    rules,
    get requirement() {
      return requirement;
    },
  };
  for (const [index, rule] of (spec.assign ?? []).entries()) {
    const profile = parseProfileReference(rule.profile);
    if (!profile.ok) continue;
    rules.push({
      policy,
      index,
      rule,
      profile: profile.value,
      types: rule.containerTypes,
      images: rule.images?.flatMap(imageOf),
      containers: rule.containers?.map(compileGlob),
    });
  }
  if (require !== undefined) {
    const ceiling = require.ceiling === undefined ? undefined : parseProfileReference(require.ceiling);
    requirement = {
      policy,
      types: require.containerTypes,
      images: undefined,
      containers: undefined,
      profiles: require.profiles?.flatMap(patternOf),
      ceiling: ceiling?.ok === true ? ceiling.value : undefined,
    };
  }
  return policy;
}

function imageOf(text: string): readonly ImagePattern[] {
  const pattern = parseImagePattern(text);
  return pattern.ok ? [pattern.value] : [];
}

function patternOf(text: string): readonly ProfilePattern[] {
  const pattern = parseProfilePattern(text);
  return pattern.ok ? [pattern.value] : [];
}
