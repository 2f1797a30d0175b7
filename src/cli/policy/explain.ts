import { Command } from 'commander';
import { stringify } from 'yaml';
import { explain } from '../../core/admission/explain/explain.js';
import { explanationText, type Mark } from '../../core/admission/explain/explanation-text.js';
import { profileText } from '../../core/policy/rules/profile-text.js';
import { compileRuleSet } from '../../core/policy/rules/rule-set.js';
import type { Colour, Paint } from '../../system/terminal/colour.js';
import { printableData } from '../../system/terminal/printable.js';
import { EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { catalogueFor, policiesFor } from './policy-source.js';
import { pathsOption, type RuleOptions, ruleOptions } from './rule-options.js';
import { type GivenLabels, labelsOfNamespace, namespaceLabelsOption, readSubjects } from './subjects.js';

const examples = `
Examples:
  $ seccomply policy explain -f pod.yaml --policies policies/
  $ seccomply policy explain -f pod.yaml --policies policies/ --namespace-labels tier=web
  $ kubectl get pod web -n shop -o yaml | seccomply policy explain -f - --policies policies/ --all
  $ seccomply policy explain -f review.json --now 2027-02-01T00:00:00Z --output json

Without --policies the demo set is asked, as seccomply serve has it.

Exit code: 0 when everything would be admitted, 1 when something would be refused, 2 when the input cannot be used.`;

interface ExplainOptions extends RuleOptions {
  readonly filename: readonly string[];
  readonly policies?: readonly string[];
  readonly namespaceLabels: GivenLabels;
  readonly all?: true;
  readonly output: 'table' | 'json' | 'yaml';
}

export function command(): Command {
  const command = new Command('explain')
    .description(
      'tell why a pod gets what it gets: every rule, requirement and exemption, and why the others did not count',
    )
    .addOption(
      pathsOption(
        '-f, --filename <path>',
        'pods, workloads, lists or AdmissionReviews; - for standard input; may be given again',
      ).makeOptionMandatory(),
    )
    .addOption(pathsOption('--policies <path>', 'policies and exemptions, may be given again'))
    .addOption(namespaceLabelsOption())
    .option('--all', 'tell of the policies for other pods too')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addHelpText('after', examples)
    .action((options: ExplainOptions) => run(options));
  for (const option of ruleOptions()) command.addOption(option);
  return command;
}

async function run(options: ExplainOptions): Promise<void> {
  const now = options.now ?? Date.now();
  const input = await readSubjects(options.filename);
  const { documents, source } = await policiesFor(options.policies, now);
  const catalogue = await catalogueFor(options);
  const rules = compileRuleSet(documents, { catalogue, ...options });
  const stories = input.subjects.map(({ request, namespace }) =>
    explain(rules, request, {
      now,
      namespaceLabels: labelsOfNamespace(namespace, options.namespaceLabels, input, rules),
    }),
  );
  if (options.output === 'table') {
    const nameOf = (effective: string): string => {
      const { reference, stage } = profileText(effective, catalogue);
      return stage === undefined || stage === 'Enforce' ? reference : `${reference} (stage ${stage})`;
    };
    const mark = marker(stdoutPaint());
    await writeOut(`Policies: ${source}; time: ${new Date(now).toISOString().replace('.000Z', 'Z')}\n`);
    for (const story of stories)
      await writeOut(`\n${explanationText(printableData(story), { mark, nameOf, all: options.all === true })}`);
  } else {
    const data = { explanations: stories };
    await writeOut(
      options.output === 'json'
        ? `${JSON.stringify(data, null, 2)}\n`
        : stringify(data, { lineWidth: 0, aliasDuplicateObjects: false }),
    );
  }
  if (stories.some(({ decision }) => !decision.allowed)) process.exitCode = EXIT.findings;
}

const COLOURS: Readonly<Record<Parameters<Mark>[0], Colour>> = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  dim: 'gray',
  head: 'bold',
};

function marker(paint: Paint): Mark {
  return (kind, text) => paint(COLOURS[kind], text);
}
