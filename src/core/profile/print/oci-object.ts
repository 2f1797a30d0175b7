import type { Argument, Profile, Rule } from '../model.js';
import type { Json } from './exact-json.js';

/** What OCI's object says before its rules. */
export function ociSettings(profile: Profile): { readonly [key: string]: Json } {
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(profile.architectures === undefined ? {} : { architectures: profile.architectures }),
    ...(profile.flags === undefined ? {} : { flags: profile.flags }),
    ...(profile.listenerPath === undefined ? {} : { listenerPath: profile.listenerPath }),
    ...(profile.listenerMetadata === undefined ? {} : { listenerMetadata: profile.listenerMetadata }),
  };
}

/** A rule without its conditions and its comment. */
export function ociRule(rule: Rule): { readonly [key: string]: Json } {
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
