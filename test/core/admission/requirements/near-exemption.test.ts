import { admitted, ask, container, exemption, field, pod, policy, requestOf, rulesOf } from '../support.js';

const all = policy('all', { assign: [{ profile: 'RuntimeDefault' }], require: { profiles: ['RuntimeDefault'] } });
const object = pod({ containers: [container('c', 'Unconfined', { image: 'ghcr.io/acme/tracer:1' })] });

/** What the refusal says of exemptions, by the built-in requirement. */
function note(exemptions: string, of: object = object): string | undefined {
  const { findings } = admitted(rulesOf(all + exemptions), of).decision;
  const message = findings.find(({ policy: { name }, kind }) => name === 'built-in' && kind === 'violation')?.message;
  return /by policy built-in(?: \(([^)]*)\))?:/.exec(message ?? '')?.[1];
}

const meant = (spec: object, name = 'tracer') => exemption(name, { allow: ['Unconfined'], ...spec });
const IMAGES = { images: ['ghcr.io/acme/*'] };

test.each([
  [{ images: ['ghcr.io/acme/tracer@sha256:*'] }, 'exemption tracer is for other images'],
  [{ containers: ['d'] }, 'exemption tracer is for other containers'],
  [{ containerTypes: ['Init'] }, 'exemption tracer is for other container types'],
  [{ policies: ['all'] }, 'exemption tracer is not for policy built-in'],
  [{ allow: ['Unset'] }, 'exemption tracer does not allow Unconfined'],
  [{ match: { namespaces: ['other'] }, ...IMAGES }, 'exemption tracer is for other namespaces'],
  [
    { match: { namespaces: ['shop'], podSelector: { matchLabels: { a: 'b' } } }, ...IMAGES },
    'exemption tracer is for other pods',
  ],
  [
    { match: { namespaces: ['shop'], serviceAccounts: ['shop/x'] }, containers: ['c'] },
    'exemption tracer is for other pods',
  ],
  [
    { match: { namespaces: ['shop'], exclude: [{ namespaces: ['shop'] }] }, ...IMAGES },
    'exemption tracer is for other pods',
  ],
  // For so many others that nobody meant it.
  [{ match: { namespaces: ['other'] } }, undefined],
  [{ match: { namespaces: ['other'] }, containers: ['c'] }, undefined],
  [{ match: { namespaces: ['shop'], podSelector: { matchLabels: { a: 'b' } } } }, undefined],
  // Two differences.
  [{ images: ['other'], containers: ['d'] }, undefined],
  [{ images: ['other'], policies: ['all'] }, undefined],
  // Not in force either.
  [{ images: ['other'], expires: '2026-11-01T00:00:00Z' }, undefined],
])('%j: %s', (spec, expected) => {
  expect(note(meant(spec))).toBe(expected);
});

test('the nearest one: not in force before different, the container before the policy before the pod; then by name', () => {
  const elsewhere = meant({ match: { namespaces: ['other'] }, ...IMAGES }, 'a');
  const forAnother = meant({ policies: ['all'] }, 'b');
  const images = meant({ images: ['other'] }, 'd') + meant({ images: ['another'] }, 'c');
  const over = meant({ expires: '2026-11-01T00:00:00Z' }, 'e');
  expect(note(elsewhere)).toMatch(/^exemption a /);
  expect(note(elsewhere + forAnother)).toMatch(/^exemption b /);
  expect(note(elsewhere + forAnother + images)).toMatch(/^exemption c /);
  expect(note(elsewhere + forAnother + images + over)).toMatch(/^exemption e expired/);
});

test("of the pod's field: for some of those who inherit it, or for no whole pod", () => {
  const inherits = { securityContext: { seccompProfile: field('Unconfined') } };
  const heirs = pod({ ...inherits, containers: [container('c'), container('d')] });
  expect(note(meant({ containers: ['c'] }), heirs)).toBe('exemption tracer is for other containers; missing for "d"');
  const nobody = pod({ ...inherits, containers: [container('c', 'RuntimeDefault')] });
  expect(note(meant({ containers: ['c'] }), nobody)).toBe('exemption tracer is not for all containers of the pod');
});

test('a requirement that only warns names none', () => {
  const warns = policy('warn', { mode: 'Warn', require: { profiles: ['RuntimeDefault'] } });
  const { decision } = admitted(rulesOf(warns + meant({ images: ['x'] }), { baseline: 'off' }), object);
  expect(decision.allowed).toBe(true);
  expect(decision.findings[0]?.message).not.toMatch(/exemption tracer/);
});

test('however many exemptions there are, at most 64 are looked at', () => {
  const many = Array.from({ length: 2_000 }, (_, index) => meant({ images: [`i${index}`] }, `e${index}`)).join('');
  const rules = rulesOf(all + many);
  const near = rules.exemptionsNear({
    pod: { namespace: 'shop', namespaceLabels: {}, labels: {}, serviceAccount: 'x', runtimeClass: undefined },
    imageKeys: [],
    containers: ['c'],
    policy: 'built-in',
    profile: 'Unconfined',
    subject: { kind: 'Unconfined' },
  });
  expect(near.length).toBeLessThanOrEqual(64);
  expect(ask(rules, 'mutate', requestOf(object)).allowed).toBe(false);
});
