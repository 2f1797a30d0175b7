import { policySetInForce, policySetRefused } from '../../../../src/core/audit/entries/policy-set-entry.js';

const document = (name: string, sha = '1') => ({ name, contentSha256: sha.repeat(64) });

test('what came into force is compared with what was before', () => {
  const before = {
    contentSha256: 'a',
    policies: [document('stays'), document('goes'), document('changes')],
    exemptions: [],
  };
  const now = {
    contentSha256: 'b',
    policies: [document('stays'), document('changes', '2')],
    exemptions: [document('comes')],
  };
  expect(policySetInForce(now, before).policySet).toEqual({
    result: 'in-force',
    contentSha256: 'b',
    previousSha256: 'a',
    policies: 2,
    exemptions: 1,
    added: [document('comes')],
    changed: [document('changes', '2')],
    removed: [document('goes')],
  });
});

test('of a long list the first hundred are named, and the rest is counted', () => {
  const many = (version: string) => Array.from({ length: 250 }, (_, index) => document(`p-${index}`, version));
  const before = { contentSha256: 'a', policies: many('1'), exemptions: [] };
  const now = { contentSha256: 'b', policies: many('2'), exemptions: [document('p-0')] };
  const { policySet } = policySetInForce(now, before);
  expect(policySet).toMatchObject({ added: [document('p-0')], omitted: 150 });
  expect(policySet.result === 'in-force' && policySet.changed).toEqual(many('2').slice(0, 100));
  expect(policySetInForce(before, before).policySet).toEqual({
    result: 'in-force',
    contentSha256: 'a',
    previousSha256: 'a',
    policies: 250,
    exemptions: 0,
  });
});

test('a refused change names its errors and what stays in force', () => {
  const problem = {
    code: 'PD008',
    severity: 'error',
    message: 'kind is missing',
    place: { file: 'a.yaml', line: 3 },
  } as const;
  expect(
    policySetRefused([problem, { ...problem, severity: 'warning' }], {
      contentSha256: 'a',
      policies: [],
      exemptions: [],
    }).policySet,
  ).toEqual({
    result: 'refused',
    contentSha256: 'a',
    policies: 0,
    exemptions: 0,
    problems: ['a.yaml:3: error: kind is missing [PD008]'],
  });
});
