import { splitYaml } from '../../../../src/core/document/yaml/split-yaml.js';
import { readYamlValue } from '../../../../src/core/document/yaml/yaml-value.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';
import { formatProblem } from '../../../../src/core/problem/problem.js';

const value = (text: string): unknown => readYamlValue(text).value;
const problems = (text: string): string =>
  parseDocuments(text, { file: 'p.yaml' }).problems.map(formatProblem).join('\n');

describe('values are those of YAML 1.2, as JSON has them', () => {
  test.each<[text: string, expected: unknown]>([
    ['a: yes', { a: 'yes' }],
    ['a: on', { a: 'on' }],
    ['a: true', { a: true }],
    ['a: True', { a: true }],
    ['a: ~', { a: null }],
    ['a:', { a: null }],
    ['a: 017', { a: 17 }],
    ['a: 0o17', { a: 15 }],
    ['a: 0x1F', { a: 31 }],
    ['a: 1_000', { a: '1_000' }],
    ['a: 1e3', { a: 1000 }],
    ['a: .inf', { a: '.inf' }],
    ['a: .nan', { a: '.nan' }],
    ['a: 12:30:45', { a: '12:30:45' }],
    ['a: 2027-01-31', { a: '2027-01-31' }],
    ['a: 2027-01-31T00:00:00Z', { a: '2027-01-31T00:00:00Z' }],
    ['a: "1.10"', { a: '1.10' }],
    ['a: !!str 7', { a: '7' }],
    ['1: a', { '1': 'a' }],
    ['yes: a', { yes: 'a' }],
    ['a: |\n  b\n  c\n', { a: 'b\nc\n' }],
    ['a: >-\n  b\n  c\n', { a: 'b c' }],
    ['{a: [1, {b: c}]}', { a: [1, { b: 'c' }] }],
    ['x: &x {b: 1}\ny: *x', { x: { b: 1 }, y: { b: 1 } }],
    ['x: &x {b: 1, c: 2}\ny: {<<: *x, c: 3}', { x: { b: 1, c: 2 }, y: { c: 3, b: 1 } }],
    ['x: &x {b: 1}\nz: &z {d: 1}\ny: {<<: [*x, *z]}', { x: { b: 1 }, z: { d: 1 }, y: { b: 1, d: 1 } }],
    ['"<<": 1', { '<<': 1 }],
    ['y: {<<: [{a: 1, b: 2}, {a: 3, c: 4}], b: 5}', { y: { a: 1, b: 5, c: 4 } }],
    ['y: {<<: {<<: {a: 1}, b: 1}, b: 4}', { y: { a: 1, b: 4 } }],
    ['? a\n: 1\n? b\n', { a: 1, b: null }],
  ])('%j', (text, expected) => expect(value(text)).toEqual(expected));
});

test.each([
  ['k: {a: 2, <<: {a: 1}}', 'PD002', 'the key "a" stands before a merge (<<) that has it, too'],
  ['k: {<<: word}', 'PD001', 'a merge (<<) takes over a map or a list of maps, and this is none'],
  ['k: {<<: }', 'PD001', 'and this is none'],
  ['k: {<<: [{a: 1}, 2]}', 'PD001', 'and this is none'],
  ['k: {<<: {a: 1}, <<: {b: 1}}', 'PD002', 'the key "<<" stands here for the second time'],
])('%j is refused with %s', (text, code, message) => {
  const { problems } = readYamlValue(text);
  expect(problems).toMatchObject([{ code, severity: 'error', message: expect.stringContaining(message) }]);
});

test('what kubectl reads otherwise, since it reads YAML 1.1, is a warning', () => {
  const texts = [
    'a: yes',
    'a: No',
    'a: off',
    'a: y',
    'a: 017',
    'a: 1_000',
    'a: 0b11',
    'on: a',
    '- n',
    'a: "yes"',
    'a: word',
    'a: 0',
    'a: 1.5',
  ];
  const said = texts.map((text) =>
    [text, ...readYamlValue(text).problems.map(({ message, advice }) => `${message}; ${advice}`)].join(' → '),
  );
  expect(said).toMatchInlineSnapshot(`
[
  "a: yes → kubectl reads a plain yes as true, not as text; put it in quotes: "yes"",
  "a: No → kubectl reads a plain No as false, not as text; put it in quotes: "No"",
  "a: off → kubectl reads a plain off as false, not as text; put it in quotes: "off"",
  "a: y → kubectl reads a plain y as true, not as text; put it in quotes: "y"",
  "a: 017 → kubectl reads 017 as an octal number (15), YAML 1.2 as 17; write 17 without the zeros before it, or "017" if it is a text",
  "a: 1_000 → kubectl reads a plain 1_000 as a number, not as text; put it in quotes: "1_000"",
  "a: 0b11 → kubectl reads a plain 0b11 as a number, not as text; put it in quotes: "0b11"",
  "on: a → kubectl reads a plain on as true, not as text; put it in quotes: "on"",
  "- n → kubectl reads a plain n as false, not as text; put it in quotes: "n"",
  "a: "yes"",
  "a: word",
  "a: 0",
  "a: 1.5",
]
`);
});

