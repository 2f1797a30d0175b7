import { Writable } from 'node:stream';
import { Output } from '../../src/system/output.js';

const MiB = 1024 * 1024;

/** A stream whose reader takes a piece when it is told to. */
function slowReader() {
  const taken: string[] = [];
  let next: (() => void) | undefined;
  const out = new Writable({
    write(piece: Buffer, _, done) {
      taken.push(piece.toString('latin1', 0, 1));
      next = done;
    },
  });
  return {
    out: out as unknown as NodeJS.WriteStream,
    taken,
    read: () => {
      next?.();
      return new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('what a reader does not take stays within a limit; it is told once, and once when everything goes out again', async () => {
  const { out, taken, read } = slowReader();
  const told: string[] = [];
  const output = new Output(out, {
    fellBehind: () => told.push('behind'),
    caughtUp: (bytes) => told.push(`again, ${bytes} left out`),
  });
  const piece = (name: string) => Buffer.alloc(MiB, name);
  expect([...'abcdefghi'].map((name) => output.write(piece(name)))).toEqual(Array(9).fill(true));
  expect(told).toEqual([]);
  expect([...'jkl'].map((name) => output.write(piece(name)))).toEqual([false, false, false]);
  expect(told).toEqual(['behind']);
  expect(out.writableLength).toBe(9 * MiB);
  for (let taking = 0; taking < 4; taking += 1) await read();
  output.write(piece('m'));
  expect(told).toEqual(['behind']);
  for (let taking = 0; taking < 5; taking += 1) await read();
  output.write(piece('n'));
  expect(told).toEqual(['behind', `again, ${4 * MiB} left out`]);
  await read();
  expect(taken.join('')).toBe('abcdefghin');
});

test('a stream that takes everything at once has nothing any more', () => {
  const taken: string[] = [];
  const out = new Writable({
    write(piece: Buffer, _, done) {
      taken.push(piece.toString());
      done();
    },
  });
  const output = new Output(out as unknown as NodeJS.WriteStream);
  expect(output.write(Buffer.from('one'))).toBe(false);
  expect(output.write('two')).toBe(false);
  expect(taken).toEqual(['one', 'two']);
});

test('a reader that has gone away is no reason to stop', async () => {
  const out = new Writable({ write: (_, __, done) => done(new Error('EPIPE')) });
  const output = new Output(out as unknown as NodeJS.WriteStream);
  output.write('one');
  await new Promise((resolve) => setImmediate(resolve));
  expect(output.write('two')).toBe(false);
});
