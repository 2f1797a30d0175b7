import { ALIAS_FAMILIES, aliasClosure } from '../../../src/core/syscalls/alias.js';
import { isSyscallName } from '../../../src/core/syscalls/syscall-table.js';

describe('the closure of syscall names under their aliases', () => {
  test('brings in what another C library uses for the same work', () => {
    expect(aliasClosure(['stat', 'open'])).toEqual([
      'creat',
      'fstat',
      'fstat64',
      'fstatat64',
      'lstat',
      'lstat64',
      'newfstatat',
      'open',
      'openat',
      'openat2',
      'stat',
      'stat64',
      'statx',
    ]);
  });

  test('never adds what exploits are made of, and keeps it where it was seen', () => {
    const closed = aliasClosure(['fork', 'mmap', 'setitimer']);
    for (const name of ['clone3', 'waitid', 'mremap', 'timer_create']) expect(closed).not.toContain(name);
    expect(aliasClosure(['waitid', 'fork'])).toContain('waitid');
  });

  test('is closed, and keeps names it does not know', () => {
    const once = aliasClosure(['read', 'futex', 'brand_new']);
    expect(aliasClosure(once)).toEqual(once);
    expect(once).toContain('brand_new');
  });

  test('families are made of syscalls that exist', () => {
    expect(ALIAS_FAMILIES.flat().filter((name) => !isSyscallName(name))).toEqual([]);
  });
});
