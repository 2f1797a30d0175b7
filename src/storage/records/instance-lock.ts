import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../system/errno.js';

/** Who writes to the folder of an instance. A process id alone is not enough: after a restart in a container it is 1 again. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Clock ticks since boot when the process started, from /proc/PID/stat; '' where there is none. */
  readonly started: string;
  /** The process-id namespace, so that a container's process 1 is not taken for another container's. */
  readonly namespace: string;
}

export const ownerFile = 'owner.json';

/** Leaves word of who writes here. */
export async function takeInstance(folder: string): Promise<void> {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    started: startTicks(process.pid),
    namespace: processNamespace(),
  };
  await writeFile(join(folder, ownerFile), `${JSON.stringify(owner)}\n`, { mode: 0o640 });
}

/**
 * `elsewhere`: written by a process on another host that shares the folder, of which nothing can be told from here. `unnamed`:
 * there is no owner's file that can be read, as after an orderly end, or while a start has made the folder and not yet the file.
 */
export async function ownerOf(folder: string): Promise<'alive' | 'gone' | 'elsewhere' | 'unnamed'> {
  let owner: Partial<Owner>;
  try {
    owner = JSON.parse(await readFile(join(folder, ownerFile), 'utf8')) as Partial<Owner>;
  } catch {
    return 'unnamed';
  }
  if (typeof owner.pid !== 'number') return 'unnamed';
  if (owner.host !== hostname()) return 'elsewhere';
  if (owner.namespace !== processNamespace()) return 'gone';
  if (owner.pid !== process.pid && !exists(owner.pid)) return 'gone';
  return owner.started === startTicks(owner.pid) ? 'alive' : 'gone';
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
