import { mentionedCapabilities } from '../profile/conditions.js';
import { logicalDigest } from '../profile/logical-name.js';
import type { Profile } from '../profile/model.js';
import {
  CONTAINER_RUNTIMES,
  type ContainerRuntime,
  type NodeDefault,
  runtimeDefault,
} from '../profile/runtime-default.js';
import { type ComparableProfile, comparable } from './comparable.js';
import { refusesNothing } from './refuses-nothing.js';
import { isComparableWithin } from './within.js';

/** What a catalogue keeps of a profile beside its name. */
export interface CatalogueFacts {
  readonly digest: string;
  readonly mentionedCapabilities: readonly string[];
  /** Whether some container with it may run as if it had no profile. */
  readonly refusesNothing: boolean;
}

export function catalogueFacts(profile: Profile): CatalogueFacts {
  return {
    digest: logicalDigest(profile),
    mentionedCapabilities: mentionedCapabilities(profile),
    refusesNothing: refusesNothing(profile),
  };
}

const defaults = new Map<ContainerRuntime, ComparableProfile>();

/** Whether the profile allows nothing that the default of the nodes refuses. */
export function isWithinRuntimeDefault(profile: ComparableProfile, nodes: NodeDefault): boolean {
  return runtimesOf(nodes).every((runtime) => {
    if (!defaults.has(runtime)) defaults.set(runtime, comparable(runtimeDefault(runtime)));
    return isComparableWithin(profile, defaults.get(runtime));
  });
}

/** Every runtime whose default counts. */
export function runtimesOf(nodes: NodeDefault): readonly ContainerRuntime[] {
  return nodes === 'any' ? CONTAINER_RUNTIMES : [nodes];
}
