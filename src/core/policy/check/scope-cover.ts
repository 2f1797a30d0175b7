import type { Glob } from '../match/glob.js';
import type { CompiledSelector } from '../match/label-selector.js';
import type { Block, Scope } from '../rules/pod-scope.js';
import { globCovers, globsMeet } from './glob-cover.js';
import { canAllHold, selectorIsImplied } from './selector-cover.js';

/** Whether every pod in `b` is in `a`; false where that is not certain. */
export function scopeCovers(a: Scope, b: Scope): boolean {
  if (!blockIsImplied(a, [b])) return false;
  return a.exclude.every((out) => !blocksMeet(out, b) || b.exclude.some((own) => blockIsImplied(own, [out])));
}

/** Whether a pod can be in both; true where that is not certain. */
export function scopesMeet(a: Scope, b: Scope): boolean {
  return blocksMeet(a, b) && ![...a.exclude, ...b.exclude].some((out) => blockIsImplied(out, [a, b]));
}

/** Whether any pod can be in it. */
export function isEmptyScope(scope: Scope): boolean {
  return (
    !canAllHold(scope.podSelector?.requirements ?? []) ||
    !canAllHold(scope.namespaceSelector?.requirements ?? []) ||
    !accountsMeet(scope, scope) ||
    scope.exclude.some((out) => blockIsImplied(out, [scope]))
  );
}

/** Whether a pod that is in all of `known` is in `wanted`. */
function blockIsImplied(wanted: Block, known: readonly Block[]): boolean {
  const { namespaces, namespaceSelector, podSelector, serviceAccounts, runtimeClassNames } = wanted;
  const isImplied = <T>(key: T | undefined, holds: (value: T) => boolean): boolean => key === undefined || holds(key);
  return (
    isImplied(namespaces, (globs) => known.some((one) => listCovers(globs, one.namespaces, globCovers))) &&
    isImplied(namespaceSelector, (selector) =>
      selectorIsImplied(
        selector,
        known.flatMap((one) => one.namespaceSelector?.requirements ?? []),
      ),
    ) &&
    isImplied(podSelector, (selector) =>
      selectorIsImplied(
        selector,
        known.flatMap((one) => one.podSelector?.requirements ?? []),
      ),
    ) &&
    isImplied(serviceAccounts, (accounts) =>
      known.some((one) =>
        listCovers(
          accounts,
          one.serviceAccounts,
          (a, b) => globCovers(a.namespace, b.namespace) && globCovers(a.name, b.name),
        ),
      ),
    ) &&
    isImplied(runtimeClassNames, (globs) => known.some((one) => listCovers(globs, one.runtimeClassNames, globCovers)))
  );
}

/** Every alternative of `b` falls under one of `a`. */
export function listCovers<T>(
  a: readonly T[],
  b: readonly T[] | undefined,
  covers: (one: T, other: T) => boolean,
): boolean {
  return b?.every((other) => a.some((one) => covers(one, other))) === true;
}

function blocksMeet(a: Block, b: Block): boolean {
  return (
    listsMeet(a.namespaces, b.namespaces, globsMeet) &&
    listsMeet(a.runtimeClassNames, b.runtimeClassNames, globsMeet) &&
    accountsMeet(a, b) &&
    selectorsMeet(a.podSelector, b.podSelector) &&
    selectorsMeet(a.namespaceSelector, b.namespaceSelector)
  );
}

export function listsMeet<T>(
  a: readonly T[] | undefined,
  b: readonly T[] | undefined,
  meet: (one: T, other: T) => boolean,
): boolean {
  return a === undefined || b === undefined || a.some((one) => b.some((other) => meet(one, other)));
}

function accountsMeet(a: Block, b: Block): boolean {
  const isInNamespaces = (account: { readonly namespace: Glob }): boolean =>
    listsMeet([account.namespace], a.namespaces, globsMeet) && listsMeet([account.namespace], b.namespaces, globsMeet);
  if (a.serviceAccounts !== undefined && !a.serviceAccounts.some(isInNamespaces)) return false;
  if (b.serviceAccounts !== undefined && !b.serviceAccounts.some(isInNamespaces)) return false;
  return listsMeet(
    a.serviceAccounts,
    b.serviceAccounts,
    (one, other) => globsMeet(one.namespace, other.namespace) && globsMeet(one.name, other.name),
  );
}

function selectorsMeet(a: CompiledSelector | undefined, b: CompiledSelector | undefined): boolean {
  return a === undefined || b === undefined || canAllHold([...a.requirements, ...b.requirements]);
}
