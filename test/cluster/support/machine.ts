import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a command to its end. @throws Error with what it said */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(command, args, { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** The same, where a failure means that there was nothing to do. */
export function tryRun(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}

/** The processes whose command line names something below a folder. */
export function processesOf(folder: string): readonly number[] {
  return allProcesses().filter((pid) => pid !== process.pid && read(`/proc/${pid}/cmdline`).includes(`${folder}/`));
}

/** Roots of the cgroup hierarchies, of version 1 and 2. */
export function cgroupRoots(): readonly string[] {
  return read('/proc/mounts')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, path = '']) => path);
}

/** Everything that runs in a cgroup of this name, in whatever hierarchy and however deep. */
export function processesInCgroup(name: string): readonly number[] {
  const found = new Set<number>();
  for (const root of cgroupRoots())
    for (const folder of below(join(root, name)))
      for (const pid of read(join(folder, 'cgroup.procs')).split('\n')) if (pid !== '') found.add(Number(pid));
  found.delete(process.pid);
  return [...found];
}

export function removeCgroup(name: string): void {
  for (const root of cgroupRoots())
    for (const folder of [...below(join(root, name))].reverse())
      try {
        rmdirSync(folder);
      } catch {
        // Something runs there still; whoever asks afterwards sees it.
      }
}

export function hasCgroup(name: string): boolean {
  return cgroupRoots().some((root) => existsSync(join(root, name)));
}

export function kill(pids: readonly number[], signal: NodeJS.Signals = 'SIGKILL'): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
}

function allProcesses(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A folder and all below it, parents first. */
function* below(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  yield folder;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) yield* below(join(folder, entry.name));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
