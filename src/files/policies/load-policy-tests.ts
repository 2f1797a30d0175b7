import { dirname, isAbsolute, join } from 'node:path';
import { MAX_FILE } from '../../core/document/limits.js';
import {
  type PolicyTestCase,
  type PolicyTestSuite,
  parsePolicyTests,
} from '../../core/policy/load/policy-test-file.js';
import type { Problem } from '../../core/problem/problem.js';
import { readBounded } from '../../system/read-bounded.js';
import { readFailure } from './find-policy-files.js';
import { findPolicyTests } from './find-policy-tests.js';
import { readObjects } from './read-objects.js';

/** A test with its pod read. */
export interface LoadedTest extends PolicyTestCase {
  readonly object: unknown;
}

export interface LoadedSuite extends Omit<PolicyTestSuite, 'tests' | 'policies'> {
  /** Where its policies are. */
  readonly policies: readonly string[];
  readonly tests: readonly LoadedTest[];
}

export interface LoadedTests {
  readonly files: readonly string[];
  readonly suites: readonly LoadedSuite[];
  readonly problems: readonly Problem[];
}

/** Reads tests of policies from files and folders, with the pods that stand in files of their own. */
export async function loadPolicyTests(paths: readonly string[]): Promise<LoadedTests> {
  const found = await findPolicyTests(paths);
  const problems: Problem[] = [...found.problems];
  const suites: LoadedSuite[] = [];
  for (const file of found.files) {
    let text: string;
    try {
      text = (await readBounded(file, { most: MAX_FILE, pipes: true })).toString('utf8');
    } catch (error) {
      const { message, advice } = readFailure(error, 'file');
      problems.push({ code: 'PD020', severity: 'error', message, advice, place: { file } });
      continue;
    }
    const parsed = parsePolicyTests(text, file);
    problems.push(...parsed.problems);
    for (const suite of parsed.suites) {
      const tests: LoadedTest[] = [];
      for (const test of suite.tests) {
        const read = await podOf(test, dirname(file));
        if ('problem' in read) problems.push(read.problem);
        else tests.push({ ...test, object: read.object });
      }
      const policies = suite.policies?.map((path) => at(dirname(file), path)) ?? [dirname(file)];
      suites.push({ ...suite, policies, tests });
    }
  }
  return { files: found.files, suites, problems };
}

async function podOf(
  test: PolicyTestCase,
  folder: string,
): Promise<{ readonly object: unknown } | { readonly problem: Problem }> {
  if ('pod' in test.subject) return { object: test.subject.pod };
  const { file, place } = test.subject;
  const path = at(folder, file);
  const fail = (message: string, advice: string) =>
    ({ problem: { code: 'PT005', severity: 'error', message, advice, place } }) as const;
  const { objects, problems } = await readObjects(path);
  const [problem] = problems;
  if (problem !== undefined) {
    const { line, column } = problem.place ?? {};
    return fail(
      `the pod in ${path}${line === undefined ? '' : `:${line}:${column ?? 1}`} cannot be used: ${problem.message}`,
      problem.advice ?? 'correct the file',
    );
  }
  const [first] = objects;
  if (objects.length !== 1 || first === undefined)
    return fail(`${path} holds ${objects.length} objects, and a test tries one`, 'name a file with a single pod in it');
  return { object: first.object };
}

function at(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
