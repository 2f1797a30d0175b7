import type { Decision, Finding } from '../../../src/core/admission/decision.js';
import type { RequestFacts } from '../../../src/core/admission/request/request-facts.js';
import type { AdmissionEntry } from '../../../src/core/audit/admission-entry.js';
import { dedupKeyOf } from '../../../src/core/audit/dedup-key.js';
import { recordsOf } from '../../../src/core/audit/entries/records-of.js';
import { denialEntry } from './denial-entry.js';

const policy = { name: 'baseline', contentSha256: 'c'.repeat(64), origin: 'policies/baseline.yaml:4' };
const exemption = {
  ...policy,
  name: 'legacy',
  expires: '2027-01-01',
  owner: 'shop',
  reason: 'legacy',
  ticket: 'SHOP-1',
};

const finding = (changes: Partial<Finding> = {}): Finding => ({
  kind: 'violation',
  code: 'unconfined',
  mode: 'Audit',
  container: 'app',
  containerType: 'Container',
  image: 'ghcr.io/acme/app:1',
  fieldPath: 'spec.containers[0].securityContext.seccompProfile',
  requested: 'Unconfined',
  effective: 'Unconfined',
  expected: 'RuntimeDefault',
  policy,
  message: 'container "app" asks for Unconfined',
  ...changes,
});

const assignment = {
  container: 'app',
  containerType: 'Container',
  profile: 'web-static',
  effective: `Localhost/seccomply/web-static.${'0'.repeat(32)}.json`,
  stage: 'Enforce',
  result: 'fallback',
  policy,
  rule: 'web',
} as const;

const decision = (changes: Partial<Decision> = {}): Decision => ({
  webhook: 'validate',
  outcome: 'allowed',
  allowed: true,
  code: 200,
  patch: [],
  warnings: [],
  assignments: [],
  findings: [finding()],
  ...changes,
});

const owner = { kind: 'ReplicaSet', name: 'web-6d4cf56db6', uid: 'r-1', controller: true };

/** A pod of a ReplicaSet as `/validate` sees it: with the name and uid that the API server made. */
const request = (name = 'web-6d4cf56db6-x7k2p', changes: Partial<RequestFacts> = {}, metadata = {}): RequestFacts => ({
  uid: `request of ${name}`,
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  namespace: 'shop',
  name,
  operation: 'CREATE',
  userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller', uid: 'u', groups: ['g'] },
  object: {
    metadata: { name, generateName: 'web-6d4cf56db6-', uid: `uid of ${name}`, ownerReferences: [owner], ...metadata },
  },
  ...changes,
});

function keyOf(of: RequestFacts = request(), by: Decision = decision(), at = 0): string {
  const [entry] = recordsOf(of, by, { observedTime: new Date(at) });
  if (entry === undefined) throw new Error('nothing to record');
  return dedupKeyOf(entry);
}

const many = (count: number, last: Partial<Finding> = {}): readonly Finding[] =>
  Array.from({ length: count }, (_, index) =>
    finding({ container: `c-${index}`, ...(index === count - 1 ? last : {}) }),
  );
const texts = (count: number, last: string) => [
  ...Array.from({ length: count - 1 }, (_, index) => `text ${index}`),
  last,
];
const long = (end: string) => `${'x'.repeat(5_000)}${end}`;
const user = (changes: object) => request(undefined, { userInfo: { ...(request().userInfo as object), ...changes } });
const named = (name: string, changes: Partial<RequestFacts> = {}, metadata = {}) =>
  request(name, changes, { generateName: undefined, ...metadata });

test.each<[string, string, string]>([
  [
    'what the API server makes for each pod',
    keyOf(request('web-6d4cf56db6-x7k2p')),
    keyOf(request('web-6d4cf56db6-bb4cd')),
  ],
  ['the time', keyOf(undefined, undefined, 0), keyOf(undefined, undefined, 5)],
  [
    'a generated name of a long base, which is cut',
    ...(['aaaa-x7k2p', 'aaaa-bb4cd'].map((end) =>
      keyOf(request(`${'b'.repeat(53)}${end}`, {}, { generateName: `${'b'.repeat(53)}aaaa-and-what-is-cut-` })),
    ) as [string, string]),
  ],
  [
    'what stands before a pod has a name',
    ...([1, 2].map((uid) => keyOf(request('', { uid: `${uid}` }))) as [string, string]),
  ],
  [
    'the same bare pod tried again',
    ...(['1', '2'].map((uid) => keyOf(named('bare', {}, { uid, ownerReferences: [] }))) as [string, string]),
  ],
])('%s makes no difference', (_, one, other) => {
  expect(one).toBe(other);
});

