import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { runPolicyTest, type TestFailure } from '../../core/admission/test-run/policy-test-run.js';
import { compileRuleSet, type RuleSet } from '../../core/policy/rules/rule-set.js';
import { formatPlace, formatProblem, type Problem } from '../../core/problem/problem.js';
import type { Catalogue } from '../../core/profile/catalogue.js';
import { loadPolicies } from '../../files/policies/load-policies.js';
import { type LoadedSuite, type LoadedTest, loadPolicyTests } from '../../files/policies/load-policy-tests.js';
import type { Paint } from '../../system/terminal/colour.js';
import { printable } from '../../system/terminal/printable.js';
import { CliError, EXIT } from '../output/exit.js';
import { junit } from '../output/junit.js';
import { outputOption } from '../output/output-option.js';
import { problemText } from '../output/problems.js';
import { table } from '../output/table.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { catalogueFor } from './policy-source.js';
import { type RuleOptions, ruleOptions } from './rule-options.js';

const examples = `
Examples:
  $ seccomply policy test policies/
  $ seccomply policy test policies/ --run 'exempt|expired'
  $ seccomply policy test policies/ --output junit > policy-tests.xml

Tests stand in files *.test.yaml beside the policies they are for: pods, and what must come of them. Each file is tried
with the policies of its own folder and the folders below it. How to write them: docs/how-to/test-policies.md.

Exit code: 0 when every test passes, 1 when one fails, a test file has an error or there is no test, 2 for wrong usage.`;

interface TestOptions extends RuleOptions {
  readonly output: 'table' | 'json' | 'yaml' | 'junit';
  readonly run?: RegExp;
}

interface Result {
  readonly suite: LoadedSuite;
  readonly test: LoadedTest;
  readonly failures: readonly TestFailure[];
}

export function command(): Command {
  const test = new Command('test')
    .description('run the tests that stand beside policies')
    .argument('<path...>', 'folders with policies and their tests, or test files')
    .option('--run <regex>', 'only tests whose "suite/name" matches', regex)
    .addOption(outputOption('table', 'json', 'yaml', 'junit'))
    .addHelpText('after', examples)
    .action((paths: readonly string[], options: TestOptions) => run(paths, options));
  for (const option of ruleOptions()) test.addOption(option);
  return test;
}

async function run(paths: readonly string[], options: TestOptions): Promise<void> {
  const { files, suites, problems: inTests } = await loadPolicyTests(paths);
  const problems: Problem[] = [...inTests];
  const catalogue = await catalogueFor(options);
  const sets = new Map<string, RuleSet | undefined>();
  const results: Result[] = [];
  const now = options.now ?? Date.now();
  for (const suite of suites) {
    const key = suite.policies.join('\n');
    if (!sets.has(key)) sets.set(key, await ruleSetFor(suite, catalogue, options, problems));
    const rules = sets.get(key);
    if (rules === undefined) continue;
    for (const test of suite.tests)
      if (options.run === undefined || options.run.test(`${suite.name}/${test.name}`))
        results.push({
          suite,
          test,
          failures: runPolicyTest(rules, { ...test, now: test.now ?? now, namespaces: suite.namespaces }),
        });
  }
  await writeOut(rendered(results, problems, options.output, stdoutPaint()));
  if (results.length === 0 && problems.length === 0) throw noTest(paths, files, suites, options.run);
  if (results.length === 0 && problems.some(({ code, place }) => code === 'PD020' && paths.includes(place?.file ?? '')))
    process.exitCode = EXIT.usage;
  else if (problems.some(({ severity }) => severity === 'error') || results.some(({ failures }) => failures.length > 0))
    process.exitCode = EXIT.findings;
}

async function ruleSetFor(
  suite: LoadedSuite,
  catalogue: Catalogue,
  { baseline, longestExemption }: RuleOptions,
  problems: Problem[],
): Promise<RuleSet | undefined> {
  const { documents, problems: found } = await loadPolicies(suite.policies);
  const errors = found.filter(({ severity }) => severity === 'error');
  const isEmpty = documents.policies.length === 0 && documents.exemptions.length === 0;
  if (errors.length === 0 && !isEmpty) return compileRuleSet(documents, { catalogue, baseline, longestExemption });
  problems.push(...errors, {
    code: 'PT006',
    severity: 'error',
    message: `the tests in this file did not run: ${errors.length > 0 ? 'their policies have errors' : `there are no policies in ${suite.policies.join(', ')}`}`,
    advice:
      errors.length > 0
        ? 'correct the errors above first'
        : 'put the test file beside its policies, or name them with policies: […]',
    place: { file: suite.file, line: 1 },
  });
  return undefined;
}

