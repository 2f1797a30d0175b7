import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskSpace, folderFullCode } from '../../../src/storage/disk/disk-space.js';
import { diskFolder } from '../../../src/storage/disk/durable-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-space-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const reserveFile = (): string => join(folder, 'reserve');
const space = (maxBytes?: number): DiskSpace =>
  new DiskSpace({ disk: diskFolder, folder, reserveFile: reserveFile(), reserveBytes: 100, maxBytes });
const full = expect.objectContaining({ code: folderFullCode });

test('the reserve counts as used, and only what may use it gets past it', async () => {
  writeFileSync(join(folder, 'there'), 'x'.repeat(50));
  const limited = space(1_000);
  await limited.reserve();
  expect(statSync(reserveFile()).size).toBe(100);
  expect(() => limited.requireRoom(850, 'kept')).not.toThrow();
  expect(() => limited.requireRoom(851, 'kept')).toThrow(full);
  expect(() => limited.requireRoom(950, 'usable')).not.toThrow();
  expect(() => limited.requireRoom(951, 'usable')).toThrow(full);
  limited.written(850);
  expect(() => limited.requireRoom(1, 'kept')).toThrow(full);
  await limited.giveUpReserve();
  expect(existsSync(reserveFile())).toBe(false);
  // Given up for what may use it: nobody else gets the space.
  expect(() => limited.requireRoom(1, 'kept')).toThrow(full);
  expect(() => limited.requireRoom(100, 'usable')).not.toThrow();
});

test('what was taken away from the folder is room again after the next look', async () => {
  writeFileSync(join(folder, 'moved-elsewhere'), 'x'.repeat(900));
  const limited = space(1_000);
  await limited.reserve();
  expect(() => limited.requireRoom(1, 'kept')).toThrow(full);
  rmSync(join(folder, 'moved-elsewhere'));
  await limited.reserve();
  expect(() => limited.requireRoom(900, 'kept')).not.toThrow();
});

test('without a limit there is room for anything', async () => {
  const unlimited = space();
  await unlimited.reserve();
  expect(() => unlimited.requireRoom(Number.MAX_SAFE_INTEGER, 'kept')).not.toThrow();
});

test('the room is what the limit or the disk leaves, with what was written while it was measured', async () => {
  writeFileSync(join(folder, 'there'), 'x'.repeat(50));
  let available = 10_000;
  let whileMeasuring = (): void => undefined;
  const disk = {
    ...diskFolder,
    available: () => {
      whileMeasuring();
      return Promise.resolve(available);
    },
  };
  const measured = new DiskSpace({ disk, folder, reserveFile: reserveFile(), reserveBytes: 100, maxBytes: 1_000 });
  expect(measured.room()).toEqual({ total: 1_000, left: 1_000 });
  await measured.reserve();
  expect(measured.room()).toEqual({ total: 1_000, left: 850 });
  measured.written(200);
  expect(measured.room()).toEqual({ total: 1_000, left: 650 });
  available = 300;
  whileMeasuring = () => measured.written(30);
  await measured.measure();
  expect(measured.room()).toEqual({ total: 450, left: 270 });
});

test('a disk says what it has left, and one that cannot be asked has enough', async () => {
  const left = await diskFolder.available(folder);
  expect(left).toBeGreaterThan(0);
  expect(Number.isFinite(left)).toBe(true);
  expect(await diskFolder.available(join(folder, 'nowhere'))).toBe(Number.POSITIVE_INFINITY);
});
