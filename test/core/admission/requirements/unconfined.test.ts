import { admitted, ask, container, exemption, field, pathIn, pod, policy, requestOf, rulesOf } from '../support.js';

const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const everything = { containerTypes: ALL, profile: 'RuntimeDefault' };
const off = { baseline: 'off' } as const;
const inherits = { securityContext: { seccompProfile: field('Unconfined') } };

const refusers = (text: string, object: object, options: object = off): readonly string[] =>
  admitted(rulesOf(text, options), object)
    .decision.findings.filter(({ kind }) => kind === 'violation')
    .map(({ policy: { name }, container: who, inheritedBy = [] }) => `${name}: ${[who, ...inheritedBy].join(' ')}`);

describe('what policies with a rule for the container refuse of Unconfined', () => {
  test('a requirement on other types lets nothing through, and only those concerned are named', () => {
    const object = pod({ ...inherits, initContainers: [container('i')], containers: [container('a')] });
    const rules = policy('giver', { assign: [{ profile: 'RuntimeDefault' }] });
    expect(refusers(rules, object)).toEqual(['giver: pod a']);
    const init = policy('init', { require: { profiles: ['RuntimeDefault'], containerTypes: ['Init'] } });
    expect(refusers(rules + init, object)).toEqual(['init: pod i', 'giver: pod a']);
    const own = policy('giver', {
      assign: [{ profile: 'RuntimeDefault' }],
      require: { profiles: ['RuntimeDefault'], containerTypes: ['Init'] },
    });
    expect(refusers(own, object)).toEqual(['giver: pod i', 'giver: pod a']);
  });

  test('a requirement that allows it does so for its own types only', () => {
    const of = (containerTypes: readonly string[]) =>
      policy('giver', { assign: [everything], require: { profiles: ['Unconfined'], containerTypes } });
    const object = pod({ containers: [container('a', 'Unconfined')] });
    expect(refusers(of(['Init']), object)).toEqual(['giver: a']);
    expect(refusers(of(['Container']), object)).toEqual([]);
  });

  test('an exemption lifts what the policies that it names refuse, and nothing else', () => {
    const object = pod({ containers: [container('a', 'Unconfined')] });
    const under = (policies: readonly string[] | undefined, spec: object = {}) =>
      refusers(
        policy('giver', { assign: [everything], ...spec }) +
          exemption('e', { allow: ['Unconfined'], ...(policies && { policies }) }),
        object,
        {},
      );
    expect(under(['built-in'])).toEqual(['giver: a']);
    expect(under(['giver'])).toEqual(['built-in: a']);
    expect(under(['built-in', 'giver'])).toEqual([]);
    expect(under(undefined)).toEqual([]);
  });

  test('the order of those who inherit decides nothing', () => {
    const first = policy('first', { assign: [{ containers: ['a'], profile: 'RuntimeDefault' }] });
    const second = policy('second', { assign: [{ containers: ['b'], profile: 'RuntimeDefault' }] });
    const lifted = exemption('e', { allow: ['Unconfined'], policies: ['first'] });
    for (const names of [
      ['a', 'b'],
      ['b', 'a'],
    ])
      expect(
        refusers(first + second + lifted, pod({ ...inherits, containers: names.map((name) => container(name)) })),
      ).toEqual(['second: pod b']);
  });

  test('a second policy that allows it, at a higher priority, takes nothing from the first', () => {
    const first = policy('first', { assign: [everything] });
    const second = policy('second', { priority: 9, assign: [everything], require: { profiles: ['Unconfined', '*'] } });
    expect(refusers(first + second, pod({ containers: [container('a', 'Unconfined')] }))).toEqual(['first: a']);
    const repairs = policy('second', { priority: 9, assign: [everything], unconfined: 'Replace' });
    expect(
      admitted(rulesOf(first + repairs, off), pod({ containers: [container('a', 'Unconfined')] })).profiles,
    ).toEqual({ a: 'RuntimeDefault' });
  });

  test.each([['Warn'], ['Audit']])('in mode %s it only says so', (mode) => {
    const object = pod({ containers: [container('a', 'Unconfined')] });
    const { decision } = admitted(rulesOf(policy('p', { mode, assign: [everything] }), off), object);
    expect(decision).toMatchObject({ allowed: true });
    expect(decision.findings).toMatchObject([{ kind: 'violation', code: 'unconfined', mode }]);
    const replace = admitted(rulesOf(policy('p', { mode, assign: [everything], unconfined: 'Replace' }), off), object);
    expect(replace.decision.findings).toMatchObject([{ code: 'would-assign' }]);
  });

  test('each exemption that is used is recorded, in the order of their names', () => {
    const both = ['b', 'a']
      .map((name) => exemption(`for-${name}`, { containers: [name], allow: ['Unconfined'] }))
      .join('');
    for (const names of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const { decision } = admitted(
        rulesOf(both),
        pod({ ...inherits, containers: names.map((name) => container(name)) }),
      );
      expect(decision.findings.map(({ exemption: one }) => one?.name)).toEqual(['for-a', 'for-b']);
    }
  });
});

