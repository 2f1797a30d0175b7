import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { LineSplitter, readLines } from '../../../src/storage/disk/read-lines.js';
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
  [undefined, ['one', 'two'], 'rest', 0],
  [8, ['one', 'two'], '', 4],
  [6, ['one'], 'tw', 6],
  [100, ['one', 'two'], 'rest', 0],
])('a file read up to byte %p', async (limit, lines, rest, beyond) => {
  const folder = mkdtempSync(join(tmpdir(), 'seccomply-lines-'));
  try {
    const file = join(folder, 'file');
    writeFileSync(file, 'one\ntwo\nrest');
    const read: string[] = [];
    const end = await readLines(file, (line) => read.push(line.toString()), limit);
    expect([read, end.rest.toString(), end.beyond]).toEqual([lines, rest, beyond]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
