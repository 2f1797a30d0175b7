import { allSyscallNames } from '../../../src/core/syscalls/syscall-table.js';
import { didYouMean } from '../../../src/core/text/did-you-mean.js';

test.each([
  ['wirte', 'write'],
  ['keyctrl', 'keyctl'],
  ['unshar', 'unshare'],
  ['oepnat', 'openat'],
  ['Read', 'read'],
])('who writes %s means %s', (written, meant) => {
  expect(didYouMean(written, allSyscallNames())).toBe(meant);
});

test('what is like nothing is not guessed at', () => {
  expect(didYouMean('frobnicate_everything', allSyscallNames())).toBeUndefined();
});
