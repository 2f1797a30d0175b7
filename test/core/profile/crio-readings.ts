/** What CRI-O and Podman (containers/common) hand to the runtime for a file; test/kernel/crio-readings.test.ts asks Podman. */
export interface CrioReading {
  readonly what: string;
  readonly profile: object;
  /** What the container adds, `CAP_…`. */
  readonly capabilities?: readonly string[];
  /** `linux.seccomp` of the runtime's config.json. */
  readonly handed: object | 'refused' | 'nothing';
}

const ALLOWS = { defaultAction: 'SCMP_ACT_ALLOW' };
const REFUSES = { defaultAction: 'SCMP_ACT_ERRNO' };
const MOUNT = { names: ['mount'], action: 'SCMP_ACT_ERRNO' };
const READ = { names: ['read'], action: 'SCMP_ACT_ALLOW' };
const NO_CONDITION_MET = ALLOWS;
const HOLDS = { ...ALLOWS, syscalls: [MOUNT] };
const X86 = [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }];

const rule = (more: object) => ({ ...ALLOWS, syscalls: [{ ...MOUNT, ...more }] });
const returns = (errnoRet: number) => rule({ errnoRet });

export const CRIO_READINGS: readonly CrioReading[] = [
  { what: '"name"', profile: { ...ALLOWS, syscalls: [{ name: 'mount', action: 'SCMP_ACT_ERRNO' }] }, handed: HOLDS },
  { what: '"name" and empty "names"', profile: rule({ name: 'mount', names: [] }), handed: HOLDS },
  { what: '"name" and "names"', profile: rule({ name: 'umount2' }), handed: 'refused' },
  { what: 'neither', profile: { ...ALLOWS, syscalls: [{ action: 'SCMP_ACT_ERRNO' }] }, handed: ALLOWS },
  { what: 'the name of an errno', profile: rule({ errno: 'EACCES' }), handed: returns(13) },
  { what: 'digits', profile: rule({ errno: '13' }), handed: returns(13) },
  { what: '"errno" and "errnoRet"', profile: rule({ errno: 'EACCES', errnoRet: 38 }), handed: returns(13) },
  { what: 'an empty "errno"', profile: rule({ errno: '', errnoRet: 38 }), handed: returns(38) },
  { what: '"errnoRet" alone', profile: rule({ errnoRet: 38 }), handed: returns(38) },
  { what: 'no errno at all', profile: rule({ errno: 'EFOO' }), handed: 'refused' },
  { what: 'an errno in small letters', profile: rule({ errno: 'eacces' }), handed: 'refused' },
  { what: 'an errno without quotes', profile: rule({ errno: 13 }), handed: 'refused' },
  {
    what: '"defaultErrno"',
    profile: { ...REFUSES, defaultErrno: 'ENOSYS', syscalls: [READ] },
    handed: { ...REFUSES, defaultErrnoRet: 38, syscalls: [READ] },
  },
  {
    what: '"defaultErrno" and "defaultErrnoRet"',
    profile: { ...REFUSES, defaultErrno: 'ENOSYS', defaultErrnoRet: 13, syscalls: [READ] },
    handed: { ...REFUSES, defaultErrnoRet: 38, syscalls: [READ] },
  },
  {
    what: 'an archMap with the node in it',
    profile: { ...HOLDS, archMap: X86 },
    handed: { ...HOLDS, architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] },
  },
  {
    what: 'an archMap with the node in it twice',
    profile: { ...HOLDS, archMap: [...X86, { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X32'] }] },
    handed: { ...HOLDS, architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] },
  },
  {
    what: 'an archMap of other nodes',
    profile: { ...HOLDS, archMap: [{ architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] }] },
    handed: HOLDS,
  },
  {
    what: 'an archMap and "architectures"',
    profile: { ...HOLDS, archMap: X86, architectures: ['SCMP_ARCH_X86_64'] },
    handed: 'refused',
  },
  {
    what: 'SCMP_ARCH_NATIVE',
    profile: { ...HOLDS, architectures: ['SCMP_ARCH_NATIVE'] },
    handed: { ...HOLDS, architectures: ['SCMP_ARCH_NATIVE'] },
  },
  {
    what: 'a capability that the container has by default',
    profile: rule({ includes: { caps: ['CAP_CHOWN'] } }),
    handed: HOLDS,
  },
  {
    what: 'a capability that it does not have',
    profile: rule({ includes: { caps: ['CAP_SYS_ADMIN'] } }),
    handed: NO_CONDITION_MET,
  },
  {
    what: 'a capability that it adds',
    profile: rule({ includes: { caps: ['CAP_SYS_ADMIN'] } }),
    capabilities: ['CAP_SYS_ADMIN'],
    handed: HOLDS,
  },
  {
    what: 'one of two capabilities',
    profile: rule({ includes: { caps: ['CAP_CHOWN', 'CAP_SYS_ADMIN'] } }),
    handed: NO_CONDITION_MET,
  },
  {
    what: 'not one of two capabilities',
    profile: rule({ excludes: { caps: ['CAP_CHOWN', 'CAP_SYS_ADMIN'] } }),
    handed: NO_CONDITION_MET,
  },
  {
    what: 'not a capability that it does not have',
    profile: rule({ excludes: { caps: ['CAP_SYS_ADMIN'] } }),
    handed: HOLDS,
  },
  {
    what: 'a capability without its prefix',
    profile: rule({ includes: { caps: ['CHOWN'] } }),
    handed: NO_CONDITION_MET,
  },
  { what: 'one of two machines', profile: rule({ includes: { arches: ['amd64', 'arm64'] } }), handed: HOLDS },
  { what: 'an ABI', profile: rule({ includes: { arches: ['x32'] } }), handed: NO_CONDITION_MET },
  { what: 'not this machine', profile: rule({ excludes: { arches: ['amd64'] } }), handed: NO_CONDITION_MET },
  { what: 'a kernel to come', profile: rule({ includes: { minKernel: '99.0' } }), handed: HOLDS },
  { what: 'not an old kernel', profile: rule({ excludes: { minKernel: '4.8' } }), handed: HOLDS },
  {
    what: 'a capability and a kernel',
    profile: rule({ includes: { caps: ['CAP_SYS_ADMIN'], minKernel: '4.8' } }),
    handed: NO_CONDITION_MET,
  },
  { what: 'a kernel without quotes', profile: rule({ includes: { minKernel: 4.8 } }), handed: HOLDS },
  { what: 'capabilities that are no list', profile: rule({ includes: { caps: 'CAP_CHOWN' } }), handed: 'refused' },
  { what: 'an archMap that is no list', profile: { ...HOLDS, archMap: {} }, handed: 'refused' },
  { what: 'a remark that is no text', profile: rule({ comment: 5 }), handed: 'refused' },
  {
    what: 'keys in another case',
    profile: { defaultaction: 'SCMP_ACT_ALLOW', Syscalls: [{ Names: ['mount'], action: 'SCMP_ACT_ERRNO' }] },
    handed: HOLDS,
  },
  { what: 'an empty profile', profile: {}, handed: 'nothing' },
];