describe('Replace beside an exemption', () => {
  const web = policy('web', { unconfined: 'Replace', assign: [{ profile: 'RuntimeDefault' }] });
  const lifted = (more: object) => exemption('e', { allow: ['Unconfined'], ...more });
  const object = pod({ containers: [container('a', 'Unconfined')] });
  test.each([
    [{}, 'Unconfined'],
    [{ policies: ['built-in'] }, 'RuntimeDefault'],
    [{ policies: ['web'] }, 'RuntimeDefault'],
    [{ policies: ['built-in', 'web'] }, 'Unconfined'],
    [{ allow: ['Unset'] }, 'RuntimeDefault'],
  ])('%j: %s', (more, profile) => {
    const { decision, profiles } = admitted(rulesOf(web + lifted(more)), object);
    expect([decision.allowed, profiles.a]).toEqual([true, profile]);
  });

  test('another policy that refuses it and is not lifted has it repaired', () => {
    const other = policy('zealous', { assign: [everything] });
    const rules = rulesOf(web + other + lifted({ policies: ['built-in', 'web'] }));
    expect(admitted(rules, object).profiles.a).toBe('RuntimeDefault');
  });
});

describe('a debug container that inherits the Unconfined of a pod that runs', () => {
  const request = (own?: string) =>
    requestOf(pod({ ...inherits, containers: [container('a')], ephemeralContainers: [container('dbg', own)] }), {
      operation: 'UPDATE',
      subResource: 'ephemeralcontainers',
      oldObject: pod({ ...inherits, containers: [container('a')] }),
    });
  const of = (unconfined: string, more = '') => rulesOf(policy('all', { unconfined, assign: [everything] }) + more);

  test('Deny says what can be done', () => {
    expect(ask(of('Deny'), 'mutate', request()).message).toMatchInlineSnapshot(
      `"the pod has seccompProfile Unconfined, not allowed by policy built-in: give the debug container a profile of its own (kubectl debug --profile=restricted), or ask for a SeccompExemption (spec.securityContext.seccompProfile, inherited by "dbg")"`,
    );
    expect(ask(of('Deny'), 'mutate', request('RuntimeDefault')).allowed).toBe(true);
  });

  test('Replace gives it a profile of its own, unless it is exempt', () => {
    expect(ask(of('Replace'), 'mutate', request()).patch).toMatchObject([
      { op: 'add', path: '/spec/ephemeralContainers/0/securityContext' },
    ]);
    expect(ask(of('Replace'), 'validate', request()).findings).toMatchObject([{ code: 'unconfined' }]);
    const lifted = exemption('e', { allow: ['Unconfined'] });
    expect(ask(of('Replace', lifted), 'mutate', request())).toMatchObject({ allowed: true, patch: [] });
  });
});

test('a field is read for the containers that the requirement concerns', () => {
  const record = { securityContext: { seccompProfile: field(`Localhost/${pathIn('web-static')}`) } };
  const adds = { securityContext: { capabilities: { add: ['SYS_CHROOT'] } } };
  const init = policy('init', { require: { profiles: ['*'], containerTypes: ['Init'] } });
  const object = pod({ ...record, initContainers: [container('i')], containers: [container('a', undefined, adds)] });
  expect(refusers(init, object)).toEqual([]);
  expect(refusers(policy('app', { require: { profiles: ['*'] } }), object)).toEqual(['app: pod a']);
});

test('pods/ephemeralcontainers gets no patch of the annotations', () => {
  const metadata = { annotations: { 'container.seccomp.security.alpha.kubernetes.io/dbg': 'unconfined' } };
  const before = pod({ metadata, containers: [container('a', 'RuntimeDefault')] });
  const after = pod({
    metadata,
    containers: [container('a', 'RuntimeDefault')],
    ephemeralContainers: [container('dbg')],
  });
  const { patch } = ask(
    rulesOf(policy('all', { assign: [everything] })),
    'mutate',
    requestOf(after, { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: before }),
  );
  expect(patch.map(({ path }) => path)).toEqual(['/spec/ephemeralContainers/0/securityContext']);
});
