import { compileProfile } from '../../../src/core/compile/compile.js';
import { formatProblem } from '../../../src/core/problem/problem.js';
import type { Profile, Rule } from '../../../src/core/profile/model.js';
import { printOci } from '../../../src/core/profile/print/print-oci.js';

const node = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.1' } as const;

const rule = (names: string, action: Rule['action'], more: Partial<Rule> = {}): Rule => ({
  names: names.split(' '),
  action,
  args: [],
  ...more,
});
const refusing = (rules: readonly Rule[], more: Partial<Profile> = {}): Profile => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  rules,
  ...more,
});
const arg = (index: number, value: bigint, op: 'SCMP_CMP_EQ' | 'SCMP_CMP_GT' = 'SCMP_CMP_EQ') =>
  ({ index, value, valueTwo: 0n, op }) as const;

function compiled(profile: Profile, options: Partial<Parameters<typeof compileProfile>[1]> = {}) {
  const result = compileProfile(profile, { ...node, ...options });
  if (result.profile === undefined) throw new Error(result.problems.map(formatProblem).join('\n'));
  return { ...result, profile: result.profile };
}
const ruleFor = (profile: Profile, name: string) => profile.rules.filter((each) => each.names.includes(name));
const messages = (profile: Profile, options = {}) =>
  compileProfile(profile, { ...node, ...options }).problems.map(formatProblem);

