import { compileProfile } from '../../../src/core/compile/compile.js';
import { lintProfile } from '../../../src/core/lint/lint.js';
import type { LintOptions } from '../../../src/core/lint/subject/lint-options.js';

const READ = { names: ['read', 'write', 'execve', 'exit_group'], action: 'SCMP_ACT_ALLOW' };
const allow = (name: string, ...args: object[]) => ({ names: [name], action: 'SCMP_ACT_ALLOW', args });
const refuse = (name: string, ...args: object[]) => ({ names: [name], action: 'SCMP_ACT_ERRNO', args });
const when = (op: string, index: number, value: number, valueTwo = 0) => ({
  index,
  value,
  valueTwo,
  op: `SCMP_CMP_${op}`,
});
const TIOCSTI = when('MASKED_EQ', 1, 0xffffffff, 0x5412);

function textOf(rules: readonly object[], defaultAction = 'SCMP_ACT_ERRNO', more: object = {}): string {
  return JSON.stringify({ defaultAction, syscalls: [...rules, READ], ...more });
}

function found(text: string, codes: RegExp, options: LintOptions = {}): readonly string[] {
  return lintProfile(text, options)
    .problems.filter(({ code }) => codes.test(code))
    .map(({ code, severity }) => `${code} ${severity}`);
}

describe('a rule that refuses as the default does', () => {
  test.each([
    ['the syscall is let through always', [refuse('ioctl', TIOCSTI), allow('ioctl')]],
    ['before it, too', [allow('ioctl'), refuse('ioctl', TIOCSTI)]],
    ['both without conditions', [refuse('ptrace'), allow('ptrace')]],
    ['in the default refusal’s own spelling', [{ ...refuse('ptrace'), errnoRet: 1 }, allow('ptrace')]],
    ['to a call that meets the conditions of both', [refuse('ioctl', TIOCSTI), allow('ioctl', when('EQ', 0, 1))]],
    ['by a rule on all other values of another argument', [refuse('ioctl', TIOCSTI), allow('ioctl', when('NE', 0, 1))]],
    [
      'by one of two conditions on one argument',
      [refuse('socket', when('EQ', 0, 38)), allow('socket', when('NE', 0, 38), when('NE', 0, 40))],
    ],
    ['with an equal comparison', [refuse('ioctl', when('EQ', 1, 0x5412)), allow('ioctl')]],
    ['by LOG', [refuse('ioctl', TIOCSTI), { ...allow('ioctl'), action: 'SCMP_ACT_LOG' }]],
  ])('is lost where %s', (_, rules) => {
    expect(found(textOf(rules), /SP013|SP044/)).toEqual(['SP013 error']);
    const { problems } = compileProfile(
      { defaultAction: 'SCMP_ACT_ERRNO', rules: [], ...lintProfile(textOf(rules)).parsed.profile },
      {
        architecture: 'SCMP_ARCH_X86_64',
        capabilities: [],
        kernel: '6.18',
      },
    );
    expect(problems.map(({ code }) => code)).toContain('PC02');
  });

  test.each([
    ['nothing lets the syscall through', [refuse('ptrace')]],
    ['only other calls are let through', [refuse('socket', when('EQ', 0, 40)), allow('socket', when('NE', 0, 40))]],
    ['what is let through is an exception to it', [refuse('ptrace'), allow('ptrace', when('EQ', 0, 0))]],
    ['only other masks', [refuse('ioctl', TIOCSTI), allow('ioctl', when('MASKED_EQ', 1, 0xffffffff, 0x5401))]],
    [
      'a refusal without conditions beats what lets through',
      [refuse('ptrace', when('EQ', 0, 1)), { ...refuse('ptrace'), errnoRet: 38 }, allow('ptrace', when('EQ', 0, 1))],
    ],
  ])('is only useless where %s', (_, rules) => {
    expect(found(textOf(rules), /SP044/)).toEqual(['SP044 info']);
    expect(found(textOf(rules.slice(0, 2)), /SP013/)).toEqual([]);
  });

  test('of a default that kills', () => {
    const rules = [{ ...refuse('ptrace'), action: 'SCMP_ACT_KILL_THREAD' }, allow('ptrace')];
    expect(found(textOf(rules, 'SCMP_ACT_KILL'), /SP013|SP044/)).toEqual(['SP013 error']);
  });
});

test('nobody is told to mend the comparison of a rule that is skipped', () => {
  expect(found(textOf([refuse('ioctl', when('EQ', 1, 0x5412)), allow('ioctl')]), /SP016/)).toEqual([]);
});

describe('a name that no rule can be made of', () => {
  test.each([
    ['misspelt', 'moutn', {}],
    ['too new for the library', 'mseal', { libseccomp: '2.5.4' }],
  ])('%s: an error where it was to refuse and the default lets through', (_, name, options) => {
    expect(found(textOf([refuse(name)], 'SCMP_ACT_ALLOW'), /SP041/, options)).toEqual(['SP041 error']);
    expect(found(textOf([refuse(name)], 'SCMP_ACT_LOG'), /SP041/, options)).toEqual(['SP041 error']);
    for (const text of [textOf([refuse(name)]), textOf([allow(name)]), textOf([allow(name)], 'SCMP_ACT_ALLOW')])
      expect(found(text, /SP041/, options)).toEqual([name === 'mseal' ? 'SP041 info' : 'SP041 warning']);
  });

  test('that of an allowance said first does not hide that of a refusal', () => {
    const text = textOf([allow('mseal'), refuse('mseal')], 'SCMP_ACT_ALLOW');
    expect(found(text, /SP041/, { libseccomp: '2.5.4' })).toEqual(['SP041 info', 'SP041 error']);
    expect(found(text, /SP041/)).toEqual([]);
  });
});

test('a refusal of one address is an error where others are let through', () => {
  const address = when('EQ', 0, 4096);
  expect(found(textOf([refuse('chroot', address)], 'SCMP_ACT_ALLOW'), /SP018/)).toEqual(['SP018 error']);
  expect(found(textOf([refuse('chroot', when('EQ', 0, 0))], 'SCMP_ACT_ALLOW'), /SP018/)).toEqual(['SP018 warning']);
  expect(found(textOf([allow('chroot', address)]), /SP018/)).toEqual(['SP018 warning']);
});

test('a misspelt key is an error where rules are lost with it', () => {
  const rule = { names: ['mount'], action: 'SCMP_ACT_ERRNO', args: [] };
  const text = (syscalls: object, more: object = {}) =>
    JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', ...syscalls, ...more });
  const { names, args, ...rest } = rule;
  expect(found(text({ syscall: [rule] }), /SP051/)).toEqual(['SP051 error']);
  expect(found(text({ syscalls: [{ ...rest, nams: names }] }), /SP051/)).toEqual(['SP051 error']);
  expect(found(text({ syscalls: [{ ...rest, names, arg: args }] }), /SP051/)).toEqual(['SP051 error']);
  expect(found(text({ syscalls: [rule], syscall: [] }), /SP051/)).toEqual(['SP051 warning']);
  expect(found(text({ syscalls: [{ ...rule, errnoRett: 1 }] }), /SP051/)).toEqual(['SP051 warning']);
  expect(found(text({ syscalls: [rule] }, { purpose: 'x' }), /SP051/)).toEqual(['SP051 info']);
});
