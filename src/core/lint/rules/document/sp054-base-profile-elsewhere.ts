import type { LintRule } from '../../subject/lint-rule.js';

export const sp054BaseProfileElsewhere: LintRule = {
  id: 'SP054',
  severity: 'warning',
  compiled: 'error',
  title: 'The base profile is in another document',
  why: 'The security-profiles-operator adds the rules of the profile that baseProfileName names. They are not in this document, so nothing that is said here of what the profile lets through counts them, and Seccomply does not compile such a profile.',
  fix: 'Merge the base profile into this one (seccomply profile merge --union), and lint what comes out.',
  failing: { text: basedOn('runc-v1.5.1') },
  passing: { text: basedOn(undefined) },
  *check({ profile, top }) {
    if (profile.baseProfileName !== undefined)
      yield {
        path: top('baseProfileName'),
        message: `the rules of the base profile ${JSON.stringify(profile.baseProfileName)} are not in this document, and are not looked at`,
      };
  },
};

function basedOn(baseProfileName: string | undefined): string {
  return JSON.stringify({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1',
    kind: 'SeccompProfile',
    metadata: { name: 'web' },
    spec: {
      defaultAction: 'SCMP_ACT_ERRNO',
      baseProfileName,
      syscalls: [{ names: ['uname'], action: 'SCMP_ACT_ALLOW' }],
    },
  });
}
