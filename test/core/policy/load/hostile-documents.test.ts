import { readYamlNodes } from '../../../../src/core/document/yaml/yaml-nodes.js';
import { readYamlValue } from '../../../../src/core/document/yaml/yaml-value.js';
import { checkProfiles } from '../../../../src/core/policy/check/profiles.js';
import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import type { LoadedPolicy } from '../../../../src/core/policy/load/loaded-document.js';
import { parseObjects } from '../../../../src/core/policy/load/object-documents.js';
import {
  loadedDocument,
  type ParsedDocuments,
  parseDocuments,
} from '../../../../src/core/policy/load/parse-documents.js';
import { readDocuments } from '../../../../src/core/policy/load/read-documents.js';
import { formatPlace, formatProblem, type Problem } from '../../../../src/core/problem/problem.js';
import { catalogueOf } from '../../admission/support.js';

const many = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join('');
const list = (items: string): string => `{"apiVersion":"v1","kind":"List","items":[${items}{"kind":"Last"}]}`;
const policy = (spec: string): string =>
  `{"apiVersion":"seccomply.dev/v1alpha1","kind":"SeccompPolicy","metadata":{"name":"a"},"spec":{${spec}}}`;
const last = (problems: readonly Problem[]): string => formatProblem(problems[problems.length - 1] as Problem);

test('of many kinds that are left alone fifty are told', () => {
  const { notes } = parseDocuments(many(300, (at) => `kind: K${at % 100}\n---\n`));
  expect(notes).toHaveLength(51);
  expect(formatProblem(notes[49] as Problem)).toBe(':99:1: info: 3 documents of kind K49 left alone [PD006]');
  expect(last(notes)).toBe(':101:1: info: 150 documents of still other kinds left alone [PD006]');
});

test('of many mistakes a thousand are told, and the documents that are broken are known nevertheless', () => {
  const { problems, broken } = parseDocuments(
    many(3_000, (at) => (at % 2 === 0 ? '7\n---\n' : `kind: SeccompPolicy\nmetadata: {name: p${at}}\n---\n`)),
  );
  expect(problems).toHaveLength(1_001);
  expect(last(problems)).toMatch(/^:1:1: error: \d{4} more problems in this file \[PD004\]/);
  expect(broken).toHaveLength(1_501);
});

test('of the mistakes of many files ten thousand are told', () => {
  const one = parseDocuments(
    many(1_000, () => '7\n---\n'),
    { file: 'a.yaml' },
  );
  const { problems } = documentSet(Array.from({ length: 15 }, () => one));
  expect(problems).toHaveLength(10_001);
  expect(problems[10_000]).toMatchObject({ severity: 'error', message: '5000 more problems in all files' });
});

test.each([
  ['keys', policy(`${many(5_000, (at) => `"assig${at}":1,`)}"z":1`)],
  ['labels', policy(`"match":{"podSelector":{"matchLabels":{${many(5_000, (at) => `"-${at}":"-",`)}"a":"b"}}}`)],
])('of %s that are wrong a hundred are told', (_, text) => {
  expect(parseDocuments(text).problems).toHaveLength(100);
});

test('no sentence is longer than a person reads, however long the words of a document are', () => {
  const long = 'q'.repeat(100_000);
  for (const text of [
    `{"kind":"${long}"}`,
    `{"apiVersion":"seccomply.dev/${long}","kind":"SeccompPolicy"}`,
    `{"apiVersion":"seccomply.dev/v1alpha1","kind":"${long}"}`,
    policy(`"${long}":1`),
    policy(`"assign":"${long}"`),
    policy(`"assign":[{"profile":"${long}","images":["${long}"]}]`),
    policy(`"match":{"podSelector":{"matchLabels":{"${long}":5}}}`),
    `{"kind":"Namespace","metadata":{"name":"a","labels":{"${long}":["${long}"]}}}`,
    `{"kind":"Namespace","metadata":{"name":"a","labels":{"a":"${long}"}}}`,
    `a: *${long}\n`,
    `a: !${long} b\n`,
    `"${long}": 1\n"${long}": 2\n`,
  ]) {
    const { problems, notes } = parseDocuments(text);
    expect(problems.length + notes.length).toBeGreaterThan(0);
    for (const problem of [...problems, ...notes]) expect(JSON.stringify(problem).length).toBeLessThan(4_000);
  }
});

