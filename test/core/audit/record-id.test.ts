import { randomDigits, recordIdOf } from '../../../src/core/audit/record-id.js';
import { formatMicroseconds } from '../../../src/core/audit/record-time.js';
import { RandomPool } from '../../../src/storage/records/random-pool.js';

test('an id is a UUID of version 7', () => {
  // The example of RFC 9562, appendix A.6, whose random bits are 0xCC3 and 0x18C4DC0C0C07398F.
  expect(recordIdOf(0x017f22e279b0, '1cc38c4dc0c0c07398f')).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  expect(recordIdOf(1_795_000_000_000.9, '0'.repeat(randomDigits))).toBe('01a1ee56-5e00-7000-8000-000000000000');
  expect(recordIdOf(-1, 'f'.repeat(randomDigits))).toBe('00000000-0000-7fff-bfff-ffffffffffff');
});

test('ids of one moment differ in every digit that may', () => {
  const random = new RandomPool();
  const ids = Array.from({ length: 20_000 }, () => recordIdOf(1, random.take(randomDigits)));
  expect(new Set(ids).size).toBe(ids.length);
  const seen = Array.from({ length: 36 }, (_, at) => new Set(ids.map((id) => id[at])).size);
  const expected = [...'00000000-0000-7xxx-4xxx-xxxxxxxxxxxx'].map((one) => (one === 'x' ? 16 : one === '4' ? 4 : 1));
  expect(seen).toEqual(expected);
});

test('times have microseconds, in any order of asking', () => {
  expect(formatMicroseconds(1_795_000_000_123_456)).toBe('2026-11-18T11:06:40.123456Z');
  expect(formatMicroseconds(1_795_000_001_000_000)).toBe('2026-11-18T11:06:41.000000Z');
  expect(formatMicroseconds(1_795_000_000_000_009)).toBe('2026-11-18T11:06:40.000009Z');
});
