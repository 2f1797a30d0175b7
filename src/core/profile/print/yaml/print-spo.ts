import { stringify } from 'yaml';
import type { Problem } from '../../../problem/problem.js';
import type { Action, Profile } from '../../model.js';
import { ociRule, ociSettings } from '../oci-object.js';

/** What becomes of syscalls that no rule names, where the number is lost. */
const WITHOUT_ERRNO: Readonly<Partial<Record<Action, string>>> = {
  SCMP_ACT_ERRNO: 'unlisted syscalls would get EPERM (1)',
  SCMP_ACT_TRACE: 'of unlisted syscalls a tracer would be told 1',
};

const INT64_MAX = 0x7fff_ffff_ffff_ffffn;

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
  const { defaultErrnoRet: _, ...settings } = ociSettings(profile);
  const object = {
    apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1',
    kind: 'SeccompProfile',
    metadata: { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) },
    spec: {
      ...(profile.baseProfileName === undefined ? {} : { baseProfileName: profile.baseProfileName }),
      ...settings,
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
  const { defaultErrnoRet: errno, defaultAction } = profile;
  // Without a number it is 1; other actions have none.
  if (errno !== undefined && errno !== 1 && Object.hasOwn(WITHOUT_ERRNO, defaultAction))
    refuse(
      `a SeccompProfile object cannot hold defaultErrnoRet ${errno}: ${WITHOUT_ERRNO[defaultAction]}`,
      'keep this profile as OCI JSON, or name the syscalls in rules with errnoRet',
    );
  if (profile.rules.some((rule) => rule.args.some((arg) => arg.value > INT64_MAX || arg.valueTwo > INT64_MAX)))
    refuse('a SeccompProfile object cannot hold a value above 9223372036854775807', 'keep this profile as OCI JSON');
  return problems;
}