const findingChanges: readonly Partial<Finding>[] = [
  { kind: 'warning' },
  { code: 'unset' },
  { mode: 'Warn' },
  { container: 'other' },
  { containerType: 'Init' },
  { image: 'ghcr.io/acme/app:2' },
  { fieldPath: 'spec.containers[1].securityContext.seccompProfile' },
  { requested: 'Localhost/x.json' },
  { effective: 'RuntimeDefault' },
  { expected: 'Localhost/y.json' },
  { inheritedBy: ['app'] },
  { message: 'another' },
  { policy: { ...policy, contentSha256: 'd'.repeat(64) } },
  { exemption },
  { exemption: { ...exemption, contentSha256: 'e'.repeat(64) } },
  { requested: long('a') },
  { requested: long('b') },
  { image: long('a') },
  { image: long('b') },
  { image: 'half a character \ud800' },
  { image: 'half a character \ud801' },
  { inheritedBy: texts(100, 'a') },
  { inheritedBy: texts(100, 'b') },
  { message: long('a') },
  { message: long('b') },
];

test.each<[string, readonly string[]]>([
  [
    'the weightiest finding',
    [{}, ...findingChanges].map((one) => keyOf(request(), decision({ findings: [finding(one)] }))),
  ],
  ['the second finding', [{}, ...findingChanges].map((one) => keyOf(request(), decision({ findings: many(2, one) })))],
  [
    'a finding past those that the record shows',
    [{}, ...findingChanges].map((one) => keyOf(request(), decision({ findings: many(40, one) }))),
  ],
  [
    'how many findings there are',
    [1, 2, 33, 34, 40].map((count) => keyOf(request(), decision({ findings: many(count) }))),
  ],
  [
    'what was decided',
    [
      {},
      { allowed: false },
      { code: 403 },
      { outcome: 'patched' } as const,
      { message: 'one' },
      { message: long('a') },
      { message: long('b') },
      { warnings: ['one'] },
      { warnings: texts(100, 'a') },
      { warnings: texts(100, 'b') },
      { assignments: [assignment] },
      { assignments: [{ ...assignment, rule: 'other' }] },
      { assignments: [{ ...assignment, effective: 'RuntimeDefault' }] },
    ].map((changes) => keyOf(request(), decision(changes))),
  ],
  [
    'fallbacks that no finding speaks of',
    [
      [assignment],
      [assignment, { ...assignment, container: 'b' }],
      [assignment, { ...assignment, container: 'c' }],
    ].map((assignments) => keyOf(request(), decision({ findings: [], assignments }))),
  ],
  [
    'who asked, and for what',
    [
      request(),
      user({ username: 'other' }),
      user({ username: long('a') }),
      user({ username: long('b') }),
      user({ uid: 'other' }),
      user({ groups: ['g', 'h'] }),
      user({ groups: texts(100, 'a') }),
      user({ groups: texts(100, 'b') }),
      user({ extra: { 'authentication.kubernetes.io/credential-id': ['other'] } }),
      request(undefined, { operation: 'UPDATE' }),
      request(undefined, { namespace: 'other' }),
      request(undefined, { subResource: 'ephemeralcontainers' }),
      request(undefined, { dryRun: true }),
      request(undefined, { resource: { group: 'apps', version: 'v1', resource: 'deployments' } }),
      request(undefined, {}, { generateName: 'web-6d4cf56db6-x7' }),
      request(undefined, {}, { ownerReferences: [{ ...owner, name: 'other' }] }),
      request(undefined, {}, { ownerReferences: [{ ...owner, uid: 'other' }] }),
      request(undefined, {}, { ownerReferences: [{ ...owner, kind: 'Job' }] }),
      request(undefined, {}, { labels: { 'pod-template-hash': '6d4cf56db6' } }),
      request(undefined, {}, { ownerReferences: [] }),
      request(undefined, { kind: { group: 'batch', version: 'v1', kind: 'Job' } }),
    ].map((one) => keyOf(one)),
  ],
  [
    'the name of an object that was given one, whoever is said to own it',
    [
      ...['a', 'b'].map((name) => keyOf(named(name))),
      ...['a', 'b'].map((name) => keyOf(request(name))),
      ...['web-6d4cf56db6-evil1', 'web-6d4cf56db6-bcdfgh'].map((name) => keyOf(request(name))),
      ...['a', 'b'].map((name) => keyOf(named('same in the request', {}, { name }))),
      ...['a', 'b'].map((name) => keyOf(named('same in the object', { name }))),
    ],
  ],
  [
    'which of the pods of one ReplicaSet is changed, removed or connected to',
    [
      { operation: 'UPDATE', subResource: 'ephemeralcontainers' },
      { operation: 'UPDATE' },
      { operation: 'DELETE' },
      { operation: 'CONNECT', subResource: 'exec' },
      { operation: 'CREATE', subResource: 'eviction' },
    ].flatMap((changes) =>
      ['web-6d4cf56db6-bcdfg', 'web-6d4cf56db6-xxzz7'].map((name) => keyOf(request(name, changes))),
    ),
  ],
  [
    'an owner that is called like the object',
    ['web-6d4cf56db6-bcdfg', 'web-6d4cf56db6-xxzz7'].map((name) =>
      keyOf(request(name, {}, { ownerReferences: [{ ...owner, name }] })),
    ),
  ],
  [
    'the uid of an object that is there',
    ['1', '2'].map((uid) => keyOf(named('there', { operation: 'UPDATE' }, { uid, ownerReferences: [] }))),
  ],
])('%s makes a difference', (_, keys) => {
  expect(new Set(keys).size).toBe(keys.length);
});

