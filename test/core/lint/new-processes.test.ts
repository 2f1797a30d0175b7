import { lintProfile } from '../../../src/core/lint/lint.js';
import {
  allow,
  allowAllBut,
  equal,
  masked,
  refuse,
  refuseAllBut,
} from '../../../src/core/lint/subject/example-profile.js';
import type { LintOptions } from '../../../src/core/lint/subject/lint-options.js';

const NO_CLONE3 = refuse(['clone3'], { errnoRet: 38 });
const said = (text: string, code: string, options: LintOptions = {}) =>
  lintProfile(text, options)
    .problems.filter((problem) => problem.code === code)
    .map(({ severity, message }) => `${severity}: ${message}`);

describe('SP065', () => {
  test.each([
    [
      'only with all namespace flags',
      refuseAllBut([allow(['clone'], masked(0, 0x7e020000, 0x7e020000)), NO_CLONE3]),
      'warning: clone is let through only with flags that no fork and no thread has: programs cannot start processes or threads',
    ],
    [
      'beside fork',
      refuseAllBut([allow(['clone'], masked(0, 0x7e020000, 0x7e020000)), allow(['fork'])]),
      'warning: clone is let through only with flags that no fork and no thread has: programs cannot start threads, nor, with glibc, processes',
    ],
    [
      'fork and vfork without it',
      refuseAllBut([allow(['fork', 'vfork', 'read'])]),
      'warning: fork and vfork are let through and clone is refused: no thread can be started, and no program with glibc can fork',
    ],
    [
      'wrongly filtered beside clone3',
      refuseAllBut([allow(['clone'], masked(0, 0x7e020000, 0x7e020000)), allow(['clone3'])]),
      'warning: clone is let through only with flags that no fork has, and no C library forks by clone3: programs cannot start processes',
    ],
    [
      'refused without the flag that was meant, in a deny list',
      allowAllBut([refuse(['clone'], { args: [masked(0, 0x10000000, 0)] }), NO_CLONE3]),
      'warning: clone is let through only with flags that no fork and no thread has: programs cannot start threads, nor, with glibc, processes',
    ],
    [
      'so refused beside clone3',
      allowAllBut([refuse(['clone'], { args: [masked(0, 0x10000000, 0)] })]),
      'warning: clone is let through only with flags that no fork has, and no C library forks by clone3: programs cannot start processes',
    ],
  ])('clone %s', (_, text, message) => {
    expect(said(text, 'SP065')).toEqual([message]);
  });

  test.each([
    ['without the namespace flags', refuseAllBut([allow(['clone'], masked(0, 0x7e020000, 0)), NO_CLONE3])],
    ['for threads only', refuseAllBut([allow(['clone'], equal(0, 0x3d0f00))])],
    ['for threads of Go only', refuseAllBut([allow(['clone'], equal(0, 0xd0f00))])],
    ['for threads of Go before 1.9 only', refuseAllBut([allow(['clone'], equal(0, 0x50f00))])],
    ['refused with a flag', allowAllBut([refuse(['clone'], { args: [masked(0, 0x10000000, 0x10000000)] })])],
    ['not meant at all', refuseAllBut([allow(['read'])])],
    ['refused on purpose', allowAllBut([refuse(['clone', 'clone3', 'fork'])])],
  ])('clone %s is left alone', (_, text) => {
    expect(said(text, 'SP065')).toEqual([]);
  });

  test('on s390x the flags are the second argument', () => {
    const text = refuseAllBut([allow(['clone'], masked(1, 0x7e020000, 0x7e020000))]);
    expect(said(text, 'SP065', { architecture: 'SCMP_ARCH_S390X' })).toHaveLength(1);
    expect(said(text, 'SP065')).toEqual([]);
  });
});

test('SP043 leaves fork to SP065', () => {
  expect(said(refuseAllBut([allow(['fork'])]), 'SP043')).toEqual([]);
});

describe('SP064', () => {
  const both = { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'] };

  test('names what a listed architecture lacks and what it has instead', () => {
    expect(said(refuseAllBut([allow(['open', 'mkdir', 'dup2', 'fork', 'read'])], both), 'SP064')).toEqual([
      'warning: SCMP_ARCH_AARCH64 has no open, mkdir, dup2 and fork, and what programs call there in their place is refused: openat, mkdirat, dup3, clone and clone3',
    ]);
  });

  test('is said of the node where it lists nothing', () => {
    expect(said(refuseAllBut([allow(['open'])]), 'SP064', { architecture: 'SCMP_ARCH_RISCV64' })).toEqual([
      'warning: SCMP_ARCH_RISCV64 has no open, and what programs call there in its place is refused: openat',
    ]);
  });

  test.each([
    ['the younger ones are allowed', refuseAllBut([allow(['open', 'openat', 'rename', 'renameat2'])], both)],
    ['only x86_64 is listed', refuseAllBut([allow(['open', 'mkdir'])], { architectures: ['SCMP_ARCH_X86_64'] })],
    ['the default allows', allowAllBut([refuse(['open'])], both)],
    ['the names are of 32-bit ABIs', refuseAllBut([allow(['stat64', 'waitpid'])], both)],
  ])('is silent where %s', (_, text) => {
    expect(said(text, 'SP064')).toEqual([]);
  });
});

describe('SP032 and SP037 say what the kernel asks for', () => {
  const NEWUSER = masked(0, 0x10000000, 0x10000000);

  test('clone with CLONE_NEWPID needs the capability where nothing makes a user namespace', () => {
    const text = (...more: object[]) => refuseAllBut([allow(['clone'], masked(0, 0x10000000, 0)), ...more]);
    expect(said(text(NO_CLONE3), 'SP032')).toEqual([
      'info: clone is let through with CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID and 3 more, for which the kernel asks for CAP_SYS_ADMIN, and nothing lets CLONE_NEWUSER through',
    ]);
    expect(said(text(allow(['clone3'])), 'SP032')[0]).toMatch(/^warning: .* without CAP_SYS_ADMIN too/);
    expect(said(text(NO_CLONE3, allow(['unshare'], NEWUSER)), 'SP032')[0]).toMatch(/^warning: clone and unshare are/);
  });

  test('unshare is no syscall that needs a capability', () => {
    const text = refuseAllBut([allow(['unshare'])]);
    expect(said(text, 'SP037')).toEqual([]);
    expect(said(text, 'SP032')).toEqual([
      'warning: unshare is let through with CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET and 4 more: it makes namespaces, without CAP_SYS_ADMIN too (user namespaces)',
    ]);
  });

  test.each(['mount', 'fsopen', 'pivot_root', 'setns'])('%s can be done in a user namespace', (name) => {
    expect(said(refuseAllBut([allow([name])]), 'SP037')[0]).toContain(': from a user namespace, or');
  });

  test.each(
    'settimeofday clock_settime acct swapon swapoff reboot open_by_handle_at iopl ioperm init_module finit_module kexec_load quotactl'.split(
      ' ',
    ),
  )('%s cannot', (name) => {
    const [message] = said(refuseAllBut([allow([name])]), 'SP037');
    expect(message).toContain('in the initial user namespace');
    expect(message).not.toContain('from a user namespace');
  });

  test('what the kernel dropped long ago is not dangerous', () => {
    const names = ['create_module', 'get_kernel_syms', 'query_module'];
    expect(said(refuseAllBut([allow(names)]), 'SP037')).toEqual([]);
    expect(said(allowAllBut([]), 'SP030').join()).not.toMatch(/create_module|get_kernel_syms|query_module/);
  });
});
