import type { Decision, Finding } from '../../../src/core/admission/decision.js';
import { controls, controlsOf } from '../../../src/core/audit/controls.js';
import { ask, container, exemption, field, pod, policy, requestOf, rulesOf } from '../admission/support.js';

const short = (finding: Finding): readonly string[] =>
  controlsOf(finding)
    .map(({ standard, version, id }) => (standard === 'cis-kubernetes' ? `cis-${version}:${id}` : id))
    .sort();

/** The findings of a real decision, so that no code is made up here. */
const found = (decision: Decision, code: string): Finding => {
  const finding = decision.findings.find((one) => one.code === code);
  if (finding === undefined) throw new Error(`no ${code} in ${JSON.stringify(decision.findings)}`);
  return finding;
};

const rules = rulesOf(
  policy('strict', {
    assign: [
      { containers: ['late'], profile: 'coming' },
      { containers: ['bare', 'wide'], profile: 'web-static' },
    ],
    unavailable: 'Deny',
    require: {
      profiles: ['RuntimeDefault', '*', 'Localhost/team/**'],
      ceiling: 'RuntimeDefault',
      privileged: 'Deny',
      hostAccess: 'Deny',
    },
  }) +
    policy('watch', { mode: 'Audit', assign: [{ containers: ['plain'], profile: 'web-static' }] }) +
    exemption('e', { containers: ['lifted'], allow: ['Unconfined'] }),
);
const validate = (one: object, spec: object = {}) =>
  ask(rules, 'validate', requestOf(pod({ containers: [one], ...spec })));
const hostPath = { volumes: [{ name: 'k', hostPath: { path: '/var/lib/kubelet' } }] };

const general = ['2.2.6', '4.4.3'];
const seccompUnset = ['cis-1.10:5.7.2', 'cis-1.12:5.6.2', 'pod-security', 'seccompProfile_restricted'];
const seccomp = [...seccompUnset, 'seccompProfile_baseline'];

test.each<[string, Decision, string, readonly string[]]>([
  ['Unconfined', validate(container('x', 'Unconfined')), 'unconfined', [...general, ...seccomp]],
  ['an exempt Unconfined', validate(container('lifted', 'Unconfined')), 'unconfined', [...general, ...seccomp]],
  ['no profile', validate(container('x')), 'unset', [...general, ...seccompUnset]],
  ['a type that is none', validate(container('x', 'bogus')), 'unknown-type', [...general, ...seccomp]],
  ['a file that the policy does not name', validate(container('x', 'Localhost/x.json')), 'not-allowed', general],
  ['a file of unknown content', validate(container('x', 'Localhost/team/x.json')), 'over-ceiling', general],
  ['nothing injected, and so none', validate(container('bare')), 'not-injected', [...general, ...seccompUnset]],
  ['nothing injected, and so the default', validate(container('wide', 'RuntimeDefault')), 'not-injected', general],
  ['not on the nodes yet', validate(container('late')), 'unavailable', ['4.4.3']],
  [
    'privileged',
    validate(container('x', 'RuntimeDefault', { securityContext: { privileged: true } })),
    'privileged',
    [...general, 'cis-1.12:5.2.2', 'privileged'],
  ],
  [
    "the kubelet's folder",
    validate(container('x', 'RuntimeDefault', { volumeMounts: [{ name: 'k', mountPath: '/k' }] }), hostPath),
    'host-access',
    [...general, 'hostPathVolumes'],
  ],
  [
    'tracing the node',
    validate(container('x', 'RuntimeDefault', { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } }), {
      hostPID: true,
    }),
    'host-access',
    [...general, 'cis-1.12:5.2.3', 'hostNamespaces'],
  ],
  ['an object that cannot be read', validate({}, { containers: 'x' }), 'malformed', []],
  [
    'an annotation without effect',
    ask(
      rules,
      'validate',
      requestOf(
        pod({
          metadata: { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' } },
          securityContext: { seccompProfile: field('RuntimeDefault') },
          containers: [container('x')],
        }),
      ),
    ),
    'legacy-annotation',
    [],
  ],
  ['what a policy would assign', validate(container('plain', 'RuntimeDefault')), 'would-assign', []],
])('%s', (_, decision, code, expected) => {
  expect(short(found(decision, code))).toEqual([...expected].sort());
});

test('every control has evidence, and no two of one standard and version have the same number', () => {
  for (const { evidence } of controls) expect(evidence.length).toBeGreaterThan(0);
  const numbers = controls.map(({ standard, version, id }) => `${standard} ${version} ${id}`);
  expect(new Set(numbers).size).toBe(numbers.length);
});
