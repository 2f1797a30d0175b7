import { exceedsParsedSize } from '../../../src/http/admission/parsed-size-bound.js';

test('what is short is never heavy, and each bracket, member and entry counts', () => {
  expect(exceedsParsedSize('', 0)).toBe(false);
  expect(exceedsParsedSize('x'.repeat(100), 10_100)).toBe(false);
  expect(exceedsParsedSize('x'.repeat(101), 101)).toBe(false);
  expect(exceedsParsedSize('x'.repeat(102), 101)).toBe(true);
  for (const [text, weight] of [
    ['[]', 102],
    ['{}', 102],
    ['[1,2]', 137],
    ['{"a":1}', 171],
    ['{"a":[{}]}', 374],
  ] as const) {
    expect(exceedsParsedSize(text, weight)).toBe(false);
    expect(exceedsParsedSize(text, weight - 1)).toBe(true);
  }
});

test('parsing takes no more memory than was told', () => {
  for (const unit of ['{}', '[]', '{"a":1}', '[[],[]]', '1.5', '"é"', 'null', '{"a":{"b":[1.25]}}']) {
    const json = `[${`${unit},`.repeat(100_000)}0]`;
    let weight = 1_000;
    while (exceedsParsedSize(json, weight)) weight *= 1.1;
    const before = process.memoryUsage().heapUsed;
    const value: unknown = JSON.parse(json);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(weight * 1.5 + 4_000_000);
    expect(Array.isArray(value)).toBe(true);
  }
});
