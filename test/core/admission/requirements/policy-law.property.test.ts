import fc from 'fast-check';
import { admitRequest } from '../../../../src/core/admission/explain/admit.js';
import { DEFAULT_BASELINE } from '../../../../src/core/policy/rules/requirement.js';
import type { RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { runs } from '../../../support/require.js';
import { ask, container, exemption, field, NOW, pathIn, pod, policy, requestOf, rulesOf } from '../support.js';

type Form = 'create' | 'ephemeral' | 'template';

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
const types = fc.subarray(['Container', 'Sidecar', 'Init', 'Ephemeral'], { minLength: 1 });
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(model: T) => fc.record(model, { requiredKeys: [] });

const rule = fc.record(
  {
    containers: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    containerTypes: types,
    profile: fc.constantFrom('RuntimeDefault', 'RuntimeDefault', 'web-static', 'coming'),
  },
  { requiredKeys: ['profile', 'containerTypes'] },
);
const requirement = optional({
  profiles: fc.subarray(['RuntimeDefault', '*', 'Unset', 'Unconfined'], { minLength: 1 }),
  ceiling: fc.constantFrom('RuntimeDefault', 'net-service'),
  containerTypes: types,
  privileged: fc.constantFrom('Ignore', 'Warn', 'Deny'),
  templates: fc.constantFrom('Ignore', 'Warn', 'Deny'),
});
const common = {
  mode: fc.constantFrom('Enforce', 'Enforce', 'Enforce', 'Warn', 'Audit'),
  priority: fc.integer({ min: -1, max: 1 }),
  unconfined: fc.constantFrom('Deny', 'Deny', 'Replace'),
};
const requiring = fc.record({ ...common, require: requirement }, { requiredKeys: ['require'] });
/** Without `unavailable: Deny`: a rule that lost is not asked whether its profile is there. */
const assigning = fc.record(
  {
    ...common,
    assign: fc.array(rule, { minLength: 1, maxLength: 2 }),
    require: requirement,
    existing: fc.constantFrom('Tighten', 'Keep', 'Override'),
    unavailable: fc.constantFrom('RuntimeDefault', 'Inject'),
  },
  { requiredKeys: ['assign'] },
);
const policies = fc.array(fc.oneof(requiring, assigning, assigning), { maxLength: 3 });
const exemptions = fc.array(
  fc.record(
    {
      containers: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
      containerTypes: types,
      allow: fc.subarray(['Unconfined', 'Unset'], { minLength: 1 }),
      policies: fc.subarray(['built-in', 'p0', 'p1', 'p2', 'more'], { minLength: 1 }),
    },
    { requiredKeys: ['allow'] },
  ),
  { maxLength: 2 },
);

const PROFILES = [undefined, undefined, 'Unconfined', 'Unconfined', 'RuntimeDefault', `Localhost/${pathIn('wide')}`];
const entries = (names: readonly string[], more: object = {}) =>
  fc
    .tuple(...names.map(() => fc.constantFrom(...PROFILES)), fc.nat({ max: names.length }))
    .map((drawn) =>
      names
        .map((name, index) => container(name, drawn[index] as string | undefined, { image: 'x:1', ...more }))
        .slice(0, drawn.at(-1) as number),
    );
const podSpec = fc.record({
  securityContext: fc
    .constantFrom(undefined, 'Unconfined', 'Unconfined', 'RuntimeDefault', `Localhost/${pathIn('web-static', 'Record')}`)
    .map((profile) => (profile === undefined ? {} : { seccompProfile: field(profile) })),
  containers: entries(['a', 'b', 'c']).map((all) => (all.length === 0 ? [container('a')] : all)),
  initContainers: fc
    .tuple(entries(['a', 'b']), entries(['c'], { restartPolicy: 'Always' }))
    .map(([init, sidecars]) => [...init, ...sidecars]),
  ephemeralContainers: entries(['a', 'b']),
});
type Spec = typeof podSpec extends fc.Arbitrary<infer T> ? T : never;

function requestFor(form: Form, spec: Spec) {
  const { ephemeralContainers, ...rest } = spec;
  if (form === 'ephemeral')
    return requestOf(pod(spec), {
      operation: 'UPDATE',
      subResource: 'ephemeralcontainers',
      oldObject: pod({ ...rest, ephemeralContainers: ephemeralContainers.slice(1) }),
    });
  if (form === 'create') return requestOf(pod(rest));
  const object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'shop' },
    spec: { template: { spec: rest } },
  };
  return requestOf(object, {
    kind: { group: 'batch', version: 'v1', kind: 'Job' },
    resource: { group: 'batch', version: 'v1', resource: 'jobs' },
  });
}

const caseOf = fc.record({
  specs: policies,
  exempt: exemptions,
  baseline: fc.constantFrom<readonly string[] | 'off'>(DEFAULT_BASELINE, 'off', 'off'),
  form: fc.constantFrom<Form>('create', 'create', 'ephemeral', 'template'),
  spec: podSpec,
});
type Case = typeof caseOf extends fc.Arbitrary<infer T> ? T : never;

function rulesFor({ specs, exempt, baseline }: Case, more?: object): RuleSet {
  const all = [...specs.map((spec, index) => policy(`p${index}`, spec)), more === undefined ? '' : policy('more', more)];
  const lifted = exempt.map((spec, index) => exemption(`e${index}`, spec));
  return rulesOf([...all, ...lifted].join(''), { baseline });
}