describe('mistakes, each with its place', () => {
  const policy = (rest: string): string =>
    `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: web }\nspec:\n${rest}`;
  test.each<[name: string, text: string]>([
    ['a key twice', policy('  priority: 1\n  mode: Warn\n  priority: 2\n  assign: [{ profile: RuntimeDefault }]\n')],
    ['a tab in the indentation', policy('\tpriority: 1\n')],
    ['a tab behind blanks', policy('  assign:\n  \t- profile: RuntimeDefault\n')],
    ['a quote that is not closed', policy('  description: "web\n')],
    ['a bracket that is not closed', policy('  assign: [{ profile: RuntimeDefault }\n')],
    ['an indentation that fits nothing', policy('  assign:\n    - profile: RuntimeDefault\n   stage: Enforce\n')],
    ['a plain text with a colon', policy('  description: note: this\n')],
    [
      'an image pattern that looks like an alias',
      policy('  assign:\n    - images: [*]\n      profile: RuntimeDefault\n'),
    ],
    [
      'an image pattern without quotes',
      policy('  assign:\n    - images: [nginx, **/nginx]\n      profile: RuntimeDefault\n'),
    ],
    ['an alias to nothing', policy('  description: *missing\n')],
    ['an unknown tag', policy('  description: !secret x\n  assign: [{ profile: RuntimeDefault }]\n')],
    ['a list as a key', policy('  ? [a, b]\n  : c\n')],
    ['the key __proto__', policy('  __proto__: { mode: Warn }\n  assign: [{ profile: RuntimeDefault }]\n')],
    ['a text instead of an object', 'hello\n'],
    ['a bare list', '- a\n- b\n'],
    ['a binary file', 'a\u0000b'],
    ['a template that was not filled in', policy('  priority: {{ .Values.priority }}\n')],
    ['a directive without a document', '%YAML 1.1\n'],
  ])('%s', (_, text) => expect(problems(text)).toMatchSnapshot());
});

