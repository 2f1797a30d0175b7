import { lintProfile } from '../../../src/core/lint/lint.js';
import { masked, refuse, refuseAllBut } from '../../../src/core/lint/subject/example-profile.js';

const said = (value: number, valueTwo: number, action = 'SCMP_ACT_ALLOW') =>
  lintProfile(refuseAllBut([refuse(['access'], { action, args: [masked(1, value, valueTwo)] })]))
    .problems.filter(({ code }) => code === 'SP062')
    .map(({ message, advice, place }) => [message, advice, place?.path]);

test.each([
  [
    0,
    4294967290,
    'the mask ("value") is 0, which compares nothing of argument 1: this condition holds for every call of access',
    '"value" and "valueTwo" seem to be swapped: write "value": 4294967290, "valueTwo": 0.',
  ],
  [
    0,
    0,
    'the mask ("value") is 0, which compares nothing of argument 1: this condition holds for every call of access',
    'Give the mask as "value", or remove the condition.',
  ],
  [
    4,
    6,
    '"valueTwo" has bits outside the mask ("value"), which are not compared: 0x2; of argument 1 of access it is only asked whether & 0x4 is 0x4',
    'Write "value": 6 to compare them, too, or "valueTwo": 4 for what is compared now.',
  ],
])('mask %i with %i is said, whether the rule allows or refuses', (value, valueTwo, message, advice) => {
  for (const action of ['SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS'])
    expect(said(value, valueTwo, action)).toEqual([[message, advice, 'syscalls[0].args[0]']]);
});

test.each([
  [2114060288, 0],
  [268435456, 268435456],
  [6, 4],
])('mask %i with %i is left alone', (value, valueTwo) => {
  expect(said(value, valueTwo)).toEqual([]);
});

test('bits above 2^53 are named exactly', () => {
  const text =
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["access"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"op":"SCMP_CMP_MASKED_EQ","value":1,"valueTwo":18446744073709551615}]}]}';
  expect(lintProfile(text).problems.find(({ code }) => code === 'SP062')?.message).toContain(': 0xfffffffffffffffe;');
});
