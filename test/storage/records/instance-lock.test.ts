import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InstanceLock, ownerOf } from '../../../src/storage/records/instance-lock.js';
import { itNeeds } from '../../support/require.js';

let folder: string;
let lock: InstanceLock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-lock-'));
  lock = new InstanceLock(folder);
});
afterEach(async () => {
  await lock.release();
  rmSync(folder, { recursive: true, force: true });
});

const owner = () => JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Record<string, unknown>;
const change = (changes: Record<string, unknown>) =>
  writeFileSync(join(folder, 'owner.json'), JSON.stringify({ ...owner(), ...changes }));

/** As a crash leaves it: the file of the socket is there, and nobody listens. */
async function crash(): Promise<void> {
  const socket = join(folder, 'owner.sock');
  const kept = readFileSync(join(folder, 'owner.json'));
  renameSync(socket, `${socket}.kept`);
  await lock.release();
  renameSync(`${socket}.kept`, socket);
  writeFileSync(join(folder, 'owner.json'), kept);
}

test('who holds a folder is alive until it lets go, and leaves nothing behind', async () => {
  expect(await ownerOf(folder)).toBe('unnamed');
  await lock.take();
  expect(await ownerOf(folder)).toBe('alive');
  await lock.take();
  expect(await ownerOf(folder)).toBe('alive');
  await lock.release();
  expect(await ownerOf(folder)).toBe('unnamed');
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that was made anew is taken anew', async () => {
  await lock.take();
  rmSync(join(folder, 'owner.json'));
  rmSync(join(folder, 'owner.sock'));
  await lock.take();
  change({ namespace: 'pid:[1]', pid: 1 });
  expect(await ownerOf(folder)).toBe('alive');
});

test.each([
  ['of another host', { host: 'elsewhere' }, 'elsewhere'],
  ['before the machine started again', { boot: 'another' }, 'gone'],
  ['whose process id is another process now', { started: '1' }, 'gone'],
  ['that has ended', { pid: 4_194_305 }, 'gone'],
  [
    'of an earlier version, in another container',
    { namespace: 'pid:[1]', boot: undefined, listens: undefined },
    'gone',
  ],
  ['without a process id', { pid: 'x' }, 'unnamed'],
])('an owner %s', async (_, changes, expected) => {
  await lock.take();
  change(changes);
  expect(await ownerOf(folder)).toBe(expected);
});

itNeeds(process.platform !== 'win32', 'sockets have paths')(
  'the owner in another container is asked by its socket',
  async () => {
    await lock.take();
    // Its process ids say nothing here: this one is no process, or another one.
    change({ namespace: 'pid:[1]', pid: 4_194_305 });
    expect(await ownerOf(folder)).toBe('alive');
    await crash();
    expect(await ownerOf(folder)).toBe('gone');
  },
);
