import { filterAction } from './filter-action.js';
import type { Profile, Rule } from './model.js';

/** Keys of Docker's and containers/common's formats, which runtimes pass over. */
export type PassedOver = 'includes' | 'excludes' | 'archMap' | 'name' | 'errno' | 'defaultErrno';

/**
 * The profile as runc and crun read it from a node (Localhost): plain OCI JSON, in which keys of other formats are not there. Conditions hold
 * always, a rule that says `name` names nothing, and an `errno` is EPERM unless `errnoRet` stands beside it. The rules keep their indexes.
 */
export function asRuntimesRead(profile: Profile): Profile {
  const { archMap: _, asOci, ...rest } = profile;
  const rules = profile.rules.map(ruleAsRead);
  if (asOci === undefined) return { ...rest, rules };
  const { defaultErrnoRet: __, ...withoutErrno } = rest;
  return { ...withoutErrno, ...asOci, rules };
}

/** The keys whose loss changes what the profile means, in the order that formats name them. */
export function passedOver(profile: Profile): readonly PassedOver[] {
  const { rules, archMap, asOci, defaultAction, defaultErrnoRet } = profile;
  const keys: readonly (readonly [PassedOver, boolean])[] = [
    ['includes', rules.some(({ includes }) => includes !== undefined)],
    ['excludes', rules.some(({ excludes }) => excludes !== undefined)],
    ['archMap', archMap !== undefined],
    ['name', rules.some(saysName)],
    ['errno', rules.some(losesErrno)],
    [
      'defaultErrno',
      asOci !== undefined &&
        filterAction(defaultAction, defaultErrnoRet) !== filterAction(defaultAction, asOci.defaultErrnoRet),
    ],
  ];
  return keys.filter(([, isThere]) => isThere).map(([key]) => key);
}

/** Which of the keys are conditions. */
export function conditionsPassedOver(profile: Profile): readonly PassedOver[] {
  return passedOver(profile).filter((key) => key === 'includes' || key === 'excludes' || key === 'archMap');
}

/** Whether the rule names its syscall by `name`: runc passes over such a rule, crun refuses the profile. */
export function saysName({ names, asOci }: Rule): boolean {
  return asOci !== undefined && asOci.names.length < names.length;
}

function losesErrno({ action, errnoRet, asOci }: Rule): boolean {
  return asOci !== undefined && filterAction(action, errnoRet) !== filterAction(action, asOci.errnoRet);
}

function ruleAsRead({ includes: _, excludes: __, asOci, ...rule }: Rule): Rule {
  if (asOci === undefined) return rule;
  const { errnoRet: ___, ...withoutErrno } = rule;
  return { ...withoutErrno, ...asOci };
}