test('labels of a namespace are as Kubernetes has them', () => {
  const labelled = (labels: string): string =>
    parseDocuments(`{"kind":"Namespace","metadata":{"name":"a","labels":${labels}}}`, { file: 'n.yaml' })
      .problems.map(formatProblem)
      .join('\n');
  expect(labelled('{"team":"web","example.com/tier":""}')).toBe('');
  expect(
    [labelled('{"a":[1]}'), labelled('{"a":7}'), labelled('{"a":"b c"}'), labelled('{"-":"b"}')].join('\n'),
  ).toMatchInlineSnapshot(`
"n.yaml:1:58: error: the label "a" is no text (metadata.labels.a) [PD009]
    write a text, or remove the label
n.yaml:1:58: error: the label "a" is no text (metadata.labels.a) [PD009]
    put the value in quotes: "7"
n.yaml:1:58: error: "b c" is not a label value (metadata.labels.a) [PD009]
    a value has at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends; labels have no wildcards
n.yaml:1:58: error: "-" is not a label key (metadata.labels["-"]) [PD009]
    a key is \`name\` or \`example.com/name\`; the name has at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends"
`);
});

test('a namespace that stands there again and again is told two hundred times, and the first is written out once', () => {
  let looks = 0;
  const labels = new Proxy({ a: 'b' } as Record<string, string>, {
    ownKeys: (target) => {
      looks += 1;
      return Reflect.ownKeys(target);
    },
  });
  const place = { file: 'n.yaml', line: 1, column: 1 };
  const parsed: ParsedDocuments = {
    ...parseDocuments(''),
    namespaces: [
      { name: 'shop', labels, place },
      ...Array.from({ length: 1_000 }, () => ({ name: 'shop', labels: {}, place })),
    ],
  };
  const alone = { ...parsed, namespaces: parsed.namespaces.slice(0, 2) };
  documentSet([alone]);
  const once = looks;
  looks = 0;
  const { problems } = documentSet([parsed]);
  expect(looks).toBe(once);
  expect(problems).toHaveLength(201);
  expect(problems[200]).toMatchObject({
    code: 'PD016',
    message: '800 more documents have a name that stands before them, too',
  });
});

describe('aliases', () => {
  const long = `x: &x ${'a'.repeat(50_000)}\n`;

  test('make no more of a long string than of many short ones', () => {
    const { problems } = readYamlValue(`${long}y: [${'*x, '.repeat(30)}*x]\n`);
    expect(problems.map(({ code }) => code)).toEqual(['PD017', 'PD004']);
    expect(readYamlValue(`${long}z: [${'*x, '.repeat(10)}*x]\n`).problems).toEqual([]);
    expect(
      readYamlNodes(`${long}y: [${'*x, '.repeat(1_000)}*x]\n`).flatMap(({ problems }) =>
        problems.map(({ message }) => message),
      ),
    ).toEqual(['this YAML file has too many values']);
  });

  test('merges inside each other make no more than aliases may', () => {
    const { problems } = readYamlValue(`${'{<<: '.repeat(50)}{${many(1_000, (at) => `k${at}: 1, `)}}${'}'.repeat(50)}`);
    expect(problems.map(({ code }) => code)).toEqual(['PD004']);
    expect(readYamlValue(`{<<: {<<: {${many(1_000, (at) => `k${at}: 1, `)}}}, a: 1}`)).toMatchObject({
      problems: [],
      value: { k999: 1 },
    });
  });

  test('a list that is one is told to stand where the document begins', () => {
    const text = `${'#\n'.repeat(5)}x: &x\n- {kind: Namespace}\n- {kind: Namespace}\nkind: List\nitems: *x\n`;
    expect(parseDocuments(text, { file: 'a.yaml' }).problems.map(({ place }) => place?.line)).toEqual([6, 6]);
  });
});

