import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { readPlainYaml } from '../../../../src/core/document/yaml/plain-yaml.js';
import { splitYaml } from '../../../../src/core/document/yaml/split-yaml.js';
import { readYamlValue } from '../../../../src/core/document/yaml/yaml-value.js';
import { runs } from '../../../support/require.js';
import { anyDocument } from '../../policy/random-document.js';

const documents = (text: string): readonly string[] =>
  [...splitYaml(text)].map(({ start, end }) => text.slice(start, end));

const shipped = readdirSync('policies').flatMap((set) =>
  readdirSync(`policies/${set}`)
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
    .map((name) => readFileSync(`policies/${set}/${name}`, 'utf8')),
);

test('the policies that we ship are plain', () => {
  const all = shipped.flatMap(documents);
  expect(all.length).toBeGreaterThan(5);
  for (const text of all) expect(readPlainYaml(text)?.value).toEqual(readYamlValue(text).value);
});

test.each<[text: string, value: unknown]>([
  ['a: b', { a: 'b' }],
  ['---\na: b\n', { a: 'b' }],
  ['# head\n\n--- \n# more\na: b # what\n\n', { a: 'b' }],
  ['a: true\nb: 0\nc: -12\nd: 2027-01-31T00:00:00Z\n', { a: true, b: 0, c: -12, d: '2027-01-31T00:00:00Z' }],
  ['a: nginx:1.*\nb: ghcr.io/acme/**/edge@sha256:*', { a: 'nginx:1.*', b: 'ghcr.io/acme/**/edge@sha256:*' }],
  ['a: "x: # \'"\nb: \'x: # "\'', { a: "x: # '", b: 'x: # "' }],
  ['"a b": { c : d }', undefined],
  ['a: |\n  b\n   c\n\n  # d\n\n# e\nf: |-\n  g\n', { a: 'b\n c\n\n# d\n', f: 'g' }],
  ['a:\n  - >\n    b\n    c\n  - >-\n    d: e\n', { a: ['b c\n', 'd: e'] }],
  ['a: 1.27.3\nb: 0f2b5a1e-0000-4000\nc: 10 Gi\nd: 8s', { a: '1.27.3', b: '0f2b5a1e-0000-4000', c: '10 Gi', d: '8s' }],
  ['a: { "b":1, c: [x y, {}, []], d: "" }', { a: { b: 1, c: ['x y', {}, []], d: '' } }],
  ['a:\n- b: 1\n  c: 2\n-   d:\n    - e\n    - f: g\nh: i', { a: [{ b: 1, c: 2 }, { d: ['e', { f: 'g' }] }], h: 'i' }],
  ['a:\n  # what\n  b: c\n  # why\nd:\n  kubernetes.io/e: "f"\n', { a: { b: 'c' }, d: { 'kubernetes.io/e': 'f' } }],
])('%j is plain, or left to the other', (text, value) => expect(readPlainYaml(text)?.value).toEqual(value));

test('long lines and many lines are read as short ones are', () => {
  const many = 1_000_000;
  expect(readPlainYaml(`a: ${'b:'.repeat(many)}c`)?.value).toEqual({ a: `${'b:'.repeat(many)}c` });
  expect(readPlainYaml(`a: b${'\n'.repeat(many)}`)?.value).toEqual({ a: 'b' });
  expect(readPlainYaml(`a: |\n  b${'\n'.repeat(many)}`)?.value).toEqual({ a: 'b\n' });
  expect(readPlainYaml(`a: ${'['.repeat(many)}`)).toBeUndefined();
  expect(readPlainYaml(`a:\n  ${'- '.repeat(many)}b`)).toBeUndefined();
});

