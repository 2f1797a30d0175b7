import { compileGlob, type Glob, matchesGlob } from '../match/glob.js';
import type { CompiledSelector } from '../match/label-selector.js';
import { compileSelector, selects } from '../match/label-selector.js';
import type { PodFacts } from '../match/pod-facts.js';
import type { PolicyExclusion, PolicyMatch } from '../schema/policy-schema.js';

/** A `match` that is ready to be asked. */
export type PodScope = Scope;

export function compileScope(match: PolicyMatch | undefined): PodScope {
  return scopeOf(match);
}

/** Whether the pod is one that `match` means: every key holds, and no `exclude` block holds in full. */
export function isInScope(scope: PodScope, pod: PodFacts): boolean {
  if (!holds(scope, pod)) return false;
  for (const block of scope.exclude) if (holds(block, pod)) return false;
  return true;
}

/** The clause that tells why a pod is out, for a person; undefined when it is in. */
export function whyOutOfScope(scope: PodScope, pod: PodFacts): string | undefined {
  const failing = failingKey(scope, pod);
  if (failing !== undefined) return failing;
  const index = scope.exclude.findIndex((block) => holds(block, pod));
  return index < 0 ? undefined : `match.exclude[${index}] holds for this pod`;
}

function holds(block: Block, pod: PodFacts): boolean {
  const { namespaces, namespaceSelector, podSelector, serviceAccounts, runtimeClassNames } = block;
  if (namespaces !== undefined && !matchesAny(namespaces, pod.namespace)) return false;
  if (podSelector !== undefined && !selects(podSelector, pod.labels)) return false;
  if (namespaceSelector !== undefined && !selects(namespaceSelector, pod.namespaceLabels)) return false;
  if (serviceAccounts !== undefined && !isAccount(serviceAccounts, pod)) return false;
  if (runtimeClassNames === undefined) return true;
  return pod.runtimeClass !== undefined && matchesAny(runtimeClassNames, pod.runtimeClass);
}

function failingKey(block: Block, pod: PodFacts): string | undefined {
  const { namespaces, namespaceSelector, podSelector, serviceAccounts } = block;
  if (namespaces !== undefined && !matchesAny(namespaces, pod.namespace))
    return `match.namespaces: none matches ${pod.namespace}`;
  if (namespaceSelector !== undefined && !selects(namespaceSelector, pod.namespaceLabels))
    return `match.namespaceSelector does not select the labels of namespace ${pod.namespace}`;
  if (podSelector !== undefined && !selects(podSelector, pod.labels))
    return "match.podSelector does not select the pod's labels";
  if (serviceAccounts !== undefined && !isAccount(serviceAccounts, pod))
    return `match.serviceAccounts: none matches ${pod.namespace}/${pod.serviceAccount}`;
  return undefined;
}

function matchesAny(globs: readonly Glob[], text: string): boolean {
  for (const glob of globs) if (matchesGlob(glob, text)) return true;
  return false;
}

function isAccount(accounts: NonNullable<Block['serviceAccounts']>, pod: PodFacts): boolean {
  for (const { namespace, name } of accounts)
    if (matchesGlob(namespace, pod.namespace) && matchesGlob(name, pod.serviceAccount)) return true;
  return false;
}

/** A `match`, read for comparing it with others. Undefined keys restrict nothing. */
export interface Scope extends Block {
  readonly exclude: readonly Block[];
}

export interface Block {
  readonly namespaces: readonly Glob[] | undefined;
  readonly namespaceSelector: CompiledSelector | undefined;
  readonly podSelector: CompiledSelector | undefined;
  readonly serviceAccounts: readonly { readonly namespace: Glob; readonly name: Glob }[] | undefined;
  readonly runtimeClassNames: readonly Glob[] | undefined;
}

export function scopeOf(match: PolicyMatch | undefined): Scope {
  return { ...blockOf(match ?? {}), exclude: (match?.exclude ?? []).map(blockOf) };
}

function blockOf(block: PolicyExclusion): Block {
  const { namespaces, namespaceSelector, podSelector, serviceAccounts, runtimeClassNames } = block;
  return {
    namespaces: namespaces?.map(compileGlob),
    namespaceSelector: namespaceSelector === undefined ? undefined : compileSelector(namespaceSelector),
    podSelector: podSelector === undefined ? undefined : compileSelector(podSelector),
    serviceAccounts: serviceAccounts?.map((text) => {
      const [namespace = '', name = ''] = text.split('/');
      return { namespace: compileGlob(namespace), name: compileGlob(name) };
    }),
    runtimeClassNames: runtimeClassNames?.map(compileGlob),
  };
}
