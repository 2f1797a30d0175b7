import { compileProfile } from '../../../src/core/compile/compile.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { deriveProfile } from '../../../src/core/recommend/derive.js';

const options = {
  closure: (names: readonly string[]) => (names.includes('stat') ? [...names, 'newfstatat', 'mount'] : names),
  ceilings: [runtimeDefault('containerd'), runtimeDefault('crio')],
};
const derived = deriveProfile(
  {
    syscalls: ['stat', 'socket', 'clone', 'clone3', 'personality', 'io_uring_setup', 'vmsplice', 'arch_prctl'],
    sockets: [{ family: 1 }, { family: 2 }, { family: 38 }, { family: 16, protocol: 0 }, { family: 16, protocol: 9 }],
  },
  options,
);
const { profile } = compileProfile(derived.profile, {
  architecture: 'SCMP_ARCH_X86_64',
  capabilities: [],
  kernel: '6.18',
});
if (profile === undefined) throw new Error('not compiled');
const evaluator = compileEvaluator(profile, { runtime: 'crun' });
const says = (name: string, ...args: bigint[]) => evaluator.evaluate('SCMP_ARCH_X86_64', name, args)?.action;

test('what was seen beyond a ceiling is left out and named, and aliases never bring it in', () => {
  expect(derived.removedByCeiling).toEqual(['io_uring_setup', 'vmsplice']);
  expect(derived.addedByClosure).toEqual(['newfstatat']);
  expect(derived.addedForRuntime).toContain('futex');
});

test.each([
  ['stat', [], 'SCMP_ACT_ALLOW'],
  ['newfstatat', [], 'SCMP_ACT_ALLOW'],
  ['clock_gettime', [], 'SCMP_ACT_ALLOW'],
  ['mount', [], 'SCMP_ACT_ERRNO'],
  ['io_uring_setup', [], 'SCMP_ACT_ERRNO'],
  ['clone', [17n], 'SCMP_ACT_ALLOW'],
  ['clone', [0x10000011n], 'SCMP_ACT_ERRNO'],
  ['clone3', [], 'SCMP_ACT_ERRNO'],
  ['socket', [2n], 'SCMP_ACT_ALLOW'],
  ['socket', [10n], 'SCMP_ACT_ERRNO'],
  ['socket', [38n], 'SCMP_ACT_ERRNO'],
  ['socket', [0x100000026n], 'SCMP_ACT_ERRNO'],
  ['socket', [16n, 3n, 0n], 'SCMP_ACT_ALLOW'],
  ['socket', [16n, 3n, 9n], 'SCMP_ACT_ERRNO'],
  ['personality', [0xffffffffn], 'SCMP_ACT_ALLOW'],
  ['personality', [0x40000n], 'SCMP_ACT_ERRNO'],
] as const)('%s(%j) gets %s', (name, args, action) => {
  expect(says(name, ...args)).toBe(action);
});

test('32-bit callers do not get round the socket families by socketcall', () => {
  expect(evaluator.evaluate('SCMP_ARCH_X86', 'socketcall', [1n])).toMatchObject({
    action: 'SCMP_ACT_ERRNO',
    errno: 13,
  });
});
