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
