import { admitted, ask, container, exemption, pathIn, pod, policy, requestOf, rulesOf } from '../support.js';

/** The catalogue of the tests has `audit-log`, which refuses nothing. */
const auditLog = `Localhost/${pathIn('audit-log')}`;
const record = `Localhost/${pathIn('audit-log', 'Record')}`;
const webStatic = `Localhost/${pathIn('web-static')}`;

const validated = (rules: ReturnType<typeof rulesOf>, spec: Parameters<typeof pod>[0]) =>
  ask(rules, 'validate', requestOf(pod(spec)));
const one = (profile: string) => ({ containers: [container('web', profile)] });
const requiring = (...profiles: readonly string[]) => policy('strict', { require: { profiles } });

describe('a pod names a profile that refuses nothing', () => {
  test('it is Unconfined to the built-in requirement, which says why and what to do', () => {
    const decision = validated(rulesOf(''), one(auditLog));
    expect(decision.allowed).toBe(false);
    expect(decision.message).toMatchInlineSnapshot(
      `"container "web" has seccompProfile Localhost/seccomply/audit-log.00000000000000000000000000000000.json, and audit-log refuses nothing, so it counts as Unconfined, not allowed by policy built-in: remove it or set type RuntimeDefault, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
    expect(decision.findings).toMatchObject([
      { code: 'unconfined', requested: auditLog, fieldPath: expect.any(String) },
    ]);
  });

  test('so it is in the field of the pod', () => {
    const decision = validated(rulesOf(''), {
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: pathIn('audit-log') } },
      containers: [container('web'), container('log')],
    });
    expect(decision.message).toMatchInlineSnapshot(
      `"the pod has seccompProfile Localhost/seccomply/audit-log.00000000000000000000000000000000.json, and audit-log refuses nothing, so it counts as Unconfined, not allowed by policy built-in: remove it from the pod's securityContext or set type RuntimeDefault, or ask for a SeccompExemption (spec.securityContext.seccompProfile, inherited by "web", "log")"`,
    );
  });

  test.each([[['*']], [['audit-*']], [['audit-log']], [['RuntimeDefault', 'audit-log', 'web-static']]])(
    'require.profiles %j does not allow it',
    (profiles) => {
      const rules = rulesOf(requiring(...profiles), { baseline: 'off' });
      expect(validated(rules, one(auditLog)).allowed).toBe(false);
      if (profiles.some((each) => each === '*' || each === 'web-static'))
        expect(validated(rules, one(webStatic)).allowed).toBe(true);
    },
  );

  test('where Unconfined is allowed it is allowed, by a requirement or an exemption', () => {
    expect(validated(rulesOf(requiring('Unconfined'), { baseline: 'off' }), one(auditLog)).allowed).toBe(true);
    const exempt = rulesOf(exemption('tracer', { allow: ['Unconfined'] }));
    expect(validated(exempt, one(auditLog)).findings).toMatchObject([{ kind: 'exempted' }]);
    const other = rulesOf(exemption('tracer', { allow: ['audit-log'] }));
    expect(validated(other, one(auditLog)).allowed).toBe(false);
  });

  test('no ceiling has room for it', () => {
    for (const ceiling of ['RuntimeDefault', 'web-static', 'audit-log'])
      expect(
        validated(rulesOf(policy('strict', { require: { ceiling } }), { baseline: 'off' }), one(auditLog)).allowed,
      ).toBe(false);
  });

  test('a rule that is for the container refuses it like Unconfined, without any requirement', () => {
    const rules = rulesOf(policy('web', { existing: 'Keep', assign: [{ profile: 'web-static' }] }), {
      baseline: 'off',
    });
    expect(validated(rules, one(auditLog)).message).toMatchInlineSnapshot(
      `"container "web" has seccompProfile Localhost/seccomply/audit-log.00000000000000000000000000000000.json, and audit-log refuses nothing, so it counts as Unconfined, not allowed by policy web: remove it, and the policy gives web-static (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });

  test('its logging stages stay what only a rule may give', () => {
    expect(validated(rulesOf(''), one(record)).allowed).toBe(false);
  });
});

describe('a rule assigns a profile that refuses nothing', () => {
  const assigning = (stage: string, more = {}) =>
    policy('trial', { ...more, assign: [{ profile: 'audit-log', stage }] });

  test('at stage Enforce its container is Unconfined, and the refusal names the rule', () => {
    const { decision } = verdict(assigning('Enforce'));
    expect(decision.allowed).toBe(false);
    expect(decision.message).toMatchInlineSnapshot(
      `"container "web" gets audit-log from policy trial (rule 0), and that refuses nothing, so it counts as Unconfined, not allowed by policy built-in: assign another profile, or give the rule stage Record or Complain, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });

  test.each(['Record', 'Complain'])('at stage %s it is a profile like others', (stage) => {
    expect(verdict(assigning(stage)).decision.allowed).toBe(true);
    expect(verdict(`${assigning(stage)}${requiring('audit-log')}`).decision.allowed).toBe(true);
  });

  test('with an exemption for Unconfined it is allowed', () => {
    const text = `${assigning('Enforce')}${exemption('trial', { allow: ['Unconfined'] })}`;
    expect(verdict(text).decision.allowed).toBe(true);
  });

  test('where nothing is required the policy has it its way', () => {
    expect(verdict(assigning('Enforce'), { baseline: 'off' }).decision.allowed).toBe(true);
  });

  function verdict(text: string, options: Parameters<typeof rulesOf>[1] = {}) {
    const { decision } = admitted(rulesOf(text, options), pod({ containers: [container('web')] }));
    return { decision };
  }
});

describe('a rule for a container that has a profile which refuses nothing', () => {
  const rule = { profile: 'RuntimeDefault', containerTypes: ['Container', 'Ephemeral'] };
  const endsUp = (spec: object, more: Parameters<typeof pod>[0], text = '') => {
    const { decision, profiles } = admitted(rulesOf(policy('web', { assign: [rule], ...spec }) + text), pod(more));
    return decision.allowed ? profiles.web : decision.findings.find(({ kind }) => kind === 'violation')?.code;
  };
  const inherited = {
    securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: pathIn('audit-log') } },
    containers: [container('web')],
  };

  test('Replace repairs its own field, as it does Unconfined', () => {
    expect(endsUp({ existing: 'Keep', unconfined: 'Replace' }, one(auditLog))).toBe('RuntimeDefault');
    expect(endsUp({ existing: 'Keep', unconfined: 'Deny' }, one(auditLog))).toBe('unconfined');
    expect(endsUp({ existing: 'Keep', unconfined: 'Replace' }, inherited)).toBe('unconfined');
  });

  test('Tighten and Override replace it by whatever is assigned', () => {
    for (const existing of ['Tighten', 'Override'])
      for (const profile of ['RuntimeDefault', 'web-static', 'wide', 'Localhost/team/a.json'])
        expect(endsUp({ existing, assign: [{ profile }] }, one(auditLog))).toBe(
          profile === 'web-static' || profile === 'wide' ? `Localhost/${pathIn(profile)}` : profile,
        );
    expect(endsUp({ assign: [{ profile: 'web-static', stage: 'Record' }] }, one(auditLog))).toBe(
      `Localhost/${pathIn('web-static', 'Record')}`,
    );
  });

  test('an exemption for Unconfined leaves it as it is, but where everything is overridden', () => {
    const exempt = exemption('tracer', { allow: ['Unconfined'] });
    expect(endsUp({ existing: 'Tighten' }, one(auditLog), exempt)).toBe(auditLog);
    expect(endsUp({ existing: 'Keep', unconfined: 'Replace' }, one(auditLog), exempt)).toBe(auditLog);
    expect(endsUp({ existing: 'Override' }, one(auditLog), exempt)).toBe('RuntimeDefault');
  });

  test('a debug container that inherits it gets a profile of its own', () => {
    const running = { ...inherited, ephemeralContainers: [container('debug')] };
    const decide = (spec: object) =>
      ask(
        rulesOf(policy('web', { existing: 'Keep', assign: [rule], ...spec })),
        'mutate',
        requestOf(pod(running), {
          operation: 'UPDATE',
          subResource: 'ephemeralcontainers',
          oldObject: pod({ ...running, ephemeralContainers: [] }),
        }),
      ).outcome;
    expect(decide({ unconfined: 'Replace' })).toBe('patched');
    expect(decide({ unconfined: 'Deny' })).toBe('denied');
    expect(decide({ existing: 'Tighten' })).toBe('patched');
  });
});