const admit = (rules: RuleSet, request: ReturnType<typeof requestFor>) =>
  admitRequest(rules, request, { now: NOW, namespaceLabels: undefined });

/** The violations that refuse, or would refuse the pods of a template, by whom, for what. */
function refusals(rules: RuleSet, request: ReturnType<typeof requestFor>): readonly string[] {
  const { decision } = admit(rules, request);
  return decision.findings
    .filter(({ kind }) => kind === 'violation')
    .map(({ mode, code, policy: { name }, fieldPath }) => `${mode} ${name} ${code} ${fieldPath}`);
}

const told = (value: unknown): string => JSON.stringify(value);

test('a policy that assigns nothing never admits more', () => {
  fc.assert(
    fc.property(caseOf, requiring, (one, more) => {
      const request = requestFor(one.form, one.spec);
      for (const webhook of ['mutate', 'validate'] as const) {
        const [before, after] = [rulesFor(one), rulesFor(one, more)].map((rules) => ask(rules, webhook, request));
        if (before?.allowed === false) expect([after?.allowed, told(one), told(more)]).toEqual([false, told(one), told(more)]);
      }
      if (!admit(rulesFor(one), request).decision.allowed)
        expect(admit(rulesFor(one, more), request).decision.allowed).toBe(false);
      if (one.form !== 'template') return;
      // What a template is told of stays, though whose sentence it is may change.
      if (refusals(rulesFor(one), request).length > 0)
        expect(refusals(rulesFor(one, more), request).length).toBeGreaterThan(0);
    }),
    { numRuns: runs(2_000) },
  );
});

/** The requirements of the first policies alone, asked about what came out with one more. */
function heldBy(one: Case, object: unknown): boolean {
  const kept: Case = {
    ...one,
    specs: one.specs.map((spec) => ('assign' in spec ? { ...spec, existing: 'Keep', unavailable: 'Inject' } : spec)),
  };
  const request = requestFor(one.form, one.spec);
  // Asked as /mutate is, for a result that another webhook could have made; what it would still inject is no requirement.
  return ask(rulesFor(kept), 'mutate', { ...request, object }).allowed;
}

test('a policy that assigns admits more only by changing a profile, and what was required before holds on the result', () => {
  let admittedMore = 0;
  fc.assert(
    fc.property(caseOf, assigning, (one, more) => {
      fc.pre(one.form !== 'template');
      const request = requestFor(one.form, one.spec);
      const before = admit(rulesFor(one), request);
      const after = admit(rulesFor(one, more), request);
      if (!after.decision.allowed || before.decision.allowed) return;
      admittedMore += 1;
      expect([after.mutate?.patch.length === 0, told(one), told(more)]).toEqual([false, told(one), told(more)]);
      expect([heldBy(one, after.object), told(one), told(more)]).toEqual([true, told(one), told(more)]);
    }),
    { numRuns: runs(4_000) },
  );
  expect(admittedMore).toBeGreaterThan(runs(4_000) / 200);
});

const shuffled = (spec: Spec, order: readonly number[]): Spec => ({
  ...spec,
  ...Object.fromEntries(
    LISTS.map((list) => [
      list,
      [...spec[list].entries()]
        .sort(([a], [b]) => (order[a % order.length] ?? 0) - (order[b % order.length] ?? 0))
        .map(([, one]) => one),
    ]),
  ),
});

/** Findings without what names places: indexes, and the order of those who inherit. */
function plain(rules: RuleSet, request: ReturnType<typeof requestFor>) {
  const { decision, mutate } = admit(rules, request);
  const findings = decision.findings.map(({ message, fieldPath, inheritedBy, ...rest }) =>
    told({
      ...rest,
      fieldPath: fieldPath.replace(/\[\d+\]/g, ''),
      inheritedBy: inheritedBy === undefined ? undefined : [...inheritedBy].sort(),
      message: message.replace(/ \([^()]*\)$/, ''),
    }),
  );
  return { outcome: mutate?.outcome, allowed: decision.allowed, findings: findings.sort() };
}

test('the order of containers decides nothing, and the result is its own result', () => {
  const outcomes = new Map<string, number>();
  fc.assert(
    fc.property(caseOf, fc.array(fc.nat(), { minLength: 5, maxLength: 5 }), (one, order) => {
      const rules = rulesFor(one);
      const request = requestFor(one.form, one.spec);
      // Another order of what is there already is another request: the first ephemeral container is the new one.
      const other = { ...request, object: (requestFor(one.form, shuffled(one.spec, order)) as { object?: unknown }).object };
      expect([plain(rules, other), told(one)]).toEqual([plain(rules, request), told(one)]);
      const { mutate, validate, object } = admit(rules, request);
      outcomes.set(mutate?.outcome ?? '', (outcomes.get(mutate?.outcome ?? '') ?? 0) + 1);
      if (mutate?.allowed !== true) return;
      expect([validate?.allowed, validate?.message]).toEqual([true, undefined]);
      expect(ask(rules, 'mutate', { ...request, object }).patch).toEqual([]);
    }),
    { numRuns: runs(3_000) },
  );
  for (const outcome of ['allowed', 'patched', 'denied'])
    expect(outcomes.get(outcome)).toBeGreaterThan(runs(3_000) / 50);
});
