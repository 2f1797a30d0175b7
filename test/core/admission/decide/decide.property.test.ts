import fc from 'fast-check';
import fastJsonPatch from 'fast-json-patch';
import type { Decision, Webhook } from '../../../../src/core/admission/decision.js';
import { requestFor } from '../../../../src/core/admission/explain/admit.js';
import type { RequestFacts } from '../../../../src/core/admission/request/request-facts.js';
import { readReview, reviewAnswer } from '../../../../src/core/admission/request/review.js';
import type { RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { runs } from '../../../support/require.js';
import { ask, exemption, pathIn, policy, requestOf, rulesOf } from '../support.js';

type Json = Readonly<Record<string, unknown>>;

const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const everything = { name: 'everything', containerTypes: ALL, profile: 'RuntimeDefault' };
const profiler = exemption('profiler', {
  match: { namespaces: ['perf'] },
  containers: ['profiler'],
  allow: ['Unconfined'],
});

/** Every set keeps the built-in requirement; one exemption, for `profiler` in `perf`, is all that may let Unconfined pass. */
const SETS: readonly RuleSet[] = [
  rulesOf(''),
  rulesOf(
    policy('all', { assign: [everything] }) +
      policy('web', { priority: 1, assign: [{ images: ['nginx'], profile: 'web-static' }] }) +
      profiler,
  ),
  rulesOf(
    policy('strict', {
      assign: [everything],
      require: { profiles: ['RuntimeDefault', '*'], ceiling: 'RuntimeDefault', privileged: 'Deny', hostAccess: 'Deny' },
    }),
  ),
  rulesOf(
    policy('repair', {
      existing: 'Override',
      unconfined: 'Replace',
      assign: [
        { containers: ['a*'], profile: 'web-static', stage: 'Complain', containerTypes: ALL },
        { profile: 'Localhost/team/app.json' },
      ],
    }) + profiler,
  ),
  rulesOf(
    policy('tight', {
      assign: [{ profile: 'coming' }],
      unavailable: 'Inject',
      match: { podSelector: { matchLabels: { app: 'web' } } },
    }) +
      policy('audit', { mode: 'Audit', assign: [{ profile: 'wide' }], require: { profiles: ['web-static'] } }) +
      policy('warn', {
        mode: 'Warn',
        unconfined: 'Replace',
        assign: [{ profile: 'net-service' }],
        require: { ceiling: 'web-static' },
      }),
  ),
];

const NAMES = ['a', 'ab', 'profiler', 'web', '', '__proto__', 'constructor', 'é\u2028"\n', '\ud800'];
const PATHS = [
  'team/app.json',
  pathIn('web-static'),
  pathIn('web-static', 'Complain'),
  pathIn('web-static', 'Enforce', true),
  pathIn('wide'),
  pathIn('unlisted'),
  'seccomply//x.json',
  './seccomply/x.json',
  'seccomply',
  '../x',
  '/etc/x',
  '',
  'a\0b',
];

const oddity = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1e300,
    '',
    'Unconfined',
    [],
    {},
    [null],
    { 0: 'x' },
    '\ud800',
    'x'.repeat(5_000),
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

const profile = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown>(
      undefined,
      undefined,
      null,
      { type: 'RuntimeDefault' },
      { type: 'Unconfined' },
      {},
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...PATHS).map((path): unknown => ({ type: 'Localhost', localhostProfile: path })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      { type: 'unconfined' },
      { type: 'Localhost' },
      { type: ['Unconfined'] },
      { type: 'RuntimeDefault', localhostProfile: 'x' },
      'Unconfined',
    ),
  },
  { weight: 1, arbitrary: oddity },
);

const securityContext = fc.oneof(
  { weight: 3, arbitrary: fc.constant<unknown>(undefined) },
  {
    weight: 8,
    arbitrary: fc
      .record(
        {
          seccompProfile: profile,
          privileged: fc.constantFrom<unknown>(true, false, 'true'),
          capabilities: fc.constantFrom<unknown>({ add: ['SYS_CHROOT'] }, { add: 'ALL' }, { add: [7] }, null),
          runAsUser: fc.constant(1000),
        },
        { requiredKeys: [] },
      )
      .map((value): unknown => value),
  },
  { weight: 1, arbitrary: oddity },
);

