import { membersOrNone } from '../../document/members.js';
import { placeAt, type TextSpan } from '../../document/text-span.js';
import { placeFinder } from '../../document/yaml/place-finder.js';
import { splitYaml } from '../../document/yaml/split-yaml.js';
import { readYamlValue } from '../../document/yaml/yaml-value.js';
import type { Place, Problem } from '../../problem/problem.js';
import { shown } from '../../text/parsed.js';
import { API_VERSION } from '../schema/policy-schema.js';
import {
  type PolicyTestDocument,
  type PolicyTestEntry,
  policyTestLongSchema,
  type TestExpectation,
} from '../schema/policy-test-schema.js';
import { schemaProblems } from '../schema/schema-problems.js';
import { parseTime } from '../values/parse-time.js';
import { withoutByteOrderMark } from './read-documents.js';

/** The tests of one `PolicyTest` document. */
export interface PolicyTestSuite {
  readonly file: string;
  readonly name: string;
  /** As written, relative to the folder of the file; undefined: that folder. */
  readonly policies: readonly string[] | undefined;
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tests: readonly PolicyTestCase[];
}

export interface PolicyTestCase {
  readonly name: string;
  readonly place: Place;
  /** Milliseconds since 1970; undefined: whenever it runs. */
  readonly now: number | undefined;
  /** The pod, or where it is, relative to the folder of the test file. */
  readonly subject:
    | { readonly pod: Readonly<Record<string, unknown>> }
    | { readonly file: string; readonly place: Place };
  readonly expect: TestExpectation;
  /** Where a part of `expect` stands, for a path such as `containers.web`. */
  expectationPlace(path: readonly PropertyKey[]): Place;
}

export interface ParsedTests {
  readonly suites: readonly PolicyTestSuite[];
  readonly problems: readonly Problem[];
}

/** Reads the `PolicyTest` documents of a file. Never throws; a document with an error has no tests. */
export function parsePolicyTests(source: string, file: string): ParsedTests {
  const text = withoutByteOrderMark(source);
  const suites: PolicyTestSuite[] = [];
  const problems: Problem[] = [];
  for (const { start, end, line } of splitYaml(text)) {
    const span: TextSpan = { file, text, start, end, line, column: 1 };
    const { value, start: first, problems: inText, broken } = readYamlValue(text.slice(start, end));
    for (const { code, severity, offset, path, message, advice } of inText)
      problems.push({ code, severity, message, advice, place: placeAt(span, start + offset, path) });
    if (broken || inText.some(({ severity }) => severity === 'error') || value === null || value === undefined)
      continue;
    const content = placeAt(span, start + first);
    const read = suiteOf(value, file, content, placeFinder(span));
    problems.push(...read.problems);
    if (read.suite !== undefined) suites.push(read.suite);
  }
  return { suites, problems };
}

type Find = (path: readonly PropertyKey[], atKey?: boolean) => Place;

function suiteOf(
  value: unknown,
  file: string,
  content: Place,
  find: Find,
): { readonly suite?: PolicyTestSuite; readonly problems: readonly Problem[] } {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (kind !== 'PolicyTest') {
    const message = `files that end in .test.yaml hold tests of policies, and this is ${kind === undefined ? 'no Kubernetes object' : `a ${shown(String(kind))}`}`;
    const advice = `start it with apiVersion: ${API_VERSION} and kind: PolicyTest, or move it to a file with another ending`;
    return { problems: [{ code: 'PT001', severity: 'error', message, advice, place: content }] };
  }
  const normal = withProfiles(value);
  const parsed = policyTestLongSchema.safeParse(normal);
  if (!parsed.success) return { problems: schemaProblems(policyTestLongSchema, normal, parsed.error.issues, find) };
  const document: PolicyTestDocument = parsed.data;
  const problems = document.tests.flatMap((test, index) => problemsOf(test, index, document.tests, find));
  if (problems.some(({ severity }) => severity === 'error')) return { problems };
  return {
    suite: {
      file,
      name: document.metadata?.name ?? file,
      policies: document.policies,
      namespaces: document.namespaces ?? {},
      tests: document.tests.map((test, index) => caseOf(test, index, document, find)),
    },
    problems,
  };
}

/** `app: RuntimeDefault` is short for `app: { profile: RuntimeDefault }`. */
function withProfiles(value: unknown): unknown {
  const document = value as { readonly tests?: unknown };
  if (!Array.isArray(document.tests)) return value;
  const tests = document.tests.map((test: unknown) => {
    const expected = membersOrNone(membersOrNone(test).expect);
    const containers = membersOrNone(expected.containers);
    if (Object.keys(containers).length === 0) return test;
    const long = Object.fromEntries(
      Object.entries(containers).map(([name, one]) => [name, typeof one === 'string' ? { profile: one } : one]),
    );
    return { ...membersOrNone(test), expect: { ...expected, containers: long } };
  });
  return { ...document, tests };
}

function problemsOf(test: PolicyTestEntry, index: number, all: readonly PolicyTestEntry[], find: Find): Problem[] {
  const found: Problem[] = [];
  const add = (path: readonly PropertyKey[], code: string, message: string, advice: string, atKey = false): void => {
    found.push({ code, severity: 'error', message, advice, place: find(['tests', index, ...path], atKey) });
  };
  if (test.pod === undefined && test.file === undefined)
    add([], 'PT002', `the test ${shown(test.name)} has no pod`, 'add pod: with the pod, or file: with the path of one');
  if (test.pod !== undefined && test.file !== undefined)
    add(['file'], 'PT002', `the test ${shown(test.name)} has both pod and file`, 'keep one of the two', true);
  if (test.pod !== undefined && !hasPod(test.pod))
    add(['pod'], 'PT002', 'this pod has no spec', 'write spec: with containers: below it, as in a manifest', true);
  const { allowed, containers = {}, denials, warnings } = test.expect;
  if (allowed === undefined && Object.keys(containers).length === 0 && denials === undefined && warnings === undefined)
    add(
      ['expect'],
      'PT003',
      `the test ${shown(test.name)} expects nothing, so it could never fail`,
      'add allowed, containers, denials or warnings',
      true,
    );
  if (allowed === true && denials !== undefined && denials.length > 0)
    add(
      ['expect', 'denials'],
      'PT003',
      'a pod that is allowed has no denials',
      'write allowed: false, or remove denials',
    );
  const first = all.findIndex(({ name }) => name === test.name);
  if (first < index)
    add(['name'], 'PT004', `a test before this one is called ${shown(test.name)}, too`, 'choose another name');
  return found;
}

function caseOf(test: PolicyTestEntry, index: number, document: PolicyTestDocument, find: Find): PolicyTestCase {
  const now = test.now ?? document.now;
  const time = now === undefined ? undefined : parseTime(now);
  return {
    name: test.name,
    place: find(['tests', index]),
    now: time?.ok === true ? time.value : undefined,
    subject:
      test.pod === undefined ? { file: test.file ?? '', place: find(['tests', index, 'file']) } : { pod: test.pod },
    expect: test.expect,
    expectationPlace: (path) => find(['tests', index, 'expect', ...path]),
  };
}

function hasPod(pod: Readonly<Record<string, unknown>>): boolean {
  return typeof pod.spec === 'object' || typeof pod.template === 'object';
}
