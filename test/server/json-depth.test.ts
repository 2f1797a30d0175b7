import fc from 'fast-check';
import { deeperThan } from '../../src/server/json-depth.js';
import { runs } from '../support/require.js';

/** Written plainly, on what JSON.parse makes of the text. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const bracketed = fc.string({
  unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', 'é', '\u2028', '\ud800', '\n'),
  maxLength: 12,
});
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom<unknown>(null, true, 1, -1.5e10), bracketed),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(bracketed, tie('json'), { maxKeys: 3 }),
  ),
}));

test('the depth is that of the parsed value, whatever stands in its texts and between them', () => {
  const seen = new Set<number>();
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, '\t'), fc.boolean(), (value, space, escaped) => {
      let text = JSON.stringify(value, undefined, space);
      if (escaped) text = text.replace(/[é\u2028]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
      const depth = depthOf(JSON.parse(text));
      seen.add(depth);
      for (const limit of [0, depth - 1, depth, depth + 1].filter((one) => one >= 0))
        expect(deeperThan(text, limit)).toBe(depth > limit);
    }),
    { numRuns: runs(500) },
  );
  expect(seen.size).toBeGreaterThan(3);
});

test.each([
  ['[[[', 2, true],
  ['[[[', 3, false],
  ['{"a":{"a":{', 2, true],
  ['[][][]', 1, false],
  ['"[[[', 1, false],
  ['"\\"[[["', 1, false],
  ['"\\\\"[[[', 2, true],
  ['"a\\', 0, false],
  [']]][[', 1, false],
  ['', 0, false],
])('of what is no JSON: %s, limit %i', (text, limit, expected) => {
  // Closing more than was opened is refused by the parser; here it only must not hide more than it closed.
  expect(deeperThan(text, limit)).toBe(expected);
});

test('closing brackets ahead do not hide a depth that the parser would meet', () => {
  expect(deeperThan(`${']'.repeat(5_000)}${'['.repeat(5_600)}`, 512)).toBe(true);
});
