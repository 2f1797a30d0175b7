import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { decide } from '../../core/admission/decide/decide.js';
import type { Decision, Webhook } from '../../core/admission/decision.js';
import { type Admission, admitRequest } from '../../core/admission/explain/admit.js';
import { reviewAnswer } from '../../core/admission/request/review.js';
import { targetOf } from '../../core/admission/request/review-target.js';
import { profileText } from '../../core/policy/rules/profile-text.js';
import { compileRuleSet, type RuleSet } from '../../core/policy/rules/rule-set.js';
import { shortened } from '../../core/text/quoted.js';
import { printable } from '../../system/terminal/printable.js';
import { EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { table } from '../output/table.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { catalogueFor, policiesFor } from './policy-source.js';
import { pathsOption, type RuleOptions, ruleOptions } from './rule-options.js';
import { type GivenLabels, labelsOfNamespace, namespaceLabelsOption, readSubjects, type Subject } from './subjects.js';

const examples = `
Examples:
  $ seccomply admit -f pod.yaml --policies policies/
  $ seccomply admit -f review.json --webhook validate --output json
  $ kubectl create deployment web --image nginx --dry-run=client -o yaml | seccomply admit -f - --output manifest

A bare object goes through mutate, the patch is applied, and validate judges the result. For an AdmissionReview --output
json prints the very answer that the webhook gives (to mutate, unless --webhook says validate). Without --policies the
demo set is asked, as seccomply serve has it.

Exit code: 0 when everything is admitted, 1 when something is refused, 2 when the input cannot be used.`;

interface AdmitOptions extends RuleOptions {
  readonly filename: readonly string[];
  readonly policies?: readonly string[];
  readonly webhook?: Webhook;
  readonly namespaceLabels: GivenLabels;
  readonly output: 'table' | 'json' | 'yaml' | 'manifest';
}

interface Admitted {
  readonly subject: Subject;
  readonly admission: Admission;
}

export function command(): Command {
  const command = new Command('admit')
    .description('What the webhook would answer to a pod, a workload, a list of them or an AdmissionReview.')
    .addOption(
      pathsOption(
        '-f, --filename <path>',
        'what to ask about; - for standard input; may be given again',
      ).makeOptionMandatory(),
    )
    .addOption(pathsOption('--policies <path>', 'policies and exemptions, may be given again'))
    .addOption(new Option('--webhook <name>', 'ask this webhook only').choices(['mutate', 'validate']))
    .addOption(namespaceLabelsOption())
    .addOption(outputOption('table', 'json', 'yaml', 'manifest'))
    .addHelpText('after', examples)
    .action((options: AdmitOptions) => run(options));
  for (const option of ruleOptions()) command.addOption(option);
  return command;
}

async function run(options: AdmitOptions): Promise<void> {
  const now = options.now ?? Date.now();
  const input = await readSubjects(options.filename);
  const { documents, source } = await policiesFor(options.policies, now);
  const catalogue = await catalogueFor(options);
  const rules = compileRuleSet(documents, { catalogue, ...options });
  const admitted = input.subjects.map((subject): Admitted => {
    const namespaceLabels = labelsOfNamespace(subject.namespace, options.namespaceLabels, input, rules);
    const context = { now, namespaceLabels };
    if (subject.reviewUid === undefined)
      return {
        subject,
        admission: admitRequest(rules, subject.request, {
          ...context,
          ...(options.webhook === undefined ? {} : { webhook: options.webhook }),
        }),
      };
    const decision = decide(rules, options.webhook ?? 'mutate', subject.request, context);
    return { subject, admission: { request: subject.request, decision, object: subject.request.object } };
  });
  if (options.policies === undefined) process.stderr.write(`Policies: ${source}\n`);
  await writeOut(rendered(admitted, options.output, rules));
  if (admitted.some(({ admission }) => !admission.decision.allowed)) process.exitCode = EXIT.findings;
}

function rendered(admitted: readonly Admitted[], output: AdmitOptions['output'], rules: RuleSet): string {
  switch (output) {
    case 'table':
      return asTable(admitted, rules);
    case 'manifest':
      return admitted
        .filter(({ admission }) => admission.decision.allowed)
        .map(({ admission }) => stringify(admission.object, { lineWidth: 0, aliasDuplicateObjects: false }))
        .join('---\n');
    case 'json':
    case 'yaml': {
      const answers = admitted.map(answerOf);
      if (answers.length === 1 && output === 'json') return `${answers[0]}\n`;
      const items = answers.map((text) => JSON.parse(text) as unknown);
      const data = items.length === 1 ? items[0] : { apiVersion: 'v1', kind: 'List', items };
      return output === 'json'
        ? `${JSON.stringify(data, null, 2)}\n`
        : stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
    }
  }
}

/** No API server asked, so there is no uid to give back. */
const NO_UID = '00000000-0000-0000-0000-000000000000';

/** For an AdmissionReview the text that the webhook sends; for a bare object the answers of both webhooks, and what came of it. */
function answerOf({ subject, admission }: Admitted): string {
  const { mutate, validate, decision, object } = admission;
  if (subject.reviewUid !== undefined) return reviewAnswer(subject.reviewUid, decision);
  const answer = (one: Decision): object =>
    (JSON.parse(reviewAnswer(NO_UID, one)) as { readonly response: object }).response;
  // Both let it in: the first has the patch, the second may have more to warn of.
  const last = decision.allowed && mutate !== undefined ? { ...mutate, warnings: warningsOf(admission) } : decision;
  return JSON.stringify(
    {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: answer(last),
      ...(mutate === undefined ? {} : { mutate: answer(mutate) }),
      ...(validate === undefined ? {} : { validate: answer(validate) }),
      object,
    },
    null,
    2,
  );
}

function asTable(admitted: readonly Admitted[], rules: RuleSet): string {
  const paint = stdoutPaint();
  const blocks = [
    table(
      ['RESULT', 'OBJECT', 'CONTAINERS'],
      admitted.map(({ subject, admission }) => [
        resultCell(admission),
        subject.label,
        admission.decision.allowed ? (notJudged(admission) ?? containersText(admission, rules)) : '',
      ]),
      paint,
    ),
  ];
  for (const { subject, admission } of admitted) {
    const lines = [
      ...(admission.decision.allowed
        ? []
        : [`${paint('red', 'refused')}: ${printable(admission.decision.message ?? '')}`]),
      ...warningsOf(admission).map((warning) => `${paint('yellow', 'warning')}: ${printable(warning)}`),
    ];
    if (lines.length > 0)
      blocks.push(`${paint('bold', printable(subject.label))}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }
  return blocks.join('\n');
}

function resultCell({ decision, mutate }: Admission): {
  readonly text: string;
  readonly colour: 'red' | 'green' | 'yellow';
} {
  if (!decision.allowed) return { text: 'refused', colour: 'red' };
  const isChanged = (mutate ?? decision).patch.length > 0;
  return isChanged ? { text: 'changed', colour: 'yellow' } : { text: 'admitted', colour: 'green' };
}

/** Why nothing was looked at: `not judged: argoproj.io/Rollout has no pod that is judged here`. */
function notJudged({ request }: Admission): string | undefined {
  const target = targetOf(request);
  return target.is === 'nothing' ? `not judged: ${target.why}` : undefined;
}

/** `web: web-static (web-by-image/nginx)`, for the containers that a rule or an exemption is for. */
function containersText({ mutate, decision }: Admission, { catalogue }: RuleSet): string {
  const assigned = (mutate ?? decision).assignments.map(({ container, effective, result, policy, rule }) => {
    const { reference, stage } = profileText(effective, catalogue);
    const how = [
      stage === undefined || stage === 'Enforce' ? '' : `stage ${stage}`,
      result === 'injected' || result === 'replaced' ? '' : result,
      `${policy.name}/${rule}`,
    ].filter((text) => text !== '');
    return `${container}: ${shortened(reference, 160)} (${how.join(', ')})`;
  });
  return [...assigned, ...exemptTexts(decision)].join(', ');
}

/** `a: Unconfined in spite of baseline and built-in (exemption profiler until 2026-12-20T00:00:00Z)`. */
function exemptTexts({ findings }: Decision): readonly string[] {
  const policies = new Map<string, { readonly what: string; readonly by: string; readonly names: string[] }>();
  for (const { kind, container, effective, exemption, policy } of findings) {
    if (kind !== 'exempted' || exemption === undefined) continue;
    const what = `${container}: ${effective}`;
    const by = `(exemption ${exemption.name} until ${exemption.expires})`;
    const entry = policies.get(`${what} ${by}`);
    if (entry === undefined) policies.set(`${what} ${by}`, { what, by, names: [policy.name] });
    else if (!entry.names.includes(policy.name)) entry.names.push(policy.name);
  }
  return [...policies.values()].map(({ what, by, names }) => `${what} in spite of ${names.join(' and ')} ${by}`);
}

function warningsOf({ mutate, decision }: Admission): string[] {
  return [...new Set([...(mutate?.warnings ?? []), ...decision.warnings])];
}
