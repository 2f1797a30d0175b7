import {
  type ComparableProfile,
  catalogueFacts,
  comparable,
  isComparableWithin,
  isWithinRuntimeDefault,
} from '../../core/compare/catalogue-facts.js';
import { membersOrNone } from '../../core/document/members.js';
import { pathText } from '../../core/document/path-text.js';
import { SERVER_METADATA } from '../../core/policy/schema/metadata-schema.js';
import { profileObjectSchema, type SeccompProfileObject } from '../../core/policy/schema/profile-object-schema.js';
import { schemaProblems } from '../../core/policy/schema/schema-problems.js';
import type { Problem } from '../../core/problem/problem.js';
import type { Catalogue, CatalogueEntry, Stage } from '../../core/profile/catalogue.js';
import { type CatalogueProfile, catalogueOf } from '../../core/profile/catalogue-of.js';
import { classAmong, profilePath } from '../../core/profile/logical-name.js';
import type { Profile } from '../../core/profile/model.js';
import { parseJsonProfile } from '../../core/profile/read/parse-json-profile.js';
import type { ContainerRuntime } from '../../core/profile/runtime-default.js';

/** What a `SeccompProfile` object says, read once for each content. */
export interface ProfileObject {
  readonly name: string;
  readonly generation: number | undefined;
  /** Undefined when a problem is an error: the profile cannot be used. */
  readonly read:
    | {
        readonly profile: Profile;
        readonly digest: string;
        readonly mentionedCapabilities: readonly string[];
        readonly withinRuntimeDefault: boolean;
        readonly stages: readonly Stage[];
        /** Classes kept on the nodes, the one without capabilities first. */
        readonly classes: readonly (readonly string[])[];
        /** It is within the runtime default, or this very content was approved. */
        readonly approved: boolean;
        comparable(): ComparableProfile;
      }
    | undefined;
  readonly nodes: NodeCounts;
  readonly problems: readonly Problem[];
}

/** What the status says of the nodes; the node agents' part of it. */
export interface NodeCounts {
  readonly ready: number;
  /** 0 until anybody has counted. */
  readonly total: number;
  readonly files: readonly { readonly path: string; readonly nodesReady: number }[];
}

/** Reads a `SeccompProfile` as the API server sends it. Never throws. Nothing in its status is believed but the counts of nodes. */
export function readProfileObject(object: unknown, runtime: ContainerRuntime = 'containerd'): ProfileObject {
  const raw = membersOrNone(object);
  const metadata = membersOrNone(raw.metadata);
  const name = typeof metadata.name === 'string' ? metadata.name : '';
  const head = {
    name,
    generation: typeof metadata.generation === 'number' ? metadata.generation : undefined,
    nodes: nodeCounts(membersOrNone(raw.status)),
  };
  const own = {
    ...raw,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVER_METADATA.has(key))),
  };
  const { status: _, ...written } = own as Record<string, unknown>;
  const parsed = profileObjectSchema.safeParse(written);
  const file = `cluster:seccompprofiles/${name}${head.generation === undefined ? '' : `@${head.generation}`}`;
  if (!parsed.success) {
    const problems = schemaProblems(profileObjectSchema, written, parsed.error.issues, (path) => ({
      file,
      path: pathText(path),
    }));
    return { ...head, read: undefined, problems };
  }
  const { spec }: SeccompProfileObject = parsed.data;
  const { profile, problems } = parseJsonProfile(spec.profile, { file });
  if (profile === undefined) return { ...head, read: undefined, problems };
  const facts = catalogueFacts(profile);
  let tables: { readonly made: ComparableProfile } | undefined;
  const tablesOf = (): ComparableProfile => {
    tables ??= { made: comparable(profile) };
    return tables.made;
  };
  const withinRuntimeDefault = isWithinRuntimeDefault(tablesOf(), runtime);
  const isApproved = spec.approval?.digest === facts.digest;
  return {
    ...head,
    read: {
      profile,
      ...facts,
      withinRuntimeDefault,
      stages: spec.stages,
      classes: classesOf(facts.mentionedCapabilities, spec.capabilities ?? []),
      approved: withinRuntimeDefault || isApproved,
      comparable: tablesOf,
    },
    problems: [...problems, ...approvalProblems(facts.digest, withinRuntimeDefault, spec.approval, file)],
  };
}

/** Every file the profile should have on a node: each stage with each class. */
export function profileFiles(
  object: ProfileObject,
): readonly { readonly path: string; readonly stage: Stage; readonly capabilities: readonly string[] }[] {
  const { name, read } = object;
  if (read === undefined) return [];
  return read.stages.flatMap((stage) =>
    read.classes.map((capabilities) => ({
      path: profilePath(name, read.digest, stage, capabilities),
      stage,
      capabilities,
    })),
  );
}

