/** Rules on time that libseccomp makes different filters of, by version and by how it is asked to lay them out. */
export const OVERLAPPING = JSON.stringify({
  defaultAction: 'SCMP_ACT_KILL_PROCESS',
  syscalls: [
    { names: ['time', 'time'], action: 'SCMP_ACT_TRACE', args: [{ index: 5, value: 2147483648, op: 'SCMP_CMP_NE' }] },
    {
      names: ['ipc', 'time'],
      action: 'SCMP_ACT_TRACE',
      args: [{ index: 1, value: 1, valueTwo: 1, op: 'SCMP_CMP_MASKED_EQ' }],
    },
    { names: ['ipc'], action: 'SCMP_ACT_KILL', args: [{ index: 1, value: 1, op: 'SCMP_CMP_EQ' }] },
    {
      names: ['time'],
      action: 'SCMP_ACT_ALLOW',
      args: [
        { index: 4, value: 8, op: 'SCMP_CMP_LE' },
        { index: 1, value: 7, op: 'SCMP_CMP_GT' },
        { index: 0, value: 8589934593, op: 'SCMP_CMP_GT' },
      ],
    },
    {
      names: ['send'],
      action: 'SCMP_ACT_TRACE',
      args: [
        { index: 2, value: 8589934593, op: 'SCMP_CMP_EQ' },
        { index: 0, value: 8589934593, op: 'SCMP_CMP_LE' },
      ],
    },
    {
      names: ['send', 'time'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 38,
      args: [
        { index: 2, value: 2147483648, op: 'SCMP_CMP_GE' },
        { index: 0, value: 8589934593, op: 'SCMP_CMP_GT' },
        { index: 3, value: 8589934593, op: 'SCMP_CMP_LE' },
        { index: 1, value: 8589934592, valueTwo: 7, op: 'SCMP_CMP_MASKED_EQ' },
      ],
    },
  ],
});
