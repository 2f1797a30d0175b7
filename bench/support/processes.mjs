// Starts the servers and the load, each pinned to a CPU of its own where there are two.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
export const program =
  process.env.SECCOMPLY_PROGRAM ?? fileURLToPath(new URL('../../dist/seccomply.js', import.meta.url));

const canPin = process.platform === 'linux' && availableParallelism() > 1;
const started = new Set();

/** Runs a Node program on one CPU. */
export function start(args, { cpu, stdin = 'ignore', stdout = 'pipe', env = {}, node = [] } = {}) {
  const argv = [process.execPath, ...node, ...args];
  const [command, ...rest] = canPin && cpu !== undefined ? ['taskset', '-c', String(cpu), ...argv] : argv;
  const child = spawn(command, rest, { stdio: [stdin, stdout, 'pipe'], env: { ...process.env, ...env } });
  started.add(child);
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-20_000);
  });
  child.complaints = () => complaints;
  child.ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  child.ended.then(() => started.delete(child));
  return child;
}

process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});

/** A folder that goes away with the process. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'seccomply-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const firstLine = (child, wanted) =>
  new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = wanted(line);
      if (found !== undefined) resolve(found);
    });
    child.ended.then(({ code }) => reject(new Error(`ended with ${code} before it was ready:\n${child.complaints()}`)));
  });

/** The bare server; `readyAfter` is ms from spawn until it listens. */
export async function startBare(key, cert) {
  const began = performance.now();
  const child = start([join(here, 'bare.mjs'), key, cert], { cpu: 0 });
  const port = await firstLine(child, (line) => JSON.parse(line).port);
  return { child, port, readyAfter: performance.now() - began };
}

/**
 * Starts `seccomply webhook` on a free port and waits until it is ready. Returns ms from spawn to the first good /readyz. Its
 * standard output, the audit records, goes to a file: of a pipe the bench would measure how soon this process gets to empty it.
 */
export async function startSeccomply(folder, { policies, args = [], command = 'webhook', cpu = 0, node } = {}) {
  const began = performance.now();
  const child = start(
    [
      program,
      command,
      '--listen',
      '127.0.0.1:0',
      '--data',
      folder,
      '--log-format',
      'json',
      '--shutdown-delay',
      '0s',
      ...(policies === undefined ? [] : ['--policies', policies]),
      ...args,
    ],
    { cpu, env: { NODE_ENV: 'production' }, node, stdout: openSync(`${folder}.stdout`, 'w') },
  );
  const port = await new Promise((resolve, reject) => {
    const look = () => {
      const found = /127\.0\.0\.1:(\d+)/.exec(child.complaints());
      if (found !== null) resolve(Number(found[1]));
    };
    child.stderr.on('data', look);
    child.ended.then(({ code }) => reject(new Error(`seccomply ended with ${code}:\n${child.complaints()}`)));
  });
  const ca = readFileSync(join(folder, 'tls', 'ca.crt'), 'utf8');
  const readyAfter = performance.now() - began;
  return { child, port, ca, readyAfter };
}

export async function stop(child) {
  child.kill('SIGTERM');
  return child.ended;
}

/**
 * A load generator. `run(order)` resolves with its result (load.mjs); `measure({ server, ...order })` puts the order to that server, throws
 * where a call has not what is expected, and adds the server's CPU time a call, `cpu`, in µs.
 */
export function startLoad({ cpu = 1 } = {}) {
  const child = start([join(here, 'load.mjs')], { cpu, stdin: 'pipe' });
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
  const run = (order) =>
    new Promise((resolve, reject) => {
      waiting.push(resolve);
      child.ended.then(({ code }) => reject(new Error(`the load ended with ${code}:\n${child.complaints()}`)));
      child.stdin.write(`${JSON.stringify(order)}\n`);
    });
  return {
    run,
    async measure({ server, ...order }) {
      const before = cpuSeconds(server.child.pid);
      const result = await run({ port: server.port, ...order });
      if (Object.keys(result.problems).length > 0) throw new Error(`${order.path}: ${JSON.stringify(result.problems)}`);
      return { ...result, cpu: ((cpuSeconds(server.child.pid) - before) / result.calls) * 1e6 };
    },
    stop: () => child.kill('SIGKILL'),
  };
}

/** Sends hostile inputs (hostile-load.mjs) from beside the load, at a lower priority. */
export async function startHostileLoad({ cpu = 1 } = {}) {
  const child = start([join(here, 'hostile-load.mjs')], { cpu, stdin: 'pipe' });
  setPriority(child.pid, 10);
  const waiting = [];
  const next = () =>
    new Promise((resolve, reject) => {
      waiting.push(resolve);
      child.ended.then(({ code }) => reject(new Error(`the hostile load ended with ${code}:\n${child.complaints()}`)));
    });
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
  const names = await next();
  return {
    names,
    run: (order) => {
      const outcome = next();
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return outcome;
    },
    stop: () => child.kill('SIGKILL'),
  };
}

/** CPU seconds that a process has used, user and system, its threads included. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory in MB, now or at its peak. */
export function residentMegabytes(pid, which = 'VmRSS') {
  return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
