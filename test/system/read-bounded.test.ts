import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readBounded, readBoundedSync, readStream } from '../../src/system/read-bounded.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-bounded-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What both ways of reading say. */
async function said(path: string, most: number): Promise<string> {
  const one = await readBounded(path, { most }).then(String, (error: Error) => error.message);
  let other: string;
  try {
    other = readBoundedSync(path, { most }).toString();
  } catch (error) {
    other = (error as Error).message;
  }
  expect(other).toBe(one);
  return one;
}

test('a file up to the limit, and none beyond it', async () => {
  const file = join(folder, 'file');
  for (const length of [0, 1, 4096, 10_000]) {
    writeFileSync(file, 'x'.repeat(length));
    expect(await said(file, Math.max(length, 1024))).toBe('x'.repeat(length));
  }
  expect(await said(file, 9 * 1024)).toBe('it has more than 9 KiB');
});

test('a file that is longer than it says, as those of the kernel are', async () => {
  expect(await said('/proc/version', 1024 * 1024)).toContain('Linux');
  expect(await said('/proc/kallsyms', 64 * 1024)).toBe('it has more than 64 KiB');
});

test('what is no file is not opened: a pipe that nobody writes to, a device without end, a socket, a folder', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await said(pipe, 1024)).toBe('it is a pipe, and a file is wanted');
  expect(await said('/dev/zero', 1024)).toBe('it is a device, and a file is wanted');
  const server = createServer().listen(join(folder, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  expect(await said(join(folder, 'socket'), 1024)).toBe('it is a socket, and a file is wanted');
  server.close();
  expect(await said(folder, 1024)).toBe('EISDIR: illegal operation on a directory, read');
});

test('a pipe where one is wanted, up to the limit', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const write = (text: string) => execFileSync('sh', ['-c', `printf %s ${text} > ${pipe} &`], { stdio: 'ignore' });
  write('abc');
  expect((await readBounded(pipe, { most: 1024, pipes: true })).toString()).toBe('abc');
  write('x'.repeat(5_000));
  await expect(readBounded(pipe, { most: 1024, pipes: true })).rejects.toThrow('it has more than 1 KiB');
});

test('a stream up to the limit', async () => {
  expect((await readStream(Readable.from(['a\u00e9', Buffer.from('b')]), { most: 4 })).toString()).toBe('a\u00e9b');
  await expect(readStream(Readable.from(['ab', 'cd']), { most: 3 })).rejects.toThrow('it has more than');
});
