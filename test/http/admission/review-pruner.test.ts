import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { decide } from '../../../src/core/admission/decide/decide.js';
import { readReview } from '../../../src/core/admission/request/review.js';
import { recordsOf } from '../../../src/core/audit/entries/records-of.js';
import { DEFAULT_BASELINE } from '../../../src/core/policy/rules/requirement.js';
import { compileRuleSet, type RuleSet } from '../../../src/core/policy/rules/rule-set.js';
import { loadPolicies } from '../../../src/files/policy-folder.js';
import { loadCatalogue } from '../../../src/files/profile-catalogue.js';
import { readReviewHead } from '../../../src/http/admission/review-head.js';
import { pruneReview } from '../../../src/http/admission/review-pruner.js';
import { runs } from '../../support/require.js';

const now = Date.parse('2026-12-01T00:00:00Z');
let sets: readonly RuleSet[];
beforeAll(async () => {
  const { catalogue } = await loadCatalogue(['profiles']);
  const compile = async (paths: readonly string[]): Promise<RuleSet> => {
    const { documents, problems } = await loadPolicies(paths);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    return compileRuleSet(documents, { catalogue, baseline: DEFAULT_BASELINE, longestExemption: 90 * 86_400_000 });
  };
  sets = await Promise.all(readdirSync('policies').map((set) => compile([`policies/${set}`])));
});

/** Everything that a decision is told by: itself, and its records. */
function decided(rules: RuleSet, webhook: 'mutate' | 'validate', review: unknown) {
  const read = readReview(review);
  if (!read.ok) return read;
  const decision = decide(rules, webhook, read.request, { now, namespaceLabels: undefined });
  return { decision, records: recordsOf(read.request, decision) };
}

/** What is left of JSON text, or why nothing is. */
function leftOf(json: string | Buffer, depth = 512): string {
  const outcome = pruneReview(Buffer.from(json), depth);
  return 'text' in outcome ? outcome.text : outcome.error;
}

function expectSame(json: string, which: number): void {
  const rules = sets[which % sets.length] as RuleSet;
  const left: unknown = JSON.parse(leftOf(json));
  for (const webhook of ['mutate', 'validate'] as const)
    expect(decided(rules, webhook, left)).toEqual(decided(rules, webhook, JSON.parse(json)));
}

