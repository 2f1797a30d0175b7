import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowAllBut, masked, refuse } from '../../src/core/lint/subject/example-profile.js';
import { otherWaysOf } from '../../src/core/syscalls/same-work.js';
import { syscallNumber } from '../../src/core/syscalls/syscall-table.js';
import { Container, containersUnavailable } from '../../tools/container.js';
import { itNeeds } from '../support/require.js';
import { type Call, probe } from './probe.js';

const REFUSED = 99;
const folder = mkdtempSync(join(tmpdir(), 'seccomply-lint-claims-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['runc', 'crun'] as const)('what lint says holds under %s:', (runtime) => {
  const unavailable = containersUnavailable(runtime);
  const inContainer = itNeeds(unavailable === undefined, unavailable ?? '');
  const errnos = (seccomp: string, calls: readonly Call[]) =>
    probe('SCMP_ARCH_X86_64', calls, { runtime, seccomp }).map(({ errno }) => errno);
  const refusing = (names: readonly string[], ...args: object[]) =>
    allowAllBut([refuse(names, { errnoRet: REFUSED, ...(args.length === 0 ? {} : { args }) })]);

  inContainer('SP062: a mask of 0 compares nothing', () => {
    const calls = [0, 1, 4, -1].map((mode) => ({ name: 'access', args: [0, mode] }));
    expect(errnos(refusing(['access'], masked(1, 0, 4294967290)), calls)).toEqual(calls.map(() => REFUSED));
  });

  inContainer('SP062: bits outside the mask are dropped', () => {
    const isRefused = [0, 2, 4, 6].map((mode) => ({ name: 'access', args: [0, mode] }));
    expect(errnos(refusing(['access'], masked(1, 4, 6)), isRefused).map((errno) => errno === REFUSED)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  inContainer('SP063: the other syscalls reach the kernel', () => {
    const names =
      'chmod mkdir rmdir rename link symlink mknod creat kexec_load init_module settimeofday quotactl ptrace mount truncate'.split(
        ' ',
      );
    const others = names
      .flatMap((name) => otherWaysOf(name).flat())
      .filter((name) => syscallNumber('SCMP_ARCH_X86_64', name) !== undefined && !names.includes(name));
    const answers = errnos(
      refusing(names),
      [...names, ...others].map((name) => ({ name, args: [-1, -1, -1, -1] })),
    );
    expect(answers.slice(0, names.length)).toEqual(names.map(() => REFUSED));
    expect(answers.slice(names.length)).not.toContain(REFUSED);
  });

  inContainer('SP020: with ptrace a program lets its own calls through', () => {
    const program = join(folder, 'trace-itself');
    execFileSync('gcc', ['-O1', '-static', '-o', program, 'test/kernel/trace-itself.c']);
    const run = (...more: object[]) => {
      const container = new Container({
        runtime,
        args: ['/trace-itself'],
        programs: { 'trace-itself': program },
        seccomp: allowAllBut([refuse(['getpgrp'], { action: 'SCMP_ACT_TRACE' }), ...more]),
      });
      try {
        return container.run().stdout.trim();
      } finally {
        container.remove();
      }
    };
    expect(run()).toBe('-38 ran');
    expect(run(refuse(['ptrace']))).toBe('-38 did not run');
  });
});
