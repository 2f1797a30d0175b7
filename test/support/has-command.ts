import { spawnSync } from 'node:child_process';

/** Whether a program is installed: it can be started with these arguments and says so with exit code 0. */
export function hasCommand(name: string, ...args: string[]): boolean {
  return spawnSync(name, args, { stdio: 'ignore' }).status === 0;
}
