import { compareProfiles } from '../../../src/core/compare/compare.js';
import { callInWords } from '../../../src/core/outcomes/outcome-in-words.js';
import type { Profile } from '../../../src/core/profile/model.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';

const NODE = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' } as const;

describe('comparing profiles', () => {
  const a: Profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    rules: [
      { names: ['read', 'ptrace'], action: 'SCMP_ACT_ALLOW', args: [] },
      {
        names: ['socket'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0xffffffffn, valueTwo: 2n, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, args: [] },
    ],
  };
  const b: Profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    rules: [{ names: ['read', 'write', 'bpf', 'socket'], action: 'SCMP_ACT_ALLOW', args: [] }],
  };

  test('says both directions, dangerous syscalls first, and a call that shows the difference', () => {
    const { onlyA, onlyB, otherwise } = compareProfiles(a, b, NODE);
    const lines = (side: typeof onlyA) =>
      side.map((each) => `${each.class} ${callInWords(each.syscall, each.example)}: ${each.a} -> ${each.b}`);
    expect(lines(onlyB)).toMatchInlineSnapshot(`
[
  "C2 bpf: refused with EPERM -> allowed",
  "C5 socket(0): allowed when arg0 & 0xffffffff == 2; else refused with EPERM -> allowed",
  "C7 write: refused with EPERM -> allowed",
]
`);
    expect(lines(onlyA)).toMatchInlineSnapshot(`
[
  "C3 ptrace: allowed -> refused with EPERM",
]
`);
    expect(otherwise).toMatchInlineSnapshot(`
[
  {
    "a": "refused with ENOSYS",
    "architectures": [
      "SCMP_ARCH_X86_64",
    ],
    "b": "refused with EPERM",
    "syscall": "clone3",
  },
]
`);
  });

  test('a profile differs from itself in nothing', () => {
    for (const profile of [a, b, runtimeDefault('containerd'), runtimeDefault('crio')]) {
      const { onlyA, onlyB, otherwise } = compareProfiles(profile, profile, NODE);
      expect([onlyA, onlyB, otherwise]).toEqual([[], [], []]);
    }
  });

  test('an ABI that only one of them has', () => {
    const { onlyB } = compareProfiles(a, { ...a, architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] }, NODE);
    expect(onlyB.map((each) => each.syscall)).toEqual(['ptrace', 'socket', 'socketcall', 'read']);
    expect(onlyB.every((each) => each.architectures.join() === 'SCMP_ARCH_X86')).toBe(true);
  });

  test('capabilities decide what the runtime default lets through', () => {
    const containerd = runtimeDefault('containerd');
    const plain = compareProfiles(b, containerd, NODE).onlyA.map((each) => each.syscall);
    const withBpf = compareProfiles(b, containerd, { ...NODE, capabilities: ['CAP_BPF'] }).onlyA;
    expect(plain).toContain('bpf');
    expect(withBpf.map((each) => each.syscall)).not.toContain('bpf');
  });
});