const containerArbitrary = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .record(
        {
          name: fc.constantFrom<unknown>(...NAMES, 'a', 'web', 7),
          image: fc.constantFrom<unknown>(
            'nginx:1.27',
            'ghcr.io/acme/app@sha256:0',
            '',
            'UPPER',
            7,
            `sha256:${'a'.repeat(64)}`,
          ),
          securityContext,
          restartPolicy: fc.constantFrom<unknown>('Always', 'Never', 7),
          volumeMounts: fc.constantFrom<unknown>([{ name: 'v', mountPath: '/x' }], [null], 'x'),
        },
        { requiredKeys: ['name', 'image'] },
      )
      .map((value): unknown => value),
  },
  { weight: 1, arbitrary: oddity },
);

const list = fc.oneof(
  { weight: 12, arbitrary: fc.array(containerArbitrary, { maxLength: 4 }).map((value): unknown => value) },
  { weight: 1, arbitrary: oddity },
);

const annotations = fc.oneof(
  fc.constant<unknown>(undefined),
  fc
    .dictionary(
      fc.constantFrom(
        'seccomp.security.alpha.kubernetes.io/pod',
        ...NAMES.map((name) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
        'kubernetes.io/config.mirror',
        'x/~y',
      ),
      fc.constantFrom<unknown>('unconfined', 'runtime/default', 'docker/default', 'localhost/x', 7, null),
    )
    .map((value): unknown => value),
);

const wildPod = fc
  .record({
    metadata: fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .record({
            name: fc.constant('x'),
            namespace: fc.constantFrom<unknown>('shop', 'perf', '', undefined),
            labels: fc.constantFrom<unknown>({ app: 'web' }, { app: 7 }, 'x', undefined),
            annotations,
          })
          .map((value): unknown => value),
      },
      { weight: 1, arbitrary: oddity },
    ),
    spec: fc.oneof(
      {
        weight: 19,
        arbitrary: fc
          .record(
            {
              containers: list,
              initContainers: list,
              ephemeralContainers: list,
              securityContext,
              os: fc.constantFrom<unknown>({ name: 'windows' }, { name: 'linux' }, 'windows'),
              hostPID: fc.constantFrom<unknown>(true, 'x'),
              volumes: fc.constantFrom<unknown>([{ name: 'v', hostPath: { path: '/var/lib/kubelet' } }], [7], {}),
              runtimeClassName: fc.constantFrom<unknown>('kata', 7),
              serviceAccountName: fc.constantFrom<unknown>('sa', 7, ''),
            },
            { requiredKeys: ['containers'] },
          )
          .map((value): unknown => value),
      },
      { weight: 1, arbitrary: oddity },
    ),
  })
  .map((value): unknown => JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...value })));

/** Well-formed pods that differ only in what decides: who says Unconfined, who inherits it, who is exempt. */
const plainProfile = fc.constantFrom<unknown>(
  undefined,
  undefined,
  undefined,
  { type: 'Unconfined' },
  { type: 'Unconfined' },
  { type: 'RuntimeDefault' },
);
const plainContainer = fc
  .tuple(fc.constantFrom('profiler', 'a'), plainProfile)
  .map(([name, seccompProfile]) => ({ name, image: 'nginx:1', securityContext: { seccompProfile } }));
const plainPod = fc
  .record({
    metadata: fc.constantFrom({ name: 'x', namespace: 'perf' }, { name: 'x', namespace: 'shop' }),
    spec: fc.record({
      securityContext: plainProfile.map((seccompProfile) => ({ seccompProfile })),
      containers: fc.array(plainContainer, { minLength: 1, maxLength: 3 }),
      initContainers: fc.array(plainContainer, { maxLength: 1 }),
    }),
  })
  .map((value): unknown => JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...value })));

const podArbitrary = fc.oneof({ weight: 1, arbitrary: wildPod }, { weight: 1, arbitrary: plainPod });

const anyRules = fc.constantFrom(...SETS);

/** Plain objects from JSON, also where a key is `__proto__`. */
function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as Json)[key]
    : undefined;
}

