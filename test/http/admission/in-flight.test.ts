import fc from 'fast-check';
import { InFlightBytes } from '../../../src/http/admission/in-flight.js';
import { runs } from '../../support/require.js';

test('room is given up to the limit, and an eighth of it to small bodies only', () => {
  const room = new InFlightBytes(8_000_000);
  expect(room.take(7_000_000, 0)).toBe(true);
  expect(room.take(1, 262_144)).toBe(false);
  expect(room.take(262_145, 0)).toBe(false);
  expect(room.take(262_144, 0)).toBe(true);
  expect(room.take(262_143, 1)).toBe(true);
  expect(room.take(475_713, 0)).toBe(false);
  expect(room.held).toBe(7_524_287);
  room.release(7_000_000);
  expect(room.take(1_000_000, 5_000_000)).toBe(true);
  expect(room.held).toBe(1_524_287);
});

test('what was refused takes no room, and after everything is given back none is taken', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 1_000_000 }),
      fc.array(
        fc.record({
          bytes: fc.oneof(fc.nat(2_000), fc.nat(400_000)),
          soFar: fc.oneof(fc.constant(0), fc.nat(400_000)),
          back: fc.nat(5),
        }),
        { maxLength: 60 },
      ),
      (limit, steps) => {
        const room = new InFlightBytes(limit);
        const held: number[] = [];
        for (const { bytes, soFar, back } of steps) {
          const before = room.held;
          if (room.take(bytes, soFar)) held.push(bytes);
          else expect(room.held).toBe(before);
          expect(room.held).toBeLessThanOrEqual(limit);
          if (back === 0) room.release(held.shift() ?? 0);
          expect(room.held).toBe(held.reduce((sum, one) => sum + one, 0));
        }
        for (const one of held) room.release(one);
        expect(room.held).toBe(0);
      },
    ),
    { numRuns: runs(200) },
  );
});