test('problems of a text are placed in order, whatever the order in which they are found', () => {
  const text = `\n\n{"a":1,\n"a":2,\n"kind":"List","items":[1,\n{"kind":"Namespace"},\n2],\n"a":3}`;
  expect(
    parseDocuments(text, { file: 'a.json' }).problems.map(({ place }) => `${place?.line}:${place?.column}`),
  ).toEqual(['4:1', '5:24', '6:1', '7:1', '8:1']);
  expect(parseObjects(text, 'a.json').problems.map(({ place }) => `${place?.line}:${place?.column}`)).toEqual([
    '4:1',
    '8:1',
    '5:24',
    '7:1',
  ]);
});

describe('places of documents that have to be read once more', () => {
  const rules = many(100, (at) => `    - { profile: nope-${at} }\n`);
  const text = many(
    3,
    (at) =>
      `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: p${at} }\nspec:\n  assign:\n${rules}---\n`,
  );
  const catalogue = catalogueOf([]);
  let reads = 0;
  const policies = readDocuments(text, 'a.yaml').documents.map((document) =>
    loadedDocument('a.yaml', document, () => {
      reads += 1;
      return text;
    }),
  ) as LoadedPolicy[];
  const places = (most?: number): readonly string[] =>
    checkProfiles(policies, [], catalogue, most).map(({ place }) => `${formatPlace(place)} ${place?.path}`);

  test('many of one document take one look', () => {
    reads = 0;
    expect(places().slice(0, 2)).toEqual(['a.yaml:6:18 spec.assign[0].profile', 'a.yaml:7:18 spec.assign[1].profile']);
    expect(reads).toBe(2);
  });

  test('past the limit they are told to stand where their document begins', async () => {
    await Promise.resolve();
    reads = 0;
    const found = places(policies[0]?.length);
    expect([found[99], found[100]]).toEqual([
      'a.yaml:105:18 spec.assign[99].profile',
      'a.yaml:107 spec.assign[0].profile',
    ]);
    expect(reads).toBe(1);
  });

  test('of names that stand twice too', () => {
    const long = `${text.slice(0, -4)}${'#'.repeat(16_000)}\n---\n`;
    const { problems } = documentSet([
      parseDocuments(text.replaceAll('nope', 'x'), { file: 'a.yaml' }),
      parseDocuments(long, { file: 'b.yaml' }),
    ]);
    expect(problems.map(({ place }) => `${formatPlace(place)} ${place?.path}`)).toEqual([
      'b.yaml:3:19 metadata.name',
      'b.yaml:109:19 metadata.name',
      'b.yaml:213 metadata.name',
    ]);
  });
});

describe('time grows with the text, and no faster', () => {
  const shapes: Readonly<Record<string, (count: number) => string>> = {
    'documents of many kinds': (count) => many(count, (at) => `kind: k${at}\n---\n`),
    'a list of many kinds': (count) => list(many(count, (at) => `{"kind":"k${at}"},\n`)),
    'a namespace with many labels, and the same with none': (count) =>
      list(
        `{"kind":"Namespace","metadata":{"name":"a","labels":{${many(count, (at) => `"k${at}":"v",`)}"z":"z"}}},${many(count, () => '{"kind":"Namespace","metadata":{"name":"a"}},\n')}`,
      ),
    'a list by an alias, far below the first line': (count) =>
      `${'#\n'.repeat(count)}x: &x\n${'- {kind: SeccompPolicy}\n'.repeat(Math.min(4_000, count))}kind: List\nitems: *x\n`,
    'keys that nobody knows': (count) => policy(`${many(count, (at) => `"assig${at}":1,\n`)}"z":1`),
  };
  test.each(Object.entries(shapes))('%s', (_, shape) => {
    const [few, eightfold] = [2_000, 16_000].map((count) => {
      const text = shape(count);
      return Math.min(...[1, 2, 3].map(() => took(() => documentSet([parseDocuments(text)]))));
    }) as [number, number];
    // Linear: eightfold; quadratic: 64 times as much. Below this it is neither.
    expect(eightfold < 60 || eightfold < 24 * few).toBe(true);
  });
});

/** Milliseconds of processor time. */
function took(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
