import type { LintRule } from '../../subject/lint-rule.js';

export const sp031LogsByDefault: LintRule = {
  id: 'SP031',
  severity: 'warning',
  title: 'Nothing is refused, only logged',
  why: 'With SCMP_ACT_LOG as the default the profile watches. Where it stands for good it protects nothing, and fills the log.',
  fix: "Use it for a limited time (stages Record and Complain do that within the runtime's default), then refuse by default. What was not seen until then fails.",
  failing: { text: JSON.stringify({ defaultAction: 'SCMP_ACT_LOG' }) },
  passing: { text: JSON.stringify({ defaultAction: 'SCMP_ACT_LOG' }), options: { stage: 'Record' } },
  *check({ profile, options, top }) {
    if (profile.defaultAction === 'SCMP_ACT_LOG' && (options.stage ?? 'Enforce') === 'Enforce')
      yield {
        path: top('defaultAction'),
        message: 'every syscall that no rule names is let through and logged: this profile refuses nothing by default',
      };
  },
};
