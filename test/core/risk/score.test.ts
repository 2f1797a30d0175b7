import type { Profile } from '../../../src/core/profile/model.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { EXPLOITS } from '../../../src/core/risk/exploits.js';
import { scoreProfile } from '../../../src/core/risk/score.js';
import { classOf, OBSOLETE, riskOf } from '../../../src/core/syscalls/risk-syscalls.js';
import { allSyscallNames, isSyscallName } from '../../../src/core/syscalls/syscall-table.js';

const NODE = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' } as const;
const containerd = runtimeDefault('containerd');
const everything: Profile = { defaultAction: 'SCMP_ACT_ALLOW', rules: [] };
const nothing: Profile = { defaultAction: 'SCMP_ACT_ERRNO', rules: [] };

describe('the four figures of a profile', () => {
  test('the runtime default is its own measure', () => {
    const score = scoreProfile(containerd, NODE);
    expect(score.aboveRuntimeDefault).toEqual([]);
    expect(score.exploits.blockedBeyondRuntimeDefault).toEqual([]);
    expect(score.exploits.openedBeyondRuntimeDefault).toEqual([]);
    expect(score.allowed[0]).toEqual({ architecture: 'SCMP_ARCH_X86_64', whole: 305, partly: 3, of: 385 });
  });

  test('everything and nothing are the ends of the sort key', () => {
    expect(scoreProfile(everything, NODE).sortKey).toBe(0);
    expect(scoreProfile(nothing, NODE).sortKey).toBe(100);
    expect(scoreProfile(everything, NODE).exploits.openedBeyondRuntimeDefault.length).toBeGreaterThan(20);
    expect(scoreProfile(nothing, NODE).exploits.blocked).toBe(EXPLOITS.length);
  });

  test('what is blocked by the default already is never counted as ours', () => {
    const without: Profile = {
      ...containerd,
      rules: containerd.rules.map((rule) => ({ ...rule, names: rule.names.filter((name) => name !== 'ptrace') })),
    };
    const { exploits } = scoreProfile(without, NODE);
    expect(exploits.blockedBeyondRuntimeDefault).toEqual([
      { id: 'CVE-2019-13272', verified: false },
      { id: 'CVE-2014-4699', verified: false },
    ]);
    expect(exploits.blocked).toBe(exploits.blockedByRuntimeDefault + 2);
  });

  test('a family of sockets counts as refused only when socketcall does not bring it back', () => {
    const filtered = (architectures: readonly string[]): Profile => ({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures,
      rules: [
        {
          names: ['socket'],
          action: 'SCMP_ACT_ALLOW',
          args: [{ index: 0, value: 0xffffffffn, valueTwo: 2n, op: 'SCMP_CMP_MASKED_EQ' }],
        },
      ],
    });
    const blocked = (profile: Profile) =>
      scoreProfile(profile, { ...NODE, runtimeDefault: 'crio' }).exploits.blockedBeyondRuntimeDefault.map(
        ({ id }) => id,
      );
    expect(blocked(filtered(['SCMP_ARCH_X86_64']))).toContain('CVE-2026-31431');
    expect(blocked(filtered(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']))).not.toContain('CVE-2026-31431');
  });

  test('a filter that can be got past hardly counts in the sort key', () => {
    const socket = (op: 'SCMP_CMP_EQ' | 'SCMP_CMP_GE'): Profile => ({
      defaultAction: 'SCMP_ACT_ERRNO',
      rules: [{ names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 2n, valueTwo: 0n, op }] }],
    });
    expect(scoreProfile(socket('SCMP_CMP_EQ'), NODE).sortKey).toBeGreaterThan(
      scoreProfile(socket('SCMP_CMP_GE'), NODE).sortKey,
    );
  });

  test('the data speaks of syscalls that exist', () => {
    const unknown = allSyscallNames().filter((name) => riskOf(name) === undefined && classOf(name) !== 'C7');
    expect(unknown).toEqual([]);
    const called = EXPLOITS.flatMap(({ steps }) => steps.flatMap((step) => ('anyOf' in step ? step.anyOf : [])));
    expect(called.map(({ syscall }) => syscall).filter((name) => !isSyscallName(name))).toEqual([]);
    expect([...OBSOLETE].filter((name) => !isSyscallName(name))).toEqual([]);
  });
});

describe('of a class no more syscalls are open than it has', () => {
  const ABIS = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];
  const keyctl = { names: ['keyctl'], action: 'SCMP_ACT_ERRNO' as const, args: [] };

  test.each([
    ['one ABI', { ...everything, rules: [keyctl] }],
    ['all ABIs of the node', { ...everything, architectures: ABIS, rules: [keyctl] }],
  ])('where a list of refusals is for %s', (_, profile) => {
    for (const { whole, partly, of, class: id } of scoreProfile(profile, NODE).dangerous)
      expect([id, whole.length + partly.length]).toEqual([id, id === 'C2' ? of - 1 : of]);
  });

  test('and what every kernel of today answers with ENOSYS is not among them', () => {
    for (const name of ['create_module', 'get_kernel_syms', 'query_module']) expect(riskOf(name)).toBeUndefined();
  });
});
