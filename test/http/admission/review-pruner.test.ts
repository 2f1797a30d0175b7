import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { EVENT_INPUTS } from '../../../src/cluster/status/decision-event.js';
import { decide } from '../../../src/core/admission/decide/decide.js';
import { DECISION_INPUTS } from '../../../src/core/admission/decide/decision-inputs.js';
import { below, inputSteps, isRead } from '../../../src/core/admission/request/input-path.js';
import { readReview } from '../../../src/core/admission/request/review.js';
import { RECORD_INPUTS, recordsOf } from '../../../src/core/audit/entries/records-of.js';
import { DEFAULT_BASELINE } from '../../../src/core/policy/rules/requirement.js';
import { compileRuleSet, type RuleSet } from '../../../src/core/policy/rules/rule-set.js';
import { loadPolicies } from '../../../src/files/policies/load-policies.js';
import { loadCatalogue } from '../../../src/files/profile-catalogue.js';
import { KEPT, pruneReview } from '../../../src/http/admission/prune-review.js';
import { readReviewHead } from '../../../src/http/admission/review-head.js';
import { apiObject } from '../../support/api-object.js';
import { runs } from '../../support/require.js';
import { anyReview, oddity } from '../../support/reviews.js';

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

test('a decision on a pruned review, and its record, is that on the whole one', () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(anyReview, fc.nat(), (value, which) => {
      const json = JSON.stringify(value);
      expectSame(json, which);
      const answer = decided(sets[which % sets.length] as RuleSet, 'validate', JSON.parse(json));
      if ('decision' in answer) outcomes.add(answer.decision.outcome);
    }),
    { numRuns: runs(700) },
  );
  expect([...outcomes].sort()).toEqual(['allowed', 'denied']);
});

test('any JSON is pruned without a crash, and decided on as before', () => {
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

/** The review of a pod with every field of the Kubernetes API, and this in each `seccompProfile`. */
function filledReview(operation: string, profile: object): string {
  const pod = apiObject('V1Pod');
  const request = {
    uid: 'u',
    ...{ operation, namespace: 'shop', userInfo: apiObject('V1UserInfo') },
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    ...{ requestKind: { kind: 'Pod' }, requestResource: { resource: 'pods' }, options: { kind: 'CreateOptions' } },
    ...{ object: pod, oldObject: pod },
  };
  return JSON.stringify(
    { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request },
    (key, value: unknown) => {
      if (key === 'seccompProfile') return profile;
      return key === 'hostPath' ? { path: '/var/lib/kubelet' } : value;
    },
  );
}

/** What is in the whole value and not in the other, written like the paths of what is read. */
function missing(whole: unknown, left: unknown, path: string): readonly string[] {
  if (left === undefined) return [path];
  if (typeof whole !== 'object' || whole === null) return [];
  return Object.entries(whole).flatMap(([key, member]) => {
    const at = Array.isArray(whole) ? `${path}[]` : `${path}.${key}`;
    return missing(member, (left as Readonly<Record<string, unknown>>)[key], at);
  });
}

/** The places of all that is in a value, written like the paths of what is read. */
function leavesOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) =>
    leavesOf(member, Array.isArray(value) ? `${path}[]` : `${path}.${key}`),
  );
}

test('of a pod with every field of the API exactly what anybody reads is left', () => {
  const json = filledReview('CREATE', { type: 'Unconfined' });
  const whole: unknown = JSON.parse(json);
  const left: unknown = JSON.parse(leftOf(json));
  const kept = below('review.request', KEPT);
  const unread = missing(whole, left, 'review').filter((path) => isRead(kept, inputSteps(path)));
  expect(unread).toEqual([]);
  const read = below('review.request', [...DECISION_INPUTS, ...RECORD_INPUTS, ...EVENT_INPUTS]);
  const leaves = leavesOf(left, 'review').filter((path) => !/^review\.(kind|apiVersion)$/.test(path));
  expect(leaves.filter((path) => !isRead(read, inputSteps(path)))).toEqual([]);
  expect(leaves.length).toBeGreaterThan(40);
});

test('a pod with every field of the API is decided on, pruned, as it is whole', () => {
  for (const type of ['Unconfined', 'RuntimeDefault', 'Localhost', 'odd'])
    for (const operation of ['CREATE', 'UPDATE'])
      for (const [which] of sets.entries()) expectSame(filledReview(operation, { type, localhostProfile: 'x' }), which);
});

const numbered = <T>(count: number, of: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => of(at));
const update = (object: unknown, oldObject: unknown, more: object = {}): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation: 'UPDATE',
      kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      namespace: 'shop',
      ...more,
      object,
      oldObject,
    },
  });

