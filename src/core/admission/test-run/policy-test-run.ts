import type { Labels } from '../../policy/match/label-selector.js';
import { profileText } from '../../policy/rules/profile-text.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import type {
  ContainerExpectation,
  DenialExpectation,
  TestExpectation,
} from '../../policy/schema/policy-test-schema.js';
import { formatPlace, type Place } from '../../problem/problem.js';
import type { Finding } from '../decision.js';
import { explain } from '../explain/explain.js';
import type { ExplainedCandidate, ExplainedContainer, Explanation } from '../explain/explanation.js';

/** Something that came out otherwise than the test says. */
export interface TestFailure {
  /** `allowed`, `profile of container web`, `denial 1`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  /** What led to it, a clause each. */
  readonly reasons: readonly string[];
  readonly place: Place;
}

export interface TestToRun {
  readonly object: unknown;
  readonly now: number;
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly expect: TestExpectation;
  expectationPlace(path: readonly PropertyKey[]): Place;
}

/** Tries a pod as the webhooks would see it, mutate and then validate, and holds what came of it against the test. Empty: passed. */
export function runPolicyTest(rules: RuleSet, test: TestToRun): readonly TestFailure[] {
  const object = asObject(test.object);
  const explanation = explain(
    rules,
    { operation: 'CREATE', object },
    { now: test.now, namespaceLabels: labelsFor(object, test.namespaces) },
  );
  return [
    ...checkAllowed(explanation, test),
    ...Object.entries(test.expect.containers ?? {}).flatMap(([name, expected]) =>
      checkContainer(explanation, name, expected, test, rules),
    ),
    ...checkDenials(explanation, test),
    ...checkWarnings(explanation, test),
  ];
}

function checkAllowed({ decision, requirements }: Explanation, { expect, expectationPlace }: TestToRun): TestFailure[] {
  if (expect.allowed === undefined || expect.allowed === decision.allowed) return [];
  const reasons = decision.allowed
    ? requirements
        .filter(({ outcome }) => outcome !== 'not-matching')
        .map(({ policy, outcome, reason, mode }) => `${policy.name} (${mode}): ${outcome}, ${reason}`)
    : refusals(decision.findings).map(({ message }) => message);
  return [
    {
      what: 'allowed',
      expected: expect.allowed ? 'allowed' : 'refused',
      got: decision.allowed ? 'allowed' : 'refused',
      reasons: reasons.length > 0 || decision.message === undefined ? reasons : [decision.message],
      place: expectationPlace(['allowed']),
    },
  ];
}

function checkContainer(
  explanation: Explanation,
  name: string,
  expected: ContainerExpectation,
  { expectationPlace }: TestToRun,
  rules: RuleSet,
): TestFailure[] {
  const place = expectationPlace(['containers', name]);
  const container = explanation.containers.find((one) => one.name === name);
  if (container === undefined) {
    const names = explanation.containers.map((one) => one.name).join(', ');
    return [
      {
        what: `container ${name}`,
        expected: 'a container of this name',
        got: names === '' ? 'no containers' : names,
        reasons: explanation.skipped === undefined ? [] : [explanation.skipped],
        place,
      },
    ];
  }
  const got = profileText(container.after, rules.catalogue);
  const { assignment } = container;
  const failures: TestFailure[] = [];
  const compare = (what: string, wanted: string | undefined, actual: string | undefined): void => {
    if (wanted === undefined || wanted === actual) return;
    failures.push({
      what: `${what} of container ${name}`,
      expected: wanted,
      got: actual ?? 'none',
      reasons: whyNot(container, expected, explanation, rules),
      place,
    });
  };
  compare('profile', expected.profile, got.reference);
  compare('stage', expected.stage, got.stage);
  compare('policy', expected.policy, assignment?.policy.name);
  compare('rule', expected.rule, assignment?.rule);
  compare('exemption', expected.exemption, exemptionOf(explanation, name, expected.exemption));
  return failures;
}

/** The exemption that was used for a container; the expected one when several were. */
function exemptionOf(
  { decision, mutate }: Explanation,
  name: string,
  expected: string | undefined,
): string | undefined {
  const used = [...decision.findings, ...mutate.findings].flatMap((finding) =>
    finding.kind === 'exempted' && concerns(finding, name) && finding.exemption !== undefined
      ? [finding.exemption.name]
      : [],
  );
  return expected !== undefined && used.includes(expected) ? expected : used[0];
}

