import fc from 'fast-check';
import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';
import type { ContainerFacts } from '../../../../src/core/policy/match/container-match.js';
import { imageIndexKeys } from '../../../../src/core/policy/match/image-pattern.js';
import { parseImageReference } from '../../../../src/core/policy/match/image-reference.js';
import type { PodFacts } from '../../../../src/core/policy/match/pod-facts.js';
import { ruleFor } from '../../../../src/core/policy/rules/compiled-policy.js';
import { isInScope } from '../../../../src/core/policy/rules/pod-scope.js';
import { DEFAULT_BASELINE } from '../../../../src/core/policy/rules/requirement.js';
import { compileRuleSet, compileRuleSetInSlices, type RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { runs } from '../../../support/require.js';
import { catalogueOf, exemption, namespace, policy, rulesOf } from '../../admission/support.js';

const options = { catalogue: catalogueOf(), baseline: DEFAULT_BASELINE, longestExemption: 1 };
const rule = { profile: 'RuntimeDefault' };

function podOf(more: Partial<PodFacts> = {}): PodFacts {
  const namespace = more.namespace ?? 'shop';
  return {
    namespace,
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    labels: {},
    serviceAccount: 'default',
    runtimeClass: undefined,
    ...more,
  };
}

function namesFor(rules: RuleSet, pod: PodFacts, images: readonly string[] = []): readonly string[] {
  const keys = images.flatMap((image) => imageIndexKeys(parseImageReference(image)));
  return rules.policiesFor(pod, keys).map(({ reference }) => reference.name);
}

describe('order', () => {
  test('priority, then name', () => {
    const rules = rulesOf(
      policy('b', { assign: [rule] }) +
        policy('a', { assign: [rule] }) +
        policy('low', { priority: -5, assign: [rule] }) +
        policy('z', { priority: 5, assign: [rule] }),
    );
    expect(namesFor(rules, podOf())).toEqual(['z', 'a', 'b', 'low']);
  });

  test('holds over thousands', async () => {
    const count = 5_000;
    const yaml = Array.from({ length: count }, (_, at) =>
      policy(`p${(at * 7919) % count}`, { priority: (at * 31) % 7, assign: [rule] }),
    ).join('');
    const { documents } = documentSet([parseDocuments(yaml)]);
    let pauses = 0;
    const rules = await compileRuleSetInSlices(documents, options, async () => {
      pauses += 1;
    });
    expect(pauses).toBeGreaterThan(20);
    const order = rules
      .allPolicies()
      .map(({ document, reference }) => [-document.value.spec.priority, reference.name] as const);
    expect(order).toEqual([...order].sort(([p, a], [q, b]) => p - q || (a < b ? -1 : 1)));
    expect(
      compileRuleSet(documents, options)
        .allPolicies()
        .map(({ reference }) => reference.name),
    ).toEqual(order.map(([, name]) => name));
  });
});

describe('namespace labels', () => {
  const tier = { matchLabels: { tier: 'web' } };
  test.each([
    [{}, 'shop', false],
    [{ namespaceSelector: tier }, 'shop', true],
    [{ namespaceSelector: {} }, 'shop', false],
    [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }, 'shop', false],
    [{ namespaces: ['team-*'], namespaceSelector: tier }, 'shop', false],
    [{ namespaces: ['team-*'], namespaceSelector: tier }, 'team-a', true],
    [{ namespaces: ['*'], namespaceSelector: tier }, 'x', true],
    [{ exclude: [{ namespaceSelector: tier }] }, 'shop', true],
    [{ namespaces: ['a'], exclude: [{ namespaceSelector: tier }] }, 'shop', false],
  ])('%j in %s: %j', (match, name, needs) => {
    expect(rulesOf(policy('p', { match, assign: [rule] })).needsNamespaceLabels(name)).toBe(needs);
  });

  test('an exemption can need them too, and documents give them', () => {
    const rules = rulesOf(
      exemption('e', { match: { namespaceSelector: tier }, allow: ['Unset'] }) + namespace('shop', { tier: 'web' }),
    );
    expect(rules.needsNamespaceLabels('shop')).toBe(true);
    expect(rules.namespaceLabels('shop')).toEqual({ tier: 'web', 'kubernetes.io/metadata.name': 'shop' });
    expect(rules.namespaceLabels('other')).toBeUndefined();
    const unset = { profile: 'Unset', subject: { kind: 'Unset' } } as const;
    const query = { imageKeys: [], containers: ['web'], policy: 'p', ...unset };
    expect(rules.exemptionsFor({ pod: podOf({ namespaceLabels: { tier: 'web' } }), ...query }).at(0)).toBeDefined();
    expect(rules.exemptionsFor({ pod: podOf(), ...query }).at(0)).toBeUndefined();
  });
});