const oddity = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, [], {}, [null], 'x', [[{}]], { 0: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const odd = (usual: fc.Arbitrary<unknown>, weight = 15): fc.Arbitrary<unknown> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: oddity });
const some = (members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  fc.record(members, { requiredKeys: [] }).map((value): unknown => value);
const text = fc.constantFrom<unknown>('x', 'y', '\ud800', 'é\u2028', '__proto__', 7);

const profile = fc.constantFrom<unknown>(
  undefined,
  { type: 'RuntimeDefault' },
  { type: 'Unconfined' },
  { type: 'Localhost', localhostProfile: 'team/app.json' },
  { type: 'Localhost', localhostProfile: `seccomply/${'x'.repeat(20_000)}` },
  { type: 'odd' },
);
const securityContext = odd(
  some({
    seccompProfile: profile,
    privileged: fc.constantFrom<unknown>(true, false, 'x'),
    capabilities: fc.constantFrom<unknown>({ add: ['SYS_ADMIN'] }, { add: 7 }),
  }),
);
const container = odd(
  some({
    name: fc.constantFrom<unknown>('web', 'profiler', 'shell', 7),
    image: fc.constantFrom<unknown>('nginx:1.27', 'busybox', `ghcr.io/acme/profiler@sha256:${'9f'.repeat(32)}`, 7),
    securityContext,
    restartPolicy: fc.constantFrom('Always', 'Never'),
    volumeMounts: odd(fc.constant([{ name: 'v', mountPath: '/x' }])),
    env: odd(fc.array(fc.record({ name: text, value: text }), { maxLength: 2 }), 3),
    envFrom: oddity,
    args: oddity,
    command: odd(fc.array(text, { maxLength: 2 }), 3),
    lifecycle: oddity,
    livenessProbe: oddity,
    resources: oddity,
    ports: oddity,
    __proto__: oddity,
  }),
);
const list = odd(fc.array(container, { maxLength: 3 }));
const podSpec = odd(
  some({
    containers: list,
    initContainers: list,
    ephemeralContainers: list,
    securityContext,
    volumes: fc.constantFrom<unknown>([{ name: 'v', hostPath: { path: '/var/lib/kubelet' } }], {}),
    hostPID: fc.boolean(),
    serviceAccountName: text,
    runtimeClassName: text,
    affinity: oddity,
    tolerations: oddity,
    dnsConfig: oddity,
    os: fc.constantFrom<unknown>({ name: 'windows' }, 'x'),
  }),
);
const metadata = odd(
  some({
    name: text,
    namespace: fc.constantFrom('perf', 'shop'),
    labels: odd(fc.constantFrom<unknown>({ app: 'web', team: 'x' })),
    annotations: odd(
      fc.dictionary(
        fc.constantFrom(
          'seccomp.security.alpha.kubernetes.io/pod',
          'container.seccomp.security.alpha.kubernetes.io/web',
          'kubernetes.io/config.mirror',
          'note',
          '__proto__',
        ),
        fc.constantFrom<unknown>('unconfined', 'localhost/x', 'x'.repeat(9_000), 7, null),
      ),
    ),
    managedFields: oddity,
    ownerReferences: fc.constantFrom<unknown>([{ controller: false }], [{ controller: true }], 'x'),
  }),
);
const template = odd(some({ metadata, spec: podSpec }));
const kinds = [
  ['', 'Pod', 'pods', (m: unknown, t: unknown) => ({ metadata: m, ...(t as object) })],
  ['apps', 'Deployment', 'deployments', (m: unknown, t: unknown) => ({ metadata: m, spec: { template: t } })],
  [
    'batch',
    'CronJob',
    'cronjobs',
    (m: unknown, t: unknown) => ({ metadata: m, spec: { jobTemplate: { spec: { template: t } } } }),
  ],
  ['', 'PodTemplate', 'podtemplates', (m: unknown, t: unknown) => ({ metadata: m, template: t })],
  ['acme.example', 'Thing', 'things', (m: unknown, t: unknown) => ({ metadata: m, spec: t, status: t })],
] as const;

const review = fc
  .record({
    kind: fc.constantFrom(...kinds),
    metadata,
    template,
    old: fc.oneof(fc.constant('same' as const), fc.constant('bulk' as const), template, fc.constant(undefined)),
    operation: fc.constantFrom('CREATE', 'UPDATE', 'UPDATE', 'DELETE'),
    subResource: fc.constantFrom(undefined, undefined, undefined, 'ephemeralcontainers', 'status'),
    status: oddity,
  })
  .map(({ kind: [group, kind, resource, object], metadata, template, old, operation, subResource, status }) => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind: { group, version: 'v1', kind },
      resource: { group, version: 'v1', resource },
      subResource,
      operation,
      namespace: 'perf',
      userInfo: { username: 'x' },
      object: { ...object(metadata, template), status },
      oldObject:
        old === undefined
          ? null
          : object(metadata, old === 'same' ? template : old === 'bulk' ? inBulk(template) : old),
    },
  }));

/** The same template with other environments. */
function inBulk(template: unknown): unknown {
  return JSON.parse(JSON.stringify(template, (key, value: unknown) => (key === 'env' ? ['another'] : value)) ?? 'null');
}

test('a decision on a lightened review, and its record, is that on the whole one', () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(review, fc.nat(), (value, which) => {
      const json = JSON.stringify(value);
      expectSame(json, which);
      const answer = decided(sets[which % sets.length] as RuleSet, 'validate', JSON.parse(json));
      if ('decision' in answer) outcomes.add(answer.decision.outcome);
    }),
    { numRuns: runs(700) },
  );
  expect([...outcomes].sort()).toEqual(['allowed', 'denied']);
});

test('any JSON is lightened without a crash, and decided on as before', () => {
  fc.assert(
    fc.property(
      fc.record({
        apiVersion: fc.constantFrom<unknown>('admission.k8s.io/v1', 'x'),
        kind: fc.constant('AdmissionReview'),
        request: fc.oneof(oddity, fc.record({ uid: fc.constant('u'), object: oddity, oldObject: oddity })),
      }),
      fc.nat(),
      (value, which) => expectSame(JSON.stringify(value), which),
    ),
    { numRuns: runs(300) },
  );
});

