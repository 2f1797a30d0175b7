// Puts one workload to work in one container, from start to stop; in a recording under strace, else as it is.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Container, type ContainerOptions, DEFAULT_CAPABILITIES } from './container.js';
import { childrenOf, eventually, type Running, until, type Workload } from './record-workloads.js';

export interface WorkOptions extends Pick<ContainerOptions, 'runtime' | 'seccomp' | 'noNewPrivileges'> {
  /** Order of the steps and the way of stopping: one number, one window. */
  readonly window: number;
  /** Trace every syscall into the folder /rec of the container, which is handed to `recorded` before the container goes. */
  readonly recorded?: (folder: string) => void;
}

/** Throws when a step fails, with what the container printed. */
export async function runWorkload(workload: Workload, options: WorkOptions): Promise<void> {
  const port = await freePort();
  const own = workload.container(port);
  const recording = options.recorded !== undefined;
  const trace = (file: string) => ['strace', '-f', '-qq', '-s', '0', '-o', `/rec/${file}`];
  const container = new Container({
    runtime: options.runtime,
    ...own,
    args: recording ? [...trace('main'), ...own.args] : own.args,
    folders: { ...own.folders, rec: own.uid ?? 0 },
    capabilities: recording ? [...DEFAULT_CAPABILITIES, 'CAP_SYS_PTRACE'] : DEFAULT_CAPABILITIES,
    ...(options.seccomp === undefined ? {} : { seccomp: options.seccomp }),
    ...(options.noNewPrivileges === undefined ? {} : { noNewPrivileges: options.noNewPrivileges }),
  });
  let execs = 0;
  const running: Running = {
    container,
    port,
    signal: (name) => {
      if (recording) process.kill(serverPid(container), `SIG${name}`);
      else container.signal(name);
    },
    exec: (...args) => {
      execs += 1;
      const { status, stdout, stderr } = container.exec(recording ? [...trace(`exec${execs}`), ...args] : args);
      if (status !== 0) throw new Error(`${args.join(' ')} in the container: exit ${status}: ${stderr}`);
      return stdout;
    },
  };
  try {
    if (workload.batch) {
      const { status, stdout, stderr } = container.run();
      if (status !== 0 || !stdout.includes('all done'))
        throw new Error(`exit ${status}: ${stdout.slice(-500)}${stderr}`);
      options.recorded?.(`${container.root}/rec`);
      return;
    }
    container.start();
    await eventually('the port to open', async () => {
      if (container.hasEnded) return;
      await isOpen(port);
    });
    if (container.hasEnded) throw new Error('the container ended at once');
    const random = seeded(options.window);
    for (const name of shuffled(Object.keys(workload.steps), random)) {
      try {
        await workload.steps[name]?.(running);
      } catch (error) {
        throw new Error(`${workload.id}, step ${name}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
    const stop = workload.stops[options.window % workload.stops.length] ?? 'TERM';
    let next = 0;
    await until('the container to end', () => {
      if (container.hasEnded) return true;
      if (Date.now() < next) return false;
      next = Date.now() + 2_000;
      try {
        // Asked again and again: a server in the middle of a reload may lose a signal.
        running.signal(stop);
      } catch {
        // It has just ended.
      }
      return false;
    });
    options.recorded?.(`${container.root}/rec`);
  } catch (error) {
    throw new Error(
      `${workload.id} under ${options.runtime}: ${error instanceof Error ? error.message : error}\n${container.output().slice(-2000)}`,
      { cause: error },
    );
  } finally {
    container.remove();
  }
}

/** The traced program: the child of strace, which is the container's first process. */
function serverPid(container: Container): number {
  const tracer = container.pid();
  const child = childrenOf(container).find((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^PPid:\t(\d+)/m.exec(status)?.[1]) === tracer;
  });
  if (child === undefined) throw new Error('the traced program is gone');
  return child;
}

/** A port below those that the kernel gives to outgoing connections, free like the one after it, which some workloads use too. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function isOpen(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** From 0 to 1, the same every time: the SHA-256 digests of seed and counter. */
function seeded(seed: number): () => number {
  let counter = 0;
  return () => {
    const digest = createHash('sha256').update(`${seed}:${counter}`).digest();
    counter += 1;
    return digest.readUInt32LE(0) / 2 ** 32;
  };
}

function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const kept = result[i] as T;
    result[i] = result[j] as T;
    result[j] = kept;
  }
  return result;
}
