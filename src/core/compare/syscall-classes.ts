import { normalCapabilities, versionOf } from '../profile/conditions.js';
import type { Condition, Rule } from '../profile/model.js';
import { MULTIPLEXED_CALLS } from '../syscalls/filter-architecture.js';

/** A kind of container on a kind of kernel, as far as the conditions on some rules tell such kinds apart. */
export interface SyscallClass {
  readonly capabilities: readonly string[];
  /** `<major>.<minor>`: one of its kernels. */
  readonly kernel: string;
  /** Which kernels are in it, `before 4.8`, where the rules tell kernels apart. */
  readonly kernels?: string;
}

/** The class of rules without conditions. */
export const NO_CONDITIONS: SyscallClass = { capabilities: [], kernel: '6.18' };

/** Capabilities that the rules on one syscall may ask about: each more doubles the classes. Docker's format has 3 at most in practice. */
export const MOST_CAPABILITIES = 8;
/** Kernel versions that they may ask about. */
export const MOST_KERNELS = 8;

/** Kubernetes asks for this kernel or a later one. */
const OLDEST_KERNEL = '4.19';
/** Before every kernel. */
const NO_KERNEL = '0.0';

/**
 * Every class that the rules treat differently: each subset of the capabilities that they ask about, on each side of each kernel version.
 * Undefined where those are too many to be looked at.
 * @param beside rules that the others are compared with: older kernels than a cluster has count only where `rules` ask about them
 */
export function classesOf(rules: readonly Rule[], beside: readonly Rule[] = []): readonly SyscallClass[] | undefined {
  const { capabilities, oldest, kernels } = askedBy(rules, beside);
  if (capabilities.length > MOST_CAPABILITIES || kernels.length > MOST_KERNELS) return undefined;
  let subsets: readonly (readonly string[])[] = [[]];
  for (const capability of capabilities) subsets = [...subsets, ...subsets.map((subset) => [...subset, capability])];
  const [first] = kernels;
  const sides =
    first === undefined
      ? [{ kernel: NO_CONDITIONS.kernel }]
      : [
          { kernel: oldest, kernels: `before ${first}` },
          ...kernels.map((kernel) => ({ kernel, kernels: `from ${kernel} on` })),
        ];
  return sides.flatMap((side) => subsets.map((subset) => ({ capabilities: subset, ...side })));
}

/** The same for rules whose conditions ask about the same. */
export function classesKey(rules: readonly Rule[], beside: readonly Rule[]): string {
  const { capabilities, kernels } = askedBy(rules, beside);
  return [...capabilities, ...kernels].join(' ');
}

/** What decides about a syscall together with others: beside a filtered `clone` a `clone3` is refused, and a multiplexer has the rules of its calls. */
export function unitOf(name: string): string {
  if (name === 'clone3') return 'clone';
  return MULTIPLEXED_CALLS.get(name)?.entry ?? name;
}

interface Asked {
  readonly capabilities: readonly string[];
  /** The oldest kernel that is looked at. */
  readonly oldest: string;
  readonly kernels: readonly string[];
}

function askedBy(rules: readonly Rule[], beside: readonly Rule[]): Asked {
  const conditions = conditionsOf(rules);
  const all = [...conditions, ...conditionsOf(beside)];
  const capabilities = new Set(all.flatMap(({ caps }) => [...normalCapabilities(caps ?? [])]));
  const oldest = conditions.flatMap(kernelsIn).some(isOld) ? NO_KERNEL : OLDEST_KERNEL;
  const kernels = new Set(all.flatMap(kernelsIn).filter((kernel) => oldest === NO_KERNEL || !isOld(kernel)));
  return { capabilities: [...capabilities].sort(), oldest, kernels: [...kernels].sort(ascending.compare) };
}

function isOld(kernel: string): boolean {
  return ascending.compare(kernel, OLDEST_KERNEL) <= 0;
}

const ascending = new Intl.Collator('en', { numeric: true });

function conditionsOf(rules: readonly Rule[]): readonly Condition[] {
  return rules.flatMap(({ includes, excludes }) => [includes ?? NONE, excludes ?? NONE]);
}

const NONE: Condition = {};

function kernelsIn({ minKernel }: Condition): readonly string[] {
  return minKernel === undefined ? [] : [versionOf(minKernel).join('.')];
}
