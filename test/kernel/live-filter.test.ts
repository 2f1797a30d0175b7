import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { compileProfile } from '../../src/core/compile/compile.js';
import { compileEvaluator } from '../../src/core/filter/evaluate.js';
import { actionOf, filterAction } from '../../src/core/profile/filter-action.js';
import type { Profile } from '../../src/core/profile/model.js';
import { printOci } from '../../src/core/profile/print/print-oci.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';
import { Container, containersUnavailable, type Runtime } from '../../tools/container.js';
import { hasCommand } from '../support/has-command.js';
import { itNeeds } from '../support/require.js';
import { edgeQuestions } from './evaluate/edge-questions.js';
import { auditToken, questionNumber } from './evaluate/libseccomp-oracle.js';
import type { Question } from './evaluate/random-profile.js';

const { files } = await loadCatalogue(['profiles']);
const folder = mkdtempSync(join(tmpdir(), 'seccomply-live-filter-'));
const idle = join(folder, 'idle');
const reader = join(folder, 'live-filter');

beforeAll(() => {
  if (!hasCommand('gcc', '--version')) return;
  execFileSync('gcc', ['-O1', '-static', '-o', idle, 'test/kernel/evaluate/idle.c']);
  execFileSync('gcc', ['-O2', '-mno-red-zone', '-o', reader, 'test/kernel/evaluate/live-filter.c']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a container needs to start: few enough names that runc leaves the order of the filter to libseccomp. */
const NEEDED: Readonly<Record<Runtime, readonly string[]>> = {
  runc: [
    ...[
      'capget',
      'capset',
      'chdir',
      'close',
      'epoll_ctl',
      'execve',
      'faccessat2',
      'fcntl',
      'fstat',
      'fstatfs',
      'futex',
    ],
    ...['getcwd', 'getdents64', 'getpid', 'getppid', 'newfstatat', 'openat', 'prctl', 'read', 'rt_sigreturn', 'setgid'],
    ...['setgroups', 'setuid', 'write', 'nanosleep', 'brk', 'arch_prctl', 'mmap', 'mprotect'],
  ],
  crun: [
    ...[
      'capset',
      'close',
      'close_range',
      'execve',
      'prctl',
      'rt_sigaction',
      'rt_sigprocmask',
      'setresgid',
      'setresuid',
    ],
    ...['write', 'nanosleep', 'brk', 'arch_prctl', 'mmap', 'mprotect'],
  ],
};

interface FilterAnswer {
  /** What the filter returns. */
  readonly returned: number;
  /** What the kernel did with the call. */
  readonly verdict: number;
}

/** What the filter that the runtime really put on a container says, and what the kernel does under it. */
async function answersOf(
  runtime: Runtime,
  profile: Profile,
  questions: readonly Question[],
): Promise<readonly FilterAnswer[]> {
  const container = new Container({ runtime, seccomp: printOci(profile), args: ['/idle'], programs: { idle } });
  try {
    container.start();
    const end = Date.now() + 60_000;
    let pid = 0;
    while (Date.now() < end && !container.hasEnded) {
      pid = container.pid();
      if (pid > 0 && nameOf(pid) === 'idle') break;
      await setTimeout(20);
    }
    if (nameOf(pid) !== 'idle') throw new Error(`the container does not run: ${container.output()}`);
    const lines = questions.map(
      (question) => `${auditToken(question.arch)} ${questionNumber(question)} ${question.args.join(' ')}`,
    );
    const output = execFileSync(reader, [String(pid)], { input: `${lines.join('\n')}\n`, encoding: 'utf8' });
    const rows = output.trim().split('\n');
    return rows.map((row) => {
      const [returned, verdict] = row.split(' ').map(Number);
      return { returned: returned ?? -1, verdict: verdict ?? -1 };
    });
  } finally {
    container.remove();
  }
}

/** uretprobe and uprobe, which newer kernels put into probed programs themselves, and about which they ask no filter. */
function isNeverFiltered(question: Question): boolean {
  return question.arch === 'SCMP_ARCH_X86_64' && NEVER_FILTERED.has(questionNumber(question));
}

const NEVER_FILTERED: ReadonlySet<number> = new Set([335, 336]);

/** As live-filter.c spells what the kernel does: LOG lets a call through, and of one thread both ways of killing are the same. */
function verdictOf(returned: number): number {
  const { action } = actionOf(returned);
  if (action === 'SCMP_ACT_LOG') return filterAction('SCMP_ACT_ALLOW', undefined);
  if (action === 'SCMP_ACT_KILL_THREAD') return filterAction('SCMP_ACT_KILL_PROCESS', undefined);
  return returned;
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

describe.each(['runc', 'crun'] as const)('the filter that %s puts on a container', (runtime) => {
  const unavailable =
    containersUnavailable(runtime) ?? (hasCommand('gcc', '--version') ? undefined : 'gcc is not installed');
  const inContainer = itNeeds(unavailable === undefined, unavailable ?? '');

  const cases = [...files.keys()].flatMap((name): readonly (readonly [string, () => Profile])[] => [
    [
      name,
      () => {
        const source = files.get(name)?.profile();
        const setting = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: release() } as const;
        const compiled = source === undefined ? undefined : compileProfile(source, setting).profile;
        if (compiled === undefined) throw new Error(`${name} does not compile`);
        return compiled;
      },
    ],
  ]);
  const small: Profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 13,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    rules: [
      { names: ['ptrace'], action: 'SCMP_ACT_TRAP', args: [] },
      {
        names: NEEDED[runtime],
        action: 'SCMP_ACT_ALLOW',
        args: [],
      },
      {
        names: ['personality'],
        action: 'SCMP_ACT_LOG',
        args: [{ index: 0, value: 8n, valueTwo: 0n, op: 'SCMP_CMP_GT' }],
      },
    ],
  };
  for (const [name, profile] of [...cases, ['32 names at most', () => small] as const]) {
    inContainer(`answers to ${name} as the evaluator does`, async () => {
      const plain = profile();
      const questions = edgeQuestions(plain);
      const answers = await answersOf(runtime, plain, questions);
      const evaluator = compileEvaluator(plain, { runtime, libseccomp: '2.5.5' });
      const wrong = questions.flatMap((question, i) => {
        const answer = evaluator.evaluate(question.arch, question.syscall, question.args);
        const returned = answer === undefined ? undefined : filterAction(answer.action, answer.errno ?? undefined);
        const isRight = returned !== undefined && answers[i]?.returned === returned && answer?.ambiguous === undefined;
        return isRight && (isNeverFiltered(question) || answers[i]?.verdict === verdictOf(returned))
          ? []
          : [{ ...question, answer, filter: answers[i] }];
      });
      expect(wrong.slice(0, 5)).toEqual([]);
      expect(answers).toHaveLength(questions.length);
    });
  }
});
