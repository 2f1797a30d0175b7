import { listed } from '../../../text/words.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { at, profiledContainersOf, textAt } from '../../subject/pod-document.js';
import { localhost, podText, WEB } from './example-pod.js';

export const sp049SharedProfile: LintRule = {
  id: 'SP049',
  severity: 'warning',
  title: 'One profile for several containers',
  why: "A profile of the whole pod must allow what any of its containers needs: the sidecar's syscalls, the shell of an init container, the debugger of an ephemeral one. Each container is held less tightly than it could be.",
  fix: 'Give each container its own seccompProfile, or let a policy assign them.',
  failing: {
    text: podText({
      securityContext: localhost('profiles/web.json'),
      containers: [WEB, { name: 'log', image: 'fluent-bit' }],
    }),
  },
  passing: {
    text: podText({
      containers: [
        { ...WEB, securityContext: localhost('profiles/web.json') },
        { name: 'log', image: 'fluent-bit', securityContext: localhost('profiles/log.json') },
      ],
    }),
  },
  *checkPod(pod) {
    if (textAt(pod.spec, 'securityContext.seccompProfile.type') !== 'Localhost') return;
    const sharing = profiledContainersOf(pod).filter(
      ({ node }) => at(node, 'securityContext.seccompProfile') === undefined,
    );
    if (sharing.length > 1)
      yield {
        path: `${pod.path}.securityContext.seccompProfile`,
        message: `the containers ${listed(sharing.map(({ name }) => name))} share one profile: it allows each what only another one needs`,
      };
  },
};
