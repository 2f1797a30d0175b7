import type { Webhook } from '../../../../src/core/admission/decision.js';
import type { RequestFacts } from '../../../../src/core/admission/request/request-facts.js';
import { ask, container, field, pathIn, pod, policy, requestOf, rulesOf } from '../support.js';

type Form = 'create' | 'update' | 'ephemeral' | 'template';

const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const FORMS: readonly Form[] = ['create', 'update', 'ephemeral', 'template'];

/** A container of a new pod, with a new image in one that runs, for debugging one that runs, of a Deployment. */
function requestFor(form: Form, one: object, spec: object): RequestFacts {
  const others = [container('other', 'RuntimeDefault')];
  if (form === 'ephemeral')
    return requestOf(pod({ ...spec, containers: others, ephemeralContainers: [one] }), {
      operation: 'UPDATE',
      subResource: 'ephemeralcontainers',
      oldObject: pod({ ...spec, containers: others }),
    });
  const object = pod({ ...spec, containers: [one] });
  if (form === 'create') return requestOf(object);
  if (form === 'update') {
    const oldObject = pod({ ...spec, containers: [{ ...one, image: 'before' }] });
    return requestOf(object, { operation: 'UPDATE', oldObject });
  }
  const template = { metadata: {}, spec: { ...spec, containers: [one] } };
  return requestOf(
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'shop' }, spec: { template } },
    {
      kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    },
  );
}

/** `code: advice` of each refusal; what only warns in brackets. */
function advices(rules: string, form: Form, one: object, spec: object, webhook: Webhook = 'mutate'): readonly string[] {
  const { findings } = ask(rulesOf(rules), webhook, requestFor(form, one, spec));
  return findings
    .filter(({ kind }) => kind === 'violation')
    .map(
      ({ code, message }) =>
        `${code}: ${/^.*?, (?:not allowed|refused|and not .*?) by [^:]*: (.*) \([^()]*\)$/.exec(message)?.[1]}`,
    );
}

const strict = policy('strict', {
  require: { profiles: ['RuntimeDefault'], privileged: 'Deny', hostAccess: 'Deny', templates: 'Deny' },
});
const podSays = (profile: string) => ({ securityContext: { seccompProfile: field(profile) } });
const CASES: Readonly<Record<string, readonly [rules: string, one: object, spec?: object, webhook?: Webhook]>> = {
  'own Unconfined': ['', container('c', 'Unconfined')],
  'inherited Unconfined': ['', container('c'), podSays('Unconfined')],
  'own Unconfined, and Unset is not allowed': [strict, container('c', 'Unconfined')],
  'no profile': [strict, container('c')],
  'own file': [strict, container('c', 'Localhost/x.json')],
  'inherited file': [strict, container('c'), podSays('Localhost/x.json')],
  'no profile at all': ['', container('c', 'nonsense')],
  'an inherited stage': ['', container('c'), podSays(`Localhost/${pathIn('web-static', 'Record')}`)],
  privileged: [strict, container('c', 'RuntimeDefault', { securityContext: { privileged: true } })],
  'not on the nodes': [
    policy('p', { unavailable: 'Deny', assign: [{ profile: 'coming', containerTypes: ALL }] }),
    container('c'),
  ],
  'not injected': [
    policy('p', { assign: [{ profile: 'web-static', containerTypes: ALL }] }),
    container('c'),
    {},
    'validate',
  ],
};

test.each(Object.entries(CASES))('advice that can be followed: %s', (_, [rules, one, spec = {}, webhook]) => {
  const told = FORMS.map((form) => [form, ...advices(rules, form, one, spec, webhook)].join(' | '));
  expect(told).toMatchSnapshot();
});

test('nobody is told to change a field of a pod that runs', () => {
  for (const [rules, one, spec = {}, webhook] of Object.values(CASES)) {
    for (const advice of advices(rules, 'update', one, spec, webhook))
      expect(advice).toMatch(/: create the pod again, since one that runs cannot be changed, and /);
    if ('securityContext' in spec)
      for (const advice of advices(rules, 'ephemeral', one, spec, webhook))
        expect(advice).toMatch(/: give the debug container a profile of its own/);
  }
});

test('a contradiction between policies is for whoever writes them, in every form', () => {
  const rules =
    policy('giver', { assign: [{ profile: 'RuntimeDefault', containerTypes: ALL }] }) +
    policy('taker', { require: { profiles: ['web-*'], templates: 'Deny' } });
  for (const form of FORMS)
    expect(advices(rules, form, container('c', 'RuntimeDefault'), {})).toEqual([
      'not-allowed: policies giver and taker contradict each other, so change one of them',
    ]);
});

test('a Windows pod is told of no profile that it could have', () => {
  for (const form of ['create', 'template'] as const)
    for (const one of [container('c', 'Unconfined'), container('c', 'nonsense')])
      expect(advices(strict, form, one, { os: { name: 'windows' } })).toEqual([
        expect.stringMatching(/: remove the field: Windows has no seccomp$/),
        expect.stringMatching(/: remove the field: Windows has no seccomp$/),
      ]);
});
