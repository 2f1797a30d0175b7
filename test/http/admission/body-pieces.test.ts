import fc from 'fast-check';
import { BodyPieces } from '../../../src/http/admission/body-pieces.js';
import { runs } from '../../support/require.js';

/** Adds them all, and tells what was said to be held after each. */
function filled(pieces: readonly Buffer[]): { readonly body: BodyPieces; readonly held: number } {
  const body = new BodyPieces();
  let held = 0;
  for (const piece of pieces) {
    held += body.roomFor(piece);
    body.add(piece);
    expect(body.held).toBe(held);
  }
  return { body, held };
}

test('whatever pieces a body comes in, it is what came', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(3), fc.nat(300), fc.integer({ min: 4_000, max: 4_200 })), { maxLength: 300 }),
      (sizes) => {
        const pieces = sizes.map((size, index) => Buffer.alloc(size, index % 251));
        const { body } = filled(pieces);
        expect(body.size).toBe(sizes.reduce((sum, one) => sum + one, 0));
        expect(Buffer.concat(body.take()).equals(Buffer.concat(pieces))).toBe(true);
        expect([body.size, body.held, body.take()]).toEqual([0, 0, []]);
      },
    ),
    { numRuns: runs(100) },
  );
});

test('a usual body is the very pieces that came', () => {
  const pieces = [Buffer.alloc(6_000), Buffer.alloc(1_000), Buffer.alloc(3_000)];
  const { body, held } = filled(pieces);
  expect(held).toBe(10_000);
  for (const [index, piece] of body.take().entries()) expect(piece).toBe(pieces[index]);
});

test('a hundred thousand pieces of one byte are a few blocks, and what these take is what is held', () => {
  const { body, held } = filled(Array.from({ length: 100_000 }, () => Buffer.alloc(1)));
  expect(held).toBeLessThan(300_000);
  const left = body.take();
  expect(left.length).toBeLessThan(30);
  expect(left.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBeLessThanOrEqual(held);
});

test('small pieces between large ones are held, too, with what a Buffer takes', () => {
  const { body, held } = filled(Array.from({ length: 2_000 }, (_, index) => Buffer.alloc(index % 2 === 0 ? 1 : 4_096)));
  expect(held).toBeGreaterThan(body.size + 1_900 * 512);
});

test('only thousands of pieces of a few bytes are too many', () => {
  const of = (count: number, size: number): boolean =>
    filled(Array.from({ length: count }, () => Buffer.alloc(size))).body.isFragmented;
  expect([of(4_096, 1), of(4_097, 1), of(4_097, 63), of(4_097, 64), of(20_000, 1_400)]).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
});
