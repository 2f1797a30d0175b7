import { createHash } from 'node:crypto';
import type { Stage } from './catalogue.js';
import { mentionedCapabilities, normalCapabilities } from './conditions.js';
import type { Argument, Condition, Profile, Rule } from './model.js';

/** SHA-256 of the logical profile, 64 hex digits: what its rules say, not how the file is laid out and not what a compiler makes of them. */
export function logicalDigest(profile: Profile): string {
  return sha256(`seccomply profile 1\n${JSON.stringify(normalForm(profile))}`);
}

/**
 * The capabilities a container adds, as far as the profile asks about them, sorted: what its compiled form depends on.
 * Empty is the class `none`.
 */
export function capabilityClass(profile: Profile, added: readonly string[]): readonly string[] {
  return classAmong(mentionedCapabilities(profile), added);
}

export function classAmong(mentioned: readonly string[], added: readonly string[]): readonly string[] {
  if (added.length === 0) return [];
  const held = normalCapabilities(added);
  return held.has('ALL') ? mentioned : mentioned.filter((capability) => held.has(capability));
}

/**
 * Where the profile is on every node, relative to the kubelet's seccomp folder. Nodes of different kinds hold different
 * compiled files under the same path: the path stands for the source and for what a pod decides.
 */
export function profilePath(name: string, digest: string, stage: Stage, capabilities: readonly string[]): string {
  const options = JSON.stringify({ stage, capabilities: [...capabilities].sort() });
  return `seccomply/${name}.${sha256(`seccomply path 1\n${digest}\n${options}`).slice(0, 32)}.json`;
}

/** The name in a path that `profilePath` could have given. */
export function nameInProfilePath(path: string): string | undefined {
  return /^seccomply\/([a-z0-9-]+)\.[0-9a-f]{32}\.json$/.exec(path)?.[1];
}

/** Catalogue names: lower case, digits and `-`, not at the ends; at most 63 characters, as Kubernetes labels have it. */
export function isCatalogueName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name);
}

/**
 * The profile as a value with one spelling for each meaning: fixed key order, names and capabilities sorted and without
 * doubles, errnos filled in, no comments. The order of the rules stays: it can matter. Never change this: it would rename every
 * profile.
 */
function normalForm(profile: Profile): unknown {
  return {
    defaultAction: actionOf(profile.defaultAction, profile.defaultErrnoRet),
    architectures: profile.architectures === undefined ? null : sorted(profile.architectures),
    archMap:
      profile.archMap === undefined
        ? null
        : profile.archMap
            .map((entry) => [entry.architecture, sorted(entry.subArchitectures)] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
    flags: sorted(profile.flags ?? []),
    listenerPath: profile.listenerPath ?? null,
    listenerMetadata: profile.listenerMetadata ?? null,
    baseProfileName: profile.baseProfileName ?? null,
    rules: profile.rules.map(ruleForm),
  };
}

function ruleForm(rule: Rule): unknown {
  return {
    names: sorted(rule.names),
    action: actionOf(rule.action, rule.errnoRet),
    args: rule.args.map(argumentForm),
    includes: conditionForm(rule.includes),
    excludes: conditionForm(rule.excludes),
  };
}

function actionOf(action: string, errnoRet: number | undefined): string {
  const spelt = action === 'SCMP_ACT_KILL' ? 'SCMP_ACT_KILL_THREAD' : action;
  return spelt === 'SCMP_ACT_ERRNO' || spelt === 'SCMP_ACT_TRACE' ? `${spelt} ${errnoRet ?? 1}` : spelt;
}

function argumentForm(arg: Argument): string {
  const second = arg.op === 'SCMP_CMP_MASKED_EQ' ? ` ${arg.valueTwo}` : '';
  return `${arg.index} ${arg.op} ${arg.value}${second}`;
}

function conditionForm(condition: Condition | undefined): unknown {
  if (condition === undefined) return null;
  return {
    caps: [...normalCapabilities(condition.caps ?? [])].sort(),
    arches: sorted(condition.arches ?? []),
    minKernel: condition.minKernel ?? null,
  };
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
