import { lintProfile } from '../../../src/core/lint/lint.js';

const BIG = 0x100000005;

function sp008(op: string, action: string, value: number | string, more: object = {}): readonly string[] {
  const text = JSON.stringify({
    defaultAction: action === 'SCMP_ACT_ALLOW' ? 'SCMP_ACT_ERRNO' : 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [{ names: ['keyctl'], action, args: [{ index: 0, value: 'VALUE', op: `SCMP_CMP_${op}`, ...more }] }],
  }).replace('"VALUE"', String(value));
  return lintProfile(text)
    .problems.filter(({ code }) => code === 'SP008')
    .map(({ severity, message }) => `${severity}: ${/becomes (.*)$/.exec(message)?.[1]}`);
}

const [ALLOW, REFUSE] = ['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO'];

test('a 32-bit ABI takes the low half of a value: an error where that opens more', () => {
  for (const op of ['EQ', 'GE', 'GT']) {
    const sign = { EQ: '==', GE: '>=', GT: '>' }[op];
    expect(sp008(op, ALLOW, BIG)).toEqual([`error: arg0 ${sign} 5: more calls are let through than meant`]);
    expect(sp008(op, REFUSE, BIG)).toEqual([`warning: arg0 ${sign} 5: more calls are refused than meant`]);
  }
  for (const op of ['NE', 'LT', 'LE']) {
    const sign = { NE: '!=', LT: '<', LE: '<=' }[op];
    expect(sp008(op, ALLOW, BIG)).toEqual([`warning: arg0 ${sign} 5: fewer calls are let through than meant`]);
    expect(sp008(op, REFUSE, BIG)).toEqual([`error: arg0 ${sign} 5: fewer calls are refused than meant`]);
  }
  expect(sp008('MASKED_EQ', ALLOW, 0x1ffffffff, { valueTwo: BIG })).toEqual([
    'error: arg0 & 0xffffffff == 5: more calls are let through than meant',
  ]);
});

test('of these nothing is cut off that matters', () => {
  expect(sp008('EQ', ALLOW, 0xffffffff)).toEqual([]);
  expect(sp008('EQ', REFUSE, '18446744073709551615')).toEqual([]);
  expect(sp008('MASKED_EQ', ALLOW, '18446744073709551615', { valueTwo: 5 })).toEqual([]);
  expect(sp008('MASKED_EQ', ALLOW, '18446744069414584320', { valueTwo: 0 })).toEqual([]);
});
