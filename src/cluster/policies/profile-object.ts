import { catalogueFacts, widerThanDefault } from '../../core/compare/catalogue-facts.js';
import { type ComparableProfile, comparable } from '../../core/compare/comparable.js';
import { membersOrNone } from '../../core/document/members.js';
import { pathText } from '../../core/document/path-text.js';
import { SERVER_METADATA } from '../../core/policy/schema/metadata-schema.js';
import { profileObjectSchema, type SeccompProfileObject } from '../../core/policy/schema/profile-object-schema.js';
import { schemaProblems } from '../../core/policy/schema/schema-problems.js';
import type { Problem } from '../../core/problem/problem.js';
import type { Stage } from '../../core/profile/catalogue.js';
import { MAX_INSTRUCTIONS, partsOf } from '../../core/profile/filter-size.js';
import { classAmong } from '../../core/profile/logical-name.js';
import type { Profile } from '../../core/profile/model.js';
import { parseJsonProfile } from '../../core/profile/read/parse-json-profile.js';
import type { NodeDefault } from '../../core/profile/runtime-default.js';

/** What a `SeccompProfile` object says, read once for each content. */
export interface ProfileObject {
  readonly name: string;
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  /** Undefined when a problem is an error: the profile cannot be used. */
  readonly read:
    | {
        readonly profile: Profile;
        readonly digest: string;
        readonly mentionedCapabilities: readonly string[];
        readonly refusesNothing: boolean;
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

/** So many objects in one answer of the API server: each can have 256 KiB, and an answer is parsed in one go. */
export const PROFILE_PAGE = 25;

/** More than a status can tell. Whoever reads them may be answering pods. */
const MAX_PROBLEMS = 100;

/**
 * Reads a `SeccompProfile` as the API server sends it. Never throws. Nothing in its status is believed but the counts of nodes.
 * @param before the version before: its profile is not read again where only the status is another, as every node makes it
 */
export function readProfileObject(object: unknown, before?: ProfileObject, nodes: NodeDefault = 'any'): ProfileObject {
  const raw = membersOrNone(object);
  const metadata = membersOrNone(raw.metadata);
  const name = typeof metadata.name === 'string' ? metadata.name : '';
  const head = {
    name,
    uid: typeof metadata.uid === 'string' ? metadata.uid : undefined,
    generation: typeof metadata.generation === 'number' ? metadata.generation : undefined,
    nodes: nodeCounts(membersOrNone(raw.status)),
  };
  if (before !== undefined && isSameSpec(head, before)) return { ...before, ...head };
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
  const { profile, problems } = parseJsonProfile(spec.profile, { file, mostProblems: MAX_PROBLEMS });
  if (profile === undefined) return { ...head, read: undefined, problems };
  const parts = partsOf(profile);
  if (parts > MAX_INSTRUCTIONS) return { ...head, read: undefined, problems: [...problems, tooLarge(parts, file)] };
  const facts = catalogueFacts(profile);
  let tables: { readonly made: ComparableProfile } | undefined;
  const tablesOf = (): ComparableProfile => {
    tables ??= { made: comparable(profile) };
    return tables.made;
  };
  const wider = widerThanDefault(tablesOf(), nodes);
  const withinRuntimeDefault = wider === undefined;
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
    problems: [...problems, ...approvalProblems(facts.digest, wider, spec.approval, file)],
  };
}

/** The API server counts the generation up with every change but those of the status and of metadata. */
function isSameSpec(one: Pick<ProfileObject, 'uid' | 'generation'>, other: ProfileObject): boolean {
  return (
    one.uid !== undefined &&
    one.uid === other.uid &&
    one.generation !== undefined &&
    one.generation === other.generation
  );
}

/** Whether every node that counts has it. */
export function isOnNodes({ nodes }: ProfileObject): boolean {
  return nodes.total > 0 && nodes.ready >= nodes.total;
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
  wider: string | undefined,
  approval: SeccompProfileObject['spec']['approval'],
  file: string,
): readonly Problem[] {
  if (wider === undefined || approval?.digest === digest) return [];
  const advice = `Look at it (seccomply profile diff RuntimeDefault ${file.slice(file.lastIndexOf('/') + 1).split('@')[0]}); then, with the verb approve, set spec.approval.digest to ${digest}.`;
  const message = `it allows more than ${wider}, and ${
    approval === undefined ? 'nobody has approved that' : 'the approval is for another content'
  }`;
  return [{ code: 'PF20', severity: 'error', message, advice, place: { file, path: 'spec.approval' } }];
}

function tooLarge(parts: number, file: string): Problem {
  return {
    code: 'PF21',
    severity: 'error',
    message: `it names syscalls and compares arguments ${parts} times, and a filter of Linux has at most ${MAX_INSTRUCTIONS} instructions`,
    advice: 'Put the names that are treated alike into one rule, or split the profile.',
    place: { file, path: 'spec.profile' },
  };
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