test.each([
  ...[
    '',
    '# a\n',
    'a',
    '- a',
    '{a: b}',
    'a: b\na: c',
    'a: &x b',
    'a: *x',
    'a: !t b',
    'a: |+\n  b\n',
    'a: >\n  b\n   c\n',
    'a: >\n  b\n\n  c\n',
    '  ---\na: b\n',
    'a:\n    b: c\n  d: e\n',
    'a:\n- b\n  - c\n',
    'a: b\n  c',
  ],
  ...[
    'a: "b\n  c"',
    'a: "\\n"',
    "a: 'b''c'",
    'a:',
    'a: ~',
    'a: null',
    'a: yes',
    'on: a',
    'null: a',
    'a: 0x1',
    'a: 1.5',
  ],
  ...[
    'a: -0',
    'a: 1_0',
    'a: 1234567890123456',
    'a: b: c',
    'a: b #c\n  d',
    'a:\tb',
    'a: b\r\n',
    '? a\n: b',
    '<<: { a: b }',
  ],
  ...[
    '__proto__: a',
    '"__proto__": a',
    'a: [b',
    'a: [b,]',
    'a: [b: c]',
    'a: {b}',
    'a: {b: }',
    'a: [b]c',
    'a: [b]#c',
    'a: @b',
  ],
  ...[
    'a: b\n---\nc: d',
    'a: b\n...\n',
    '%YAML 1.2\n---\na: b',
    '--- a: b',
    ' a: b\nc: d',
    'a:\n  b: c\n d: e',
    'a: "b" c',
  ],
  ...['a: [b,\n  c]', 'a: b\u2028c', '\ufeffa: b', 'a: \u0085'],
])('%j is not', (text) => expect(readPlainYaml(text)).toBeUndefined());

describe('what is read as plain YAML is what the parser of YAML reads', () => {
  const isSame = (text: string): boolean => {
    const plain = readPlainYaml(text);
    if (plain === undefined) return false;
    const { value, start, items, problems, broken } = readYamlValue(text);
    expect({ text, problems, broken }).toEqual({ text, problems: [], broken: false });
    expect({ text, json: JSON.stringify(plain.value) }).toEqual({ text, json: JSON.stringify(value) });
    expect({ text, start: plain.start }).toEqual({ text, start });
    if (items !== undefined && plain.items !== undefined) {
      expect({ text, starts: plain.items.map(({ start }) => start) }).toEqual({
        text,
        starts: items.map(({ start }) => start),
      });
      // Of two ends, the one counts comments and blank lines in that the other does not.
      for (const [index, { end }] of items.entries()) {
        const ends = [end, plain.items[index]?.end ?? -1].sort((a, b) => a - b);
        expect(text.slice(...ends)).toMatch(/^(?: *(?:#[^\n]*)?(?:\n|$))* *$/);
      }
    }
    return true;
  };
  const changes = fc.array(fc.record({ at: fc.nat(), cut: fc.nat({ max: 3 }), put: snippet() }), { maxLength: 3 });
  const change = (text: string, at: readonly { at: number; cut: number; put: string }[]): string =>
    at.reduce((all, { at: place, cut, put }) => {
      const start = place % (all.length + 1);
      return all.slice(0, start) + put + all.slice(start + cut);
    }, text);

  test('of lists of random documents', () => {
    fc.assert(
      fc.property(
        fc.array(anyDocument, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat({ max: 999 })),
        (items, dice) => {
          isSame(printed({ apiVersion: 'v1', items, kind: 'List' }, dice));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test('of random documents, printed in many ways, most of them plain', () => {
    let plain = 0;
    let all = 0;
    fc.assert(
      fc.property(anyDocument, fc.infiniteStream(fc.nat({ max: 999 })), (document, dice) => {
        all += 1;
        if (isSame(printed(document, dice))) plain += 1;
      }),
      { numRuns: runs(1000) },
    );
    expect(plain / all).toBeGreaterThan(0.3);
  });

  test('of such with changes', () => {
    fc.assert(
      fc.property(anyDocument, fc.infiniteStream(fc.nat({ max: 999 })), changes, (document, dice, list) => {
        isSame(change(printed(document, dice), list));
      }),
      { numRuns: runs(2000) },
    );
  });

  test('of the shipped policies with changes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...shipped.flatMap(documents)), changes, (text, list) => {
        isSame(change(text, list));
      }),
      { numRuns: runs(2000) },
    );
  });

  test('of random lines', () => {
    const line = fc.tuple(fc.constantFrom('', ' ', '  ', '    ', '- ', '  - '), fc.array(snippet(), { maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        isSame(lines.map(([indent, parts]) => indent + parts.join('')).join('\n'));
      }),
      { numRuns: runs(5000) },
    );
  });
});

function snippet(): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        ...[
          'a',
          'b',
          'a: ',
          'b: ',
          'a: b',
          '"a"',
          "'a'",
          '"a": ',
          '"a":',
          ': ',
          ':',
          '- ',
          '-',
          '[',
          ']',
          '{',
          '}',
          ', ',
        ],
        ...[
          ',',
          '#',
          ' #',
          '# c',
          '\n',
          '\n  ',
          '\n    ',
          '\n# c\n',
          ' ',
          '  ',
          '"',
          "'",
          'a:b',
          'a#b',
          'true',
          '1',
          '-1',
        ],
        ...[
          '|\n  a\n',
          '|-\n  a\n  b\n',
          '>\n  a\n',
          '\n\n',
          'items:\n',
          'items:\n- ',
          '1.2.3',
          '1-2',
          '[a, b]',
          '{ a: b }',
          '{"a":1}',
          '[]',
          '{}',
          'a b',
          '.',
          '/',
          '*',
          '2027-01-31',
          '\n- ',
          '\n  - ',
          '\n  # c\n',
        ],
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...[
          '\t',
          '\r\n',
          '\r',
          '&a ',
          '*a',
          '!t ',
          '|',
          '>',
          '|\n  a',
          '%',
          '@',
          '`',
          '?',
          '? ',
          '---',
          '---\n',
          '...\n',
        ],
        ...[
          '~',
          'null',
          'yes',
          'No',
          'on',
          '0x1',
          '1.5',
          '1e3',
          '.5',
          '.inf',
          '-0',
          '+1',
          '017',
          '1_0',
          '0b1',
          '\\',
          '\\n',
        ],
        ...[
          'é',
          '𐀀',
          '\u00a0',
          '\u2028',
          '\u0085',
          '\ufeff',
          '\0',
          '__proto__',
          '<<',
          '<<: ',
          '1: ',
          'null: ',
          '_',
          '$',
          '(',
        ],
      ),
    },
  );
}