type Whole<T> = T extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : T extends object
    ? { readonly [K in keyof T]-?: Whole<NonNullable<T[K]>> }
    : T;

const container = { name: 'a', type: 'Init', image: 'i', imageDigest: 'd', inheritedBy: ['b'] } as const;
const part = {
  ...({ kind: 'exempted', code: 'c', mode: 'enforce', requested: 'r', effective: 'e', expected: 'x' } as const),
  ...{ fieldPath: 'f', message: 'm' },
};
const document = { name: 'n', contentSha256: 's', origin: 'o' };
const lifted = { ...document, owner: 'w', reason: 'r', expires: 'e', ticket: 't' };

/** With every member there is: one that is new does not compile until it stands here. */
const whole: Whole<AdmissionEntry> = {
  recordType: 'exemption',
  observedTime: 't',
  request: {
    ...{ uid: 'u', webhook: 'validate', operation: 'CREATE', dryRun: false, resource: 'v1/pods', subresource: 's' },
    ...{ name: 'n', generateName: 'g-', namespace: 'shop' },
  },
  actor: { username: 'u', uid: 'i', groups: ['g', 'h'], extra: { key: ['v'] } },
  caller: { authenticated: true, name: 'c' },
  workload: { kind: 'ReplicaSet', name: 'w', uid: 'u', chain: ['Pod/n', 'ReplicaSet/w', 'Deployment/d'] },
  decision: { allowed: true, outcome: 'allowed', mode: 'enforce', code: 200, message: 'm', warnings: ['w'] },
  container,
  finding: part,
  findingsSha256: 'f',
  policy: document,
  exemption: lifted,
  controls: [{ standard: 's', version: 'v', id: 'i' }],
  profile: {
    ...{ reference: 'r', effective: 'e', stage: 's', result: 'r', digest: 'd' },
    policy: { ...document, rule: 'r' },
  },
  otherFindings: [{ container, finding: part, policy: document, exemption: lifted }],
  otherFindingsOmitted: 3,
};

/** Every value in it, by its path, with the whole as it is when that value is another. */
function changed(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, typeof value === 'number' ? value + 1 : `${value} `]];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    changed(member, `${path}.${key}`).map(
      ([at, other]) =>
        [at, Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other }] as const,
    ),
  );
}

test('every member makes a difference but what each attempt has anew and what others say', () => {
  const key = dedupKeyOf(whole as AdmissionEntry);
  const same = changed(whole).filter(([, other]) => dedupKeyOf(other as AdmissionEntry) === key);
  expect(same.map(([path]) => path)).toEqual([
    '.observedTime',
    '.request.uid',
    '.container.imageDigest',
    '.controls.0.standard',
    '.controls.0.version',
    '.controls.0.id',
    '.profile.digest',
    '.otherFindings.0.container.imageDigest',
  ]);
});

test('what stands at the end of one text is not taken for the start of the next', () => {
  const keys = [
    ['ab', 'c'],
    ['a', 'bc'],
    ['a2:b', 'c'],
    ['', 'abc'],
  ].map(([username = '', uid = '']) => dedupKeyOf(denialEntry({ actor: { username, uid } })));
  expect(new Set(keys).size).toBe(keys.length);
});

test('whether the caller was authenticated, and as whom, makes a difference', () => {
  const callers = [{ authenticated: true }, { authenticated: false }, { authenticated: true, name: 'x' }];
  expect(new Set(callers.map((caller) => dedupKeyOf(denialEntry({ caller })))).size).toBe(3);
});

test('where a decision stops keeping findings, none is taken for another', () => {
  const findings = many(1_000);
  expect(keyOf(request('', { uid: 'a' }), decision({ findings }))).not.toBe(
    keyOf(request('', { uid: 'b' }), decision({ findings })),
  );
});
