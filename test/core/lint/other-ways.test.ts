import { readdirSync, readFileSync } from 'node:fs';
import { lintProfile } from '../../../src/core/lint/lint.js';
import { YOUNGER } from '../../../src/core/lint/rules/runtime/younger-syscalls.js';
import { allow, allowAllBut, masked, refuse, refuseAllBut } from '../../../src/core/lint/subject/example-profile.js';
import type { LintOptions } from '../../../src/core/lint/subject/lint-options.js';
import { printDocker } from '../../../src/core/profile/print/print-docker.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { otherWaysOf } from '../../../src/core/syscalls/same-work.js';
import { allSyscallNames, isSyscallName } from '../../../src/core/syscalls/syscall-table.js';

const HEAD = 'what is refused here can be had through other syscalls, which are let through: ';
const said = (text: string, options: LintOptions = {}) =>
  lintProfile(text, options)
    .problems.filter(({ code }) => code === 'SP063')
    .map(({ message }) => message.replace(HEAD, ''))
    .join();
const refusing = (...names: string[]) => said(allowAllBut([refuse(names)]));
const NEWUSER = masked(0, 0x10000000, 0x10000000);

test.each([
  ['chmod', 'chmod by fchmodat, fchmodat2 and fchmod'],
  ['fchmodat', 'fchmodat by chmod, fchmodat2 and fchmod'],
  ['mkdir', 'mkdir by mkdirat'],
  ['rmdir', 'rmdir by unlinkat'],
  ['unlinkat', 'unlinkat by unlink and rmdir'],
  ['rename', 'rename by renameat and renameat2'],
  ['open', 'open by openat and openat2'],
  ['creat', 'creat by open, openat and openat2'],
  ['execve', 'execve by execveat'],
  ['kexec_load', 'kexec_load by kexec_file_load'],
  ['init_module', 'init_module by finit_module'],
  ['settimeofday', 'settimeofday by clock_settime'],
  ['quotactl', 'quotactl by quotactl_fd'],
  ['mprotect', 'mprotect by pkey_mprotect'],
  ['ptrace', 'ptrace by process_vm_readv and process_vm_writev'],
  ['process_vm_writev', 'process_vm_writev by ptrace'],
  ['mount', 'mount by fsopen+fsconfig+fsmount+move_mount, open_tree+move_mount and open_tree_attr+move_mount'],
  ['fsopen', 'fsopen by mount'],
  ['fork', 'fork by clone, clone3 and vfork'],
  ['clone', 'clone by clone3, fork and vfork'],
  ['unshare', 'unshare by clone(CLONE_NEWUSER) and clone3'],
])('a list that refuses %s alone', (name, ways) => {
  expect(refusing(name)).toBe(ways);
});

test.each([
  [['chmod', 'fchmod', 'fchmodat', 'fchmodat2']],
  // Without move_mount nothing that fsmount and open_tree make gets into the tree.
  [['mount', 'move_mount']],
  [['clone', 'clone3', 'fork', 'vfork', 'unshare']],
  [['bpf', 'keyctl', 'acct']],
])('nothing is said where %j are refused', (names) => {
  expect(refusing(...names)).toBe('');
});

test('ENOSYS, which sends programs to the other syscall, is no such refusal', () => {
  expect(said(allowAllBut([refuse(['openat2', 'faccessat2', 'clone3'], { errnoRet: 38 })]))).toBe('');
});

test('killed, trapped and logged: what counts is whether the call gets through', () => {
  for (const action of ['SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_TRAP', 'SCMP_ACT_NOTIFY'])
    expect(said(allowAllBut([refuse(['mkdir'], { action })]))).toBe('mkdir by mkdirat');
  expect(said(allowAllBut([refuse(['mkdir'], { action: 'SCMP_ACT_LOG' })]))).toBe('');
});

test('a condition is got past by another syscall that is let through whole', () => {
  expect(said(allowAllBut([refuse(['mprotect'], { args: [masked(2, 4, 4)] })]))).toBe('mprotect by pkey_mprotect');
  expect(said(refuseAllBut([allow(['openat'], masked(2, 3, 0)), allow(['open'])]))).toBe('openat by open');
  expect(said(refuseAllBut([allow(['openat'], masked(2, 3, 0)), allow(['open'], masked(1, 3, 0))]))).toBe('');
});

