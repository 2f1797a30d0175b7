import { normalCapabilities, versionOf } from '../profile/conditions.js';
import type { Rule } from '../profile/model.js';
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

/**
 * Every class that the rules treat differently: each subset of the capabilities that they ask about, on each side of each kernel version.
 * Undefined where those are too many to be looked at.
 */
export function classesOf(rules: readonly Rule[]): readonly SyscallClass[] | undefined {
  const { capabilities, kernels } = askedBy(rules);
  if (capabilities.length > MOST_CAPABILITIES || kernels.length > MOST_KERNELS) return undefined;
  let subsets: readonly (readonly string[])[] = [[]];
  for (const capability of capabilities) subsets = [...subsets, ...subsets.map((subset) => [...subset, capability])];
  const [first] = kernels;
  const sides =
    first === undefined
      ? [{ kernel: NO_CONDITIONS.kernel }]
      : [
          { kernel: '0.0', kernels: `before ${first}` },
          ...kernels.map((kernel) => ({ kernel, kernels: `from ${kernel} on` })),
        ];
  return sides.flatMap((side) => subsets.map((subset) => ({ capabilities: subset, ...side })));
}

/** The same for rules whose conditions ask about the same. */
export function classesKey(rules: readonly Rule[]): string {
  const { capabilities, kernels } = askedBy(rules);
  return [...capabilities, ...kernels].join(' ');
}

/** What decides about a syscall together with others: beside a filtered `clone` a `clone3` is refused, and a multiplexer has the rules of its calls. */
export function unitOf(name: string): string {
  if (name === 'clone3') return 'clone';
  return MULTIPLEXED_CALLS.get(name)?.entry ?? name;
}

function askedBy(rules: readonly Rule[]): {
  readonly capabilities: readonly string[];
  readonly kernels: readonly string[];
} {
  const capabilities = new Set<string>();
  const kernels = new Set<string>();
  for (const { includes, excludes } of rules) {
    for (const condition of [includes, excludes]) {
      for (const capability of normalCapabilities(condition?.caps ?? [])) capabilities.add(capability);
      if (condition?.minKernel !== undefined) kernels.add(versionOf(condition.minKernel).join('.'));
    }
  }
  const ascending = new Intl.Collator('en', { numeric: true });
  return { capabilities: [...capabilities].sort(), kernels: [...kernels].sort(ascending.compare) };
}
