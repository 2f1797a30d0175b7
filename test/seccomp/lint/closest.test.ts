import { closest } from '../../../src/seccomp/closest.js';
import { allSyscallNames } from '../../../src/seccomp/syscall-table.js';

test.each([
  ['wirte', 'write'],
  ['keyctrl', 'keyctl'],
  ['unshar', 'unshare'],
  ['oepnat', 'openat'],
  ['Read', 'read'],
])('who writes %s means %s', (written, meant) => {
  expect(closest(written, allSyscallNames())).toBe(meant);
});

test('what is like nothing is not guessed at', () => {
  expect(closest('frobnicate_everything', allSyscallNames())).toBeUndefined();
});
