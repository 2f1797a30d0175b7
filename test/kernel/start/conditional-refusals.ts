/** Refusals of calls by their arguments, and of what runtimes make in the place of a refused call. */
export function conditionalRefusals(): readonly string[] {
  const ways = [{ action: 'SCMP_ACT_ERRNO' }, { action: 'SCMP_ACT_KILL_PROCESS' }];
  const prctl = [8, 22, 24, 35, 38, 47].flatMap((option) =>
    ways.map((how) => refusing({ names: ['prctl'], ...how, args: [exactly(0, option)] })),
  );
  const prctlAllowed = [
    [8, 24, 47],
    [8, 24],
    [8, 47],
  ].map((options) =>
    profile('SCMP_ACT_ALLOW', [
      { names: ['prctl'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 48, op: 'SCMP_CMP_GE' }] },
      ...[...Array(48).keys()]
        .filter((option) => !options.includes(option))
        .map((option) => ({ names: ['prctl'], action: 'SCMP_ACT_ERRNO', args: [exactly(0, option)] })),
    ]),
  );
  const helpful = [
    refusing({ names: ['prctl'], action: 'SCMP_ACT_KILL', args: [exactly(0, 8)] }),
    ...ways.map((how) => refusing({ names: ['epoll_ctl'], ...how, args: [exactly(1, 1)] })),
    ...ways.map((how) => refusing({ names: ['close'], ...how, args: [{ index: 0, value: 2, op: 'SCMP_CMP_GT' }] })),
    ...ways.map((how) => refusing({ names: ['faccessat2'], ...how, args: [masked(2, 1, 1)] })),
    refusing({ names: ['faccessat2', 'faccessat'], action: 'SCMP_ACT_ERRNO', args: [masked(2, 1, 1)] }),
    refusing({
      names: ['futex'],
      action: 'SCMP_ACT_TRACE',
      args: [{ index: 0, value: 0, op: 'SCMP_CMP_GE' }],
    }),
    refusing({
      names: ['epoll_ctl'],
      action: 'SCMP_ACT_KILL_PROCESS',
      args: [{ index: 0, value: 0, op: 'SCMP_CMP_GE' }],
    }),
  ];
  const asked = ['getuid', 'geteuid', 'getgid', 'getegid'];
  const pair = [
    [],
    ...asked.map((name) => [name]),
    ['getuid', 'geteuid'],
    ['getgid', 'getegid'],
    ['getuid', 'getgid'],
    asked,
  ].map((names) => refusing({ names: ['faccessat', 'faccessat2', ...names], action: 'SCMP_ACT_ERRNO' }));
  const killed = asked.map((name) =>
    profile('SCMP_ACT_ALLOW', [
      { names: ['faccessat', 'faccessat2'], action: 'SCMP_ACT_ERRNO' },
      { names: [name], action: 'SCMP_ACT_KILL_PROCESS' },
    ]),
  );
  return [...prctl, ...prctlAllowed, ...helpful, ...pair, ...killed];
}

function refusing(rule: object): string {
  return profile('SCMP_ACT_ALLOW', [rule]);
}

function profile(defaultAction: string, syscalls: readonly object[]): string {
  return JSON.stringify({ defaultAction, syscalls });
}

/** Only the low half of an argument: what `int` has. */
function exactly(index: number, value: number): object {
  return masked(index, 0xffff_ffff, value);
}

function masked(index: number, mask: number, value: number): object {
  return { index, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' };
}
