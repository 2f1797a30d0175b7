import { lintProfile } from '../../../src/core/lint/lint.js';
import { predictStart } from '../../../src/core/lint/start-prediction.js';
import type { Problem } from '../../../src/core/problem/problem.js';
import type { MistakeDetail } from '../../../src/core/profile/read/mistake-detail.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import { MALFORMED_PROFILES } from './malformed-profiles.js';

// test/kernel/malformed.test.ts puts the same profiles to the runtimes themselves.
const NODES = [
  { runtime: 'runc', runtimeVersion: '1.1.5' },
  { runtime: 'crun', runtimeVersion: '1.8.1' },
] as const;

describe.each(NODES)('$runtime $runtimeVersion', (node) => {
  test.each(MALFORMED_PROFILES.map((row) => [row.what, row] as const))(
    '%s: what becomes of a container is said before',
    (_, row) => {
      const { outcome, because } = predictStart(parseProfile(row.profile), {
        ...node,
        architecture: 'SCMP_ARCH_X86_64',
      });
      expect(outcome).toBe(row[node.runtime]);
      expect(because === undefined).toBe(outcome === 'filtered');
    },
  );
});

test.each(NODES)('$runtime: the prediction does not hang on how the problems are worded', (node) => {
  for (const row of MALFORMED_PROFILES) {
    const parsed = parseProfile(row.profile);
    const details = new Map<Problem, MistakeDetail>();
    const problems = parsed.problems.map((problem) => {
      const reworded = { ...problem, message: 'in other words', advice: '' };
      const detail = parsed.details.get(problem);
      if (detail !== undefined) details.set(reworded, detail);
      return reworded;
    });
    const { outcome } = predictStart({ ...parsed, problems, details }, { ...node, architecture: 'SCMP_ARCH_X86_64' });
    expect([row.what, outcome]).toEqual([row.what, row[node.runtime]]);
  }
});

test.each(MALFORMED_PROFILES.map((row) => [row.what, row] as const))('%s: lint names it', (_, row) => {
  const codes = NODES.flatMap(
    (node) => lintProfile(row.profile, { ...node, architecture: 'SCMP_ARCH_X86_64' }).problems,
  )
    .filter(({ severity }) => severity !== 'info')
    .map(({ code }) => code);
  for (const code of row.lint) expect(codes).toContain(code);
  const isRefused = row.runc !== 'filtered' || row.crun !== 'filtered';
  if (isRefused) expect(row.lint).not.toEqual([]);
});

test('runc 1.3 takes flags, 1.1 does not', () => {
  const parsed = parseProfile('{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"]}');
  expect(predictStart(parsed, { runtime: 'runc', runtimeVersion: '1.3.6' })).toEqual({ outcome: 'filtered' });
  expect(predictStart(parsed, { runtime: 'runc', runtimeVersion: '1.1.15' })).toEqual({
    outcome: 'not started',
    because: 'runc before 1.2 takes no flags',
  });
});

// test/kernel/start/conditional-refusals.ts puts these kinds to the runtimes themselves.
describe('refusals by arguments', () => {
  const outcome = (runtime: 'runc' | 'crun', ...syscalls: readonly object[]) =>
    predictStart(parseProfile(JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls })), { runtime }).outcome;
  const only = (index: number, valueTwo: number) => [{ index, value: 0xffff_ffff, valueTwo, op: 'SCMP_CMP_MASKED_EQ' }];
  const errno = (...names: readonly string[]) => ({ names, action: 'SCMP_ACT_ERRNO' });
  const kill = (...names: readonly string[]) => ({ names, action: 'SCMP_ACT_KILL_PROCESS' });

  test.each([
    [8, 'not started', 'not started'],
    [24, 'not started', 'not started'],
    [47, 'filtered', 'not started'],
    [22, 'filtered', 'filtered'],
    [38, 'filtered', 'filtered'],
  ])('prctl %i: with an errno %s, with a kill %s', (option, withErrno, withKill) => {
    for (const runtime of ['runc', 'crun'] as const) {
      expect(outcome(runtime, { ...errno('prctl'), args: only(0, option) })).toBe(withErrno);
      expect(outcome(runtime, { ...kill('prctl'), args: only(0, option) })).toBe(withKill);
    }
  });

  test('prctl with more arguments than the option', () => {
    const cleared = [...only(0, 8), ...only(1, 0)];
    expect(outcome('runc', { ...errno('prctl'), args: cleared })).toBe('not foretold');
    expect(outcome('runc', { ...errno('prctl'), args: [...only(0, 22), ...only(1, 0)] })).toBe('filtered');
  });

  test('some calls of one that is lived with: a kill leaves it open, an errno does not', () => {
    expect(outcome('runc', { ...kill('epoll_ctl'), args: only(1, 1) })).toBe('not foretold');
    expect(outcome('runc', { ...errno('epoll_ctl'), args: only(1, 1) })).toBe('filtered');
    expect(outcome('crun', { ...kill('close'), args: [{ index: 0, value: 2, op: 'SCMP_CMP_GT' }] })).toBe(
      'not foretold',
    );
    expect(outcome('runc', { ...errno('faccessat', 'faccessat2'), args: only(2, 1) })).toBe('not foretold');
    expect(outcome('runc', { ...kill('futex'), args: only(1, 0) })).toBe('not foretold');
  });

  test('conditions that always hold are none', () => {
    const always = [{ index: 0, value: 0, op: 'SCMP_CMP_GE' }];
    expect(outcome('runc', { ...kill('epoll_ctl'), args: always })).toBe('not started');
    expect(outcome('runc', { ...errno('futex'), action: 'SCMP_ACT_TRACE', args: always })).toBe('not always started');
  });

  test.each([
    [[], 'not started'],
    [['getuid'], 'filtered'],
    [['getegid'], 'filtered'],
    [['getuid', 'geteuid'], 'not started'],
    [['getuid', 'getgid'], 'filtered'],
    [['getuid', 'geteuid', 'getgid', 'getegid'], 'not started'],
  ])('runc without faccessat2, faccessat and %j: %s', (names, expected) => {
    expect(outcome('runc', errno('faccessat', 'faccessat2', ...names))).toBe(expected);
  });
});
