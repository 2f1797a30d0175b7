import fc from 'fast-check';
import { callDeadline } from '../../../src/http/admission/call-deadline.js';
import { runs } from '../../support/require.js';

const own = 2_500;

test.each([
  // As the API server writes them: time.Duration.String(), a tenth of it left for the way back.
  ['10s', own],
  ['30s', own],
  ['1m0s', own],
  ['2s', 1_800],
  ['1s', 900],
  ['2.5s', 2_250],
  ['1.5s', 1_350],
  ['500ms', 400],
  ['200ms', 100],
  ['100ms', 50],
  ['1ms', 50],
  ['900µs', 50],
  ['900us', 50],
  ['5ns', 50],
  ['0m1s', 900],
  ['1s500ms', 1_350],
  ['.5s', 400],
  ['1.s', 900],
  ['0h0m0.7s', 600],
  // No duration, or none that can be kept: our own.
  ['0s', own],
  ['0', own],
  ['', own],
  ['-1s', own],
  ['1', own],
  ['1d', own],
  ['s', own],
  ['.s', own],
  ['1e3s', own],
  ['Infinity', own],
  ['NaNs', own],
  ['1 s', own],
  ['1s x', own],
  ['١s', own],
  [`${'9'.repeat(400)}h`, own],
])('timeout=%s', (timeout, expected) => {
  expect(callDeadline(`/mutate?timeout=${encodeURIComponent(timeout)}`, own)).toBe(expected);
});

test.each([
  ['/mutate', own],
  ['/mutate?', own],
  ['/mutate?&&=', own],
  ['/mutate?timeout', own],
  ['/mutate?timeouts=1s', own],
  ['/mutate?Timeout=1s', own],
  ['/mutate?a=b&timeout=1s', 900],
  ['/mutate?timeout=1s&a=b', 900],
  ['/mutate?timeout=1s&timeout=2s', 900],
  ['/mutate?time%6Fut=1%73', 900],
  ['/mutate?timeout=%ZZ', own],
  ['/mutate?timeout=1s#x', own],
  ['/mutate?x=?timeout=1s', own],
])('%s', (url, expected) => {
  expect(callDeadline(url, own)).toBe(expected);
});

test('whatever stands there, a deadline is a number from 50 ms to our own', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^(\d{1,9}(\.\d{0,3})?(ns|us|µs|ms|s|m|h)){1,4}$/)),
      fc.integer({ min: 50, max: 30_000 }),
      (timeout, limit) => {
        const deadline = callDeadline(`/validate?timeout=${timeout}`, limit);
        expect(deadline).toBeGreaterThanOrEqual(50);
        expect(deadline).toBeLessThanOrEqual(limit);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('of a long number or a long address nothing is read', () => {
  expect(callDeadline(`/mutate?timeout=${'0'.repeat(62)}1s`, own)).toBe(900);
  expect(callDeadline(`/mutate?timeout=${'0'.repeat(63)}1s`, own)).toBe(own);
  const padded = (length: number): string => '/mutate?timeout=1s&a='.padEnd(length, 'x');
  expect([callDeadline(padded(2_048), own), callDeadline(padded(2_049), own)]).toEqual([900, own]);
});

test('a long query costs time in proportion to its length', () => {
  const digits = '1'.repeat(15_000);
  for (const timeout of [digits, `${'1s'.repeat(7_000)}x`, `${digits}.${digits}x`, '1.1'.repeat(5_000)])
    expect(callDeadline(`/mutate?timeout=${timeout}`, own)).toBe(own);
});
