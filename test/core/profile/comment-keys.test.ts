import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';

const said = (top: object, ...rules: object[]) =>
  parseProfile(
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      ...top,
      syscalls: rules.map((more) => ({ names: ['read'], action: 'SCMP_ACT_ALLOW', ...more })),
    }),
  ).problems.map(({ code, severity, message, place }) => [code, severity, message, place?.path]);

test.each(['_comment', '_', '#', '//', '$comment', '$schema'])('the key "%s" is taken for a comment', (key) => {
  expect(said({}, { [key]: 'why' })).toEqual([
    [
      'SP051',
      'info',
      `"${key}" and other keys that begin like it are taken for comments; runtimes ignore them`,
      `syscalls[0].${/^[_$\w]+$/.test(key) ? key : ''}`.replace(/\.$/, `["${key}"]`),
    ],
  ]);
});

test('many are one note', () => {
  const found = said(
    { _comment: 'x' },
    { _comment: 'a' },
    { '//': 'b', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ', _comment: 'c' }] },
  );
  expect(found.map(([code, severity]) => [code, severity])).toEqual([['SP051', 'info']]);
});

test('a key that is misspelt is still told each time', () => {
  expect(said({}, { _comment: 'x', nmes: [] }, { nmes: [] }).map(([, severity]) => severity)).toEqual([
    'info',
    'warning',
    'warning',
  ]);
});
