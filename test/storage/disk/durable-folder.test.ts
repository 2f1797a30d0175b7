import { constants, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '../../../src/storage/disk/durable-folder.js';
import { itNeeds } from '../../support/require.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('bytes stand where they were written, and what is cut is gone', async () => {
  const path = join(folder, 'records');
  const file = await diskFolder.create(path);
  await file.write(Buffer.from('one\n'), 0);
  await file.write(Buffer.from('two\n'), 4);
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  await file.truncate(4);
  await file.write(Buffer.from('2\n'), 4);
  await file.close();
  expect(readFileSync(path, 'utf8')).toBe('one\n2\n');
  await expect(diskFolder.create(path)).rejects.toMatchObject({ code: 'EEXIST' });
});

itNeeds(process.platform === 'linux', 'needs Linux: elsewhere a sync follows each write')(
  'the kernel syncs each write of records before it returns',
  async () => {
    const path = join(folder, 'records');
    const file = await diskFolder.create(path);
    const descriptor = readdirSync('/proc/self/fd').find((fd) => target(fd) === path);
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '0', 8);
    expect(flags & constants.O_DSYNC).toBe(constants.O_DSYNC);
    await file.close();
  },
);

function target(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // The folder's own, which is closed again.
    return undefined;
  }
}
