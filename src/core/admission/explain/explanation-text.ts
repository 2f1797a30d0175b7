import { formatPlace } from '../../problem/problem.js';
import { columnPadding } from '../../text/columns.js';
import type { PatchOperation } from '../decision.js';
import type {
  ExplainedCandidate,
  ExplainedContainer,
  ExplainedExemption,
  ExplainedRequirement,
  Explanation,
} from './explanation.js';

/** Puts a mark on a part of the text: a colour on a terminal, nothing elsewhere. */
export type Mark = (kind: 'good' | 'bad' | 'warn' | 'dim' | 'head', text: string) => string;

export interface ExplanationTextOptions {
  readonly mark: Mark;
  /** What a field's value is called in policies: `web-static` for a path in the catalogue's folder. */
  readonly nameOf: (effective: string) => string;
  /** The policies that do not match the pod, one by one; else only how many they are. */
  readonly all: boolean;
}

/** An explanation as text for a terminal, from who asked to what was decided. Ends with a newline. */
export function explanationText(explanation: Explanation, options: ExplanationTextOptions): string {
  const { mark } = options;
  const blocks = [heading(explanation, mark)];
  const { skipped, isJudged } = explanation;
  if (skipped !== undefined)
    blocks.push(
      isJudged
        ? `Nothing is assigned: ${skipped}; what its fields say is judged all the same`
        : `Nothing is judged: ${skipped}`,
    );
  for (const container of explanation.containers) blocks.push(containerText(container, skipped === undefined, options));
  if (explanation.requirements.length > 0) blocks.push(requirementsText(explanation.requirements, options));
  if (explanation.exemptions.length > 0) blocks.push(exemptionsText(explanation.exemptions, options));
  if (explanation.patch.length > 0)
    blocks.push(`${mark('head', 'Patch')}\n${explanation.patch.map((one) => `  ${patchText(one)}`).join('\n')}`);
  const warnings = [...new Set([...explanation.mutate.warnings, ...explanation.decision.warnings])];
  if (warnings.length > 0)
    blocks.push(`${mark('head', 'Warnings')}\n${warnings.map((text) => `  ${mark('warn', text)}`).join('\n')}`);
  blocks.push(decisionText(explanation, options));
  return `${blocks.join('\n\n')}\n`;
}

function heading({ subject, namespaceLabels }: Explanation, mark: Mark): string {
  const { kind, name, namespace, serviceAccount, labels, operation } = subject;
  const lines = [
    `${mark('head', `${kind} ${namespace}/${name}`)}, ${operation}, service account ${serviceAccount}`,
    `  labels            ${labelsText(labels)}`,
  ];
  const source = {
    given: 'as given',
    documents: 'from its Namespace document',
    'name-only': 'nothing else is known of the namespace',
  }[namespaceLabels.source];
  lines.push(`  namespace labels  ${labelsText(namespaceLabels.labels)} ${mark('dim', `(${source})`)}`);
  if (namespaceLabels.missing)
    lines.push(
      `  ${mark('warn', 'some policies go by namespace labels that are not known here: hand in the Namespace beside the pod, or use --namespace-labels; a cluster knows them')}`,
    );
  return lines.join('\n');
}

function containerText(container: ExplainedContainer, isAsked: boolean, options: ExplanationTextOptions): string {
  const { mark, nameOf } = options;
  const { name, containerType, path, image, imageRead, before, after, inherited, candidates } = container;
  const read = imageRead === undefined ? ' (no image reference)' : imageRead === image ? '' : ` (${imageRead})`;
  const from = `${nameOf(before)}${inherited ? ' (from the pod)' : ''}`;
  const change =
    before === after ? `${from}, left as it is` : `${from} → ${mark('good', nameOf(after))}${fieldText(after, nameOf)}`;
  const lines = [
    `${mark('head', `${containerType} ${name}`)} ${mark('dim', path)}`,
    `  image    ${image ?? 'none'}${read}`,
    `  profile  ${change}`,
  ];
  const shown = options.all
    ? candidates
    : candidates.filter((one) => one.rule !== undefined || one.outcome !== 'no-match');
  const rows = shown.map((one) => [
    outcomeWord(one),
    ruleText(one),
    one.profile ?? '',
    formatPlace(one.place),
    one.reason,
  ]);
  lines.push(...aligned(rows).map((line, index) => `  ${markOutcome(line, shown[index], mark)}`));
  const hidden = candidates.length - shown.length;
  if (hidden > 0)
    lines.push(
      `  ${mark('dim', `${hidden} ${hidden === 1 ? 'policy is' : 'policies are'} for other pods (--all lists them)`)}`,
    );
  if (isAsked && candidates.length === 0) lines.push(`  ${mark('dim', 'no policy has a rule for it')}`);
  return lines.join('\n');
}