const WORDS = ['shop', 'shops', 'team-1', 'team-12', 'team-1-x', 'x', 'a-prod', 'prod'];
const GLOBS = [...WORDS, 'team-*', 'team-1*', '*-prod', '*', '*m-1*', 't*1', 'shop*'];
const globs = fc.uniqueArray(fc.constantFrom(...GLOBS), { minLength: 1, maxLength: 3 });
const selector = fc.oneof(
  fc
    .dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('a', 'b', 'c'), { maxKeys: 2 })
    .map((matchLabels) => ({ matchLabels })),
  fc.constantFrom(
    { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
    { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] },
    { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] },
    { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['a'] }] },
  ),
);
const scope = {
  namespaces: globs,
  podSelector: selector,
  namespaceSelector: selector,
  serviceAccounts: fc.array(
    fc.tuple(fc.constantFrom(...GLOBS), fc.constantFrom('default', 'sa-*', '*')).map((parts) => parts.join('/')),
    { minLength: 1, maxLength: 2 },
  ),
};
const match = fc.record(
  { ...scope, exclude: fc.array(fc.record({ namespaces: globs, podSelector: selector }), { maxLength: 1 }) },
  { requiredKeys: [] },
);
const IMAGES = [
  'nginx',
  'nginx:1.27',
  'ghcr.io/acme/app:2',
  'ghcr.io/acme/x/edge@sha256:*',
  'registry.local:5000/nginx',
];
const images = fc.uniqueArray(
  fc.constantFrom(
    'nginx',
    'nginx:1.*',
    '**/nginx',
    'ghcr.io/acme/**',
    'ghcr.io/acme/app',
    'ghcr.io/*/app',
    'redis',
    '*',
  ),
  { minLength: 1, maxLength: 2 },
);
const spec = fc.record(
  {
    match,
    assign: fc.array(fc.record({ images, profile: fc.constant('RuntimeDefault') }, { requiredKeys: ['profile'] }), {
      minLength: 1,
      maxLength: 2,
    }),
    require: fc.constant({ profiles: ['RuntimeDefault'] }),
    priority: fc.integer({ min: 0, max: 2 }),
  },
  { requiredKeys: ['assign'] },
);
const labels = fc.dictionary(fc.constantFrom('app', 'tier', '__proto__'), fc.constantFrom<unknown>('a', 'b', 'c', 7));
const podArbitrary = fc.record({
  namespace: fc.constantFrom(...WORDS),
  namespaceLabels: labels,
  labels,
  serviceAccount: fc.constantFrom('default', 'sa-1'),
  runtimeClass: fc.constant(undefined),
});

test('the index finds what asking every policy finds, in the same order', () => {
  fc.assert(
    fc.property(
      fc.array(spec, { minLength: 1, maxLength: 40 }),
      fc.array(podArbitrary, { minLength: 1, maxLength: 4 }),
      fc.uniqueArray(fc.constantFrom(...IMAGES), { maxLength: 3 }),
      (specs, pods, podImages) => {
        const rules = rulesOf(specs.map((one, at) => policy(`p${at}`, one)).join(''));
        const containers = podImages.map(
          (image): ContainerFacts => ({ name: 'c', bit: 1, image: () => parseImageReference(image) }),
        );
        for (const pod of pods) {
          const all = rules.allPolicies().filter((one) => isInScope(one.scope, pod));
          const found = namesFor(rules, pod, podImages);
          // A policy that only assigns by image is of no matter to a pod without such an image.
          const matters = all.filter(
            (one) =>
              one.requirement !== undefined || containers.some((container) => ruleFor(one, container) !== undefined),
          );
          const names = all.map(({ reference }) => reference.name);
          expect(names.filter((name) => found.includes(name))).toEqual(found);
          expect(matters.map(({ reference }) => reference.name).filter((name) => !found.includes(name))).toEqual([]);
        }
      },
    ),
    { numRuns: runs(300) },
  );
});

test('policies, each for something of its own, are not asked one by one', () => {
  const shapes: readonly ((at: number) => object)[] = [
    (at) => ({ match: { namespaces: [`ns-${at}`] }, require: {} }),
    (at) => ({ match: { namespaces: [`team-${at}-*`] }, require: {} }),
    (at) => ({ match: { namespaces: [`*-${at}x`] }, require: {} }),
    (at) => ({ match: { namespaceSelector: { matchLabels: { team: `t${at}` } } }, require: {} }),
    (at) => ({ match: { podSelector: { matchLabels: { app: `a${at}` } } }, require: {} }),
    (at) => ({ match: { namespaces: ['shop'], podSelector: { matchLabels: { app: `a${at}` } } }, require: {} }),
    (at) => ({ match: { serviceAccounts: [`*/sa-${at}`] }, require: {} }),
    (at) => ({ match: { serviceAccounts: [`ns-${at}/*`] }, require: {} }),
    (at) => ({ assign: [{ images: [`ghcr.io/acme/app-${at}:1.*`], ...rule }] }),
    (at) => ({ match: { namespaces: ['shop'] }, assign: [{ images: [`app-${at}`], ...rule }] }),
  ];
  for (const shape of shapes) {
    const yaml = Array.from({ length: 1_000 }, (_, at) => policy(`p${at}`, shape(at))).join('');
    const { documents } = documentSet([parseDocuments(yaml)]);
    const asked = new Set<string>();
    const counted = documents.policies.map((document) => ({
      ...document,
      get value() {
        asked.add(document.reference.name);
        return document.value;
      },
    }));
    const rules = compileRuleSet({ ...documents, policies: counted }, options);
    asked.clear();
    const images = ['ghcr.io/acme/app-7:1.2', 'app-7'];
    for (const name of ['ns-7', 'team-7-x', 'a-7x', 'shop'])
      namesFor(
        rules,
        podOf({ namespace: name, labels: { app: 'a7' }, namespaceLabels: { team: 't7' }, serviceAccount: 'sa-7' }),
        images,
      );
    expect([...asked]).toEqual(['p7']);
  }
});