test.each([
  ['renameat2', 4, 4, ''],
  ['renameat2', 1, 5, 'renameat2 by rename and renameat'],
  ['pipe2', 1, 128, ''],
  ['unlinkat', 2, 0x200, 'unlinkat by rmdir'],
  ['execveat', 4, 0x1000, ''],
  ['accept4', 3, 0x80000, ''],
  ['dup3', 2, 0x80000, ''],
  ['epoll_create1', 0, 0x80000, ''],
  ['eventfd2', 1, 1, ''],
  ['inotify_init1', 0, 0x800, ''],
  ['signalfd4', 3, 0x800, ''],
  ['fchownat', 4, 0x100, ''],
  ['faccessat2', 3, 0x200, ''],
  ['mlock2', 2, 1, ''],
  ['umount2', 1, 2, ''],
  ['linkat', 4, 0x1000, ''],
  ['finit_module', 2, 2, ''],
  ['mprotect', 2, 4, 'mprotect by pkey_mprotect'],
  ['openat', 2, 0x40, 'openat by open and openat2'],
])('calls of %s refused by argument %i & %i can be had by what has that argument, too', (name, index, bit, ways) => {
  expect(said(allowAllBut([refuse([name], { args: [masked(index, bit, bit)] })]))).toBe(ways);
});

test('without flags an older syscall does the same', () => {
  expect(said(allowAllBut([refuse(['renameat2'], { args: [masked(4, 0xffffffff, 0)] })]))).toBe(
    'renameat2 by rename and renameat',
  );
  expect(said(allowAllBut([refuse(['unlinkat'], { args: [masked(2, 0xffffffff, 0)] })]))).toBe('unlinkat by unlink');
  expect(said(refuseAllBut([allow(['renameat2'], masked(4, 0xfffffff8, 0)), allow(['rename'])]))).toBe('');
});

describe('user namespaces', () => {
  test('refused of clone, open by unshare, and the other way round', () => {
    expect(said(allowAllBut([refuse(['clone'], { args: [NEWUSER] })]))).toBe('clone by unshare(CLONE_NEWUSER)');
    expect(said(allowAllBut([refuse(['unshare'], { args: [NEWUSER] })]))).toBe(
      'unshare by clone(CLONE_NEWUSER) and clone3',
    );
    expect(said(refuseAllBut([allow(['clone'], masked(0, 0x7e020000, 0)), allow(['unshare'])]))).toBe(
      'clone by unshare(CLONE_NEWUSER)',
    );
  });

  test('refused everywhere, other namespaces need CAP_SYS_ADMIN', () => {
    const text = allowAllBut([refuse(['unshare', 'clone3']), refuse(['clone'], { args: [NEWUSER] })]);
    expect(said(text)).toBe('');
    expect(said(text, { capabilities: ['CAP_SYS_ADMIN'] })).toBe('unshare by clone(CLONE_NEWNS)');
  });
});

test('compiling refuses clone3 beside a filtered clone', () => {
  const text = allowAllBut([refuse(['unshare']), refuse(['clone'], { args: [NEWUSER] })]);
  expect(said(text)).toBe('unshare by clone3');
  expect(said(text, { reading: 'compiled' })).toBe('');
});

test('what younger C libraries make in place of an older syscall is another way for it', () => {
  for (const [old, ...young] of YOUNGER)
    expect([old, ...otherWaysOf(old).flat()]).toEqual(expect.arrayContaining(young));
});

test('of a syscall that the architecture does not have nothing is said', () => {
  expect(said(allowAllBut([refuse(['mkdir', 'chmod'])]), { architecture: 'SCMP_ARCH_AARCH64' })).toBe('');
  expect(said(allowAllBut([refuse(['fchmodat'])]), { architecture: 'SCMP_ARCH_AARCH64' })).toBe(
    'fchmodat by fchmodat2 and fchmod',
  );
});

test('many are cut short', () => {
  const names = 'chmod mkdir rename link symlink unlink mknod open execve mount access readlink'.split(' ');
  expect(refusing(...names)).toMatch(/; and 2 more$/);
});

test('a list of what is allowed has chosen: nothing is said of what its default refuses', () => {
  expect(said(refuseAllBut([allow(['read', 'mkdirat', 'fchmodat', 'execveat'])]))).toBe('');
  expect(said(refuseAllBut([allow(['mkdirat']), refuse(['mkdir'], { errnoRet: 13 })]))).toBe('');
});

test('runtime defaults and the shipped profiles are left alone', () => {
  const shipped = readdirSync('profiles').filter((each) => /^[^.]*\.json$/.test(each));
  const texts = [
    ...shipped.map((name) => readFileSync(`profiles/${name}`, 'utf8')),
    printDocker(runtimeDefault('containerd')),
    printDocker(runtimeDefault('crio')),
  ];
  for (const text of texts)
    for (const reading of ['raw', 'compiled'] as const) expect(said(text, { reading })).toBe('');
});

test('every name of the table is a syscall, and no way leads back to itself', () => {
  for (const name of allSyscallNames())
    for (const way of otherWaysOf(name)) {
      expect(way.filter((other) => !isSyscallName(other))).toEqual([]);
      expect(way).not.toContain(name);
    }
});
