import { dirname, relative, sep } from 'node:path';
import { Command, Option } from 'commander';
import { testedContainers } from '../../core/admission/test-run/policy-test-pod.js';
import type { TestedContainer } from '../../core/policy/check/check-context.js';
import { checkPolicies } from '../../core/policy/check/check-policies.js';
import { problemCodes } from '../../core/policy/check/problem-codes.js';
import { formatPlace, type Problem, type Severity } from '../../core/problem/problem.js';
import { findPolicyFiles } from '../../files/policies/find-policy-files.js';
import { loadPolicies } from '../../files/policies/load-policies.js';
import { loadPolicyTests } from '../../files/policies/load-policy-tests.js';
import { packageVersion } from '../../system/package-root.js';
import { CliError, EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { type ProblemFormat, problemsOutput, tallyText } from '../output/problems.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { catalogueFor, insteadText } from './policy-source.js';
import { type RuleOptions, ruleOptions } from './rule-options.js';

const examples = `
Examples:
  $ seccomply policy check policies/
  $ seccomply policy check --profiles profiles/ --profiles team-profiles/ policies/ exemptions.yaml
  $ seccomply policy check policies/ --output sarif > seccomply.sarif
  $ kubectl get seccomppolicies,seccompexemptions -o yaml | seccomply policy check -

Finds what is not well formed, with file, line and column, and what does not mean what it seems to: rules that are never
reached, ties in priority, policies that contradict each other, requirements out of reach or easy to get around, profiles
that are not in the catalogue, exemptions that have expired or are too broad. Every code is explained in
docs/reference/policy-problems.md.

Exit code: 0 when nothing is found but notes, 1 when there are errors or warnings (--fail-on error: errors only), 2 when
there is nothing to check.`;

const standardInput = '/dev/stdin';

interface CheckOptions extends RuleOptions {
  readonly output: ProblemFormat;
  readonly failOn: 'error' | 'warning';
}

export function command(): Command {
  const check = new Command('check')
    .description('find mistakes in policies and exemptions')
    .argument('<path...>', 'files and folders of policies and exemptions; - for standard input')
    .addOption(outputOption('table', 'json', 'yaml', 'sarif', 'junit'))
    .addOption(
      new Option('--fail-on <severity>', 'what makes the exit code 1').choices(['warning', 'error']).default('warning'),
    )
    .addHelpText('after', examples)
    .action((paths: readonly string[], options: CheckOptions) => run(paths, options));
  for (const option of ruleOptions()) check.addOption(option);
  return check;
}

async function run(given: readonly string[], options: CheckOptions): Promise<void> {
  const paths = given.map((path) => (path === '-' ? standardInput : path));
  const { documents, problems: loading, notes } = await loadPolicies(paths, { pipes: true });
  const { files } = await findPolicyFiles(paths, { pipes: true });
  const { policies, exemptions } = documents;
  if (policies.length === 0 && exemptions.length === 0 && loading.length === 0)
    throw new CliError(
      `there is no policy and no exemption in ${paths.join(', ')}: files end in .yaml, .yml or .json and hold SeccompPolicy or SeccompExemption documents${insteadText(notes)}`,
    );
  const now = options.now ?? Date.now();
  const onDisk = files.map(({ path }) => path).filter((path) => path !== standardInput);
  const tests = await loadPolicyTests([...new Set(onDisk.map((path) => dirname(path)))]);
  const found = checkPolicies(documents, {
    catalogue: await catalogueFor(options),
    baseline: options.baseline,
    longestExemption: options.longestExemption,
    now,
    testedWith: testedWith(tests.suites),
  });
  const problems = sorted([...loading, ...tests.problems.filter(concerns(paths, onDisk)), ...notes, ...found]);
  const tally = { policies: policies.length, exemptions: exemptions.length, files: files.length };
  await writeOut(
    problemsOutput(problems, options.output, {
      subject: 'policy check',
      files: files.map(({ path }) => path),
      tool: { version: packageVersion(), rules: problemCodes },
      paint: stdoutPaint(),
      more: { tally },
    }),
  );
  if (options.output === 'table') await writeOut(`${problems.length === 0 ? '' : '\n'}${tallyLine(tally, problems)}\n`);
  const failing: readonly Severity[] = options.failOn === 'error' ? ['error'] : ['error', 'warning'];
  if (files.length === 0 && loading.length > 0) process.exitCode = EXIT.usage;
  else if (problems.some(({ severity }) => failing.includes(severity))) process.exitCode = EXIT.findings;
}

/** Whether a test file is one of what was asked about: in a folder that was given, or right beside a file that was. */
function concerns(paths: readonly string[], files: readonly string[]): (problem: Problem) => boolean {
  const folders = paths.filter((path) => !files.includes(path));
  const beside = new Set(files.map((file) => dirname(file)));
  return ({ place }) => {
    const file = place?.file ?? '';
    return beside.has(dirname(file)) || folders.some((folder) => relative(folder, file).split(sep)[0] !== '..');
  };
}

/** The containers in the tests of a folder, for the policies in that folder. */
function testedWith(
  suites: Awaited<ReturnType<typeof loadPolicyTests>>['suites'],
): (file: string) => readonly TestedContainer[] | undefined {
  const byFolder = new Map<string, TestedContainer[]>();
  for (const { policies, tests } of suites)
    for (const path of policies) {
      const known = byFolder.get(path) ?? [];
      for (const { object } of tests) known.push(...testedContainers(object));
      byFolder.set(path, known);
    }
  return (file) => byFolder.get(file) ?? byFolder.get(dirname(file));
}

function sorted(problems: readonly Problem[]): Problem[] {
  const rank = { error: 0, warning: 1, info: 2 } as const;
  const fileOf = ({ place }: Problem): string => place?.file ?? '\uffff';
  return [...problems].sort(
    (a, b) =>
      (fileOf(a) < fileOf(b) ? -1 : fileOf(a) > fileOf(b) ? 1 : 0) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0) ||
      rank[a.severity] - rank[b.severity] ||
      (formatPlace(a.place) + a.code < formatPlace(b.place) + b.code ? -1 : 1),
  );
}

function tallyLine(
  { policies, exemptions, files }: { readonly policies: number; readonly exemptions: number; readonly files: number },
  problems: readonly Problem[],
): string {
  const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;
  return `${count(policies, 'policy', 'policies')} and ${count(exemptions, 'exemption', 'exemptions')} in ${count(files, 'file', 'files')}: ${tallyText(problems)}`;
}
