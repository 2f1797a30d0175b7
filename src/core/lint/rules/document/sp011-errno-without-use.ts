import type { LintRule } from '../../subject/lint-rule.js';

export const sp011ErrnoWithoutUse: LintRule = {
  id: 'SP011',
  severity: 'error',
  compiled: 'info',
  title: 'An error number beside an action that returns none',
  why: 'Only ERRNO and TRACE have a number. crun refuses a profile that gives one to another action, runc ignores it.',
  fix: 'Remove the number, or use SCMP_ACT_ERRNO.',
  failing: {
    text: JSON.stringify({
      defaultAction: 'SCMP_ACT_LOG',
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', errnoRet: 1 }],
    }),
  },
  passing: {
    text: JSON.stringify({ defaultAction: 'SCMP_ACT_LOG', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] }),
  },
  *check({ profile, rules, top }) {
    const returnsNone = (action: string) => action !== 'SCMP_ACT_ERRNO' && action !== 'SCMP_ACT_TRACE';
    if (profile.defaultErrnoRet !== undefined && returnsNone(profile.defaultAction))
      yield {
        path: top('defaultErrnoRet'),
        message: `"defaultErrnoRet" beside the default action ${profile.defaultAction}: crun refuses the profile, runc ignores it`,
      };
    for (const { rule, path } of rules)
      if (rule.errnoRet !== undefined && returnsNone(rule.action))
        yield {
          path: `${path}.errnoRet`,
          message: `"errnoRet" beside ${rule.action}: crun refuses the profile, runc ignores it`,
        };
  },
};
