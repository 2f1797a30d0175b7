import { readFileSync, readlinkSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../system/errno.js';
import { readSmallFile } from './small-file.js';

/** Who writes to the folder of an instance. A process id alone is not enough: after a restart in a container it is 1 again. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Changes with each start of the machine; '' where it is not known. */
  readonly boot: string;
  /** Clock ticks since boot when the process started, from /proc/PID/stat; '' where there is none. */
  readonly started: string;
  /** The process-id namespace: from another one the process id says nothing. */
  readonly namespace: string;
  /** Whether it listens at `socketFile`, as long as it lives. */
  readonly listens: boolean;
}

export const ownerFile = 'owner.json';
export const socketFile = 'owner.sock';

/** Bytes of the longest path that a socket can have (sun_path of unix(7), with its end; 104 on BSDs). */
const longestSocketPath = 103;

/** Holds the folder of an instance: as long as the process lives, others on the machine can tell that it does. */
export class InstanceLock {
  readonly #folder: string;
  #server: Server | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Leaves word of who writes here. May be called again, when the folder was made anew. */
  async take(): Promise<void> {
    const socket = join(this.#folder, socketFile);
    if (this.#server === undefined || (await connectionTo(socket)) !== 'accepted') {
      this.#server?.close();
      await rm(socket, { force: true });
      this.#server = await listenAt(socket);
    }
    // After the socket: whoever reads that there is one finds it.
    const owner: Owner = {
      pid: process.pid,
      host: hostname(),
      boot: bootId(),
      started: startTicks(process.pid),
      namespace: processNamespace(),
      listens: this.#server !== undefined,
    };
    await writeFile(join(this.#folder, ownerFile), `${JSON.stringify(owner)}\n`, { mode: 0o640 });
  }

  async release(): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
    await removeOwner(this.#folder).catch(() => undefined);
  }
}

/** Removes what an owner left. */
export async function removeOwner(folder: string): Promise<void> {
  await rm(join(folder, ownerFile), { force: true });
  await rm(join(folder, socketFile), { force: true });
}

/**
 * `elsewhere`: nothing can be told from here, since it was written by a process on another host that shares the folder, or one that may not be
 * asked. `unnamed`: there is no owner's file that can be read, as after an orderly end, or while a start has made the folder and not yet
 * the file.
 */
export async function ownerOf(folder: string): Promise<'alive' | 'gone' | 'elsewhere' | 'unnamed'> {
  const owner = await readOwner(join(folder, ownerFile));
  if (owner === undefined || typeof owner.pid !== 'number') return 'unnamed';
  if (owner.host !== hostname()) return 'elsewhere';
  if (typeof owner.boot === 'string' && owner.boot !== bootId()) return 'gone';
  if (owner.namespace !== processNamespace()) {
    // Another container, with process ids of its own. Who does not listen (an earlier version, a file system without sockets) was in the
    // container before this one, as a rule.
    if (owner.listens !== true) return 'gone';
    return judged[await connectionTo(join(folder, socketFile))];
  }
  if (owner.pid !== process.pid && !exists(owner.pid)) return 'gone';
  return owner.started === startTicks(owner.pid) ? 'alive' : 'gone';
}

const judged = { accepted: 'alive', refused: 'gone', unknown: 'elsewhere' } as const;

async function readOwner(file: string): Promise<Partial<Owner> | undefined> {
  try {
    const read = await readSmallFile(file);
    return typeof read === 'string' ? undefined : (JSON.parse(read.text) as Partial<Owner>);
  } catch {
    return undefined;
  }
}

/** Undefined where it is not possible: then process ids have to do. */
function listenAt(path: string): Promise<Server | undefined> {
  if (process.platform === 'win32' || Buffer.byteLength(path) > longestSocketPath) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    // That the kernel takes the connection is all there is to know.
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => resolve(undefined));
    server.listen(path, () => resolve(server)).unref();
  });
}

/** What the kernel says of a socket: it is asked, not the process, which may be busy. `refused`: nobody listens any more. */
function connectionTo(path: string): Promise<'accepted' | 'refused' | 'unknown'> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.on('connect', () => {
      resolve('accepted');
      socket.destroy();
    });
    socket.on('error', (error) => {
      const errno = errnoOf(error);
      // A full queue of connections (EAGAIN) is one that is there.
      if (errno === 'EAGAIN') resolve('accepted');
      else resolve(errno === 'ECONNREFUSED' || errno === 'ENOENT' || errno === 'ENOTSOCK' ? 'refused' : 'unknown');
    });
  });
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function startTicks(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything; the 22nd field is the start time.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
