import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Container, type Runtime } from './container.js';

/** How a syscall is refused: with an errno, or by an action that ends a thread or the process. */
export type Refusal = 'EPERM' | 'ENOSYS' | 'KILL_PROCESS' | 'KILL_THREAD' | 'TRAP';

/** `some`: it started, but not every time. `no container`: `exec` could not be tried, since the container itself does not start. */
export type Started = 'yes' | 'some' | 'no' | 'hangs' | 'no container';

export interface RefusalSetting {
  readonly runtime: Runtime;
  readonly noNewPrivileges: boolean;
  readonly command: 'run' | 'exec';
}

let built: string | undefined;

function startProgram(): string {
  if (built !== undefined) return built;
  built = join(mkdtempSync(join(tmpdir(), 'seccomply-start-program-')), 'start-program');
  execFileSync('gcc', [
    ...['-O1', '-static', '-nostdlib', '-fno-stack-protector', '-o', built],
    'tools/start-program.c',
  ]);
  return built;
}

/** A profile that refuses these syscalls and nothing else. */
export function refusing(names: readonly string[], refusal: Refusal): string {
  const action = refusal === 'EPERM' || refusal === 'ENOSYS' ? 'ERRNO' : refusal;
  const errno = action === 'ERRNO' ? { errnoRet: refusal === 'EPERM' ? 1 : 38 } : {};
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names, action: `SCMP_ACT_${action}`, ...errno }],
  });
}

/** Whether a program of no library starts under a profile: the runtime's own syscalls alone decide that. */
export function startUnder(seccomp: string, setting: RefusalSetting, times: number, timeoutMs = 5_000): Started {
  const seen = new Set<Started>();
  for (let i = 0; i < times; i += 1) seen.add(startOnce(seccomp, setting, timeoutMs));
  if (seen.size > 1) return 'some';
  return [...seen][0] ?? 'no';
}

function startOnce(seccomp: string, { runtime, noNewPrivileges, command }: RefusalSetting, timeoutMs: number): Started {
  const container = new Container({
    runtime,
    seccomp,
    noNewPrivileges,
    args: command === 'run' ? ['/start-program'] : ['/start-program', 'wait'],
    programs: { 'start-program': startProgram() },
  });
  try {
    if (command === 'run') return outcomeOf(container.run(timeoutMs).status);
    container.start();
    const end = Date.now() + timeoutMs;
    while (!container.isRunning()) if (container.hasEnded || Date.now() > end) return 'no container';
    return outcomeOf(container.exec(['/start-program'], timeoutMs).status);
  } finally {
    container.remove();
  }
}

function outcomeOf(status: number | null): Started {
  return status === 7 ? 'yes' : status === null ? 'hangs' : 'no';
}
