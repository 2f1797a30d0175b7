import { lintProfile } from '../../../src/core/lint/lint.js';
import {
  allow,
  allowAllBut,
  equal,
  masked,
  refuse,
  refuseAllBut,
} from '../../../src/core/lint/subject/example-profile.js';

const said = (text: string) =>
  lintProfile(text)
    .problems.filter(({ code }) => code === 'SP044')
    .map(({ severity, message }) => `${severity}: ${message}`);

const WHOLE = 'warning: the conditions of this rule do not hold for';

test.each([
  ['after', refuseAllBut([allow(['ioctl', 'read']), allow(['ioctl'], equal(1, 0x5401))]), 'ioctl'],
  ['before', refuseAllBut([allow(['personality'], equal(0, 0)), allow(['personality', 'read'])]), 'personality'],
  ['with a mask of 0', refuseAllBut([allow(['prctl'], masked(0, 0, 0)), allow(['prctl'], equal(0, 15))]), 'prctl'],
  [
    'of the same action of a deny list',
    allowAllBut([
      refuse(['bpf'], { action: 'SCMP_ACT_LOG' }),
      refuse(['bpf'], { action: 'SCMP_ACT_LOG', args: [equal(0, 5)] }),
    ]),
    'bpf',
  ],
])('a restriction beside a rule without conditions, %s, is lost', (_, text, name) => {
  expect(said(text)).toEqual([`${WHOLE} ${name}: the rule in line 1 lets it through with all arguments`]);
});

test('a rule for some containers only is meant to beat others', () => {
  const text = refuseAllBut([
    allow(['clone'], masked(0, 0x7e020000, 0)),
    { ...allow(['clone']), includes: { caps: ['CAP_SYS_ADMIN'] } },
  ]);
  expect(said(text)).toEqual([expect.stringMatching(/^info: the conditions of this rule do not hold for clone/)]);
});

test('an exception to a refusal of the whole syscall is lost', () => {
  expect(said(allowAllBut([refuse(['clone']), allow(['clone'], masked(0, 0x10000, 0x10000))]))).toEqual([
    'warning: this exception is lost for clone: runtimes skip a rule that does what the default does, and the rule in line 1 refuses clone whole',
  ]);
});

test.each([
  ['a refusal said twice', allowAllBut([refuse(['keyctl']), refuse(['keyctl'], { args: [equal(0, 1)] })])],
  ['a name said twice', refuseAllBut([allow(['read']), allow(['read'])])],
  ['what the default does', allowAllBut([refuse(['keyctl']), allow(['read'])])],
  ['what the default does, with conditions', allowAllBut([refuse(['keyctl']), allow(['read'], equal(0, 1))])],
])('%s loses nothing', (_, text) => {
  for (const line of said(text)) expect(line).toMatch(/^info: /);
  expect(said(text)).toHaveLength(1);
});
