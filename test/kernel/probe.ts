import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syscallNumber } from '../../src/core/syscalls/syscall-table.js';
import { Container, type ContainerOptions, DEFAULT_CAPABILITIES, type Finished } from '../../tools/container.js';

export interface Call {
  readonly name: string;
  readonly args?: readonly (number | string)[];
}

export interface Verdict {
  readonly result: number;
  readonly errno: number;
  readonly signal?: number;
}

const ABI = { SCMP_ARCH_X86_64: 'x86_64', SCMP_ARCH_X86: 'i386' } as const;
export type ProbedArchitecture = keyof typeof ABI;

let built: string | undefined;

function probeProgram(): string {
  if (built !== undefined) return built;
  built = join(mkdtempSync(join(tmpdir(), 'seccomply-probe-')), 'probe');
  execFileSync('gcc', ['-O1', '-static', '-o', built, 'test/kernel/probe.c']);
  return built;
}

/** What the kernel answers to the calls as root, without a container or a filter; `descriptors`: what the calls find at 0 and at 3. */
export function probeDirectly(
  architecture: ProbedArchitecture,
  calls: readonly Call[],
  folder: string,
  [zero, three]: readonly [number, number],
): readonly Verdict[] {
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-m', probeProgram(), ABI[architecture], ...wordsOf(architecture, calls)],
    { cwd: folder, encoding: 'utf8', stdio: [zero, 'pipe', 'pipe', three], timeout: 60_000 },
  );
  return verdictsIn({ status, stdout, stderr }, calls);
}

/** What the kernel answers to the calls inside a container that holds the capabilities which the calls would need. */
export function probe(
  architecture: ProbedArchitecture,
  calls: readonly Call[],
  options: Pick<ContainerOptions, 'runtime' | 'seccomp'>,
): readonly Verdict[] {
  const container = new Container({
    ...options,
    args: ['/probe', ABI[architecture], ...wordsOf(architecture, calls)],
    programs: { probe: probeProgram() },
    capabilities: [
      ...DEFAULT_CAPABILITIES,
      'CAP_SYS_ADMIN',
      'CAP_SYS_PTRACE',
      'CAP_SYS_BOOT',
      'CAP_SYS_MODULE',
      'CAP_SYS_PACCT',
      'CAP_SYS_RAWIO',
      'CAP_SYS_TIME',
      'CAP_SYSLOG',
      'CAP_DAC_READ_SEARCH',
      'CAP_BPF',
      'CAP_PERFMON',
    ],
  });
  try {
    return verdictsIn(container.run(), calls);
  } finally {
    container.remove();
  }
}

function wordsOf(architecture: ProbedArchitecture, calls: readonly Call[]): readonly string[] {
  return calls.map((call) => [numberOf(architecture, call.name), ...(call.args ?? [])].join(':'));
}

function verdictsIn({ status, stdout, stderr }: Finished, calls: readonly Call[]): readonly Verdict[] {
  const lines = stdout.trim().split('\n');
  if (status !== 0 || lines.length !== calls.length) {
    throw new Error(`the probe ended with ${status} after ${lines.length} of ${calls.length} calls: ${stderr}`);
  }
  return lines.map((line) => {
    const [, result = '', errno = ''] = line.split(' ');
    return result === 'killed'
      ? { result: -1, errno: 0, signal: Number(errno) }
      : { result: Number(result), errno: Number(errno) };
  });
}

function numberOf(architecture: ProbedArchitecture, name: string): number {
  const number = syscallNumber(architecture, name);
  if (number === undefined) throw new Error(`${architecture} has no ${name}`);
  return number;
}
