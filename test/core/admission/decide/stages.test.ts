import { admitted, container, pathIn, pod, policy, rulesOf } from '../support.js';

const STAGES = ['Record', 'Complain'] as const;
const PROFILES = ['web-static', 'wide', 'audit-log'];

function ofOne(policies: string, own?: string) {
  const { decision, profiles } = admitted(rulesOf(policies), pod({ containers: [container('web', own)] }));
  return { allowed: decision.allowed, codes: decision.findings.map(({ code }) => code), profile: profiles.web };
}

describe.each(STAGES)('a rule with stage %s', (stage) => {
  test.each(PROFILES)('of %s is within RuntimeDefault', (profile) => {
    const policies = policy('log', { assign: [{ profile, stage }], require: { ceiling: 'RuntimeDefault' } });
    expect(ofOne(policies)).toMatchObject({ allowed: true, profile: `Localhost/${pathIn(profile, stage)}` });
  });

  test.each(PROFILES)('of %s takes the place of RuntimeDefault', (profile) => {
    expect(ofOne(policy('log', { assign: [{ profile, stage }] }), 'RuntimeDefault')).toMatchObject({
      allowed: true,
      profile: `Localhost/${pathIn(profile, stage)}`,
    });
  });

  test.each(['web-static', 'net-service', 'wide', 'audit-log'])('is over the ceiling %s', (ceiling) => {
    const policies = policy('log', { assign: [{ profile: 'web-static', stage }], require: { ceiling } });
    expect(ofOne(policies)).toMatchObject({ allowed: false, codes: ['over-ceiling'] });
  });

  test('takes the place of no catalogue profile', () => {
    const own = `Localhost/${pathIn('wide')}`;
    expect(ofOne(policy('log', { assign: [{ profile: 'web-static', stage }] }), own).profile).toBe(own);
  });

  test('of a profile that the catalogue does not have replaces nothing', () => {
    const policies = policy('log', { unavailable: 'Deny', assign: [{ profile: 'nosuch', stage }] });
    expect(ofOne(policies, 'RuntimeDefault')).toMatchObject({ allowed: true, profile: 'RuntimeDefault' });
  });
});

test('at stage Enforce a profile keeps to its own content', () => {
  const assigning = (ceiling: string, profile: string) =>
    ofOne(policy('p', { assign: [{ profile }], require: { ceiling } })).allowed;
  expect(assigning('RuntimeDefault', 'wide')).toBe(false);
  expect(assigning('RuntimeDefault', 'web-static')).toBe(true);
  expect(assigning('net-service', 'web-static')).toBe(true);
});
