import fc from 'fast-check';
import { readJsonValue } from '../../../src/core/document/json-value.js';
import { runs } from '../../support/require.js';

const said = (text: string): readonly string[] =>
  readJsonValue(text).problems.map(
    ({ code, offset, path, message, advice }) =>
      `${offset} ${code} ${message}${path === undefined ? '' : ` (${path})`}; ${advice}`,
  );

test.each([
  '',
  '{',
  '{"a": 1,}',
  '[1,]',
  '[1 2]',
  '{"a" 1}',
  '{a: 1}',
  "{'a': 1}",
  '{"a": undefined}',
  '{"a": NaN}',
  '{"a": 01}',
  '{"a": 1.}',
  '{"a": "x\ny"}',
  '{"a": "\\x"}',
  '{"a": "x}',
  '{"a": 1} {"b": 2}',
  '// comment\n{}',
  '{"a": 1, /* b */ "c": 2}',
  '{"a": 1 <--- b\n}',
  '{"a": [1];}',
  '{"a": 1, "a": 2}',
  '{"a": {"b": [{"c": 1, "c": 2}]}}',
  '{"\\u0061": 1, "a": 2}',
  '{"__proto__": {}}',
  'tru',
  '\ufeff{}',
])('%j', (text) => expect(said(text)).toMatchSnapshot());

test('it takes what JSON.parse takes, with the same value, and refuses what that refuses', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 5 }),
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', ']', '0', '\\', ' '),
      (json, at, insert) => {
        const place = at % (json.length + 1);
        const text = json.slice(0, place) + insert + json.slice(place);
        let expected: { readonly value: unknown } | undefined;
        try {
          expected = { value: JSON.parse(text) };
        } catch {
          expected = undefined;
        }
        const read = readJsonValue(text);
        expect(read.broken).toBe(expected === undefined);
        if (expected !== undefined) expect(JSON.stringify(read.value)).toBe(JSON.stringify(expected.value));
      },
    ),
    { numRuns: runs(1000) },
  );
});

test('it tells where the items of a list stand', () => {
  const text = '{ "kind": "List", "items": [ {"a": [1, 2]},\n {"b": {"items": [3]}} ] }';
  expect(readJsonValue(text).items?.map(({ start, end }) => text.slice(start, end))).toEqual([
    '{"a": [1, 2]}',
    '{"b": {"items": [3]}}',
  ]);
});

test('a hundred levels are read, more are too deep and no overflow', () => {
  expect(readJsonValue('['.repeat(100) + ']'.repeat(100)).problems).toEqual([]);
  for (const depth of [101, 200_000])
    expect(said('['.repeat(depth))[0]).toContain('PD004 values are nested more than 100 deep');
});
