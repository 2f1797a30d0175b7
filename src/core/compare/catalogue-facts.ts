import { mentionedCapabilities } from '../profile/conditions.js';
import { logicalDigest } from '../profile/logical-name.js';
import type { Profile } from '../profile/model.js';
import { type ContainerRuntime, runtimeDefault } from '../profile/runtime-default.js';
import { type ComparableProfile, comparable } from './comparable.js';
import { isComparableWithin } from './within.js';

/** What a catalogue keeps of a profile beside its name. */
export interface CatalogueFacts {
  readonly digest: string;
  readonly mentionedCapabilities: readonly string[];
}

export function catalogueFacts(profile: Profile): CatalogueFacts {
  return { digest: logicalDigest(profile), mentionedCapabilities: mentionedCapabilities(profile) };
}

const defaults = new Map<ContainerRuntime, ComparableProfile>();

export function isWithinRuntimeDefault(profile: ComparableProfile, runtime: ContainerRuntime): boolean {
  if (!defaults.has(runtime)) defaults.set(runtime, comparable(runtimeDefault(runtime)));
  return isComparableWithin(profile, defaults.get(runtime));
}
