import fc from 'fast-check';
import { canonicalJson } from '../../../src/core/document/canonical-json.js';
import { runs } from '../../support/require.js';

test('keys by UTF-16 code units, no white space, undefined members left out', () => {
  // The sort of RFC 8785 §3.2.3: the emoji (a surrogate pair, 0xD83D…) comes before U+FB33.
  const value = { '\ufb33': 1, '😀': 2, '€': 3, '\r': 4, '1': 5, ö: 6, gone: undefined };
  expect(canonicalJson(value)).toBe('{"\\r":4,"1":5,"ö":6,"€":3,"😀":2,"\ufb33":1}');
});

test.each([
  [1 / 3, '0.3333333333333333'],
  [1e30, '1e+30'],
  [4.5, '4.5'],
  [2e-3, '0.002'],
  [-0, '0'],
])('numbers as ECMAScript prints them: %p', (number, text) => {
  expect(canonicalJson(number)).toBe(text);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, Symbol('x'), undefined])(
  'what JSON cannot say is refused: %p',
  (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson([value])).toThrow(TypeError);
    // Behind what is not in order, and where objects cannot be in order.
    if (value === undefined) return;
    expect(() => canonicalJson({ b: 1, a: value })).toThrow(TypeError);
    expect(() => canonicalJson({ b: 1, a: [{ '1': value, '0': 1, x: 1 }] })).toThrow(TypeError);
  },
);

test('a hole in a list is refused as the undefined that it is', () => {
  expect(() => canonicalJson(new Array(1))).toThrow(TypeError);
  expect(() => canonicalJson({ b: 1, a: new Array(1) })).toThrow(TypeError);
  expect(() => canonicalJson({ b: new Date(0), a: new Array(1) })).toThrow(TypeError);
});

test('numbers as keys stand among the others by their digits, and what objects inherit is not printed', () => {
  expect(canonicalJson({ b: 1, '9': 2, '10': [{ z: 1, '1': 2 }], a: { y: 1, x: undefined } })).toBe(
    '{"10":[{"1":2,"z":1}],"9":2,"a":{"y":1},"b":1}',
  );
  expect(canonicalJson(JSON.parse('{"z":1,"__proto__":{"b":1,"a":2}}'))).toBe('{"__proto__":{"a":2,"b":1},"z":1}');
  expect(canonicalJson({ at: new Date(0) })).toBe('{"at":{}}');
});

test('what is printed stays as it was', () => {
  const value = { b: [{ d: 1, c: 2 }], a: 1 };
  expect(canonicalJson(value)).toBe('{"a":1,"b":[{"c":2,"d":1}]}');
  expect(JSON.stringify(value)).toBe('{"b":[{"d":1,"c":2}],"a":1}');
});

test('parsing and printing again gives the same text, whatever the order of the keys was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
    { numRuns: runs(300) },
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
