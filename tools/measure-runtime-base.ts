// Measures which syscalls the installed runc and crun make after the filter is on, and says what the table in
// src/core/profile/runtime-base-table.ts does not have. Root, strace. Exit code 1 when something is missing from the table.
// usage: node tools/run-ts.mjs tools/measure-runtime-base.ts --measure [--runs=N] [--json]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeBase } from '../src/core/profile/runtime-base.js';
import { Container, containersUnavailable, type Runtime, runtimeVersion } from './container.js';

/** Refuses nothing: it only has to be a filter. */
const FILTER =
  '{"defaultAction":"SCMP_ACT_LOG","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[]}';
/** What runc tries and lives without, and what stays refused: its search for a safe procfs. */
const REFUSED_ON_PURPOSE = new Set(['fsopen', 'fsconfig', 'fsmount', 'open_tree']);

export interface Measurement {
  readonly runtime: Runtime;
  readonly version: string;
  readonly allowPrivilegeEscalation: boolean;
  readonly command: 'run' | 'exec';
  readonly runs: number;
  readonly syscalls: readonly string[];
  /** Seen, and in the table neither as required nor as helpful. */
  readonly missing: readonly string[];
}

export function measureRuntimeBase(runtime: Runtime, runs: number): readonly Measurement[] {
  const version = runtimeVersion(runtime);
  const measurements: Measurement[] = [];
  for (const allowPrivilegeEscalation of [false, true]) {
    const known = runtimeBase({
      runtime,
      runtimeVersion: version,
      allowPrivilegeEscalation,
      architecture: 'SCMP_ARCH_X86_64',
    });
    const table = new Set([...known.required, ...known.helpful, ...REFUSED_ON_PURPOSE]);
    for (const command of ['run', 'exec'] as const) {
      const seen = new Set<string>();
      for (let i = 0; i < runs; i += 1) {
        for (const name of traceOnce(runtime, command, allowPrivilegeEscalation)) seen.add(name);
      }
      const syscalls = [...seen].sort();
      const missing = syscalls.filter((name) => !table.has(name));
      measurements.push({ runtime, version, allowPrivilegeEscalation, command, runs, syscalls, missing });
    }
  }
  return measurements;
}

function traceOnce(runtime: Runtime, command: 'run' | 'exec', allowPrivilegeEscalation: boolean): ReadonlySet<string> {
  const folder = mkdtempSync(join(tmpdir(), 'seccomply-trace-'));
  const trace = join(folder, 'trace');
  const strace = ['strace', '-f', '-Y', '-qq', '-s', '0', '-o', trace];
  const container = new Container({
    runtime,
    seccomp: FILTER,
    noNewPrivileges: !allowPrivilegeEscalation,
    args: command === 'run' ? ['/usr/bin/true'] : ['/usr/bin/sleep', '60'],
    ...(command === 'run' ? { wrap: strace } : {}),
  });
  try {
    if (command === 'run') {
      const { status, stderr } = container.run();
      if (status !== 0) throw new Error(`${runtime} run: ${stderr}`);
    } else {
      container.start();
      waitUntilRunning(container);
      const { status, stderr } = container.exec(['/usr/bin/true'], 60_000, strace);
      if (status !== 0) throw new Error(`${runtime} exec: ${stderr}`);
    }
    return afterTheFilter(readFileSync(trace, 'latin1'));
  } finally {
    container.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function waitUntilRunning(container: Container): void {
  const end = Date.now() + 30_000;
  while (!container.isRunning()) {
    if (Date.now() > end) throw new Error(`the container did not start: ${container.output()}`);
  }
}

/**
 * Syscalls of the process that loads a filter, from then until its program starts. A Go runtime has several threads: all that bear the
 * same name (`runc:[2:INIT]`) count.
 */
export function afterTheFilter(trace: string): ReadonlySet<string> {
  let names = new Set<string>();
  let loader: { readonly pid: string; readonly comm: string } | undefined;
  for (const line of trace.split('\n')) {
    const [, pid = '', comm = '', rest = ''] = /^(\d+)<([^>]*)> +(.*)/.exec(line) ?? [];
    const name = /^([a-z_0-9]+)\(/.exec(rest)?.[1];
    // runc first asks with a null pointer whether the kernel knows a flag.
    const loads =
      (name === 'seccomp' && rest.includes('SECCOMP_SET_MODE_FILTER') && !/NULL|EFAULT/.test(rest)) ||
      (name === 'prctl' && rest.includes('SECCOMP_MODE_FILTER') && !/NULL|EFAULT/.test(rest));
    if (loads) {
      loader = { pid, comm };
      names = new Set();
      continue;
    }
    if (loader === undefined) continue;
    if (pid === loader.pid && /^(execve\(|<\.\.\. execve resumed>).*= 0$/.test(rest)) {
      names.add('execve');
      return names;
    }
    if (name !== undefined && (pid === loader.pid || (comm === loader.comm && comm.startsWith('runc:'))))
      names.add(name);
  }
  throw new Error('the trace shows no filter followed by execve');
}

if (process.argv.includes('--measure')) main();

function main(): void {
  const runs = Number(/--runs[= ](\d+)/.exec(process.argv.join(' '))?.[1] ?? 10);
  const measured = (['runc', 'crun'] as const).flatMap((runtime) => {
    const unavailable = containersUnavailable(runtime);
    if (unavailable === undefined) return measureRuntimeBase(runtime, runs);
    console.error(`${runtime}: ${unavailable}`);
    return [];
  });
  if (process.argv.includes('--json')) console.log(JSON.stringify(measured, undefined, 2));
  else {
    for (const each of measured) {
      const privileges = each.allowPrivilegeEscalation ? 'new privileges allowed' : 'no new privileges';
      console.log(
        `${each.runtime} ${each.version} ${each.command}, ${privileges}, ${each.runs} runs: ${each.syscalls.join(' ')}`,
      );
      if (each.missing.length > 0) console.log(`  NOT IN THE TABLE: ${each.missing.join(' ')}`);
    }
  }
  if (measured.length === 0 || measured.some((each) => each.missing.length > 0)) process.exitCode = 1;
}