function requirementsText(
  requirements: readonly ExplainedRequirement[],
  { mark, all }: ExplanationTextOptions,
): string {
  const shown = all ? requirements : requirements.filter(({ outcome }) => outcome !== 'not-matching');
  const lines = shown.flatMap(({ policy, mode, place, outcome, allows, reason }) => {
    const where = place === undefined ? '' : ` ${mark('dim', formatPlace(place))}`;
    const word =
      outcome === 'violated' ? mark('bad', outcome) : outcome === 'satisfied' ? mark('good', outcome) : outcome;
    return [`  ${word}  ${policy.name} (${mode})${where}`, `    allows ${allows}`, `    ${reason}`];
  });
  const hidden = requirements.length - shown.length;
  if (hidden > 0) lines.push(`  ${mark('dim', `${hidden} more are for other pods (--all lists them)`)}`);
  return `${mark('head', 'Requirements')}\n${lines.join('\n')}`;
}

function exemptionsText(exemptions: readonly ExplainedExemption[], { mark, all }: ExplanationTextOptions): string {
  const isNear = ({ outcome }: ExplainedExemption): boolean => outcome !== 'not-matching';
  const shown = all || exemptions.length <= 20 ? exemptions : exemptions.filter(isNear);
  const lines = shown.flatMap(({ exemption, place, expires, outcome, reason }) => {
    const word =
      outcome === 'applied'
        ? mark('good', outcome)
        : outcome === 'expired' || outcome === 'too-far'
          ? mark('warn', outcome)
          : outcome;
    return [`  ${word}  ${exemption.name}, until ${expires} ${mark('dim', formatPlace(place))}`, `    ${reason}`];
  });
  const hidden = exemptions.length - shown.length;
  if (hidden > 0) lines.push(`  ${mark('dim', `${hidden} more do not match (--all lists them)`)}`);
  return `${mark('head', 'Exemptions')}\n${lines.join('\n')}`;
}

function decisionText({ decision, mutate, validate, patch }: Explanation, { mark }: ExplanationTextOptions): string {
  if (decision.allowed) {
    const changed = patch.length === 0 ? 'nothing is changed' : 'the patch above is applied';
    return `${mark('head', 'Decision')}  ${mark('good', 'allowed')}: ${changed}`;
  }
  const who = validate === undefined ? mutate : validate;
  const refusals = who.findings.filter(({ kind, mode }) => kind === 'violation' && mode === 'Enforce');
  const lines = [`${mark('head', 'Decision')}  ${mark('bad', 'refused')} by ${who.webhook}`];
  for (const { message } of refusals) lines.push(`  ${message}`);
  if (refusals.length === 0 && decision.message !== undefined) lines.push(`  ${decision.message}`);
  return lines.join('\n');
}

function outcomeWord({ outcome }: ExplainedCandidate): string {
  return outcome === 'won'
    ? '✓ won'
    : outcome === 'would-have'
      ? '○ would have'
      : outcome === 'lost'
        ? '· lost'
        : '· no match';
}

function markOutcome(line: string, candidate: ExplainedCandidate | undefined, mark: Mark): string {
  if (candidate?.outcome === 'won') return mark('good', line);
  return candidate?.outcome === 'would-have' ? mark('warn', line) : line;
}

function ruleText({ policy, rule, mode, priority }: ExplainedCandidate): string {
  const how = [mode === 'Enforce' ? '' : mode, priority === 0 ? '' : `priority ${priority}`].filter(
    (text) => text !== '',
  );
  return `${policy.name}${rule === undefined ? '' : `/${rule}`}${how.length === 0 ? '' : ` (${how.join(', ')})`}`;
}

function fieldText(effective: string, nameOf: (effective: string) => string): string {
  return nameOf(effective) === effective ? '' : ` (${effective})`;
}

function patchText({ op, path, value }: PatchOperation): string {
  return `${op} ${path} ${JSON.stringify(value)}`;
}

function labelsText(labels: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return texts.length === 0 ? 'none' : texts.join(', ');
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const padding = columnPadding(rows);
  return rows.map((row, index) =>
    row
      .map((cell, column) => cell + ' '.repeat(padding[index]?.[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
