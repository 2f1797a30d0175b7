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
    .constantFrom(
      undefined,
      'Unconfined',
      'Unconfined',
      'RuntimeDefault',
      `Localhost/${pathIn('web-static', 'Record')}`,
    )
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

/** Compiling takes longest, so each set is asked about several pods. */
const PODS = 6;
const setOf = fc.record({
  specs: policies,
  exempt: exemptions,
  baseline: fc.constantFrom<readonly string[] | 'off'>(DEFAULT_BASELINE, 'off', 'off'),
});
type PolicySet = typeof setOf extends fc.Arbitrary<infer T> ? T : never;
const podsIn = (...forms: readonly Form[]) =>
  fc.array(fc.record({ form: fc.constantFrom(...forms), spec: podSpec }), { minLength: PODS, maxLength: PODS });
const everyForm = podsIn('create', 'create', 'ephemeral', 'template');

function rulesFor({ specs, exempt, baseline }: PolicySet, more?: object): RuleSet {
  const all = [
    ...specs.map((spec, index) => policy(`p${index}`, spec)),
    more === undefined ? '' : policy('more', more),
  ];
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
    fc.property(setOf, requiring, everyForm, (set, more, pods) => {
      const without = rulesFor(set);
      const withOne = rulesFor(set, more);
      for (const { form, spec } of pods) {
        const request = requestFor(form, spec);
        const context = told({ set, more, form, spec });
        for (const webhook of ['mutate', 'validate'] as const)
          if (!ask(without, webhook, request).allowed)
            expect([ask(withOne, webhook, request).allowed, context]).toEqual([false, context]);
        if (!admit(without, request).decision.allowed)
          expect([admit(withOne, request).decision.allowed, context]).toEqual([false, context]);
        // What a template is told of stays, though whose sentence it is may change.
        if (form === 'template' && refusals(without, request).length > 0)
          expect([refusals(withOne, request).length > 0, context]).toEqual([true, context]);
      }
    }),
    { numRuns: runs(300) },
  );
});

/** The same requirements, with rules that refuse what they did and change nothing that has a profile. */
const holding = (set: PolicySet): PolicySet => ({
  ...set,
  specs: set.specs.map((spec) => ('assign' in spec ? { ...spec, existing: 'Keep', unavailable: 'Inject' } : spec)),
});

test('a policy that assigns admits more only by changing a profile, and what was required before holds on the result', () => {
  let admittedMore = 0;
  fc.assert(
    fc.property(setOf, assigning, podsIn('create', 'create', 'ephemeral'), (set, more, pods) => {
      const without = rulesFor(set);
      const withOne = rulesFor(set, more);
      const requirements = rulesFor(holding(set));
      for (const { form, spec } of pods) {
        const request = requestFor(form, spec);
        const before = admit(without, request);
        const after = admit(withOne, request);
        if (!after.decision.allowed || before.decision.allowed) continue;
        admittedMore += 1;
        const context = told({ set, more, form, spec });
        const given = [before, after].map(({ mutate }) =>
          told(
            mutate?.assignments.map(({ container: name, containerType, effective }) => [
              name,
              containerType,
              effective,
            ]),
          ),
        );
        expect([given[0] !== given[1], context]).toEqual([true, context]);
        expect([ask(requirements, 'mutate', { ...request, object: after.object }).message, context]).toEqual([
          undefined,
          context,
        ]);
      }
    }),
    { numRuns: runs(500) },
  );
  expect(admittedMore).toBeGreaterThan(runs(500) / 60);
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
    fc.property(setOf, everyForm, fc.array(fc.nat(), { minLength: 5, maxLength: 5 }), (set, pods, order) => {
      const rules = rulesFor(set);
      for (const { form, spec } of pods) {
        const request = requestFor(form, spec);
        const context = told({ set, form, spec });
        // Only the object: what was there before an ephemeral container stays what it was.
        const { object: reordered } = requestFor(form, shuffled(spec, order));
        const other = { ...request, object: reordered };
        expect([plain(rules, other), context]).toEqual([plain(rules, request), context]);
        const { mutate, validate, object } = admit(rules, request);
        const outcome = mutate?.outcome ?? '';
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (mutate?.allowed !== true) continue;
        expect([validate?.message, context]).toEqual([undefined, context]);
        expect(ask(rules, 'mutate', { ...request, object }).patch).toEqual([]);
      }
    }),
    { numRuns: runs(300) },
  );
  for (const outcome of ['allowed', 'patched', 'denied'])
    expect(outcomes.get(outcome)).toBeGreaterThan((runs(300) * PODS) / 50);
});
