import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '../../../src/storage/disk/durable-folder.js';
import { SegmentWriter } from '../../../src/storage/records/segment-writer.js';

import { diskThatWrites, ioError } from '../disk-that-writes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-segments-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('a segment that is full is left for the next one, which names how much of it counts', async () => {
  const writer = new SegmentWriter(diskFolder, folder, 8);
  expect(await writer.begin()).toEqual({ number: 1, previous: undefined });
  await writer.write(Buffer.from('one\n'));
  expect(await writer.begin()).toBeUndefined();
  await writer.write(Buffer.from('two\n'));
  expect(await writer.begin()).toEqual({ number: 2, previous: { number: 1, bytes: 8 } });
  await writer.write(Buffer.from('three\n'));
  await writer.close();
  expect([text('000001.jsonl'), text('000002.jsonl')]).toEqual(['one\ntwo\n', 'three\n']);
});

test('what a failed write left is cut off, and a segment without records is not named by the next', async () => {
  let fails = 0;
  // Half of the bytes are on disk when it fails.
  const disk = diskThatWrites(async (bytes, position, real) => {
    if (fails === 0) return real(bytes, position);
    fails -= 1;
    await real(bytes.subarray(0, 2), position);
    throw ioError();
  });
  const writer = new SegmentWriter(disk, folder, 1_000);
  await writer.begin();
  await writer.write(Buffer.from('one\n'));
  fails = 2;
  await writer.begin();
  await expect(writer.write(Buffer.from('two\n'))).rejects.toThrow('i/o error');
  await writer.abandon();
  expect(await writer.begin()).toEqual({ number: 2, previous: { number: 1, bytes: 4 } });
  await expect(writer.write(Buffer.from('two\n'))).rejects.toThrow('i/o error');
  await writer.abandon();
  expect(await writer.begin()).toEqual({ number: 3, previous: { number: 1, bytes: 4 } });
  await writer.write(Buffer.from('two\n'));
  await writer.close();
  expect(readdirSync(folder).sort().map(text)).toEqual(['one\n', '', 'two\n']);
});
