import { compileProfile } from '../../../src/core/compile/compile.js';
import { type CompiledFor, startProblems } from '../../../src/core/lint/compiled-start.js';
import { formatProblem } from '../../../src/core/problem/problem.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';

function problems(rule: object, options: Omit<CompiledFor, 'architecture'> = {}): readonly string[] {
  const { profile: source } = parseProfile(JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }));
  if (source === undefined) throw new Error('it is no profile');
  const node = { architecture: 'SCMP_ARCH_X86_64', ...options } as const;
  const { profile } = compileProfile(source, { ...node, capabilities: [], kernel: '6.18' });
  if (profile === undefined) throw new Error('it does not compile');
  return startProblems(profile, node).map(formatProblem);
}

const keepCaps = {
  names: ['prctl'],
  action: 'SCMP_ACT_ERRNO',
  args: [{ index: 0, value: 0xffff_ffff, valueTwo: 8, op: 'SCMP_CMP_MASKED_EQ' }],
};

test('what stops some of the containers is a warning', () => {
  expect(problems(keepCaps)).toMatchInlineSnapshot(`
[
  "warning: under runc with allowPrivilegeEscalation: true the container does not start: runc needs prctl to start it [PC18]
    Let the runtime make these calls with any arguments, or say which runtime and which allowPrivilegeEscalation the profile is for.",
  "warning: under crun with allowPrivilegeEscalation: true the container does not start: crun needs prctl to start it [PC18]
    Let the runtime make these calls with any arguments, or say which runtime and which allowPrivilegeEscalation the profile is for.",
]
`);
  expect(problems(keepCaps, { allowPrivilegeEscalation: false })).toEqual([]);
});

test('what stops all of them is an error', () => {
  expect(problems(keepCaps, { allowPrivilegeEscalation: true })).toMatchInlineSnapshot(`
[
  "error: no container starts with the compiled profile: runc needs prctl to start it [PC17]
    Let the runtime make these calls with any arguments, or say which runtime and which allowPrivilegeEscalation the profile is for.",
]
`);
});

test('what is not known is a warning', () => {
  const rule = {
    names: ['epoll_ctl'],
    action: 'SCMP_ACT_KILL_PROCESS',
    args: [{ index: 1, value: 1, op: 'SCMP_CMP_EQ' }],
  };
  expect(problems(rule, { runtime: 'runc' })).toMatchInlineSnapshot(`
[
  "warning: it is not known whether the container starts: runc makes epoll_ctl, which the rules answer by arguments or with a pretended success [PC18]
    Let the runtime make these calls with any arguments, or say which runtime and which allowPrivilegeEscalation the profile is for.",
]
`);
  expect(problems(rule, { runtime: 'crun' })).toEqual([]);
});

test.each([
  [['faccessat', 'faccessat2'], 'SCMP_ACT_ERRNO'],
  [['epoll_ctl', 'getpid', 'close', 'tgkill', 'close_range'], 'SCMP_ACT_KILL_PROCESS'],
  [['epoll_ctl'], 'SCMP_ACT_KILL'],
  [['faccessat2'], 'SCMP_ACT_TRAP'],
  [['execve', 'prctl', 'futex'], 'SCMP_ACT_TRACE'],
])('%j with %s: the compiled profile starts', (names, action) => {
  for (const runtime of ['runc', 'crun'] as const) expect(problems({ names, action }, { runtime })).toEqual([]);
});