function noTest(
  paths: readonly string[],
  files: readonly string[],
  suites: readonly LoadedSuite[],
  filter: RegExp | undefined,
): CliError {
  const where = paths.join(', ');
  const count = suites.reduce((sum, { tests }) => sum + tests.length, 0);
  if (filter !== undefined && count > 0)
    return new CliError(
      `no test was run: none of the ${count} tests in ${where} has a name that matches ${String(filter)}`,
      EXIT.findings,
    );
  return new CliError(
    files.length === 0
      ? `no test was run: no *.test.yaml under ${where}: write one beside the policies (docs/how-to/test-policies.md)`
      : `no test was run: ${files.join(', ')} holds none`,
    EXIT.findings,
  );
}

function rendered(
  results: readonly Result[],
  problems: readonly Problem[],
  output: TestOptions['output'],
  paint: Paint,
): string {
  switch (output) {
    case 'table':
      return asTable(results, problems, paint);
    case 'json':
      return `${JSON.stringify(asData(results, problems), null, 2)}\n`;
    case 'yaml':
      return stringify(asData(results, problems), { lineWidth: 0, aliasDuplicateObjects: false });
    case 'junit':
      return asJunit(results, problems);
  }
}

function asTable(results: readonly Result[], problems: readonly Problem[], paint: Paint): string {
  const blocks: string[] = [];
  if (problems.length > 0) blocks.push(problems.map((problem) => `${problemText(problem, paint)}\n`).join(''));
  if (results.length > 0)
    blocks.push(
      table(
        ['RESULT', 'SUITE', 'TEST'],
        results.map(({ suite, test, failures }) => [
          failures.length === 0 ? { text: 'pass', colour: 'green' } : { text: 'FAIL', colour: 'red' },
          suite.name,
          test.name,
        ]),
        paint,
      ),
    );
  for (const result of results) if (result.failures.length > 0) blocks.push(failureText(result, paint));
  if (results.length > 0 || problems.length > 0) blocks.push(`${tallyText(results, problems)}\n`);
  return blocks.join('\n');
}

function failureText({ test, failures }: Result, paint: Paint): string {
  const lines = [
    `${paint('bold', printable(formatPlace(test.place)))}: ${paint('red', 'FAIL')} ${printable(test.name)}`,
  ];
  for (const { what, expected, got, reasons, place } of failures) {
    lines.push(`    ${printable(what)} ${paint('gray', `(line ${place.line ?? 1})`)}`);
    lines.push(`      expected  ${paint('green', printable(expected))}`);
    lines.push(`      got       ${paint('red', printable(got))}`);
    for (const [index, reason] of reasons.entries())
      lines.push(`      ${index === 0 ? 'because ' : '        '}  ${printable(reason)}`);
  }
  return `${lines.join('\n')}\n`;
}

function tallyText(results: readonly Result[], problems: readonly Problem[]): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const files = new Set(results.map(({ suite }) => suite.file)).size;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const tests = `${results.length} test${results.length === 1 ? '' : 's'} in ${files} file${files === 1 ? '' : 's'}`;
  const more = errors === 0 ? '' : `, ${errors} error${errors === 1 ? '' : 's'} kept tests from running`;
  return `${tests}: ${results.length - failed} passed, ${failed} failed${more}`;
}

function asData(results: readonly Result[], problems: readonly Problem[]): object {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  return {
    tests: results.map(({ suite, test, failures }) => ({
      suite: suite.name,
      name: test.name,
      result: failures.length === 0 ? 'pass' : 'fail',
      place: test.place,
      ...(failures.length === 0 ? {} : { failures }),
    })),
    problems,
    tally: { tests: results.length, passed: results.length - failed, failed },
  };
}

function asJunit(results: readonly Result[], problems: readonly Problem[]): string {
  const suites = new Map<LoadedSuite, Result[]>();
  for (const result of results) {
    const known = suites.get(result.suite);
    if (known === undefined) suites.set(result.suite, [result]);
    else known.push(result);
  }
  const errors = problems.filter(({ severity }) => severity === 'error');
  return junit('seccomply policy test', [
    ...[...suites].map(([suite, own]) => ({
      name: suite.name,
      cases: own.map((result) => ({
        name: result.test.name,
        className: suite.name,
        file: suite.file,
        line: result.test.place.line,
        failure:
          result.failures.length === 0
            ? undefined
            : {
                message: result.failures
                  .map(({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`)
                  .join('; '),
                type: 'failure',
                text: failureText(result, (_, text) => text),
              },
      })),
    })),
    ...(errors.length === 0
      ? []
      : [
          {
            name: 'test files',
            cases: errors.map((problem) => ({
              name: `${problem.code} ${formatPlace(problem.place)}`.trim(),
              className: 'test files',
              file: problem.place?.file,
              line: problem.place?.line,
              failure: { message: problem.message, type: 'error', text: formatProblem(problem) },
            })),
          },
        ]),
  ]);
}

function regex(value: string): RegExp {
  try {
    return new RegExp(value, 'i');
  } catch (error) {
    throw new InvalidArgumentError(`It is not a regular expression: ${error instanceof Error ? error.message : ''}`);
  }
}