describe('conditions', () => {
  const conditional = refusing([
    rule('mount', 'SCMP_ACT_ALLOW', { includes: { caps: ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT'] } }),
    rule('unshare', 'SCMP_ACT_ALLOW', { excludes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } }),
    rule('ptrace', 'SCMP_ACT_ALLOW', { includes: { minKernel: '4.8' } }),
    rule('bpf', 'SCMP_ACT_ALLOW', { includes: { arches: ['arm64'] } }),
    rule('acct', 'SCMP_ACT_ALLOW', { includes: { arches: ['amd64'] }, excludes: { arches: ['amd64'] } }),
  ]);
  const allowed = (options: Partial<Parameters<typeof compileProfile>[1]>) =>
    ['mount', 'unshare', 'ptrace', 'bpf', 'acct'].filter((name) =>
      ruleFor(compiled(conditional, options).profile, name).some((each) => each.action === 'SCMP_ACT_ALLOW'),
    );

  test.each([
    [{}, ['unshare', 'ptrace']],
    [{ capabilities: ['CAP_SYS_ADMIN'] }, ['ptrace']],
    [{ capabilities: ['sys_admin', 'SYS_CHROOT'] }, ['mount', 'ptrace']],
    [{ capabilities: ['ALL'] }, ['mount', 'ptrace']],
    [{ kernel: '4.8.0-rc1' }, ['unshare', 'ptrace']],
    [{ kernel: '4.7.99' }, ['unshare']],
    [{ kernel: '10.0' }, ['unshare', 'ptrace']],
    [{ architecture: 'SCMP_ARCH_AARCH64' as const }, ['unshare', 'ptrace', 'bpf']],
  ])('%j allows %j: excludes first, includes need all', (options, names) => {
    expect(allowed(options)).toEqual(names);
  });
});

describe('shape', () => {
  test('ENOSYS for what has no name yet, the source errno for what has one, everything sorted, no flags', () => {
    const { profile } = compiled(
      refusing([rule('write read execve', 'SCMP_ACT_ALLOW')], { flags: ['SECCOMP_FILTER_FLAG_LOG'] }),
    );
    expect(profile.defaultErrnoRet).toBe(38);
    expect(profile.flags).toBeUndefined();
    expect(ruleFor(profile, 'reboot')).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 1 }]);
    expect(ruleFor(profile, 'clone3')).toEqual([]);
    for (const { names } of profile.rules) expect(names).toEqual([...names].sort());
  });

  test('the same bytes for the same meaning, however the source is ordered', () => {
    const one = refusing([rule('read write', 'SCMP_ACT_ALLOW'), rule('kill', 'SCMP_ACT_ERRNO', { errnoRet: 13 })]);
    const other = refusing([
      rule('kill', 'SCMP_ACT_ERRNO', { errnoRet: 13 }),
      rule('write', 'SCMP_ACT_ALLOW'),
      rule('read', 'SCMP_ACT_ALLOW'),
    ]);
    expect(printOci(compiled(one).profile)).toBe(printOci(compiled(other).profile));
  });

  test('a profile compiled again stays as it is', () => {
    const { profile } = compiled(
      refusing([rule('read', 'SCMP_ACT_ALLOW'), rule('clone', 'SCMP_ACT_ALLOW', { args: [arg(0, 17n)] })]),
    );
    expect(printOci(compiled(profile).profile)).toBe(printOci(profile));
  });

  test.each([
    ['SCMP_ARCH_X86_64', ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']],
    ['SCMP_ARCH_AARCH64', ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']],
    ['SCMP_ARCH_S390X', ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390']],
    ['SCMP_ARCH_PPC64LE', ['SCMP_ARCH_PPC64LE']],
  ] as const)('%s gets its sub-architectures', (architecture, expected) => {
    expect(compiled(refusing([]), { architecture }).profile.architectures).toEqual(expected);
  });

  test('an archMap entry decides its sub-architectures itself', () => {
    const archMap = [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }];
    expect(compiled(refusing([], { archMap })).profile.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    expect(compiled(refusing([], { archMap }), { architecture: 'SCMP_ARCH_AARCH64' }).profile.architectures).toEqual([
      'SCMP_ARCH_AARCH64',
      'SCMP_ARCH_ARM',
    ]);
  });

  test('flags stay where the runtime takes them', () => {
    const flagged = refusing([], { flags: ['SECCOMP_FILTER_FLAG_LOG'] });
    const flags = (runtime: 'runc' | 'crun', runtimeVersion: string) =>
      compiled(flagged, { runtime, runtimeVersion }).profile.flags;
    expect(flags('runc', '1.1.15')).toBeUndefined();
    expect(flags('runc', '1.2.0')).toEqual(['SECCOMP_FILTER_FLAG_LOG']);
    expect(flags('crun', '1.8.1')).toEqual(['SECCOMP_FILTER_FLAG_LOG']);
  });
});

describe('rules that libseccomp would merge', () => {
  test('one argument twice in a rule becomes a rule for each condition, as runtimes do', () => {
    const { profile } = compiled(
      refusing([rule('ioctl', 'SCMP_ACT_TRAP', { args: [arg(1, 6n), arg(1, 8n, 'SCMP_CMP_GT')] })], {
        defaultAction: 'SCMP_ACT_ALLOW',
      }),
    );
    expect(ruleFor(profile, 'ioctl').map((each) => each.args)).toEqual([[arg(1, 6n)], [arg(1, 8n, 'SCMP_CMP_GT')]]);
  });

  test('what the default already says is skipped, so it shadows nothing', () => {
    const { profile, problems } = compiled(
      refusing([rule('ptrace', 'SCMP_ACT_ERRNO'), rule('ptrace', 'SCMP_ACT_ALLOW', { args: [arg(0, 0n)] })]),
    );
    expect(problems).toEqual([]);
    expect(ruleFor(profile, 'ptrace')).toMatchObject([{ action: 'SCMP_ACT_ALLOW', args: [arg(0, 0n)] }]);
  });

  test('the first unconditional rule wins and the others are left out, with a word', () => {
    const shadowing = refusing([
      rule('ptrace', 'SCMP_ACT_KILL_PROCESS', { args: [arg(0, 16n)] }),
      rule('ptrace', 'SCMP_ACT_ALLOW'),
      rule('ptrace', 'SCMP_ACT_TRAP'),
    ]);
    expect(ruleFor(compiled(shadowing).profile, 'ptrace')).toMatchObject([{ action: 'SCMP_ACT_ALLOW', args: [] }]);
    expect(messages(shadowing)).toMatchInlineSnapshot(`
[
  "warning: the rule that gives ptrace SCMP_ACT_TRAP never decides, because a rule without conditions gives it SCMP_ACT_ALLOW; it is left out [PC02]
    Remove the rule that is not meant.",
  "warning: the rule that gives ptrace SCMP_ACT_KILL_PROCESS never decides, because a rule without conditions gives it SCMP_ACT_ALLOW; it is left out [PC02]
    Remove the rule that is not meant.",
]
`);
  });

  test('the same conditions with two actions are refused', () => {
    const contradiction = refusing([
      rule('mkdir', 'SCMP_ACT_ALLOW', { args: [arg(0, 1n)] }),
      rule('mkdir', 'SCMP_ACT_TRAP', { args: [arg(0, 1n)] }),
    ]);
    expect(compileProfile(contradiction, node).profile).toBeUndefined();
    expect(messages(contradiction)).toMatchInlineSnapshot(`
[
  "error: two rules give mkdir SCMP_ACT_ALLOW and SCMP_ACT_TRAP under the same conditions: no runtime starts a container with this profile [PC01]
    Keep one of the two rules.",
]
`);
  });

  test('an ENOSYS rule with conditions keeps the source default, so that no runtime skips it', () => {
    const source = refusing([
      rule('ptrace', 'SCMP_ACT_ERRNO', { errnoRet: 38, args: [arg(0, 16n)] }),
      rule('ptrace', 'SCMP_ACT_ALLOW', { args: [arg(0, 4n)] }),
    ]);
    const { profile } = compiled(source);
    expect(profile.defaultErrnoRet).toBe(1);
    expect(ruleFor(profile, 'ptrace')).toHaveLength(2);
    expect(messages(source)).toMatchInlineSnapshot(`
[
  "info: unknown syscalls get SCMP_ACT_ERRNO (EPERM), not ENOSYS, because a rule with conditions gives ptrace ENOSYS [PC10]
    Use another errno in that rule, so that programs can fall back when a syscall is newer than the profile.",
]
`);
  });
});

describe('the runtime base', () => {
  test('is added to what is silent, and to what is refused when the runtime must have it', () => {
    const source = refusing([rule('futex openat2', 'SCMP_ACT_ERRNO', { errnoRet: 13 })]);
    const { profile } = compiled(source);
    expect(ruleFor(profile, 'execve')).toMatchObject([{ action: 'SCMP_ACT_ALLOW' }]);
    expect(ruleFor(profile, 'futex')).toMatchObject([{ action: 'SCMP_ACT_ALLOW' }]);
    expect(ruleFor(profile, 'openat2')).toMatchObject([{ errnoRet: 13 }]);
    expect(ruleFor(profile, 'clone')).toMatchObject([{ args: [{ value: 0x7e020000n, valueTwo: 0n }] }]);
    expect(messages(source)).toMatchInlineSnapshot(`
[
  "warning: futex is allowed although the profile refuses it: the container runtime needs it after the filter is on [PC04]
    Say which runtime and which allowPrivilegeEscalation the profile is for: the runtime may need less.",
]
`);
  });

  test('depends on the runtime, its version and allowPrivilegeEscalation', () => {
    const allows = (name: string, options: Partial<Parameters<typeof compileProfile>[1]>) =>
      ruleFor(compiled(refusing([]), options).profile, name)[0]?.action === 'SCMP_ACT_ALLOW';
    expect(allows('statx', { runtime: 'runc', runtimeVersion: '1.1.5+ds1' })).toBe(false);
    expect(allows('statx', { runtime: 'runc', runtimeVersion: '1.3.6' })).toBe(true);
    expect(allows('setgroups', { runtime: 'runc', allowPrivilegeEscalation: false })).toBe(false);
    expect(allows('setgroups', { runtime: 'runc' })).toBe(true);
  });

  test('adds nothing to a profile that lets everything through', () => {
    const { profile } = compiled({ defaultAction: 'SCMP_ACT_LOG', rules: [] });
    expect(profile.rules).toEqual([]);
  });
});

describe('clone3', () => {
  const masked = rule('clone', 'SCMP_ACT_ALLOW', { args: [arg(0, 17n)] });
  test('gets ENOSYS beside a filtered clone', () => {
    const source = refusing([masked, rule('clone3', 'SCMP_ACT_ALLOW')]);
    expect(ruleFor(compiled(source).profile, 'clone3')).toEqual([]);
    expect(messages(source)).toMatchInlineSnapshot(`
[
  "warning: clone3 gets ENOSYS instead of being allowed: the flags of clone are filtered, and clone3 would be the way around [PC06]
    Give clone3 SCMP_ACT_ERRNO with errnoRet 38 in the profile itself; programs then use clone.",
]
`);
  });
  test('stays killed where the profile kills it', () => {
    const { profile } = compiled({ defaultAction: 'SCMP_ACT_KILL_PROCESS', rules: [masked] });
    expect(ruleFor(profile, 'clone3')).toEqual([]);
    expect(profile.defaultAction).toBe('SCMP_ACT_KILL_PROCESS');
  });
  test('stays allowed beside an unfiltered clone', () => {
    const { profile } = compiled(refusing([rule('clone clone3', 'SCMP_ACT_ALLOW')]));
    expect(ruleFor(profile, 'clone3')).toMatchObject([{ action: 'SCMP_ACT_ALLOW' }]);
  });
});

test('what no runtime can start is refused', () => {
  expect(messages({ defaultAction: 'SCMP_ACT_NOTIFY', rules: [] })).toMatchInlineSnapshot(`
[
  "error: SCMP_ACT_NOTIFY as the default action: runc refuses to start the container [PC03]
    Name the syscalls.",
]
`);
  expect(messages(refusing([rule('write mount', 'SCMP_ACT_NOTIFY')]))).toMatchInlineSnapshot(`
[
  "error: SCMP_ACT_NOTIFY without "listenerPath": runc refuses to start the container, under crun the call gets ENOSYS [PC03]
    Give "listenerPath", or use SCMP_ACT_ERRNO with errnoRet 38.",
  "error: SCMP_ACT_NOTIFY on write: runc refuses to start the container [PC03]
    Leave write out of the rule.",
]
`);
  expect(messages(refusing([], { baseProfileName: 'runc' }))).toMatchInlineSnapshot(`
[
  "error: the rules of the base profile "runc" are not in this document [PC11]
    Merge the base profile into this one first (seccomply profile merge).",
]
`);
});

describe('what no container starts with', () => {
  test('an error number that there is not', () => {
    const keyctl = refusing([rule('read', 'SCMP_ACT_ALLOW'), rule('keyctl', 'SCMP_ACT_ERRNO', { errnoRet: 4095 })]);
    expect(messages(keyctl)).toMatchInlineSnapshot(`
[
  "error: the "errnoRet" of the rule on keyctl is 4095, and there is no such error number: no runtime starts a container with this profile [PC15]
    Give an error number up to 4094, for example 1 (EPERM).",
]
`);
    expect(messages(refusing([], { defaultErrnoRet: 9999 }))).toMatchInlineSnapshot(`
[
  "error: "defaultErrnoRet" is 9999, and there is no such error number: no runtime starts a container with this profile [PC15]
    Give an error number up to 4094, for example 1 (EPERM).",
]
`);
    expect(messages(refusing([rule('keyctl', 'SCMP_ACT_ERRNO', { errnoRet: 4094 })]))).toEqual([]);
    expect(messages(refusing([rule('keyctl', 'SCMP_ACT_TRACE', { errnoRet: 5000 })]))).toEqual([]);
  });

  const denying = (names: string, action: Rule['action'], more: Partial<Rule> = {}): Profile => ({
    defaultAction: 'SCMP_ACT_ALLOW',
    rules: [rule(names, action, more)],
  });
  const outcomes = (profile: Profile, names: string, options = {}) =>
    names.split(' ').map((name) => ruleFor(compiled(profile, options).profile, name)[0]);

  test('a call of the runtime that is killed is refused with EPERM', () => {
    for (const action of ['SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_TRAP'] as const) {
      const profile = denying('epoll_ctl getpid', action);
      for (const each of outcomes(profile, 'epoll_ctl getpid'))
        expect(each).toMatchObject({ action: 'SCMP_ACT_ERRNO', errnoRet: 1 });
    }
    expect(messages(denying('getpid', 'SCMP_ACT_TRAP'))).toMatchInlineSnapshot(`
[
  "warning: getpid is refused with EPERM, not as the profile says: the container runtime makes it after the filter is on and would not start the container [PC04]
    Say which runtime and which allowPrivilegeEscalation the profile is for: the runtime may need less.",
]
`);
    expect(messages(denying('getpid', 'SCMP_ACT_KILL'), { runtime: 'crun' })).toEqual([]);
    expect(messages(denying('exit_group keyctl', 'SCMP_ACT_KILL'))).toEqual([]);
  });

  test('so is one whose errno it cannot live with', () => {
    const [faccessat2] = outcomes(denying('faccessat2', 'SCMP_ACT_ERRNO', { errnoRet: 13 }), 'faccessat2');
    expect(faccessat2).toMatchObject({ action: 'SCMP_ACT_ERRNO', errnoRet: 1 });
    expect(messages(denying('faccessat2', 'SCMP_ACT_ERRNO', { errnoRet: 38 }))).toEqual([]);
  });

  test('of two calls that stand in for each other one is allowed', () => {
    const pair = denying('faccessat faccessat2', 'SCMP_ACT_ERRNO');
    expect(outcomes(pair, 'faccessat faccessat2')).toMatchObject([undefined, { action: 'SCMP_ACT_ERRNO' }]);
    expect(messages(pair)).toMatchInlineSnapshot(`
[
  "warning: faccessat is allowed although the profile refuses it: the container runtime needs it after the filter is on [PC04]
    Say which runtime and which allowPrivilegeEscalation the profile is for: the runtime may need less.",
]
`);
    expect(messages(pair, { runtime: 'crun' })).toEqual([]);
    expect(messages(pair, { allowPrivilegeEscalation: false })).toEqual([]);
    const silent = compiled(refusing([rule('faccessat2', 'SCMP_ACT_ERRNO', { errnoRet: 38 })]), { runtime: 'runc' });
    expect(ruleFor(silent.profile, 'faccessat')).toMatchObject([{ action: 'SCMP_ACT_ALLOW' }]);
  });

  test('a mask of 0 is said', () => {
    const op = 'SCMP_CMP_MASKED_EQ' as const;
    const clone = refusing([
      rule('clone', 'SCMP_ACT_ALLOW', { args: [{ index: 0, value: 0n, valueTwo: 2114060288n, op }] }),
    ]);
    expect(messages(clone)).toMatchInlineSnapshot(`
[
  "warning: the conditions of the rule on clone compare nothing (their mask is 0): it matches every call [PC16]
    SCMP_CMP_MASKED_EQ has the mask in "value", and what the masked argument must be in "valueTwo".",
]
`);
  });
});
