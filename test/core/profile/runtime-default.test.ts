import { isWithin } from '../../../src/core/compare/ceiling.js';
import { compareProfiles } from '../../../src/core/compare/compare.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import { type NodeTarget, plainProfile } from '../../../src/core/outcomes/node-target.js';
import { runtimeDefault, runtimeDefaultByFamily } from '../../../src/core/profile/runtime-default.js';
import { LIBSECCOMP_VERSIONS } from '../../../src/core/syscalls/syscall-table.js';

const NODE: NodeTarget = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' };
const HIGH = 1n << 32n;
const [AF_INET, AF_NETLINK, AF_ALG, AF_VSOCK] = [2n, 16n, 38n, 40n];
const NETLINK_AUDIT = 9n;

function answers(setting: NodeTarget, runtime: 'containerd' | 'crio') {
  const profile = plainProfile(runtimeDefault(runtime), setting);
  return (family: bigint, protocol = 0n): string => {
    const [first = '', ...others] = [...LIBSECCOMP_VERSIONS, undefined].flatMap((libseccomp) =>
      (['runc', 'crun'] as const).map((by) => {
        const options = { runtime: by, ...(libseccomp === undefined ? {} : { libseccomp }) };
        const answer = compileEvaluator(profile, options).evaluate('SCMP_ARCH_X86_64', 'socket', [
          family,
          1n,
          protocol,
        ]);
        return `${answer?.action} ${answer?.errno}${answer?.ambiguous === undefined ? '' : ' ?'}`;
      }),
    );
    for (const other of others) expect(other).toBe(first);
    return first;
  };
}

const ALLOW = 'SCMP_ACT_ALLOW null';
const EPERM = 'SCMP_ACT_ERRNO 1';
const EINVAL = 'SCMP_ACT_ERRNO 22';

test('containerd compares socket families in 64 bits: all pass but AF_ALG and AF_VSOCK', () => {
  const socket = answers(NODE, 'containerd');
  for (const family of [0n, AF_INET, AF_NETLINK, 37n, 39n, 41n, 45n, 46n, 63n, HIGH, HIGH + AF_ALG, HIGH + AF_VSOCK])
    expect([family, socket(family)]).toEqual([family, ALLOW]);
  expect([AF_ALG, AF_VSOCK].map((family) => socket(family))).toEqual([EPERM, EPERM]);
});

test('CRI-O refuses AF_VSOCK, and netlink for audit without AUDIT_WRITE', () => {
  const socket = answers(NODE, 'crio');
  for (const family of [0n, AF_INET, AF_ALG, 39n, 41n, 63n, HIGH + AF_VSOCK])
    expect([family, socket(family)]).toEqual([family, ALLOW]);
  expect(socket(AF_VSOCK)).toBe(EPERM);
  expect(socket(AF_VSOCK, NETLINK_AUDIT)).toBe(EPERM);
  expect(socket(AF_NETLINK)).toBe(ALLOW);
  expect(socket(AF_NETLINK, NETLINK_AUDIT)).toBe(EINVAL);
  // CRI-O lets it through, and the kernel looks at 32 bits: no rules of which it is certain what libseccomp makes say that.
  expect(socket(AF_NETLINK, HIGH + NETLINK_AUDIT)).toBe(EINVAL);
  expect(socket(HIGH + AF_NETLINK, NETLINK_AUDIT)).toBe(ALLOW);
});

test('with AUDIT_WRITE CRI-O refuses AF_VSOCK only', () => {
  const socket = answers({ ...NODE, capabilities: ['AUDIT_WRITE'] }, 'crio');
  expect(socket(AF_NETLINK, NETLINK_AUDIT)).toBe(ALLOW);
  expect(socket(AF_VSOCK)).toBe(EPERM);
});

test.each(['containerd', 'crio'] as const)('by family the default of %s is narrower, by sockets only', (runtime) => {
  for (const capabilities of [[], ['AUDIT_WRITE']]) {
    const setting = { ...NODE, capabilities };
    const [exact, narrow] = [runtimeDefault(runtime), runtimeDefaultByFamily(runtime)];
    const { onlyA, onlyB, otherwise } = compareProfiles(narrow, exact, setting);
    expect(onlyA).toEqual([]);
    expect(onlyB.map(({ syscall }) => syscall)).toEqual(['socket']);
    expect(otherwise).toEqual([]);
    expect(isWithin(plainProfile(narrow, setting), plainProfile(exact, setting))).toBe(true);
  }
});
