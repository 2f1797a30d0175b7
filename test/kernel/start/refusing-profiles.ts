import { runtimeBase } from '../../../src/core/profile/runtime-base.js';

/** How rules refuse: with an errno or not, by an end, by waiting for what is not there. */
const REFUSING: readonly object[] = [
  { action: 'SCMP_ACT_ERRNO' },
  ...[13, 38].map((errnoRet) => ({ action: 'SCMP_ACT_ERRNO', errnoRet })),
  ...['KILL', 'KILL_PROCESS', 'TRACE', 'LOG'].map((action) => ({ action: `SCMP_ACT_${action}` })),
];
const REFUSED: readonly (readonly string[])[] = [
  ...['execve', 'close', 'openat', 'setgroups', 'capset', 'getpid', 'epoll_ctl', 'exit_group'].map((name) => [name]),
  ...[['faccessat2'], ['faccessat'], ['faccessat', 'faccessat2'], ['statx', 'fstat'], ['close', 'close_range']],
];
const DEFAULTS: readonly object[] = [
  { defaultAction: 'SCMP_ACT_ERRNO' },
  { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38 },
  ...['KILL', 'TRAP', 'LOG'].map((action) => ({ defaultAction: `SCMP_ACT_${action}` })),
];

/** Deny lists and allow lists in the forms that rules have; what they allow is enough for a program that does nothing but end by `exit`. */
export function refusingProfiles(runtime: 'runc' | 'crun', runtimeVersion: string): readonly string[] {
  const deny = REFUSED.flatMap((names) =>
    REFUSING.map((how) => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, ...how }] })),
  );
  const base = runtimeBase({ runtime, runtimeVersion, architecture: 'SCMP_ARCH_X86_64' });
  const enough = [...base.required, ...base.helpful, 'exit'];
  const without = (...names: readonly string[]) => enough.filter((name) => !names.includes(name));
  const allow = (names: readonly string[]) => ({ names, action: 'SCMP_ACT_ALLOW' });
  const forms: readonly (readonly object[])[] = [
    [],
    [allow([])],
    [allow(enough)],
    [allow(without('execve'))],
    [allow(without('setgroups', 'fstat'))],
    [allow(without('faccessat2')), allow(['faccessat'])],
    [allow(without('faccessat2'))],
    [allow(without('epoll_ctl', 'close_range'))],
    [allow(without('exit_group'))],
    enough.map((name) => ({ name, action: 'SCMP_ACT_ALLOW' })),
    enough.map((name) => ({ names: [name], action: 'SCMP_ACT_ALLOW', errno: 'EACCES' })),
    [{ ...allow(enough), includes: { caps: ['CAP_SYS_BOOT'] } }],
    [allow(without('close')), { names: ['close'], action: 'SCMP_ACT_LOG' }],
    [allow(enough), { names: ['execve'], action: 'SCMP_ACT_ERRNO' }],
    [{ names: ['execve'], action: 'SCMP_ACT_ERRNO', errnoRet: 9 }, allow(enough)],
  ];
  const allowing = DEFAULTS.flatMap((defaults) => forms.map((syscalls) => ({ ...defaults, syscalls })));
  return [...deny, ...allowing].map((profile) => JSON.stringify(profile));
}
