import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import { at, isTrueAt, profiledContainersOf, textAt } from '../../subject/pod-document.js';
import { localhost, podText, WEB } from './example-pod.js';

export const sp048ProfileWithoutEffect: LintRule = {
  id: 'SP048',
  severity: 'warning',
  title: 'A profile where none takes effect',
  why: 'The runtime runs privileged containers without any filter, whatever the pod says; on Windows there is no seccomp, and the API server refuses the field.',
  fix: 'Take privileged away, or the profile.',
  failing: {
    text: podText({
      containers: [{ ...WEB, securityContext: { privileged: true, ...localhost('profiles/web.json') } }],
    }),
  },
  passing: { text: podText({ containers: [{ ...WEB, securityContext: localhost('profiles/web.json') }] }) },
  *checkPod(pod) {
    const isWindows = textAt(pod.spec, 'os.name') === 'windows';
    const ofPod = at(pod.spec, 'securityContext.seccompProfile');
    if (ofPod !== undefined && isWindows) yield onWindows(`${pod.path}.securityContext.seccompProfile`);
    for (const { name, node, path } of profiledContainersOf(pod)) {
      const own = at(node, 'securityContext.seccompProfile');
      const ownPath = `${path}.securityContext.seccompProfile`;
      if (own !== undefined && isWindows) yield onWindows(ownPath);
      const effective = own ?? ofPod;
      if (
        isTrueAt(node, 'securityContext.privileged') &&
        effective !== undefined &&
        textAt(effective, 'type') !== 'Unconfined'
      )
        yield {
          path: own === undefined ? `${path}.securityContext.privileged` : ownPath,
          message: `container ${name} is privileged: it runs without any filter, whatever its seccompProfile says`,
        };
    }
  },
};

function onWindows(path: string): LintFinding {
  return {
    path,
    message: 'a Windows pod cannot have a seccomp profile: the API server refuses it',
    advice: 'Remove it.',
  };
}
