import { admitted, ask, container, exemption, field, pathIn, pod, policy, requestOf, rulesOf } from '../support.js';

// What docs/reference/policy-semantics.md says and no other test holds.
const WEB = `Localhost/${pathIn('web-static')}`;
const gives = (spec: object = {}) => policy('p', { assign: [{ profile: 'web-static' }], ...spec });
const one = (profile?: string) => pod({ containers: [container('c', profile)] });

test("a pod's field that no container inherits is judged by every requirement, and by no policy that only assigns", () => {
  const object = pod({ securityContext: { seccompProfile: field('Unconfined') }, containers: [container('c', WEB)] });
  const codes = (text: string) =>
    admitted(rulesOf(text, { baseline: 'off' }), object).decision.findings.map(({ code }) => code);
  expect(codes(gives())).toEqual([]);
  expect(codes(policy('init', { require: { profiles: ['RuntimeDefault'], containerTypes: ['Init'] } }))).toEqual([
    'unconfined',
  ]);
});

test('an exemption for Unset stops no rule, and lets pass what was not injected', () => {
  const rules = rulesOf(gives() + exemption('e', { allow: ['Unset'] }));
  expect(admitted(rules, one()).profiles).toEqual({ c: WEB });
  expect(ask(rules, 'validate', requestOf(one()))).toMatchObject({
    allowed: true,
    findings: [{ kind: 'exempted', code: 'not-injected' }],
  });
  const other = rulesOf(gives() + exemption('e', { allow: ['Unset'], policies: ['built-in'] }));
  expect(ask(other, 'validate', requestOf(one())).allowed).toBe(false);
});

test('Override repairs nothing that is no profile', () => {
  for (const own of ['nonsense', 'Localhost/', 'Localhost/./a.json']) {
    expect(admitted(rulesOf(gives({ existing: 'Override' })), one(own)).decision.allowed).toBe(false);
    const off = admitted(rulesOf(gives({ existing: 'Override' }), { baseline: 'off' }), one(own));
    expect([off.decision.allowed, off.mutate?.patch]).toEqual([true, []]);
  }
});

test('a lone * among profiles is any catalogue profile and nothing else', () => {
  const rules = rulesOf(policy('p', { require: { profiles: ['*'] } }));
  const allowed = [WEB, 'RuntimeDefault', 'Localhost/a.json', undefined, 'Unconfined'].map(
    (profile) => admitted(rules, one(profile)).decision.allowed,
  );
  expect(allowed).toEqual([true, false, false, false, false]);
});

test('** in the middle stands for any number of parts, and for none', () => {
  const rules = rulesOf(policy('p', { require: { profiles: ['Localhost/team/**/app.json'] } }));
  const allowed = ['team/app.json', 'team/a/b/app.json', 'team/a/other.json'].map(
    (path) => admitted(rules, one(`Localhost/${path}`)).decision.allowed,
  );
  expect(allowed).toEqual([true, true, false]);
});

test('a rule that lost is not asked whether its profile is there', () => {
  const denies = policy('denies', { unavailable: 'Deny', assign: [{ profile: 'coming' }] });
  const wins = policy('wins', { priority: 1, assign: [{ profile: 'RuntimeDefault' }] });
  expect(admitted(rulesOf(denies), one()).decision.allowed).toBe(false);
  expect(admitted(rulesOf(denies + wins), one()).profiles).toEqual({ c: 'RuntimeDefault' });
});