/** What became of the rule that the test expects, else what won and what came close. */
function whyNot(
  container: ExplainedContainer,
  expected: ContainerExpectation,
  explanation: Explanation,
  rules: RuleSet,
): string[] {
  const { candidates } = container;
  // A policy that is for other pods is listed without its rules.
  const giving = new Set(
    rules.documents.policies
      .filter(({ value }) => value.spec.assign?.some(({ profile }) => profile === expected.profile))
      .map(({ reference }) => reference.name),
  );
  const wanted = candidates.filter(
    ({ policy, rule, profile }) =>
      (expected.policy === undefined || policy.name === expected.policy) &&
      (expected.rule === undefined || rule === expected.rule || rule === undefined) &&
      (expected.policy !== undefined ||
        expected.rule !== undefined ||
        profile === expected.profile ||
        (rule === undefined && giving.has(policy.name))),
  );
  const won = candidates.filter(({ outcome }) => outcome === 'won');
  const listed = [...new Set([...won, ...wanted, ...(wanted.length + won.length === 0 ? candidates : [])])];
  const lines = listed.slice(0, 5).map(candidateText);
  if (expected.policy !== undefined && !candidates.some(({ policy }) => policy.name === expected.policy))
    lines.push(`there is no policy ${expected.policy} beside this test`);
  if (expected.exemption !== undefined) {
    const exemption = explanation.exemptions.find((one) => one.exemption.name === expected.exemption);
    lines.push(
      exemption === undefined
        ? `there is no exemption ${expected.exemption} beside this test`
        : `exemption ${expected.exemption} (${formatPlace(exemption.place)}): ${exemption.outcome}, ${exemption.reason}`,
    );
  }
  if (explanation.skipped !== undefined) lines.push(explanation.skipped);
  return lines;
}

function candidateText({ policy, rule, profile, place, outcome, reason }: ExplainedCandidate): string {
  const what = rule === undefined ? policy.name : `${policy.name}/${rule}`;
  const gives = profile === undefined ? '' : ` gives ${profile}`;
  return `${what} (${formatPlace(place)})${gives}: ${outcome}, ${reason}`;
}

function checkDenials({ decision }: Explanation, { expect, expectationPlace }: TestToRun): TestFailure[] {
  if (expect.denials === undefined) return [];
  const found = decision.allowed ? [] : refusals(decision.findings);
  const got = found.length === 0 ? (decision.allowed ? 'allowed' : (decision.message ?? 'refused')) : '';
  const gotText = got === '' ? found.map((finding) => denialText(finding)).join('; ') : got;
  if (expect.denials.length === 0)
    return found.length === 0
      ? []
      : [
          {
            what: 'denials',
            expected: 'none',
            got: gotText,
            reasons: found.map(({ message }) => message),
            place: expectationPlace(['denials']),
          },
        ];
  return expect.denials.flatMap((wanted, index) =>
    found.some((finding) => isDenied(finding, wanted))
      ? []
      : [
          {
            what: `denial ${index + 1}`,
            expected: wantedText(wanted),
            got: gotText,
            reasons: found.map(({ message }) => message),
            place: expectationPlace(['denials', index]),
          },
        ],
  );
}

function isDenied(finding: Finding, { container, policy, code, message }: DenialExpectation): boolean {
  return (
    (container === undefined || finding.container === container) &&
    (policy === undefined || finding.policy.name === policy) &&
    (code === undefined || finding.code === code) &&
    (message === undefined || includes(finding.message, message))
  );
}

function denialText({ container, policy, code }: Finding): string {
  return `${container} by ${policy.name} (${code})`;
}

function wantedText({ container, policy, code, message }: DenialExpectation): string {
  const text = `${container ?? 'any container'}${policy === undefined ? '' : ` by ${policy}`}${code === undefined ? '' : ` (${code})`}`;
  return message === undefined ? text : `${text}, with "${message}" in the message`;
}

function checkWarnings({ decision, mutate }: Explanation, { expect, expectationPlace }: TestToRun): TestFailure[] {
  if (expect.warnings === undefined) return [];
  const warnings = [...new Set([...mutate.warnings, ...decision.warnings])];
  const got = warnings.length === 0 ? 'no warning' : warnings.join('; ');
  if (expect.warnings.length === 0)
    return warnings.length === 0
      ? []
      : [{ what: 'warnings', expected: 'none', got, reasons: [], place: expectationPlace(['warnings']) }];
  return expect.warnings.flatMap((wanted, index) =>
    warnings.some((warning) => includes(warning, wanted))
      ? []
      : [
          {
            what: `warning ${index + 1}`,
            expected: `a warning with "${wanted}"`,
            got,
            reasons: [],
            place: expectationPlace(['warnings', index]),
          },
        ],
  );
}

function refusals(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ kind, mode }) => kind === 'violation' && mode === 'Enforce');
}

function concerns(finding: Finding, name: string): boolean {
  return finding.container === name || finding.inheritedBy?.includes(name) === true;
}

function includes(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** A pod in a test needs no apiVersion and no kind. */
function asObject(object: unknown): unknown {
  if (typeof object !== 'object' || object === null || Array.isArray(object) || Object.hasOwn(object, 'kind'))
    return object;
  return { apiVersion: 'v1', kind: 'Pod', ...object };
}

function labelsFor(object: unknown, namespaces: Readonly<Record<string, Labels>>): Labels | undefined {
  const { metadata } = object as { readonly metadata?: { readonly namespace?: unknown } };
  const written = metadata?.namespace;
  const name = typeof written === 'string' && written !== '' ? written : 'default';
  const labels = Object.hasOwn(namespaces, name) ? namespaces[name] : undefined;
  return labels === undefined ? undefined : { ...labels, 'kubernetes.io/metadata.name': name };
}
