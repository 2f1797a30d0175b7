import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { LineSplitter, longestLine, readLines } from '../../../src/storage/disk/read-lines.js';
import { runs } from '../../support/require.js';

test('a stream has the same lines however it is cut into chunks', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '\n') }), fc.array(fc.nat(20)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const lines: string[] = [];
      const splitter = new LineSplitter((line) => lines.push(line.toString()));
      let from = 0;
      for (const length of [...cuts, bytes.length]) {
        splitter.push(Buffer.from(bytes.subarray(from, from + length)));
        from += length;
      }
      expect([...lines, splitter.rest.toString()]).toEqual(text.split('\n'));
    }),
    { numRuns: runs(300) },
  );
});

test.each([
  [{}, ['one', 'two'], 'rest', 0],
  [{ limit: 8 }, ['one', 'two'], '', 4],
  [{ limit: 6 }, ['one'], 'tw', 6],
  [{ limit: 100 }, ['one', 'two'], 'rest', 0],
  [{ from: 4 }, ['two'], 'rest', 0],
  [{ from: 4, limit: 6 }, [], 'tw', 6],
])('a file read within %j', async (within, lines, rest, beyond) => {
  const folder = mkdtempSync(join(tmpdir(), 'seccomply-lines-'));
  try {
    const file = join(folder, 'file');
    writeFileSync(file, 'one\ntwo\nrest');
    const read: string[] = [];
    const end = await readLines(file, (line) => read.push(line.toString()), within);
    expect([read, end.rest.toString(), end.beyond]).toEqual([lines, rest, beyond]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('of a line that is longer than any is, only the beginning is kept, and its length', () => {
  const seen: (readonly [number, number])[] = [];
  const splitter = new LineSplitter((line, length) => seen.push([line.length, length]));
  const piece = Buffer.alloc(300_000, 'x');
  for (let pieces = 0; pieces < 40; pieces += 1) splitter.push(piece);
  splitter.push(Buffer.from('\nshort\n'));
  splitter.push(Buffer.alloc(2 * longestLine, 'y'));
  expect(seen).toEqual([
    [longestLine, 12_000_000],
    [5, 5],
  ]);
  expect([splitter.rest.length, splitter.restLength]).toEqual([longestLine, 2 * longestLine]);
});
