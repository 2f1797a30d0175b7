import { comparable } from '../../../src/core/compare/comparable.js';
import { refusesNothing } from '../../../src/core/compare/refuses-nothing.js';
import { MOST_CAPABILITIES } from '../../../src/core/compare/syscall-classes.js';
import { isComparableWithin } from '../../../src/core/compare/within.js';
import type { Argument, Profile, Rule } from '../../../src/core/profile/model.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { ARCHITECTURES } from '../../../src/core/syscalls/architectures.js';
import { syscallNames } from '../../../src/core/syscalls/syscall-table.js';
import { loadCatalogue } from '../../../src/files/profile-catalogue.js';

type Short = Partial<Rule> & { readonly names: readonly string[] };
const profile = (defaultAction: Profile['defaultAction'], ...rules: readonly Short[]): Profile => ({
  defaultAction,
  rules: rules.map((rule) => ({ action: 'SCMP_ACT_ERRNO', args: [], ...rule })),
});
const arg = (op: Argument['op'], value: bigint): Argument => ({ index: 0, value, valueTwo: 0n, op });
const everyName = [...new Set(ARCHITECTURES.flatMap((each) => syscallNames(each)))];

test.each<readonly [string, Profile]>([
  ['allows by default', profile('SCMP_ACT_ALLOW')],
  ['logs by default', profile('SCMP_ACT_LOG')],
  ['has rules that log or allow', profile('SCMP_ACT_LOG', { names: ['mount'], action: 'SCMP_ACT_ALLOW' })],
  ['refuses what does not exist', profile('SCMP_ACT_ALLOW', { names: ['mounts', 'no_such_call'] })],
  ['refuses what the kernel does not have', profile('SCMP_ACT_ALLOW', { names: ['tuxcall', 'create_module'] })],
  ['refuses what other machines have', profile('SCMP_ACT_ALLOW', { names: ['s390_runtime_instr', 'spu_run'] })],
  ['refuses what the runtime needs, and gets', profile('SCMP_ACT_ALLOW', { names: ['execve'] })],
  ['refuses nobody', profile('SCMP_ACT_ALLOW', { names: ['mount'], args: [arg('SCMP_CMP_LT', 0n)] })],
  [
    'allows the same without conditions',
    profile('SCMP_ACT_ALLOW', { names: ['mount'], action: 'SCMP_ACT_LOG' }, { names: ['mount'] }),
  ],
  ['allows every name there is', profile('SCMP_ACT_ERRNO', { names: everyName, action: 'SCMP_ACT_ALLOW' })],
  ['refuses for a capability', profile('SCMP_ACT_ALLOW', { names: ['mount'], includes: { caps: ['CAP_NET_RAW'] } })],
  ['refuses without one', profile('SCMP_ACT_ALLOW', { names: ['mount'], excludes: { caps: ['CAP_SYS_ADMIN'] } })],
  ['refuses on later kernels', profile('SCMP_ACT_ALLOW', { names: ['mount'], includes: { minKernel: '5.10' } })],
  ['refuses on earlier kernels', profile('SCMP_ACT_ALLOW', { names: ['mount'], excludes: { minKernel: '6.19' } })],
  ['refuses on one kind of node', profile('SCMP_ACT_ALLOW', { names: ['mount'], includes: { arches: ['amd64'] } })],
  ['refuses on all but s390x', profile('SCMP_ACT_ALLOW', { names: ['mount'], excludes: { arches: ['s390x'] } })],
  [
    'is opened whole by a capability',
    profile('SCMP_ACT_ERRNO', { names: everyName, action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } }),
  ],
  [
    'asks about too much',
    profile(
      'SCMP_ACT_ALLOW',
      ...Array.from({ length: MOST_CAPABILITIES + 1 }, (_, at) => ({
        names: ['mount'],
        excludes: { caps: [`CAP_${at}`] },
      })),
    ),
  ],
])('a profile that %s refuses nothing', (_, one) => {
  expect(refusesNothing(one)).toBe(true);
});

test.each<readonly [string, Profile]>([
  ['a syscall', profile('SCMP_ACT_ALLOW', { names: ['mount'] })],
  ['one of several', profile('SCMP_ACT_LOG', { names: ['no_such_call', 'execve', 'mount'], action: 'SCMP_ACT_KILL' })],
  ['some arguments', profile('SCMP_ACT_ALLOW', { names: ['mount'], args: [arg('SCMP_CMP_EQ', 5n)] })],
  ['clone with namespaces', profile('SCMP_ACT_ALLOW', { names: ['clone'], args: [arg('SCMP_CMP_EQ', 0x20000n)] })],
  ['what a tracer decides', profile('SCMP_ACT_ALLOW', { names: ['mount'], action: 'SCMP_ACT_TRACE' })],
  [
    'one name alone',
    profile('SCMP_ACT_ERRNO', { names: everyName.filter((name) => name !== 'mount'), action: 'SCMP_ACT_ALLOW' }),
  ],
  ['everything', profile('SCMP_ACT_ERRNO')],
  [
    'one or the other',
    profile(
      'SCMP_ACT_ALLOW',
      { names: ['mount'], includes: { caps: ['CAP_SYS_ADMIN'] } },
      { names: ['ptrace'], excludes: { caps: ['CAP_SYS_ADMIN'] } },
    ),
  ],
  [
    'a value of one syscall in each of many classes',
    profile(
      'SCMP_ACT_ALLOW',
      {
        names: ['riscv_flush_icache'],
        includes: { caps: ['CAP_BPF', 'CAP_SYSLOG'], minKernel: '5.8' },
      },
      { names: ['sync_file_range2'], includes: { caps: ['CAP_SYS_CHROOT'], minKernel: '4.19' } },
      {
        names: ['sync_file_range2'],
        excludes: { caps: ['CAP_SYS_ADMIN'], arches: ['riscv64', 'arm64'], minKernel: '4.8' },
      },
      { names: ['chroot'], args: [arg('SCMP_CMP_NE', 2n)] },
    ),
  ],
  ['what containerd does', runtimeDefault('containerd')],
  ['what CRI-O does', runtimeDefault('crio')],
])('a profile that refuses %s refuses something', (_, one) => {
  expect(refusesNothing(one)).toBe(false);
});

test('of the shipped profiles audit-log alone refuses nothing, and all lie within it', async () => {
  const { catalogue, files } = await loadCatalogue(['profiles']);
  expect(catalogue.names().filter((name) => catalogue.get(name)?.refusesNothing)).toEqual(['audit-log']);
  const open = comparable(files.get('audit-log')?.profile() ?? profile('SCMP_ACT_LOG'));
  for (const [name, file] of files)
    expect([name, isComparableWithin(comparable(file.profile()), open)]).toEqual([name, true]);
});