describe('texts that expand', () => {
  test('aliases of aliases', () => {
    const bomb = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x]',
      ...Array.from(
        { length: 9 },
        (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(', ')}]`,
      ),
    ].join('\n');
    const { problems: found } = readYamlValue(bomb);
    expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'PD004 the aliases (*name) of this document expand to too many values',
    ]);
  });

  test('an alias to what holds it', () => {
    const read = readYamlValue('a: &a [*a]');
    expect(read.problems.some(({ severity }) => severity === 'error') || read.broken).toBe(true);
  });

  test('merges of merges', () => {
    const bomb = [
      'm0: &m0 {a: 1}',
      ...Array.from({ length: 30 }, (_, i) => `m${i + 1}: &m${i + 1} {<<: [*m${i}, *m${i}]}`),
    ].join('\n');
    expect(readYamlValue(bomb).problems.map(({ code }) => code)).toEqual(['PD004']);
  });

  test.each([
    ['lists', '[', ']'],
    ['objects', '{a: ', '}'],
    ['block lists', '- ', ''],
  ])('%s a hundred thousand deep', (_, open, close) => {
    const read = readYamlValue(open.repeat(100_000) + close.repeat(100_000));
    expect(read.problems.map(({ code }) => code)).toContain('PD004');
  });

  test('one hundred levels are enough for anyone, one more is too deep', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(readYamlValue(nested(100)).problems).toEqual([]);
    expect(readYamlValue(nested(102)).problems.map(({ code }) => code)).toEqual(['PD004']);
  });
});

test.each<[form: string, text: (depth: number) => string, line: number]>([
  ['lists in brackets', (depth) => '['.repeat(depth), 1],
  ['maps in braces', (depth) => '{a: '.repeat(depth), 1],
  ['lists in one line', (depth) => `${'- '.repeat(depth)}a`, 1],
  ['keys in one line', (depth) => `${'? '.repeat(depth)}a`, 1],
  ['maps by indentation', (depth) => Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}a:\n`).join(''), 101],
  ['lists by indentation', (depth) => Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}-\n`).join(''), 101],
  ['keys that are maps', (depth) => '{['.repeat(depth), 1],
  ['all of them', (depth) => '- ? [{a: '.repeat(depth), 1],
])('%s nested too deep are told where they are, however deep they go', (_, text, line) => {
  for (const depth of [103, 1_000, 1_900]) {
    const { problems: found, broken } = readYamlValue(text(depth));
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ['PD004', 'values are nested more than 100 deep'],
    ]);
    expect(broken).toBe(true);
    expect(parseDocuments(text(depth)).problems[0]?.place?.line).toBe(line);
  }
});

describe('whatever the size, each value is looked at once', () => {
  test('many keys', () => {
    const text = Array.from({ length: 60_000 }, (_, index) => `"k\\u0041${index}": 1`).join('\n');
    expect(Object.keys(readYamlValue(text).value as object)).toHaveLength(60_000);
  });

  test('many anchors and aliases; an alias is what was called so last before it', () => {
    const text = Array.from({ length: 9_000 }, (_, index) => `- &a${index % 7} v${index}\n- *a${index % 7}`).join('\n');
    const { value: list, problems: found } = readYamlValue(text);
    expect(found).toEqual([]);
    expect((list as readonly unknown[]).slice(-4)).toEqual(['v8998', 'v8998', 'v8999', 'v8999']);
  });

  test('a document that needs the whole of YAML, and is larger than is read so', () => {
    const large = `a: !!str x\nb: ${'x'.repeat(2 * 1024 * 1024)}\n`;
    expect(readYamlValue(large)).toMatchObject({ broken: true, problems: [{ code: 'PD004' }] });
    expect(problems(large)).toMatch(
      /^p.yaml:1:1: error: this YAML document has more than 2 MiB and is not in plain YAML/,
    );
  });

  test('with very many errors nothing of a document counts, and what is left out is no error that goes unseen', () => {
    const item = (name: string) =>
      `- {apiVersion: seccomply.dev/v1alpha1, kind: SeccompPolicy, metadata: {name: ${name}, name: ${name}}, spec: {}}`;
    const read = (count: number) =>
      parseDocuments(`kind: List\nitems:\n${Array.from({ length: count }, (_, i) => item(`p${i}`)).join('\n')}\n`);
    expect(read(100).broken).toHaveLength(100);
    expect(read(101)).toMatchObject({ policies: [], broken: [{ kind: undefined }] });
    expect(read(101).problems.at(-1)?.message).toBe('there are more than 100 mistakes in this document');
  });

  test('warnings by the thousand, in a list of thousands', () => {
    const items = Array.from({ length: 4_000 }, () => '- {kind: Other, a: yes, b: *x}').join('\n');
    expect(readYamlValue(`x: &x {c: 1}\nkind: List\nitems:\n${items}`).problems).toHaveLength(100);
  });
});

describe('cutting a stream into its documents', () => {
  const cut = (text: string): readonly string[] =>
    [...splitYaml(text)].map(({ start, end, line }) => `${line}: ${JSON.stringify(text.slice(start, end))}`);

  test.each<[text: string, parts: readonly string[]]>([
    ['', []],
    ['\n\n# only a comment\n', []],
    ['a: 1', ['1: "a: 1"']],
    ['a: 1\n---\nb: 2\n', ['1: "a: 1\\n"', '2: "---\\nb: 2\\n"']],
    ['---\na: 1\n---\n---\nb: 2', ['1: "---\\na: 1\\n"', '3: "---\\n"', '4: "---\\nb: 2"']],
    ['a: 1\n...\nb: 2\n', ['1: "a: 1\\n...\\n"', '3: "b: 2\\n"']],
    ['# head\n---\na: 1\n', ['1: "# head\\n---\\na: 1\\n"']],
    ['a: |\n  x\n---\nb: 2', ['1: "a: |\\n  x\\n"', '3: "---\\nb: 2"']],
    ['a: "x\n---\ny"', ['1: "a: \\"x\\n"', '2: "---\\ny\\""']],
    ['a: 1\n--- # comment\nb: 2', ['1: "a: 1\\n"', '2: "--- # comment\\nb: 2"']],
    ['a: 1\n----\nb: 2', ['1: "a: 1\\n----\\nb: 2"']],
    ['a: 1\n---x\nb: 2', ['1: "a: 1\\n---x\\nb: 2"']],
    ['a: 1\r\n---\r\nb: 2\r\n', ['1: "a: 1\\r\\n"', '2: "---\\r\\nb: 2\\r\\n"']],
    ['%YAML 1.2\n---\na: 1', ['1: "%YAML 1.2\\n---\\na: 1"']],
  ])('%j', (text, parts) => expect(cut(text)).toEqual(parts));
});

test('a byte order mark, Windows line ends and other documents move no place', () => {
  const text =
    '\ufeffkind: ConfigMap\r\n---\r\napiVersion: seccomply.dev/v1alpha1\r\nkind: SeccompPolicy\r\nmetadata: { name: web }\r\nspec: { assign: [{ profile: web-* }] }\r\n';
  expect(problems(text)).toMatchInlineSnapshot(`
"p.yaml:6:29: error: a rule assigns one profile, and "web-*" is a pattern (spec.assign[0].profile) [PD013]
    write RuntimeDefault, the lower case name of a catalogue profile, or Localhost/<path>"
`);
});