const deployment = (env: unknown, profile: string) => ({
  metadata: { name: 'x' },
  spec: {
    template: {
      spec: { containers: [{ name: 'a', image: 'b', env, securityContext: { seccompProfile: { type: profile } } }] },
    },
  },
});
const update = (object: unknown, oldObject: unknown): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation: 'UPDATE',
      kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      namespace: 'shop',
      object,
      oldObject,
    },
  });

test('a template that was changed in its environment alone is a changed template still', () => {
  const changed = update(deployment([{ name: 'A', value: '2' }], 'Unconfined'), deployment([], 'Unconfined'));
  const same = update(deployment([], 'Unconfined'), deployment([], 'Unconfined'));
  for (const [which] of sets.entries()) for (const json of [changed, same]) expectSame(json, which);
  expect(JSON.parse(leftOf(changed))).not.toEqual(JSON.parse(leftOf(same)));
});

test('the bulk is gone, and what may decide is left', () => {
  const bulk = 'x'.repeat(100_000);
  const whole = {
    metadata: { managedFields: [bulk], annotations: { note: bulk }, labels: { app: 'web' } },
    spec: {
      containers: [{ name: 'a', env: [bulk], args: [bulk], image: 'b', unknownField: 1 }],
      affinity: bulk,
      other: 2,
    },
    status: bulk,
  };
  const left = leftOf(update(whole, null));
  expect(left.length).toBeLessThan(20_000);
  expect((JSON.parse(left) as { request: { object: unknown } }).request.object).toEqual({
    metadata: { annotations: { note: expect.stringMatching(/^x{10000,17000}$/) }, labels: { app: 'web' } },
    spec: { containers: [{ name: 'a', image: 'b', unknownField: 1 }], other: 2 },
  });
});

/** Written plainly, on what JSON.parse makes of the text. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** What has to come out, told by JSON.parse. */
function verdictOf(text: string, depth: number): string {
  try {
    return depthOf(JSON.parse(text)) > depth ? 'json-too-deep' : 'good';
  } catch {
    return 'malformed-json';
  }
}

const bracketed = fc.string({
  unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'é', '\u2028', '\ud800', '\n', '😀'),
  maxLength: 10,
});
const keys = fc.oneof(
  bracketed,
  fc.constantFrom(
    'request',
    'object',
    'oldObject',
    'options',
    'spec',
    'status',
    'metadata',
    'annotations',
    'containers',
    'env',
    '__proto__',
  ),
);
const { json: anyJson } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom<unknown>(null, true, false, 0, 1, -1.5e-10, 1e21, ''), bracketed),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(keys, tie('json'), { maxKeys: 4 }),
  ),
}));
/** Texts in which the members that are looked into are frequent. */
const someText = fc
  .tuple(
    fc.record({ request: fc.record({ object: anyJson, oldObject: anyJson, x: anyJson }) }),
    anyJson,
    fc.nat(3),
    fc.boolean(),
  )
  .map(([inside, any, space, isAny]) => JSON.stringify(isAny ? any : inside, undefined, space) ?? 'null');

test('of a text that is nested too deep its head is known', () => {
  const known = { uid: 'u-1', namespace: 'shop' };
  const bulky = { kind: { a: 1 }, requestKind: { b: 2 }, options: {}, requestResource: [1, 2, 3] };
  fc.assert(
    fc.property(anyJson, fc.nat(2), fc.boolean(), fc.boolean(), (inside, space, isAfter, isBulkFirst) => {
      const deep = { spec: { x: [[[[[[[[[[inside]]]]]]]]]] } };
      const named = isBulkFirst ? { ...bulky, ...known } : { ...known, ...bulky };
      const text = JSON.stringify(
        { request: { ...named, ...(isAfter ? { operation: 'CREATE' } : {}), object: deep } },
        undefined,
        space,
      );
      const outcome = pruneReview(Buffer.from(text), 8);
      if (!('head' in outcome)) throw new Error(JSON.stringify(outcome));
      expect(readReviewHead(Buffer.from(outcome.head))).toEqual(known);
    }),
    { numRuns: runs(200) },
  );
});

test('well-formed text stays well-formed, and its depth is that of the parsed value', () => {
  const seen = new Set<number>();
  fc.assert(
    fc.property(someText, (text) => {
      const depth = depthOf(JSON.parse(text));
      seen.add(depth);
      for (const limit of [depth - 1, depth, depth + 1].filter((one) => one >= 0)) {
        const left = leftOf(text, limit);
        if (limit < depth) expect(left).toBe('json-too-deep');
        else expect(() => JSON.parse(left)).not.toThrow();
      }
    }),
    { numRuns: runs(400) },
  );
  expect(seen.size).toBeGreaterThan(3);
});

