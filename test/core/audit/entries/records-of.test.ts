import fc from 'fast-check';
import type { Decision, Finding } from '../../../../src/core/admission/decision.js';
import type { RequestFacts } from '../../../../src/core/admission/request/request-facts.js';
import { recordingNeed } from '../../../../src/core/audit/entries/recording-need.js';
import { recordsOf } from '../../../../src/core/audit/entries/records-of.js';
import { refusedUnread } from '../../../../src/core/audit/entries/refused-unread.js';
import { canonicalJson } from '../../../../src/core/document/canonical-json.js';
import { runs } from '../../../support/require.js';

const policy = { name: 'baseline', contentSha256: 'c'.repeat(64), origin: 'policies/baseline.yaml:4' };

function finding(changes: Partial<Finding> = {}): Finding {
  return {
    kind: 'violation',
    code: 'unconfined',
    mode: 'Enforce',
    container: 'app',
    containerType: 'Container',
    image: 'ghcr.io/acme/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    fieldPath: 'spec.containers[0].securityContext.seccompProfile',
    requested: 'Unconfined',
    effective: 'Unconfined',
    expected: 'RuntimeDefault',
    policy,
    message: 'container "app" asks for Unconfined',
    ...changes,
  };
}

function decision(changes: Partial<Decision> = {}): Decision {
  return {
    webhook: 'validate',
    outcome: 'denied',
    allowed: false,
    code: 403,
    message: 'refused',
    patch: [],
    warnings: [],
    assignments: [],
    findings: [finding()],
    ...changes,
  };
}

const request: RequestFacts = {
  uid: 'u-1',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  namespace: 'shop',
  operation: 'CREATE',
  userInfo: {
    username: 'system:serviceaccount:kube-system:replicaset-controller',
    groups: ['system:serviceaccounts'],
    extra: { 'authentication.kubernetes.io/pod-name': ['p'], 'example.com/token': ['secret-token'] },
  },
  object: {
    metadata: {
      generateName: 'web-6d4cf56db6-',
      labels: { 'pod-template-hash': '6d4cf56db6' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-6d4cf56db6', uid: 'r-1', controller: true }],
    },
    spec: { containers: [{ name: 'app', env: [{ name: 'PASSWORD', value: 'hunter2' }], args: ['--key=topsecret'] }] },
  },
};

test('a denial says who, what, where it came from and which controls it bears on', () => {
  const [record] = recordsOf(request, decision());
  expect(record).toMatchObject({
    recordType: 'denial',
    request: {
      uid: 'u-1',
      webhook: 'validate',
      operation: 'CREATE',
      dryRun: false,
      resource: 'v1/pods',
      namespace: 'shop',
    },
    actor: { extra: { 'authentication.kubernetes.io/pod-name': ['p'] } },
    caller: { authenticated: false },
    workload: {
      kind: 'ReplicaSet',
      name: 'web-6d4cf56db6',
      chain: ['Pod/web-6d4cf56db6-*', 'ReplicaSet/web-6d4cf56db6', 'Deployment/web'],
    },
    decision: { allowed: false, mode: 'enforce', code: 403 },
    container: { name: 'app', imageDigest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    policy,
  });
  expect(record?.controls).toContainEqual({ standard: 'cis-kubernetes', version: '1.12', id: '5.6.2' });
});

test('environment, arguments and tokens never reach a record', () => {
  const text = JSON.stringify(recordsOf(request, decision()));
  for (const secret of ['hunter2', 'topsecret', 'secret-token']) expect(text).not.toContain(secret);
});

test.each<[string, Partial<Decision>, string | undefined, string]>([
  ['a refusal', {}, 'denial', 'before-answer'],
  ['a refusal of mutate', { webhook: 'mutate' }, 'denial', 'before-answer'],
  [
    'an exemption used',
    { allowed: true, outcome: 'allowed', findings: [finding({ kind: 'exempted' })] },
    'exemption',
    'before-answer',
  ],
  [
    'a violation in Audit mode',
    { allowed: true, outcome: 'allowed', findings: [finding({ mode: 'Audit' })] },
    'violation',
    'soon',
  ],
  ['a warning', { allowed: true, outcome: 'allowed', findings: [], warnings: ['soon expires'] }, 'warning', 'soon'],
  [
    'an exemption seen by mutate',
    { webhook: 'mutate', allowed: true, outcome: 'allowed', findings: [finding({ kind: 'exempted' })] },
    undefined,
    'none',
  ],
  ['nothing to say', { allowed: true, outcome: 'allowed', findings: [] }, undefined, 'none'],
])('%s', (_, changes, recordType, need) => {
  const made = decision(changes);
  expect(recordsOf(request, made)[0]?.recordType).toBe(recordType);
  expect(recordingNeed(made)).toBe(need);
});

test('the weightiest finding comes first, the others are kept and lists are capped', () => {
  const others = Array.from({ length: 40 }, (_, index) => finding({ mode: 'Audit', container: `side-${index}` }));
  const [record] = recordsOf(request, decision({ findings: [...others, finding()] }));
  expect(record?.container?.name).toBe('app');
  expect(record?.otherFindings).toHaveLength(32);
  expect(record?.otherFindingsOmitted).toBe(8);
});

test('any request gives a record of bounded size and no exception', () => {
  fc.assert(
    fc.property(
      fc.object({ maxDepth: 6, withNullPrototype: true }),
      fc.string({ maxLength: 5_000 }),
      (rubbish, text) => {
        const hostile = {
          ...rubbish,
          namespace: text,
          userInfo: rubbish,
          object: { metadata: rubbish },
          kind: rubbish,
        };
        const [record] = recordsOf(
          hostile,
          decision({ message: text, findings: [finding({ message: text, requested: text })] }),
        );
        expect(JSON.stringify(record).length).toBeLessThan(60_000);
      },
    ),
    { numRuns: runs(200) },
  );
});

test('records are made in the order of their canonical JSON, with every part that they can have', () => {
  const exemption = { ...policy, expires: '2027-01-01', owner: 'shop', reason: 'legacy', ticket: 'SHOP-1' };
  const full = finding({ exemption, inheritedBy: ['app', 'side'] });
  const assignment = {
    container: 'app',
    containerType: 'Container',
    profile: 'web-static',
    effective: `seccomply/web-static.${'0'.repeat(32)}.json`,
    stage: 'Enforce',
    result: 'fallback',
    policy,
    rule: 'web',
  } as const;
  const made = decision({ warnings: ['careful'], assignments: [assignment] });
  const named = { ...request, subResource: 'ephemeralcontainers', name: 'web-1' };
  for (const findings of [[], Array.from({ length: 34 }, () => full)]) {
    const caller = { authenticated: true, name: 'kube-apiserver' };
    const [record] = recordsOf(named, { ...made, findings }, { observedTime: new Date(0), caller });
    expect(record?.caller).toEqual(caller);
    expect(JSON.stringify(record)).toBe(canonicalJson(record));
  }
  const unread = refusedUnread({ webhook: 'validate', uid: 'u', namespace: 'shop', code: 413, message: 'too large' });
  expect(JSON.stringify(unread)).toBe(canonicalJson(unread));
});

test('a request refused unread is a denial that says so', () => {
  expect(refusedUnread({ webhook: 'validate', uid: 'u', namespace: 'shop', code: 413, message: 'too large' })).toEqual({
    recordType: 'denial',
    request: { uid: 'u', webhook: 'validate', dryRun: false, namespace: 'shop' },
    actor: {},
    caller: { authenticated: false },
    decision: { allowed: false, outcome: 'error', mode: 'enforce', code: 413, message: 'too large' },
  });
});
