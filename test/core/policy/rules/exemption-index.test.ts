import fc from 'fast-check';
import { exemptionFor, whyIdle } from '../../../../src/core/admission/requirements/exemption.js';
import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';
import type { ContainerFacts } from '../../../../src/core/policy/match/container-match.js';
import { imageIndexKeys } from '../../../../src/core/policy/match/image-pattern.js';
import { parseImageReference } from '../../../../src/core/policy/match/image-reference.js';
import type { PodFacts } from '../../../../src/core/policy/match/pod-facts.js';
import { formatProfileReference, type ProfileSubject } from '../../../../src/core/policy/match/profile-reference.js';
import { isFor, lifts, stateOf } from '../../../../src/core/policy/rules/compiled-exemption.js';
import { isInScope } from '../../../../src/core/policy/rules/pod-scope.js';
import { DEFAULT_BASELINE } from '../../../../src/core/policy/rules/requirement.js';
import { compileRuleSet, type RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { runs } from '../../../support/require.js';
import { catalogueOf, DAY, exemption, NOW, rulesOf } from '../../admission/support.js';

const LONGEST = 90 * DAY;
const HEX = 'a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';

interface Question {
  readonly pod: PodFacts;
  readonly containers: readonly ContainerFacts[];
  readonly policy: string;
  readonly profile: ProfileSubject;
  readonly now: number;
}

/** Who is exempt by which exemption, or why not: each container, and the pod as a whole. */
function byIndex(
  rules: RuleSet,
  { pod, containers, policy, profile: subject, now }: Question,
): readonly (string | undefined)[] {
  const profile = formatProfileReference(subject);
  const imageKeys = containers.flatMap((container) => imageIndexKeys(container.image()));
  const names = containers.map(({ name }) => name);
  const groups = rules.exemptionsFor({ pod, imageKeys, containers: names, policy, profile, subject });
  return [undefined, ...containers].map((container) => {
    const { inForce, idle } = exemptionFor(groups, container, { now, longest: LONGEST });
    if (idle === undefined || inForce !== undefined) return inForce?.document.reference.name;
    const { name, why } = whyIdle(idle, { now, longest: LONGEST });
    return `exemption ${name} ${why}`;
  });
}

/** The same, by asking every exemption in the order of names. */
function oneByOne(
  rules: RuleSet,
  { pod, containers, policy, profile, now }: Question,
): readonly (string | undefined)[] {
  const lifting = rules.allExemptions().filter((one) => isInScope(one.scope, pod) && lifts(one, policy, profile));
  return [undefined, ...containers].map((container) => {
    const own = lifting.filter((one) => isFor(one, container));
    const inForce = own.find((one) => stateOf(one, now, LONGEST) === 'in-force');
    if (inForce !== undefined) return inForce.document.reference.name;
    const [idle] = own;
    if (idle === undefined) return undefined;
    const { name } = idle.document.reference;
    const { expires } = idle.document.value.spec;
    return stateOf(idle, now, LONGEST) === 'expired'
      ? `exemption ${name} expired at ${expires}`
      : `exemption ${name} does nothing yet: it expires at ${expires}, more than 90 days ahead`;
  });
}

function podOf(more: Partial<PodFacts> = {}): PodFacts {
  return {
    namespace: 'shop',
    namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' },
    labels: {},
    serviceAccount: 'default',
    runtimeClass: undefined,
    ...more,
  };
}

function containerOf(name: string, image: string, bit = 1): ContainerFacts {
  return { name, bit, image: () => parseImageReference(image) };
}

const some = (...words: readonly string[]) => fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 3 });
const spec = fc.record(
  {
    match: fc.oneof(
      { weight: 3, arbitrary: fc.constant({ namespaces: ['shop'] }) },
      fc.constantFrom<object>(
        { namespaces: ['s*'] },
        { namespaces: ['other'] },
        { namespaces: ['shop'], podSelector: { matchLabels: { app: 'a' } } },
        { namespaces: ['shop'], podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['b'] }] } },
        { namespaces: ['shop'], serviceAccounts: ['shop/ci'] },
        { namespaces: ['shop'], exclude: [{ podSelector: { matchLabels: { app: 'a' } } }] },
      ),
    ),
    images: some('app', 'app:1', 'app:1.*', `app@sha256:${HEX}`, `app:1@sha256:*`, 'ghcr.io/acme/**', '**/app', '*'),
    containers: some('web', 'web-1', 'web-*', '*-1', '*'),
    containerTypes: some('Container', 'Init'),
    policies: some('built-in', 'p', 'q'),
    allow: some('Unconfined', 'Unset', 'web-static', 'web-*', 'Localhost/a/b.json', 'Localhost/a/**'),
    expires: fc.constantFrom(
      '2026-11-01T00:00:00Z',
      '2026-12-20T00:00:00Z',
      '2027-01-31T00:00:00Z',
      '2027-06-01T00:00:00Z',
    ),
    owner: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: ['match', 'allow', 'expires'] },
);
const question: fc.Arbitrary<Question> = fc.record({
  pod: fc
    .record({
      namespace: fc.constantFrom('shop', 'other', 'stage'),
      labels: fc.constantFrom({}, { app: 'a' }, { app: 'b' }),
      serviceAccount: fc.constantFrom('default', 'ci'),
    })
    .map(podOf),
  containers: fc.array(
    fc
      .tuple(
        fc.constantFrom('web', 'web-1', 'x-1', 'constructor'),
        fc.constantFrom(
          'app',
          'app:1',
          'app:1.2',
          `app@sha256:${HEX}`,
          `app:1@sha256:${HEX}`,
          'ghcr.io/acme/app:1',
          '!',
        ),
        fc.constantFrom(1, 2),
      )
      .map((parts) => containerOf(...parts)),
    { maxLength: 3 },
  ),
  policy: fc.constantFrom('built-in', 'p', 'r'),
  profile: fc.constantFrom<ProfileSubject>(
    { kind: 'Unconfined' },
    { kind: 'Unset' },
    { kind: 'Catalogue', name: 'web-static' },
    { kind: 'Localhost', path: 'a/b.json' },
  ),
  now: fc.constantFrom(NOW, NOW + 19 * DAY, NOW + 61 * DAY, NOW - 60 * DAY),
});