test('text is refused exactly where JSON.parse refuses it', () => {
  const verdicts = new Set<string>();
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ':',
    ',',
    '0',
    '-',
    '.',
    'e',
    'u',
    't',
    ' ',
    '\t',
    '\v',
    '\u00a0',
    '\ufeff',
    '\0',
    '',
  );
  fc.assert(
    fc.property(
      someText,
      fc.array(fc.tuple(fc.nat(), fc.nat(2), piece), { minLength: 1, maxLength: 3 }),
      (text, edits) => {
        let edited = text;
        for (const [where, cut, put] of edits) {
          const at = where % (edited.length + 1);
          edited = edited.slice(0, at) + put + edited.slice(at + cut);
        }
        const expected = verdictOf(edited, 64);
        verdicts.add(expected);
        const left = leftOf(edited, 64);
        expect([edited, left.startsWith('malformed-json') ? left : 'good']).toEqual([edited, expected]);
        if (expected === 'good') expect(() => JSON.parse(left)).not.toThrow();
      },
    ),
    { numRuns: runs(1_500) },
  );
  expect([...verdicts].sort()).toEqual(['good', 'malformed-json']);
});

test.each([
  '',
  ' ',
  '{',
  '[',
  '"',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":1,}',
  '[1,]',
  '[,]',
  '{,}',
  '{a:1}',
  "{'a':1}",
  '{"a" 1}',
  '01',
  '-',
  '-01',
  '1.',
  '.5',
  '1e',
  '1e+',
  '+1',
  '0x1',
  'NaN',
  'Infinity',
  'tru',
  'truee',
  'nul',
  'fals',
  '"\\x"',
  '"\\u12"',
  '"\\u12g4"',
  '"\t"',
  '"\u0000"',
  '"\u007f"',
  '"\u2028"',
  '\ufeff{}',
  '{}{}',
  '{} x',
  '[1 2]',
  '[]]',
  '{}}',
  '{"request":{"object":{"status":}}}',
  '{"request":{"object":{"status":1,}}}',
  '{"request":{"object":{,"status":1}}}',
  '{"request":{"object":{"status":1 "spec":2}}}',
  '{"request":{"object":{"spec":{"containers":[{"env":[}]}}}}',
  '{"request":{"object":{"spec":{"containers":[{"env":1},]}}}}',
  '{"request":{"object":{"metadata":{"annotations":{"a":"x}}}}}',
])('%j', (text) => {
  expect(leftOf(text) === 'malformed-json' ? 'malformed-json' : 'good').toBe(verdictOf(text, 512));
});

test('a text that is cut anywhere is refused', () => {
  const text = update(deployment([{ name: 'A', value: 'é\u2028"\\' }], 'Unconfined'), {
    spec: { containers: [{ env: [{}] }] },
    status: [],
  });
  const bytes = Buffer.from(text);
  for (let end = 0; end < bytes.length; end += 1) expect(leftOf(bytes.subarray(0, end))).toBe('malformed-json');
});

test('a long annotation is cut between characters', () => {
  for (const unit of ['é', '😀', '\\"', '\u2028', '"', '\ud800'])
    for (const shift of ['', 'x', 'xx', 'xxx', 'xxxx', 'xxxxx']) {
      const note = shift + unit.repeat(20_000);
      const { request } = JSON.parse(leftOf(update({ metadata: { annotations: { note, after: 'y' } } }, null))) as {
        request: { object: { metadata: { annotations: { note: string; after: string } } } };
      };
      const { annotations } = request.object.metadata;
      expect(annotations.after).toBe('y');
      expect(note.startsWith(annotations.note)).toBe(true);
      expect(annotations.note.length).toBeLessThan(17_000);
    }
});

test('bytes that are no UTF-8 are what Node makes of them', () => {
  const bytes = Buffer.from(
    '{"request":{"uid":"u","a":"\xff\xc3","object":{"status":"\xff","x":"\xed\xa0\x80"}}}',
    'latin1',
  );
  const plain = JSON.parse(bytes.toString('utf8')) as { request: { object: { status?: string } } };
  delete plain.request.object.status;
  expect(JSON.parse(leftOf(bytes))).toEqual(plain);
});
