import { Command } from 'commander';
import { stringify } from 'yaml';
import { type Admission, admitRequest } from '../../core/admission/explain/admit.js';
import { changesBetween, type DecisionChange, podOutcomeOf } from '../../core/admission/test-run/diff-outcomes.js';
import { compileRuleSet, type RuleSet } from '../../core/policy/rules/rule-set.js';
import { EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { table } from '../output/table.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { catalogueFor, policiesFor } from './policy-source.js';
import { pathsOption, type RuleOptions, ruleOptions } from './rule-options.js';
import { type GivenLabels, labelsOfNamespace, namespaceLabelsOption, readSubjects, type Subject } from './subjects.js';

const examples = `
Examples:
  $ kubectl get pods,namespaces -A -o json | seccomply policy diff policies/ new-policies/ -f -
  $ seccomply policy diff main/policies branch/policies -f pods.json -f deployments/
  $ seccomply policy diff policies/ new-policies/ -f pods.json --output json

Every pod is taken as if it were created anew, under the first policies and under the second. Hand in the Namespaces too
(kubectl get pods,namespaces) when policies go by their labels.

Exit code: 0 when nothing changes, 1 when something does, 2 when the input cannot be used.`;

interface DiffOptions extends RuleOptions {
  readonly filename: readonly string[];
  readonly namespaceLabels: GivenLabels;
  readonly output: 'table' | 'json' | 'yaml';
}

interface Changed {
  readonly subject: Subject;
  readonly changes: readonly DecisionChange[];
}

export function command(): Command {
  const command = new Command('diff')
    .description('show whose outcome a change of policies changes')
    .argument('<before>', 'file or folder of policies')
    .argument('<after>', 'file or folder of policies')
    .addOption(
      pathsOption(
        '-f, --filename <path>',
        'pods, workloads, lists or AdmissionReviews; - for standard input; may be given again',
      ).makeOptionMandatory(),
    )
    .addOption(namespaceLabelsOption())
    .addOption(outputOption('table', 'json', 'yaml'))
    .addHelpText('after', examples)
    .action((before: string, after: string, options: DiffOptions) => run(before, after, options));
  for (const option of ruleOptions()) command.addOption(option);
  return command;
}

async function run(before: string, after: string, options: DiffOptions): Promise<void> {
  const now = options.now ?? Date.now();
  const input = await readSubjects(options.filename);
  const catalogue = await catalogueFor(options);
  const rulesOf = async (path: string): Promise<RuleSet> => {
    const { documents } = await policiesFor([path], now);
    return compileRuleSet(documents, { catalogue, ...options });
  };
  const [first, second] = [await rulesOf(before), await rulesOf(after)];
  const changed: Changed[] = [];
  for (const subject of input.subjects) {
    const admission = (rules: RuleSet): Admission =>
      admitRequest(rules, subject.request, {
        now,
        namespaceLabels: labelsOfNamespace(subject.namespace, options.namespaceLabels, input, rules),
      });
    const changes = changesBetween(
      podOutcomeOf(admission(first), catalogue),
      podOutcomeOf(admission(second), catalogue),
    );
    if (changes.length > 0) changed.push({ subject, changes });
  }
  await writeOut(rendered(changed, input.subjects.length, options.output));
  if (changed.length > 0) process.exitCode = EXIT.findings;
}

function rendered(changed: readonly Changed[], looked: number, output: DiffOptions['output']): string {
  const tally = tallyOf(changed, looked);
  if (output === 'table') {
    const rows = changed.flatMap(({ subject, changes }) =>
      changes.map(({ container, what, from, to }) => [
        subject.label,
        what === 'profile' ? container : what,
        from,
        to.startsWith('refused') ? ({ text: to, colour: 'red' } as const) : to,
      ]),
    );
    const paint = stdoutPaint();
    const list = rows.length === 0 ? '' : `${table(['OBJECT', 'CONTAINER', 'BEFORE', 'AFTER'], rows, paint)}\n`;
    return `${list}${tallyText(tally)}\n`;
  }
  const data = {
    changes: changed.map(({ subject, changes }) => ({ object: subject.label, place: subject.place, changes })),
    tally,
  };
  return output === 'json'
    ? `${JSON.stringify(data, null, 2)}\n`
    : stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
}

interface Tally {
  readonly objects: number;
  readonly changed: number;
  readonly newlyRefused: number;
  readonly newlyAllowed: number;
  readonly otherProfile: number;
}

function tallyOf(changed: readonly Changed[], objects: number): Tally {
  const count = (holds: (change: DecisionChange) => boolean): number =>
    changed.filter(({ changes }) => changes.some(holds)).length;
  return {
    objects,
    changed: changed.length,
    newlyRefused: count(({ what, to }) => what === 'decision' && to !== 'allowed'),
    newlyAllowed: count(({ what, to }) => what === 'decision' && to === 'allowed'),
    otherProfile: count(({ what }) => what === 'profile'),
  };
}

function tallyText({ objects, changed, newlyRefused, newlyAllowed, otherProfile }: Tally): string {
  const of = `${changed} of ${objects} object${objects === 1 ? '' : 's'} would change`;
  if (changed === 0) return `${of.replace('would change', 'would change: the outcome is the same for all')}`;
  return `${of}: ${newlyRefused} newly refused, ${newlyAllowed} newly allowed, ${otherProfile} with another profile`;
}