/** YAML by dice: block or flow, indented or not, texts plain or in quotes, with comments and blank lines. Not always good YAML. */
function printed(document: unknown, stream: Iterable<number>): string {
  const dice = stream[Symbol.iterator]();
  const roll = (of: number): number => (dice.next().value ?? 0) % of;
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

  const text = (value: string): string => {
    const kind = roll(8);
    if (kind === 0) return `'${value.replaceAll("'", "''")}'`;
    return kind < 5 && /^[\w./-][^,[\]{}]*$/.test(value) ? value : JSON.stringify(value);
  };
  const key = (name: string): string =>
    roll(50) === 0 ? text(name) : /^[A-Za-z]/.test(name) ? name : JSON.stringify(name);
  const flow = (value: unknown): string => {
    const gap = ['', ' '][roll(2)] ?? '';
    if (Array.isArray(value)) return `[${gap}${value.map(flow).join(`,${gap}`)}${gap}]`;
    if (isObject(value))
      return `{${gap}${Object.entries(value)
        .map(
          ([name, member]) => `${roll(2) === 0 ? `${JSON.stringify(name)}:` : `${key(name)}: `}${gap}${flow(member)}`,
        )
        .join(`,${gap}`)}${gap}}`;
    return typeof value === 'string' ? text(value) : JSON.stringify(value);
  };
  const end = (indent: number): string =>
    [' # what\n', `\n\n`, `\n${' '.repeat(indent)}# why\n`, `\n${' '.repeat(roll(6))}# odd\n`, '  \n'][roll(24)] ??
    '\n';
  const below = (value: unknown, indent: number): string => {
    if (typeof value === 'string' && roll(12) === 0) {
      const blanks = ' '.repeat(indent + 1 + roll(3));
      const header = ['|', '|-', '>', '>-', '|+', '|2'][roll(14)] ?? '|';
      return ` ${header}\n${value
        .split('\n')
        .map((line) => `${blanks}${line}\n`)
        .join('')}${['\n', `${blanks}# what\n`][roll(9)] ?? ''}`;
    }
    const isBlock = isObject(value) && Object.keys(value).length > 0 && roll(4) > 0;
    if (!isBlock) return ` ${' '.repeat(roll(2))}${flow(value)}${end(indent)}`;
    const step = Array.isArray(value) ? roll(4) : 1 + roll(4);
    return end(indent) + block(value, indent + step);
  };
  const block = (value: object, indent: number): string => {
    const blanks = ' '.repeat(indent);
    if (!Array.isArray(value))
      return Object.entries(value)
        .map(([name, member]) => `${blanks}${key(name)}:${below(member, indent)}`)
        .join('');
    return (value as unknown[])
      .map((item) => {
        const dash = `-${' '.repeat(1 + roll(3))}`;
        if (!isObject(item) || Object.keys(item).length === 0 || roll(2) === 0)
          return `${blanks}${dash}${flow(item)}${end(indent)}`;
        return `${blanks}${dash}${block(item, indent + dash.length).slice(indent + dash.length)}`;
      })
      .join('');
  };
  return `${['---\n', '# head\n'][roll(8)] ?? ''}${block(document as object, 0)}`;
}
