import { ARCHITECTURES } from '../../../src/core/syscalls/architectures.js';
import {
  allSyscallNames,
  isKnownTo,
  isSyscallName,
  knownSince,
  LIBSECCOMP_VERSIONS,
  syscallName,
  syscallNames,
  syscallNumber,
  syscallNumberIn,
} from '../../../src/core/syscalls/syscall-table.js';

test('numbers are those of the kernel', () => {
  expect(syscallNumber('SCMP_ARCH_X86_64', 'execve')).toBe(59);
  expect(syscallNumber('SCMP_ARCH_X86', 'execve')).toBe(11);
  expect(syscallNumber('SCMP_ARCH_X32', 'execve')).toBe(0x4000_0000 + 520);
  expect(syscallNumber('SCMP_ARCH_AARCH64', 'openat')).toBe(56);
  expect(syscallNumber('SCMP_ARCH_ARM', 'execve')).toBe(11);
  expect(syscallNumber('SCMP_ARCH_ARM', 'cacheflush')).toBe(0xf0002);
  expect(syscallNumber('SCMP_ARCH_PPC64LE', 'execve')).toBe(11);
  expect(syscallNumber('SCMP_ARCH_S390X', 'execve')).toBe(11);
  expect(syscallNumber('SCMP_ARCH_RISCV64', 'execve')).toBe(221);
});

test('the direct number of a syscall that x86 also reaches through socketcall', () => {
  expect(syscallNumber('SCMP_ARCH_X86', 'socket')).toBe(359);
  expect(syscallNumber('SCMP_ARCH_X86', 'socketcall')).toBe(102);
});

test('names an architecture does not have', () => {
  expect(syscallNumber('SCMP_ARCH_AARCH64', 'open')).toBeUndefined();
  expect(isSyscallName('open')).toBe(true);
  expect(isSyscallName('opne')).toBe(false);
  expect(knownSince('opne')).toBeUndefined();
});

test('since when libseccomp knows a name', () => {
  expect(knownSince('read')).toBe('2.5.1');
  expect(knownSince('futex_waitv')).toBe('2.5.4');
  expect(knownSince('mseal')).toBe('2.6.0');
  expect(isKnownTo('2.5.5', 'mseal')).toBe(false);
  expect(isKnownTo('2.10.0', 'mseal')).toBe(true);
  expect(syscallNumberIn('2.5.5', 'SCMP_ARCH_X32', 'map_shadow_stack')).toBeUndefined();
  expect(syscallNumberIn('2.6.0', 'SCMP_ARCH_X32', 'map_shadow_stack')).toBe(0x4000_0000 + 453);
});

test('tables are complete and without ambiguity', () => {
  expect(LIBSECCOMP_VERSIONS.at(-1)).toBe('2.6.1');
  for (const arch of ARCHITECTURES) {
    const names = syscallNames(arch);
    expect(names.length).toBeGreaterThan(300);
    for (const name of names) expect(syscallName(arch, syscallNumber(arch, name) ?? -1)).toBe(name);
  }
  expect(allSyscallNames().length).toBeGreaterThan(500);
});