/** Whether every node that counts has it. */
export function isOnNodes({ nodes }: ProfileObject): boolean {
  return nodes.total > 0 && nodes.ready >= nodes.total;
}

/**
 * The catalogue of a cluster: `SeccompProfile` objects, and beside them profiles from files, which count as available because
 * whoever gave them says that they are on the nodes. Of one name the object counts. A profile that is not approved is not in it.
 */
export function clusterCatalogue(
  objects: readonly ProfileObject[],
  beside?: { readonly catalogue: Catalogue; readonly comparableOf: (name: string) => ComparableProfile },
): Catalogue {
  const usable = objects.filter(({ read }) => read?.approved === true);
  const byName = new Map(usable.map((object) => [object.name, object]));
  const known = new Set(objects.map(({ name }) => name));
  const comparableOf = (name: string): ComparableProfile =>
    byName.get(name)?.read?.comparable() ?? (known.has(name) ? undefined : beside?.comparableOf(name));
  const all = catalogueOf(usable.flatMap(entryOf), {
    within: (a, b) => isComparableWithin(comparableOf(a), comparableOf(b)),
  });
  const own: Catalogue = {
    ...all,
    // A stage or a capability class that the object does not ask for is on no node: a pod that names it would never start.
    pathOf: (name, stage, added) => {
      const read = byName.get(name)?.read;
      if (read === undefined || !read.stages.includes(stage)) return undefined;
      const wanted = classAmong(read.mentionedCapabilities, added).join(' ');
      return read.classes.some((one) => one.join(' ') === wanted) ? all.pathOf(name, stage, added) : undefined;
    },
  };
  if (beside === undefined) return own;
  const { catalogue } = beside;
  const names = [...new Set([...own.names(), ...catalogue.names().filter((name) => !known.has(name))])].sort();
  const of = (name: string): Catalogue => (known.has(name) ? own : catalogue);
  const within = new Map<string, boolean>();
  return {
    names: () => names,
    get: (name) => of(name).get(name),
    pathOf: (name, stage, capabilities) => of(name).pathOf(name, stage, capabilities),
    byPath: (path, capabilities) => {
      const name = /^seccomply\/([a-z0-9-]+)\.[0-9a-f]{32}\.json$/.exec(path)?.[1] ?? '';
      return of(name).byPath(path, capabilities);
    },
    within: (a, b) => {
      if (known.has(a) === known.has(b)) return of(a).within(a, b);
      if (of(a).get(a) === undefined || of(b).get(b) === undefined) return false;
      const key = `${a} ${b}`;
      const answer = within.get(key) ?? isComparableWithin(comparableOf(a), comparableOf(b));
      within.set(key, answer);
      return answer;
    },
  };
}

function entryOf(object: ProfileObject): readonly CatalogueProfile[] {
  const { name, read } = object;
  if (read === undefined) return [];
  const entry: CatalogueEntry = {
    name,
    digest: read.digest,
    available: isOnNodes(object),
    withinRuntimeDefault: read.withinRuntimeDefault,
  };
  return [{ ...entry, mentionedCapabilities: read.mentionedCapabilities }];
}

function classesOf(
  mentioned: readonly string[],
  listed: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const classes = new Map<string, readonly string[]>([['', []]]);
  for (const added of listed) {
    const reduced = classAmong(mentioned, added);
    classes.set(reduced.join(' '), reduced);
  }
  return [...classes.values()];
}

function approvalProblems(
  digest: string,
  withinRuntimeDefault: boolean,
  approval: SeccompProfileObject['spec']['approval'],
  file: string,
): readonly Problem[] {
  if (withinRuntimeDefault || approval?.digest === digest) return [];
  const advice = `Look at it (seccomply profile diff RuntimeDefault ${file.replace(/^.*\/|@.*$/g, '')}); then, with the verb approve, set spec.approval.digest to ${digest}.`;
  const message =
    approval === undefined
      ? "it allows more than the container runtime's default, and nobody has approved that"
      : "it allows more than the container runtime's default, and the approval is for another content";
  return [{ code: 'PF20', severity: 'error', message, advice, place: { file, path: 'spec.approval' } }];
}

function nodeCounts(status: Readonly<Record<string, unknown>>): NodeCounts {
  const count = (value: unknown): number => (Number.isInteger(value) && Number(value) > 0 ? Number(value) : 0);
  const files = Array.isArray(status.files) ? status.files.map(membersOrNone) : [];
  return {
    ready: count(status.nodesReady),
    total: count(status.nodesTotal),
    files: files.flatMap(({ path, nodesReady }) =>
      typeof path === 'string' ? [{ path, nodesReady: count(nodesReady) }] : [],
    ),
  };
}
