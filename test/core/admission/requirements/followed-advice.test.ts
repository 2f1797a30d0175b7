import fc from 'fast-check';
import type { Decision, Finding } from '../../../../src/core/admission/decision.js';
import { admitRequest } from '../../../../src/core/admission/explain/admit.js';
import type { RequestFacts } from '../../../../src/core/admission/request/request-facts.js';
import { DEFAULT_BASELINE } from '../../../../src/core/policy/rules/requirement.js';
import type { RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { catalogueOf, container, field, NOW, pathIn, pod, policy, requestOf, rulesOf } from '../support.js';

// biome-ignore lint/suspicious/noExplicitAny: pods as they are written
type Json = any;
type Form = 'create' | 'update' | 'ephemeral';
type Spec = Record<string, Json>;

const TYPES = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const catalogue = catalogueOf();
const withoutDebug = (spec: Spec): Spec => ({ ...spec, ephemeralContainers: [] });

function requestFor(form: Form, spec: Spec): RequestFacts {
  if (form === 'create') return requestOf(pod(withoutDebug(spec)));
  if (form === 'ephemeral')
    return requestOf(pod(spec), {
      operation: 'UPDATE',
      subResource: 'ephemeralcontainers',
      oldObject: pod(withoutDebug(spec)),
    });
  const before = structuredClone(withoutDebug(spec));
  for (const one of before.containers) one.image = 'before';
  return requestOf(pod(withoutDebug(spec)), { operation: 'UPDATE', oldObject: pod(before) });
}

const asked = (rules: RuleSet, form: Form, spec: Spec): Decision =>
  admitRequest(rules, requestFor(form, spec), { now: NOW, namespaceLabels: undefined }).decision;

const refusals = ({ findings }: Decision): readonly Finding[] =>
  findings.filter(({ kind, mode }) => kind === 'violation' && mode === 'Enforce');

const ADVICE =
  /: ((?:create the pod again|remove|set|give|no profile is known|policy|policies|assign|add|try again|not injected).*?)(?: \([^()]*\))?$/;
const NEW_POD = /^create the pod again, since one that runs cannot be changed, and /;
/** For whoever writes the policies, or to wait for. */
const NOT_FOR_THE_POD =
  /^(?:no profile is known that all policies allow here|polic(?:y|ies) |assign another profile|add .* to the catalogue|(?:try|create the pod) again when it is|not injected|.*once that is on the nodes)/;

/** What one advice says can be done, each by itself; undefined where nothing can be done to the pod. */
function repairsIn(advice: string, fieldPath: string): readonly ((spec: Spec) => void)[] | undefined {
  if (NOT_FOR_THE_POD.test(advice)) return undefined;
  const [, list, index] = /^spec\.(\w+)\[(\d+)\]/.exec(fieldPath) ?? [];
  const contextOf = (of: Spec): Json => {
    const holder = list === undefined ? of : of[list][Number(index)];
    holder.securityContext ??= {};
    return holder.securityContext;
  };
  const named = (text: string, of: Spec): object =>
    field(
      text === 'RuntimeDefault'
        ? text
        : text.startsWith('Localhost/')
          ? text.replace(/\*+/g, 'x')
          : `Localhost/${catalogue.pathOf(text, 'Enforce', capabilitiesFor(of))}`,
    );
  // The file of a profile goes by the capabilities of those that it is for.
  const capabilitiesFor = (of: Spec): readonly string[] => {
    const all: readonly Json[] = [...of.initContainers, ...of.containers];
    const one =
      list === undefined
        ? all.find((each) => each.securityContext?.seccompProfile === undefined)
        : of[list][Number(index)];
    return one?.securityContext?.capabilities?.add ?? [];
  };
  const allowed = (/that is allowed: (.*?)(?:, or ask for|$)/.exec(advice)?.[1] ?? '')
    .split(', ')
    .filter((text) => text !== '' && text !== 'and others');
  if (advice.startsWith('give the debug container'))
    return (advice.includes('(kubectl debug --profile=restricted)') ? ['RuntimeDefault'] : allowed).map(
      (text) => (of) => {
        for (const one of of.ephemeralContainers) {
          one.securityContext ??= {};
          one.securityContext.seccompProfile = field(
            text === 'RuntimeDefault'
              ? text
              : `Localhost/${catalogue.pathOf(text, 'Enforce', one.securityContext.capabilities?.add ?? [])}`,
          );
        }
      },
    );
  return [
    ...(/remove (?:it|the field)/.test(advice) ? [(of: Spec) => void delete contextOf(of).seccompProfile] : []),
    ...[...(advice.includes('set type RuntimeDefault') ? ['RuntimeDefault'] : []), ...allowed].map(
      (text) => (of: Spec) => {
        contextOf(of).seccompProfile = named(text, of);
      },
    ),
  ];
}

/** Follows what a refusal says in each way that it leaves open, and tells what is refused then. */
function follow(rules: RuleSet, form: Form, spec: Spec): readonly string[] {
  const first = asked(rules, form, spec);
  if (first.allowed) return [];
  const failures: string[] = [];
  const repairs = refusals(first).map(({ message, fieldPath }) => {
    const advice = ADVICE.exec(message)?.[1];
    if (advice === undefined) throw new Error(`no advice in: ${message}`);
    return repairsIn(advice.replace(NEW_POD, ''), fieldPath);
  });
  for (const refused of refusals(first))
    if (form === 'update' && !NOT_FOR_THE_POD.test(ADVICE.exec(refused.message)?.[1] ?? ''))
      expect(refused.message).toMatch(/create the pod again/);
  if (repairs.includes(undefined)) return [];
  const ways = Math.max(...repairs.map((each) => each?.length ?? 0));
  for (const [index, each] of repairs.entries())
    if (each?.length === 0) failures.push(`nothing to follow: ${refusals(first)[index]?.message}`);
  for (let way = 0; way < ways; way += 1) {
    const changed = structuredClone(spec);
    for (const each of repairs) each?.[Math.min(way, each.length - 1)]?.(changed);
    const second = asked(rules, form === 'update' ? 'create' : form, changed);
    // A field of the pod that nobody inherits is judged of new pods only: another reason.
    const places = new Set(refusals(first).map(({ fieldPath }) => fieldPath));
    if (refusals(second).some(({ fieldPath }) => form !== 'update' || places.has(fieldPath)))
      failures.push(`${first.message}\n  then: ${second.message}`);
  }
  return failures;
}

const subset = (values: readonly string[]) => fc.subarray([...values], { minLength: 1 });
const often = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const rule = fc.record(
  {
    profile: fc.constantFrom(
      'RuntimeDefault',
      'RuntimeDefault',
      'web-static',
      'wide',
      'audit-log',
      'Localhost/team/a.json',
    ),
    containerTypes: subset(TYPES),
    containers: subset(['a', 'b', 'c']),
  },
  { requiredKeys: ['profile'] },
);
const requirement = fc.record(
  {
    profiles: subset(['RuntimeDefault', '*', 'web-*', 'audit-log', 'Unset', 'Unconfined', 'Localhost/**']),
    ceiling: fc.constantFrom('RuntimeDefault', 'net-service'),
    containerTypes: subset(TYPES),
  },
  { requiredKeys: ['profiles'] },
);
const spec = fc
  .record(
    {
      assign: fc.array(rule, { minLength: 1, maxLength: 2 }),
      require: requirement,
      existing: fc.constantFrom('Tighten', 'Keep', 'Override'),
      unconfined: fc.constantFrom('Deny', 'Replace'),
      unavailable: fc.constantFrom('RuntimeDefault', 'Inject', 'Deny'),
    },
    { requiredKeys: [] },
  )
  .map(({ assign, require, existing, unconfined, unavailable }) => ({
    ...(assign === undefined
      ? {}
      : {
          assign,
          existing: existing ?? 'Tighten',
          unavailable: unavailable ?? 'Inject',
          unconfined: unconfined ?? 'Deny',
        }),
    ...(assign === undefined || require !== undefined ? { require: require ?? { profiles: ['RuntimeDefault'] } } : {}),
  }));
const profile = often(
  fc.constantFrom(
    'Unconfined',
    'RuntimeDefault',
    'Localhost/team/a.json',
    'bogus',
    'Localhost/./x',
    `Localhost/${pathIn('web-static')}`,
    `Localhost/${pathIn('web-static', 'Enforce', false, '7')}`,
    `Localhost/${pathIn('web-static', 'Record')}`,
    `Localhost/${pathIn('audit-log')}`,
  ),
);
const oneContainer = (name: string) =>
  fc
    .tuple(profile, fc.boolean())
    .map(([own, adds]) =>
      container(name, own, adds ? { securityContext: { capabilities: { add: ['SYS_CHROOT'] } } } : {}),
    );
const podSpec = fc
  .record({
    podProfile: profile,
    containers: fc.tuple(oneContainer('a'), oneContainer('b')),
    initContainers: fc.array(oneContainer('d'), { maxLength: 1 }),
    ephemeralContainers: fc.tuple(oneContainer('debug')),
  })
  .map(({ podProfile, ...lists }) => ({
    ...(podProfile === undefined ? {} : { securityContext: { seccompProfile: field(podProfile) } }),
    ...lists,
  }));

test('what a refusal advises is admitted when it is followed', () => {
  fc.assert(
    fc.property(
      fc.array(spec, { maxLength: 2 }),
      fc.constantFrom<readonly string[] | 'off'>(DEFAULT_BASELINE, 'off'),
      fc.constantFrom<Form>('create', 'update', 'ephemeral'),
      podSpec,
      (specs, baseline, form, one) => {
        const rules = rulesOf(specs.map((each, index) => policy(`p${index}`, each)).join(''), { baseline });
        // Of a pod that runs only the containers with a new image are judged: here all of them.
        expect(follow(rules, form, form === 'update' ? { ...one, initContainers: [] } : one)).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

describe('advice that is for those who write policies', () => {
  const message = (text: string, own?: string, options: Parameters<typeof rulesOf>[1] = {}) =>
    asked(rulesOf(text, options), 'create', { containers: [container('a', own)] }).message;

  test('a container gets RuntimeDefault in the place of a profile', () => {
    const requiring = { require: { profiles: ['*'] } };
    const of = (profile: string, more: object = requiring) =>
      message(policy('x', { assign: [{ profile }], unavailable: 'RuntimeDefault', ...more }));
    expect(of('coming')).toMatchInlineSnapshot(
      `"container "a" gets RuntimeDefault in the place of coming from policy x (rule 0), since that is not on the nodes yet, not allowed by policy x: try again when it is, or let policy x allow RuntimeDefault (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
    expect(of('nosuch')).toMatchInlineSnapshot(
      `"container "a" gets RuntimeDefault in the place of nosuch from policy x (rule 0), since that is not in the catalogue, not allowed by policy x: add nosuch to the catalogue, or correct its name in policy x (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
    expect(
      message(policy('p', { assign: [{ profile: 'coming' }], unavailable: 'RuntimeDefault' }) + policy('q', requiring)),
    ).toMatchInlineSnapshot(
      `"container "a" gets RuntimeDefault in the place of coming from policy p (rule 0), since that is not on the nodes yet, not allowed by policy q: try again when it is, or let policy q allow RuntimeDefault (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });

  test('each of the policies that has to change is named', () => {
    expect(
      message(
        policy('p', { assign: [{ profile: 'RuntimeDefault' }], require: { profiles: ['*'] } }) +
          policy('q', { require: { profiles: ['web-*'] } }),
      ),
    ).toMatchInlineSnapshot(
      `"container "a" gets RuntimeDefault from policy p (rule 0), not allowed by policies p and q: policy p assigns what it does not allow, so change its assign or its require; policies p and q contradict each other, so change one of them (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });

  test('no profile is allowed by all of them', () => {
    const text =
      policy('p', { require: { profiles: ['web-*'] } }) + policy('q', { require: { profiles: ['RuntimeDefault'] } });
    expect(message(text)).toMatchInlineSnapshot(
      `"container "a" has no seccompProfile, not allowed by policies p and q: no profile is known that all policies allow here, so change one of them (spec.containers[0].securityContext.seccompProfile, neither its own nor the pod's)"`,
    );
    expect(
      message(policy('p', { require: { profiles: ['audit-log'] } }), `Localhost/${pathIn('audit-log')}`),
    ).toMatchInlineSnapshot(
      `"container "a" has seccompProfile Localhost/seccomply/audit-log.00000000000000000000000000000000.json, and audit-log refuses nothing, so it counts as Unconfined, not allowed by policies p and built-in: no profile is known that all policies allow here, so change one of them, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });

  test('no rule is promised where there is none', () => {
    expect(message('', `Localhost/${pathIn('web-static', 'Enforce', false, '7')}`)).toMatchInlineSnapshot(
      `"container "a" has seccompProfile Localhost/seccomply/web-static.77777777777777777777777777777700.json, and no catalogue profile with that name and hash is known for the capabilities it adds, not allowed by policy built-in: set type RuntimeDefault, or remove the field (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });
});

test('the field of the pod is refused for those who may not have it', () => {
  const spec = (path: string) => ({
    securityContext: { seccompProfile: field(`Localhost/${path}`) },
    containers: [
      container('a'),
      container('b', undefined, { securityContext: { capabilities: { add: ['SYS_CHROOT'] } } }),
    ],
  });
  const inheritedBy = (text: string, path: string) =>
    refusals(asked(rulesOf(text), 'create', spec(path))).map((one) => [one.code, one.inheritedBy]);
  expect(inheritedBy('', pathIn('web-static'))).toEqual([['not-allowed', ['b']]]);
  const recording = policy('r', { assign: [{ profile: 'web-static', stage: 'Record', containers: ['a'] }] });
  expect(inheritedBy(recording, pathIn('web-static', 'Record'))).toEqual([['not-allowed', ['b']]]);
  expect(inheritedBy(policy('q', { require: { profiles: ['net-*'] } }), pathIn('web-static'))).toEqual([
    ['not-allowed', ['a']],
    ['not-allowed', ['b']],
    ['not-allowed', ['b']],
  ]);
});
