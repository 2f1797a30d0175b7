import { stringify } from 'yaml';
import type { Problem } from '../../problem/problem.js';
import type { Argument, Condition, Profile, Rule } from '../model.js';

type Json = string | number | bigint | readonly Json[] | { readonly [key: string]: Json };

export interface PrintOptions {
  /** `pretty` (default): two spaces, a newline at the end. `compact`: no white space at all. */
  readonly layout?: 'pretty' | 'compact';
}

/** Whether the profile says everything in OCI's terms: no conditions on rules, no `archMap`, no base profile. */
export function isPlain(profile: Profile): boolean {
  return (
    profile.archMap === undefined &&
    profile.baseProfileName === undefined &&
    !(profile.architectures ?? []).includes('SCMP_ARCH_NATIVE') &&
    profile.rules.every((rule) => rule.includes === undefined && rule.excludes === undefined)
  );
}

/**
 * OCI runtime-spec JSON, the same bytes for the same profile. Throws a TypeError for a profile that is not plain: leaving
 * its conditions out would make it wider. Comments are left out.
 */
export function printOci(profile: Profile, options: PrintOptions = {}): string {
  if (!isPlain(profile)) throw new TypeError('this profile has conditions: compile it before printing it as OCI JSON');
  return write({ ...head(profile), syscalls: profile.rules.map(ociRule) }, options);
}

/** Docker's JSON: `archMap`, `includes`, `excludes` and comments are kept. */
export function printDocker(profile: Profile, options: PrintOptions = {}): string {
  return write(
    {
      ...head(profile),
      ...(profile.archMap === undefined
        ? {}
        : {
            archMap: profile.archMap.map((entry) => ({
              architecture: entry.architecture,
              subArchitectures: entry.subArchitectures,
            })),
          }),
      syscalls: profile.rules.map((rule) => ({
        ...ociRule(rule),
        ...(rule.comment === undefined ? {} : { comment: rule.comment }),
        ...(rule.includes === undefined ? {} : { includes: condition(rule.includes) }),
        ...(rule.excludes === undefined ? {} : { excludes: condition(rule.excludes) }),
      })),
    },
    options,
  );
}

/**
 * A SeccompProfile object of the security-profiles-operator (YAML). What that object cannot hold is in `problems` (SP053);
 * with such a problem `text` is undefined.
 */
export function printSpo(
  profile: Profile,
  metadata: { readonly name: string; readonly namespace?: string },
): { readonly text: string | undefined; readonly problems: readonly Problem[] } {
  const problems = spoProblems(profile);
  if (problems.length > 0) return { text: undefined, problems };
  const { defaultErrnoRet: _, ...fields } = head(profile);
  const object = {
    apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
    kind: 'SeccompProfile',
    metadata: { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) },
    spec: {
      ...(profile.baseProfileName === undefined ? {} : { baseProfileName: profile.baseProfileName }),
      ...fields,
      syscalls: profile.rules.map(ociRule),
    },
  };
  return { text: stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }), problems: [] };
}

function spoProblems(profile: Profile): readonly Problem[] {
  const problems: Problem[] = [];
  const refuse = (message: string, advice: string): void => {
    problems.push({ code: 'SP053', severity: 'error', message, advice });
  };
  if (profile.archMap !== undefined || profile.rules.some((rule) => rule.includes ?? rule.excludes))
    refuse('a SeccompProfile object has no conditions on rules and no archMap', 'compile the profile first');
  const errno = profile.defaultErrnoRet;
  if (errno !== undefined && !(profile.defaultAction === 'SCMP_ACT_ERRNO' && errno === 1))
    refuse(
      `a SeccompProfile object cannot hold defaultErrnoRet ${errno}: unlisted syscalls would get EPERM (1)`,
      'keep this profile as OCI JSON, or name the syscalls in rules with errnoRet',
    );
  if (profile.rules.some((rule) => rule.args.some((arg) => arg.value > INT64_MAX || arg.valueTwo > INT64_MAX)))
    refuse('a SeccompProfile object cannot hold a value above 9223372036854775807', 'keep this profile as OCI JSON');
  return problems;
}

const INT64_MAX = 0x7fff_ffff_ffff_ffffn;

function head(profile: Profile): { readonly [key: string]: Json } {
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(profile.architectures === undefined ? {} : { architectures: profile.architectures }),
    ...(profile.flags === undefined ? {} : { flags: profile.flags }),
    ...(profile.listenerPath === undefined ? {} : { listenerPath: profile.listenerPath }),
    ...(profile.listenerMetadata === undefined ? {} : { listenerMetadata: profile.listenerMetadata }),
  };
}

function ociRule(rule: Rule): { readonly [key: string]: Json } {
  return {
    names: rule.names,
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(rule.args.length === 0 ? {} : { args: rule.args.map(argument) }),
  };
}

function argument(arg: Argument): { readonly [key: string]: Json } {
  return {
    index: arg.index,
    value: arg.value,
    ...(arg.op === 'SCMP_CMP_MASKED_EQ' || arg.valueTwo !== 0n ? { valueTwo: arg.valueTwo } : {}),
    op: arg.op,
  };
}

function condition(value: Condition): { readonly [key: string]: Json } {
  return {
    ...(value.arches === undefined ? {} : { arches: value.arches }),
    ...(value.caps === undefined ? {} : { caps: value.caps }),
    ...(value.minKernel === undefined ? {} : { minKernel: value.minKernel }),
  };
}

function write(value: Json, options: PrintOptions): string {
  return options.layout === 'compact' ? json(value, undefined, '') : `${json(value, '  ', '\n')}\n`;
}

/** JSON.stringify with exact 64-bit integers. */
function json(value: Json, step: string | undefined, margin: string): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  const inner = step === undefined ? '' : margin + step;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((item) => json(item, step, inner)).join(`,${inner}`)}${margin}]`;
  }
  const members = Object.entries(value);
  if (members.length === 0) return '{}';
  const colon = step === undefined ? ':' : ': ';
  return `{${inner}${members.map(([key, item]) => `${JSON.stringify(key)}${colon}${json(item, step, inner)}`).join(`,${inner}`)}${margin}}`;
}

function isList(value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] {
  return Array.isArray(value);
}
