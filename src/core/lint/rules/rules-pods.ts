import { document, type LintRule } from '../subject/lint-rule.js';

const POD = (spec: object) => document({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec });
const LOCALHOST = (localhostProfile: string) => ({ seccompProfile: { type: 'Localhost', localhostProfile } });
const WEB = { name: 'web', image: 'nginx' };

/** What can be wrong with the way a pod names a profile; `lintPods` finds it in manifests. */
export const POD_RULES: readonly LintRule[] = [
  {
    id: 'SP047',
    severity: 'error',
    title: 'The pod names no profile that a node could have',
    why: 'localhostProfile is a path below the kubelet\'s seccomp folder: relative, without "..", for type Localhost only. The API server refuses some mistakes; with others the pod is accepted and its container never created.',
    fix: 'Write the path of an installed profile (seccomply profile compile --path says it), or let a policy assign the profile.',
    failing: { text: POD({ containers: [{ ...WEB, securityContext: LOCALHOST('/etc/profile.json') }] }) },
    passing: { text: POD({ containers: [{ ...WEB, securityContext: LOCALHOST('profiles/web.json') }] }) },
  },
  {
    id: 'SP048',
    severity: 'warning',
    title: 'A profile where none takes effect',
    why: 'The runtime runs privileged containers without any filter, whatever the pod says; on Windows there is no seccomp, and the API server refuses the field.',
    fix: 'Take privileged away, or the profile.',
    failing: {
      text: POD({ containers: [{ ...WEB, securityContext: { privileged: true, ...LOCALHOST('profiles/web.json') } }] }),
    },
    passing: { text: POD({ containers: [{ ...WEB, securityContext: LOCALHOST('profiles/web.json') }] }) },
  },
  {
    id: 'SP049',
    severity: 'warning',
    title: 'One profile for several containers',
    why: "A profile of the whole pod must allow what any of its containers needs: the sidecar's syscalls, the shell of an init container, the debugger of an ephemeral one. Each container is held less tightly than it could be.",
    fix: 'Give each container its own seccompProfile, or let a policy assign them.',
    failing: {
      text: POD({
        securityContext: LOCALHOST('profiles/web.json'),
        containers: [WEB, { name: 'log', image: 'fluent-bit' }],
      }),
    },
    passing: {
      text: POD({
        containers: [
          { ...WEB, securityContext: LOCALHOST('profiles/web.json') },
          { name: 'log', image: 'fluent-bit', securityContext: LOCALHOST('profiles/log.json') },
        ],
      }),
    },
  },
];
