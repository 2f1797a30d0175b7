import type { Condition, Profile } from '../model.js';
import { exactJson, type Json, type PrintOptions } from './exact-json.js';
import { ociRule, ociSettings } from './oci-object.js';

/** Docker's JSON: `archMap`, `includes`, `excludes` and comments are kept. */
export function printDocker(profile: Profile, options: PrintOptions = {}): string {
  const object = {
    ...ociSettings(profile),
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
  };
  return exactJson(object, options);
}

function condition(value: Condition): { readonly [key: string]: Json } {
  return {
    ...(value.arches === undefined ? {} : { arches: value.arches }),
    ...(value.caps === undefined ? {} : { caps: value.caps }),
    ...(value.minKernel === undefined ? {} : { minKernel: value.minKernel }),
  };
}
