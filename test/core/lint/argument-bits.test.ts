import { lintProfile } from '../../../src/core/lint/lint.js';
import type { LintOptions } from '../../../src/core/lint/subject/lint-options.js';

const OTHERWISE = { SCMP_ACT_ALLOW: 'SCMP_ACT_ERRNO', SCMP_ACT_ERRNO: 'SCMP_ACT_ALLOW' } as const;

/** What SP016 says of one rule; the default does the opposite. */
function sp016(
  name: string,
  arg: { readonly index: number; readonly op: string; readonly value: number; readonly valueTwo?: number },
  action: keyof typeof OTHERWISE = 'SCMP_ACT_ERRNO',
  { architectures, ...options }: LintOptions & { readonly architectures?: readonly string[] } = {},
): string | undefined {
  const text = JSON.stringify({
    defaultAction: OTHERWISE[action],
    syscalls: [{ names: [name], action, args: [{ ...arg, op: `SCMP_CMP_${arg.op}` }] }],
    architectures,
  });
  const { message, advice } = lintProfile(text, options).problems.find(({ code }) => code === 'SP016') ?? {};
  if (message === undefined) return undefined;
  const bits = /low (\d+) bits of argument \d of \w+( on \w+)?/.exec(message);
  const written = /"value": (\d+), "valueTwo": (\d+)/.exec(advice ?? '');
  return `${bits?.[1]}${bits?.[2] ?? ''}${written === null ? '' : `: & ${written[1]} == ${written[2]}`}`;
}

const EQ = (index: number, value = 0) => ({ index, value, op: 'EQ' });
const MASKED = (index: number, value: number, valueTwo: number) => ({ index, value, valueTwo, op: 'MASKED_EQ' });

test.each([
  ['setuid', 0],
  ['setgid', 0],
  ['setreuid', 1],
  ['setregid', 0],
  ['setresuid', 2],
  ['setresgid', 1],
  ['setgroups', 0],
  ['chown', 1],
  ['fchown', 2],
  ['fchownat', 3],
  ['read', 0],
  ['write', 0],
  ['clone', 0],
  ['ptrace', 1],
])('of %s, argument %i, 32 bits count', (name, index) => {
  expect(sp016(name, EQ(index, 5))).toBe('32: & 4294967295 == 5');
});

test.each([
  ['getrandom', 2],
  ['wait4', 2],
  ['name_to_handle_at', 4],
  ['mmap', 2],
])('of the flags of %s, argument %i, those that are asked for', (name, index) => {
  expect(sp016(name, EQ(index, 5))).toBe('32: & 5 == 5');
});

test.each([
  ['unshare', 0],
  ['mprotect', 2],
  ['mount', 3],
  ['ptrace', 0],
  ['perf_event_open', 4],
  ['lseek', 1],
  ['prctl', 1],
  ['constructor', 0],
])('of %s, argument %i, every bit counts, or it is not known', (name, index) => {
  expect(sp016(name, EQ(index, 5))).toBeUndefined();
});

test.each([
  ['chmod', 1, 12],
  ['fchmod', 1, 12],
  ['fchmodat', 2, 12],
  ['open', 2, 12],
  ['openat', 3, 12],
  ['mkdir', 1, 10],
  ['mkdirat', 2, 10],
  ['mknod', 1, 16],
  ['mknodat', 2, 16],
  ['umask', 0, 9],
])('of the mode of %s, argument %i, %i bits count', (name, index, bits) => {
  const mask = 2 ** bits - 1;
  expect(sp016(name, EQ(index, 0o700))).toBe(`${bits}: & ${mask} == 448`);
  expect(sp016(name, MASKED(index, 0xffffffff, 0o700))).toBe(`${bits}: & ${mask} == 448`);
  expect(sp016(name, MASKED(index, mask * 2 + 1, 0o700))).toBe(`${bits}: & ${mask} == 448`);
  expect(sp016(name, MASKED(index, mask, 0o700))).toBeUndefined();
});

test('a high bit meets what lets all but a value through, and gets past what refuses up to a value', () => {
  expect(sp016('setuid', { index: 0, value: 0, op: 'NE' }, 'SCMP_ACT_ALLOW')).toBe('32');
  expect(sp016('setuid', { index: 0, value: 0, op: 'GT' }, 'SCMP_ACT_ALLOW')).toBe('32');
  expect(sp016('fchmod', { index: 1, value: 0o1000, op: 'GE' }, 'SCMP_ACT_ALLOW')).toBe('12');
  expect(sp016('setuid', { index: 0, value: 999, op: 'LT' })).toBe('32');
  expect(sp016('setuid', { index: 0, value: 999, op: 'LE' })).toBe('32');
  for (const op of ['EQ', 'LT', 'LE'])
    expect(sp016('setuid', { index: 0, value: 9, op }, 'SCMP_ACT_ALLOW')).toBeUndefined();
  for (const op of ['NE', 'GT', 'GE']) expect(sp016('setuid', { index: 0, value: 9, op })).toBeUndefined();
});

test('a mask of bits that do not count has no better one', () => {
  expect(sp016('setuid', MASKED(0, 2 ** 40, 0))).toBe('32');
});

test('a 32-bit ABI has no high half; its modes and old ids have fewer bits all the same', () => {
  const arm = { architecture: 'SCMP_ARCH_ARM' } as const;
  const both = { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] };
  expect(sp016('socket', EQ(0, 38), 'SCMP_ACT_ERRNO', arm)).toBeUndefined();
  expect(sp016('fchmod', EQ(1, 0o700), 'SCMP_ACT_ERRNO', arm)).toBe('12: & 4095 == 448');
  expect(sp016('setuid', EQ(0), 'SCMP_ACT_ERRNO', arm)).toBe('16: & 65535 == 0');
  expect(sp016('setuid32', EQ(0), 'SCMP_ACT_ERRNO', arm)).toBeUndefined();
  expect(sp016('setuid', MASKED(0, 0xffffffff, 0), 'SCMP_ACT_ERRNO', both)).toBe('16 on SCMP_ARCH_X86: & 65535 == 0');
  expect(sp016('socket', EQ(0, 38), 'SCMP_ACT_ERRNO', both)).toBe('32: & 4294967295 == 38');
});

test('on s390x the flags of clone are its second argument', () => {
  const s390x = { architectures: ['SCMP_ARCH_S390X'] };
  expect(sp016('clone', EQ(1, 5), 'SCMP_ACT_ERRNO', s390x)).toBe('32: & 4294967295 == 5');
  expect(sp016('clone', EQ(0, 5), 'SCMP_ACT_ERRNO', s390x)).toBeUndefined();
});