test.each([
  ['spec', (spec: unknown) => ({ spec: { template: { spec } } }), ['apps', 'Deployment', 'deployments']],
  [
    'spec of a job template',
    (spec: unknown) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } }),
    ['batch', 'CronJob', 'cronjobs'],
  ],
  ['template of a PodTemplate', (spec: unknown) => ({ template: { spec } }), ['', 'PodTemplate', 'podtemplates']],
] as const)(
  'in the %s, one that was changed in its environment alone is a changed template still',
  (_, holds, names) => {
    const spec = (env: unknown) => ({
      containers: [{ name: 'a', image: 'b', env, securityContext: { seccompProfile: { type: 'Unconfined' } } }],
    });
    const [group, kind, resource] = names;
    const of = (env: unknown, envBefore: unknown): string =>
      update(holds(spec(env)), holds(spec(envBefore)), { kind: { group, kind }, resource: { group, resource } });
    const changed = of([{ name: 'A', value: '2' }], []);
    const same = of([], []);
    for (const [which] of sets.entries()) for (const json of [changed, same]) expectSame(json, which);
    expect(JSON.parse(leftOf(changed))).not.toEqual(JSON.parse(leftOf(same)));
    // Left of the environment itself is nothing.
    expect(leftOf(same)).not.toContain('env');
  },
);

test('what nobody reads is gone, and what may decide is left', () => {
  const long = 'x'.repeat(100_000);
  const whole = {
    metadata: { managedFields: [long], annotations: { note: long }, labels: { app: 'web' } },
    spec: {
      containers: [{ name: 'a', env: [long], args: [long], image: 'b', unknownField: 1 }],
      affinity: long,
      other: 2,
    },
    status: long,
  };
  const left = leftOf(update(whole, null));
  expect(left.length).toBeLessThan(20_000);
  expect((JSON.parse(left) as { request: { object: unknown } }).request.object).toEqual({
    metadata: { annotations: { note: expect.stringMatching(/^x{10000,17000}$/) }, labels: { app: 'web' } },
    spec: { containers: [{ name: 'a', image: 'b' }] },
  });
});

test('a key that is written with escapes is not lost', () => {
  const json = update({ spec: { containers: [{ name: 'a', image: 'b' }] } }, null)
    .replace('"object"', '"obj\\u0065ct"')
    .replace('"image"', '"im\\u0061ge"');
  expect(JSON.parse(leftOf(json))).toMatchObject({ request: { object: { spec: { containers: [{ image: 'b' }] } } } });
});

test.each([
  ['labels', (many: number) => ({ metadata: { labels: Object.fromEntries(numbered(many, (at) => [`l${at}`, 'x'])) } })],
  [
    'containers',
    (many: number) => ({ spec: { containers: numbered(many, (at) => ({ name: `c${at}`, image: 'x' })) } }),
  ],
  ['volumes', (many: number) => ({ spec: { volumes: numbered(many, (at) => ({ name: `v${at}` })) } })],
  [
    'capabilities',
    (many: number) => ({
      spec: { containers: [{ securityContext: { capabilities: { add: numbered(many, (at) => `C${at}`) } } }] },
    }),
  ],
  ['owners', (many: number) => ({ metadata: { ownerReferences: numbered(many, (at) => ({ name: `o${at}` })) } })],
])('with fifty thousand %s nothing is parsed, and a few hundred are left', (_, of) => {
  const outcome = pruneReview(Buffer.from(update(of(60_000), null)), 512);
  expect(outcome).toMatchObject({ error: 'too-many-values' });
  expect(readReviewHead(Buffer.from('head' in outcome ? outcome.head : ''))).toEqual({ uid: 'u', namespace: 'shop' });
  expectSame(update(of(400), null), 0);
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
  const ignored = { kind: { a: 1 }, requestKind: { b: 2 }, options: {}, requestResource: [1, 2, 3] };
  fc.assert(
    fc.property(anyJson, fc.nat(2), fc.boolean(), fc.boolean(), (inside, space, isAfter, isIgnoredFirst) => {
      const deep = { spec: { x: [[[[[[[[[[inside]]]]]]]]]] } };
      const named = isIgnoredFirst ? { ...ignored, ...known } : { ...known, ...ignored };
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
  const text = update(
    { spec: { template: { spec: { containers: [{ name: 'a', env: [{ name: 'A', value: 'é\u2028"\\' }] }] } } } },
    { spec: { containers: [{ env: [{}] }] }, status: [] },
  );
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
    '{"request":{"uid":"u","name":"\xff\xc3","object":{"status":"\xff","kind":"\xed\xa0\x80"}}}',
    'latin1',
  );
  const plain = JSON.parse(bytes.toString('utf8')) as { request: { object: { status?: string } } };
  delete plain.request.object.status;
  expect(JSON.parse(leftOf(bytes))).toEqual(plain);
});
