import { type TableOptions, verdictTable } from '../compile/verdict-table.js';
import type { VerdictTable } from '../compile/verdicts.js';
import { mentionedCapabilities } from '../profile/conditions.js';
import { logicalDigest } from '../profile/logical-name.js';
import type { Profile } from '../profile/model.js';
import { type ContainerRuntime, runtimeDefault } from '../profile/runtime-default.js';
import { isTableWithin } from './table-within.js';

/** What a catalogue keeps of a profile beside its name. */
export interface CatalogueFacts {
  readonly digest: string;
  readonly mentionedCapabilities: readonly string[];
}

export function catalogueFacts(profile: Profile): CatalogueFacts {
  return { digest: logicalDigest(profile), mentionedCapabilities: mentionedCapabilities(profile) };
}

/** The machines on which one profile is compared with another: no added capabilities, a current kernel, either runtime. */
const COMPARED: readonly TableOptions[] = [
  { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' },
  { architecture: 'SCMP_ARCH_AARCH64', capabilities: [], kernel: '6.18' },
];

/** The profile as it would be compiled for each machine that profiles are compared on; undefined when it cannot be compiled. */
export type ComparableProfile = readonly VerdictTable[] | undefined;

export function comparable(profile: Profile): ComparableProfile {
  const tables = COMPARED.map((options) => verdictTable(profile, options).table);
  return tables.every((table) => table !== undefined) ? tables : undefined;
}

/** Whether nothing that `b` refuses is allowed by `a`, on x86_64 and on aarch64 nodes. */
export function isComparableWithin(a: ComparableProfile, b: ComparableProfile): boolean {
  if (a === undefined || b === undefined) return false;
  return a.every((table, i) => {
    const other = b[i];
    return other !== undefined && isTableWithin(table, other);
  });
}

const defaults = new Map<ContainerRuntime, ComparableProfile>();

export function isWithinRuntimeDefault(profile: ComparableProfile, runtime: ContainerRuntime): boolean {
  if (!defaults.has(runtime)) defaults.set(runtime, comparable(runtimeDefault(runtime)));
  return isComparableWithin(profile, defaults.get(runtime));
}
