import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Profile } from '../../../src/core/profile/model.js';
import type { Architecture } from '../../../src/core/syscalls/architectures.js';
import { syscallNumber } from '../../../src/core/syscalls/syscall-table.js';
import type { Question } from './random-profile.js';

export const LIBSECCOMP = '/usr/lib/x86_64-linux-gnu/libseccomp.so.2';

const TOKENS: Readonly<Record<string, number>> = {
  SCMP_ARCH_X86_64: 0xc000003e,
  SCMP_ARCH_X86: 0x40000003,
  SCMP_ARCH_X32: 0x4000003e,
  SCMP_ARCH_AARCH64: 0xc00000b7,
  SCMP_ARCH_ARM: 0x40000028,
  SCMP_ARCH_PPC64LE: 0xc0000015,
  SCMP_ARCH_S390X: 0x80000016,
  SCMP_ARCH_RISCV64: 0xc00000f3,
};

/** What the kernel calls the architecture: x32 is x86_64 with another range of numbers. */
export function auditToken(arch: Architecture): number {
  return TOKENS[arch === 'SCMP_ARCH_X32' ? 'SCMP_ARCH_X86_64' : arch] ?? 0;
}

/** The number that the kernel sees. */
export function questionNumber({ arch, syscall }: Question): number {
  return typeof syscall === 'number' ? syscall : (syscallNumber(arch, syscall) ?? 0);
}

export interface OracleAnswers {
  /** What the filter returns, for each question in turn. */
  readonly returned: readonly number[];
  /** `NAME ERRNO` for each rule libseccomp refused. */
  readonly refused: readonly string[];
  readonly instructions: number;
  /** libseccomp crashed, or did not come to an end: there are no answers. */
  readonly failed: boolean;
}

export interface OracleOptions {
  /** 2: the binary tree that runc asks for above 32 rules. */
  readonly optimize?: 1 | 2;
  readonly runtime?: 'runc' | 'crun';
  /** Default x86_64. */
  readonly native?: Architecture;
}

/** libseccomp itself, in a process of its own. */
export class LibseccompOracle {
  private readonly folder: string;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  /** `library`: the libseccomp.so.2 to ask; default the installed one. Throws when there is no C compiler or library. */
  constructor(library?: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'libseccomp-oracle-'));
    const program = join(this.folder, 'oracle');
    const source = fileURLToPath(new URL('../../../test/kernel/evaluate/libseccomp-oracle.c', sourceRoot()));
    execFileSync('cc', ['-O2', '-o', program, source, library ?? LIBSECCOMP], { stdio: 'pipe' });
    const path = library === undefined ? {} : { LD_LIBRARY_PATH: join(library, '..') };
    this.child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...path } });
    this.child.stderr.pipe(process.stderr);
    this.reader = createInterface({ input: this.child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  async ask(profile: Profile, questions: readonly Question[], options: OracleOptions = {}): Promise<OracleAnswers> {
    this.child.stdin.write(this.request(profile, questions, options));
    const returned: number[] = [];
    const refused: string[] = [];
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done === true) throw new Error('libseccomp came to a sudden end');
      const [what, ...rest] = value.split(' ');
      if (what === 'returns') returned.push(Number(rest[0]));
      else if (what === 'refused') refused.push(rest.join(' '));
      else if (what === 'done') return { returned, refused, instructions: Number(rest[0]), failed: false };
      else if (what === 'ended') return { returned: [], refused, instructions: 0, failed: true };
    }
  }

  close(): void {
    this.child.stdin.end();
    this.reader.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private request(profile: Profile, questions: readonly Question[], options: OracleOptions): string {
    const tokens = (profile.architectures ?? []).map((arch) => TOKENS[arch] ?? 0);
    const lines = [
      `profile ${profile.defaultAction} ${profile.defaultErrnoRet ?? '-'} ${options.optimize ?? 1} ${options.runtime ?? 'runc'} ${TOKENS[options.native ?? 'SCMP_ARCH_X86_64']} ${tokens.join(' ')}`,
    ];
    for (const rule of profile.rules) {
      const args = rule.args.map((arg) => `${arg.index} ${arg.op} ${arg.value} ${arg.valueTwo}`).join(' ');
      lines.push(`rule ${rule.action} ${rule.errnoRet ?? '-'} ${rule.args.length} ${args} ${rule.names.join(' ')}`);
    }
    for (const question of questions)
      lines.push(`ask ${auditToken(question.arch)} ${questionNumber(question)} ${question.args.join(' ')}`);
    lines.push('end\n');
    return lines.join('\n');
  }
}

/** This file's own place, also when it was bundled elsewhere. */
function sourceRoot(): URL {
  return new URL(`file://${process.cwd()}/test/kernel/evaluate/`);
}