function has(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Written apart from the code under test: what the runtime would make of a field. */
function meaning(field: unknown): 'default' | 'file' | 'bad' {
  const type = member(field, 'type');
  if (type === 'RuntimeDefault') return 'default';
  const path = member(field, 'localhostProfile');
  if (type !== 'Localhost' || typeof path !== 'string' || path === '') return 'bad';
  const parts = path.split('/');
  if (parts.includes('..') || parts.includes('.') || parts.includes('')) return 'bad';
  if (parts[0] !== 'seccomply') return 'file';
  return /^seccomply\/(?:web-static|net-service|wide|coming)\.0{30}[0c][0-2]\.json$/.test(path) ? 'file' : 'bad';
}

/** Fails where an admitted pod has a container that runs unconfined, or with something unknown, and is not the exempt one. */
function expectNothingOpen(object: unknown, namespace: unknown, mayBeExempt: boolean): void {
  const spec = member(object, 'spec');
  const podField = member(member(spec, 'securityContext'), 'seccompProfile');
  const isExempt = (container: unknown, field: unknown): boolean =>
    mayBeExempt &&
    namespace === 'perf' &&
    member(container, 'name') === 'profiler' &&
    member(field, 'type') === 'Unconfined';
  let heirs = 0;
  let openHeirs = 0;
  for (const key of ['containers', 'initContainers', 'ephemeralContainers']) {
    const containers = member(spec, key);
    if (!has(containers)) continue;
    expect(Array.isArray(containers)).toBe(true);
    for (const container of containers as unknown[]) {
      const own = member(member(container, 'securityContext'), 'seccompProfile');
      if (has(own)) {
        if (meaning(own) === 'bad') expect([own, isExempt(container, own)]).toEqual([own, true]);
      } else {
        heirs += 1;
        if (!isExempt(container, podField)) openHeirs += 1;
      }
    }
  }
  if (has(podField) && meaning(podField) === 'bad')
    expect({ podField, heirs: heirs > 0, openHeirs }).toEqual({ podField, heirs: true, openHeirs: 0 });
}

/** Every place where two JSON values differ, as JSON pointers. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (a === b) return [];
  if (
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    a === null ||
    b === null ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(memberAt(a, key), memberAt(b, key), `${path}/${key}`));
}

function memberAt(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Json)[key] : undefined;
}

const MAY_CHANGE =
  /^\/spec\/(?:containers|initContainers|ephemeralContainers)\/\d+\/securityContext(?:\/seccompProfile(?:\/.*)?)?$|^\/metadata\/annotations\/container\.seccomp\.security\.alpha\.kubernetes\.io\//;

function expectWellFormed(decision: Decision, webhook: Webhook): void {
  expect(decision.webhook).toBe(webhook);
  expect(decision.outcome).not.toBe('error');
  if (!decision.allowed) {
    expect(decision.patch).toEqual([]);
    expect(decision.message).toMatch(/^[^\n\r\u2028]{20,10000}$/);
  }
  if (webhook === 'validate') expect(decision.patch).toEqual([]);
  expect([...decision.warnings.join('')].length).toBeLessThanOrEqual(4096);
  const { response } = JSON.parse(reviewAnswer('u-1', decision, 'r-1')) as { response: Json };
  expect(response).toMatchObject({ uid: 'u-1', allowed: decision.allowed });
  expect('patch' in response).toBe('patchType' in response);
  expect('patch' in response).toBe(decision.patch.length > 0);
  for (const [key, value] of Object.entries(response.auditAnnotations as Json)) {
    expect(key).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
    expect(String(value).length).toBeLessThanOrEqual(1024);
  }
}

test('a pod: never a crash, never open, and the patch does what was decided and nothing else', () => {
  const outcomes = new Map<string, number>();
  fc.assert(
    fc.property(podArbitrary, anyRules, (object, rules) => {
      const before = JSON.stringify(object);
      const request = requestFor(object);
      const mutate = ask(rules, 'mutate', request);
      expectWellFormed(mutate, 'mutate');
      outcomes.set(mutate.outcome, (outcomes.get(mutate.outcome) ?? 0) + 1);
      expect(JSON.stringify(object)).toBe(before);
      if (!mutate.allowed) {
        expect(ask(rules, 'validate', request).allowed).toBe(false);
        return;
      }
      const copy = JSON.parse(before) as object;
      const patch = mutate.patch as fastJsonPatch.Operation[];
      const result = fastJsonPatch.applyPatch(copy, structuredClone(patch), true, true, false).newDocument as unknown;
      expect(differences(object, result).filter((path) => !MAY_CHANGE.test(path))).toEqual([]);
      const again = { ...request, object: result };
      expect(ask(rules, 'mutate', again).patch).toEqual([]);
      const validate = ask(rules, 'validate', again);
      expectWellFormed(validate, 'validate');
      expect([validate.allowed, validate.message]).toEqual([true, undefined]);
      expectNothingOpen(result, request.namespace, rules === SETS[1] || rules === SETS[3]);
    }),
    { numRuns: runs(3_000) },
  );
  // The pods are worth something only if they come out in every way.
  for (const outcome of ['allowed', 'patched', 'denied'])
    expect(outcomes.get(outcome)).toBeGreaterThan(runs(3_000) / 50);
});

test('/validate alone never lets through what is open', () => {
  fc.assert(
    fc.property(podArbitrary, anyRules, (object, rules) => {
      const request = requestFor(object);
      const decision = ask(rules, 'validate', request);
      expectWellFormed(decision, 'validate');
      if (decision.allowed) expectNothingOpen(object, request.namespace, rules === SETS[1] || rules === SETS[3]);
    }),
    { numRuns: runs(1_000) },
  );
});

const requestArbitrary: fc.Arbitrary<RequestFacts> = fc
  .tuple(
    podArbitrary,
    podArbitrary,
    fc.record(
      {
        operation: fc.constantFrom<unknown>('CREATE', 'UPDATE', 'DELETE', 'X', 7),
        subResource: fc.constantFrom<unknown>('ephemeralcontainers', 'status', '', 7),
        kind: fc.oneof(fc.constantFrom<unknown>({ group: 'apps', version: 'v1', kind: 'Deployment' }), oddity),
        resource: oddity,
        namespace: oddity,
        userInfo: fc.oneof(fc.constantFrom<unknown>({ username: 'system:node:n' }), oddity),
        dryRun: oddity,
        object: oddity,
        oldObject: oddity,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([object, oldObject, more]) => requestOf(object, { oldObject, ...more }));

test('any request is answered', () => {
  fc.assert(
    fc.property(
      requestArbitrary,
      anyRules,
      fc.constantFrom<Webhook>('mutate', 'validate'),
      anyRules,
      (request, rules, webhook, previous) => {
        expectWellFormed(ask(rules, webhook, request, { previous }), webhook);
        const parsed = readReview({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
        expect(parsed.ok).toBe(true);
      },
    ),
    { numRuns: runs(1_000) },
  );
});

test('anything at all is read as a review or refused', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(typeof readReview(value).ok).toBe('boolean');
    }),
    { numRuns: runs(500) },
  );
});

test('values nested as deep as a request is long', () => {
  const deep = JSON.parse(`${'{"a":['.repeat(20_000)}${']}'.repeat(20_000)}`) as unknown;
  for (const spec of [deep, { containers: [deep] }, { containers: [{ name: 'x', securityContext: deep }] }])
    for (const rules of SETS) {
      const request = requestOf({ metadata: deep, spec }, { operation: 'UPDATE', oldObject: deep });
      for (const webhook of ['mutate', 'validate'] as const)
        expect(ask(rules, webhook, request).outcome).not.toBe('error');
      const template = { spec: { template: { metadata: deep, spec: { ...(spec as object), x: deep } } } };
      const deployment = requestOf(template, {
        kind: { group: 'apps', kind: 'Deployment' },
        resource: null,
        operation: 'UPDATE',
        oldObject: structuredCloneOf(template),
      });
      expect(ask(rules, 'validate', deployment).outcome).not.toBe('error');
    }
});

/** A copy of the outer levels; what is deep is shared. */
function structuredCloneOf({ spec: { template } }: { spec: { template: object } }): unknown {
  return { spec: { template: { ...template } } };
}
