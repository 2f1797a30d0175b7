import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp019MissingListener: LintRule = {
  id: 'SP019',
  severity: 'error',
  title: 'A listener that is not there, or cannot be',
  why: 'SCMP_ACT_NOTIFY asks a listener. runc refuses a profile with it and without "listenerPath", as the default action, and on write, which runc needs to hand the listener over. Under crun the call gets ENOSYS; it connects to the listener whether a rule asks it or not, and does not start without it.',
  fix: 'Give "listenerPath" and name the syscalls, or use SCMP_ACT_ERRNO.',
  failing: { text: allowAllBut([refuse(['keyctl'], { action: 'SCMP_ACT_NOTIFY' })]) },
  passing: {
    text: allowAllBut([refuse(['keyctl'], { action: 'SCMP_ACT_NOTIFY' })], { listenerPath: '/run/seccomp-agent.sock' }),
  },
  *check({ profile, rules, options, top }) {
    if (profile.listenerPath !== undefined && !profile.listenerPath.startsWith('/') && options.runtime !== 'runc')
      yield {
        path: top('listenerPath'),
        message: '"listenerPath" is not an absolute path: crun refuses the profile',
        advice: 'Write the path of the socket from "/".',
      };
    if (profile.defaultAction === 'SCMP_ACT_NOTIFY')
      yield {
        path: top('defaultAction'),
        message: 'SCMP_ACT_NOTIFY as the default action: runc refuses the profile',
      };
    const first = rules.find(({ rule }) => rule.action === 'SCMP_ACT_NOTIFY');
    if (first !== undefined && profile.listenerPath === undefined)
      yield {
        path: `${first.path}.action`,
        message: 'SCMP_ACT_NOTIFY without "listenerPath": runc refuses the profile, under crun the call gets ENOSYS',
      };
    for (const { rule, path } of rules)
      if (rule.action === 'SCMP_ACT_NOTIFY' && rule.names.includes('write'))
        yield {
          path,
          message: 'SCMP_ACT_NOTIFY on write: runc refuses the profile',
          advice: 'Take write out of the rule.',
        };
    const isAsked = first !== undefined || profile.defaultAction === 'SCMP_ACT_NOTIFY';
    if (profile.listenerPath !== undefined && !isAsked && options.runtime !== 'runc')
      yield {
        path: top('listenerPath'),
        severity: 'warning',
        message:
          '"listenerPath" without SCMP_ACT_NOTIFY: no call asks the listener, and crun starts no container where it is missing',
        advice: 'Remove "listenerPath".',
      };
    if (profile.listenerMetadata !== undefined && profile.listenerPath === undefined)
      yield {
        path: top('listenerMetadata'),
        message: '"listenerMetadata" without "listenerPath": there is no listener to get it',
        advice: 'Remove it, or give "listenerPath".',
      };
  },
};