test('the index finds what asking every exemption finds', () => {
  fc.assert(
    fc.property(
      fc.array(spec, { minLength: 1, maxLength: 80 }),
      fc.array(question, { minLength: 1, maxLength: 8 }),
      (specs, questions) => {
        const rules = rulesOf(specs.map((one, at) => exemption(`e${(at * 37) % 80}`, one)).join(''));
        for (const one of questions) expect(byIndex(rules, one)).toEqual(oneByOne(rules, one));
      },
    ),
    { numRuns: runs(300) },
  );
});

test('exemptions of one namespace, each for something of its own, are not asked one by one', () => {
  const shapes: readonly ((at: number) => object)[] = [
    (at) => ({ match: { namespaces: ['shop'], podSelector: { matchLabels: { app: `a${at}` } } } }),
    (at) => ({ match: { namespaces: ['shop'], serviceAccounts: [`shop/sa-${at}`] } }),
    (at) => ({ images: [`ghcr.io/acme/app-${at}:*`] }),
    (at) => ({ images: [`ghcr.io/acme/app:v${at}`] }),
    (at) => ({ images: [`ghcr.io/acme/app@sha256:${String(at).padStart(64, '0')}`] }),
    (at) => ({ containers: [`c${at}`] }),
    (at) => ({ containers: [`c${at}x-*`] }),
    (at) => ({ policies: [`p${at}`] }),
    (at) => ({ allow: [`Localhost/team/${at}.json`] }),
    () => ({}),
    (at) => ({ expires: `2026-11-${String((at % 28) + 1).padStart(2, '0')}T00:00:00Z` }),
  ];
  const asked = shapes.map((shape) => {
    const yaml = Array.from({ length: 1_000 }, (_, at) =>
      exemption(`e${at}`, { allow: ['Unconfined', 'Localhost/team/7.json'], ...shape(at) }),
    ).join('');
    const { documents } = documentSet([parseDocuments(yaml)]);
    const rules = compileRuleSet(documents, {
      catalogue: catalogueOf(),
      baseline: DEFAULT_BASELINE,
      longestExemption: LONGEST,
    });
    const containers = [
      containerOf('c7', 'ghcr.io/acme/app-7:1'),
      containerOf('c7x-1', 'ghcr.io/acme/app:v7'),
      containerOf('side', `ghcr.io/acme/app@sha256:${'7'.padStart(64, '0')}`),
    ];
    const pod = podOf({ labels: { app: 'a7' }, serviceAccount: 'sa-7' });
    const subject: ProfileSubject = { kind: 'Localhost', path: 'team/7.json' };
    const profile = formatProfileReference(subject);
    const imageKeys = containers.flatMap((container) => imageIndexKeys(container.image()));
    const names = containers.map(({ name }) => name);
    const groups = rules.exemptionsFor({ pod, imageKeys, containers: names, policy: 'p7', profile, subject });
    let count = 0;
    while (groups.at(count) !== undefined) count += 1;
    return count;
  });
  expect(asked).toEqual(shapes.map(() => 1));
});

test('who counts among exemptions for the same changes as terms begin and end, also when the clock is set back', () => {
  const rules = rulesOf(
    [
      ['a', '2026-12-10T00:00:00Z'],
      ['b', '2027-03-31T00:00:00Z'],
      ['c', '2026-12-20T00:00:00Z'],
    ]
      .map(([name = '', expires]) => exemption(name, { allow: ['Unset'], expires, owner: name }))
      .join(''),
  );
  const days = [0, 10, 30, 29, 120, 8, 18, 19, -200];
  const at = (day: number): Question => ({
    pod: podOf(),
    containers: [],
    policy: 'p',
    profile: { kind: 'Unset' },
    now: NOW + day * DAY,
  });
  expect(days.map((day) => byIndex(rules, at(day))[0])).toEqual([
    'a',
    'c',
    'b',
    'exemption a expired at 2026-12-10T00:00:00Z',
    'exemption a expired at 2026-12-10T00:00:00Z',
    'a',
    'c',
    'exemption a expired at 2026-12-10T00:00:00Z',
    'exemption a does nothing yet: it expires at 2026-12-10T00:00:00Z, more than 90 days ahead',
  ]);
  expect(days.map((day) => byIndex(rules, at(day)))).toEqual(days.map((day) => oneByOne(rules, at(day))));
});
