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
import { widerText } from './wider-text.js';
import { widerThan } from './within.js';

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
  return widerThanDefault(profile, nodes) === undefined;
}

/** Whose default it is not within, and where: `the default of CRI-O (mount, on Linux before 4.8)`. */
export function widerThanDefault(profile: ComparableProfile, nodes: NodeDefault): string | undefined {
  for (const runtime of runtimesOf(nodes)) {
    if (!defaults.has(runtime)) defaults.set(runtime, comparable(runtimeDefault(runtime)));
    const wider = widerThan(profile, defaults.get(runtime));
    if (wider !== undefined) return `the default of ${NAMES[runtime]} (${widerText(wider)})`;
  }
  return undefined;
}

const NAMES: Readonly<Record<ContainerRuntime, string>> = { containerd: 'containerd', crio: 'CRI-O' };

/** Every runtime whose default counts. */
export function runtimesOf(nodes: NodeDefault): readonly ContainerRuntime[] {
  return nodes === 'any' ? CONTAINER_RUNTIMES : [nodes];
}
