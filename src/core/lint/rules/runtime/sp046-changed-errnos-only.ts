import type { Profile } from '../../../profile/model.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp046ChangedErrnosOnly: LintRule = {
  id: 'SP046',
  severity: 'warning',
  title: 'Only error numbers have changed',
  why: 'crun up to 1.29 keeps the filters it has made, and takes two profiles for the same one when they differ in error numbers only: containers go on with the old numbers.',
  fix: 'Change something else, too, such as the order of the names in a rule, or update crun.',
  failing: {
    text: JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }],
    }),
    options: {
      installed: {
        defaultAction: 'SCMP_ACT_ALLOW',
        rules: [{ names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: [] }],
      },
    },
  },
  passing: {
    text: allowAllBut([refuse(['keyctl', 'add_key'])]),
    options: {
      installed: {
        defaultAction: 'SCMP_ACT_ALLOW',
        rules: [{ names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: [] }],
      },
    },
  },
  *check(subject) {
    const { profile, options, top, parsed } = subject;
    if (options.installed === undefined || options.runtime === 'runc') return;
    const installed = subject.read(options.installed);
    const same = textOf(profile, false) === textOf(installed, false);
    if (!same || textOf(profile, true) === textOf(installed, true)) return;
    const changed = profile.rules.findIndex((rule, i) => rule.errnoRet !== installed.rules[i]?.errnoRet);
    yield {
      path:
        changed >= 0 && profile.defaultErrnoRet === installed.defaultErrnoRet
          ? (parsed.rulePaths[changed] ?? '')
          : top('defaultAction'),
      message:
        'this profile differs from the installed one in error numbers only: crun up to 1.29 goes on with the old filter',
    };
  },
};

function textOf(profile: Profile, withErrnos: boolean): string {
  return JSON.stringify(profile, (key, value) => {
    if (key === 'asOci') return undefined;
    if (!withErrnos && (key === 'errnoRet' || key === 'defaultErrnoRet')) return undefined;
    return typeof value === 'bigint' ? String(value) : value;
  });
}
