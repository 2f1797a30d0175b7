import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { lintFile } from '../../../src/core/lint/lint-file.js';
import { LINT_RULES } from '../../../src/core/lint/lint-rules.js';
import type { LintExample } from '../../../src/core/lint/subject/lint-rule.js';
import { formatProblem, type Problem } from '../../../src/core/problem/problem.js';

function problemsOf({ text, options }: LintExample): readonly Problem[] {
  return lintFile(text, options).problems;
}

test('there is a rule for every number from SP001 to SP050', () => {
  const wanted = Array.from({ length: 50 }, (_, i) => `SP${String(i + 1).padStart(3, '0')}`);
  expect(LINT_RULES.map(({ id }) => id).slice(0, 50)).toEqual(wanted);
  expect(new Set(LINT_RULES.map(({ id }) => id)).size).toBe(LINT_RULES.length);
});

test('each rule has a file of its own, whose name begins with its id, and stands in the list', () => {
  const root = 'src/core/lint/rules';
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const ids = files.flatMap((path) => {
    const found = [...readFileSync(join(root, path), 'utf8').matchAll(/^ {2}id: '(SP\d{3})',$/gm)].map(([, id]) => id);
    const named = /^sp\d{3}(?=-)/.exec(basename(path))?.[0].toUpperCase();
    expect([path, found]).toEqual([path, named === undefined ? [] : [named]]);
    return found;
  });
  expect(ids.sort()).toEqual(LINT_RULES.map(({ id }) => id));
});

describe.each(LINT_RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test(`finds its failing example: ${rule.title}`, () => {
    const problems = problemsOf(rule.failing).filter(({ code }) => code === id);
    expect(problems).not.toEqual([]);
    for (const problem of problems) {
      expect(problem.place).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
      expect(problem.message).not.toBe('');
      expect(problem.advice).toBeTruthy();
    }
    expect(problems.map(({ severity }) => severity)).toContain(rule.severity);
    expect(problems.map(formatProblem).join('\n')).toMatchSnapshot();
  });

  test('leaves its passing example alone', () => {
    expect(problemsOf(rule.passing).filter(({ code }) => code === id)).toEqual([]);
  });

  test('says why, and what to do, in sentences', () => {
    for (const text of [rule.why, rule.fix]) expect(text).toMatch(/\.$/);
    expect(rule.title).not.toMatch(/\.$/);
  });
});
