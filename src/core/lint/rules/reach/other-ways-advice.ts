import { execNeeds, startNeeds } from '../../../profile/runtime-base.js';
import { byNumber, listed } from '../../../text/words.js';
import { LintSubject } from '../../subject/lint-subject.js';
import { refusedCalls } from '../../subject/refused-calls.js';

/** What to do about syscalls that do what the profile refuses: `clone(CLONE_NEWUSER)` is clone with this flag. */
export function otherWaysAdvice(subject: LintSubject, open: readonly string[]): string {
  if (!subject.defaultLetsThrough)
    return `Take ${listed(open)} out of what is let through, or give ${byNumber(open.length, 'it', 'them')} conditions of the same kind.`;
  const needed = neededToStart(subject, open);
  const free = open.filter((name) => !needed.includes(name));
  const sentences = free.length === 0 ? [] : [`Refuse ${listed(free.map(asRefused), 12)}, too.`];
  if (free.some((name) => NEW_PROCESSES.includes(name)) && free.some((name) => name === 'clone'))
    sentences.push('No program can start a process or a thread then.');
  else if (free.length > 0) sentences.push('Programs whose C library makes one of them fail then.');
  if (needed.length > 0)
    sentences.push(
      `Leave ${listed(needed)}: container runtimes need ${byNumber(needed.length, 'it', 'them')} to start a container, so the refusal can be got around as long as the default allows.`,
    );
  return sentences.join(' ');
}

const NEW_PROCESSES: readonly string[] = ['fork', 'vfork', 'clone', 'clone3'];

function asRefused(name: string): string {
  const flag = /^(\w+)\((\w+)\)$/.exec(name);
  if (flag !== null) return `${flag[1]} with ${flag[2]}`;
  return name === 'clone3' ? 'clone3 (with errnoRet 38)' : name;
}

/** Those that stop the start of a container, or an exec, once all of them are refused. Compiling adds what runtimes need. */
function neededToStart(subject: LintSubject, names: readonly string[]): readonly string[] {
  if (subject.isCompiled) return [];
  const { parsed, written, options, length, native } = subject;
  const refusal = { names, action: 'SCMP_ACT_ERRNO' as const, errnoRet: 1, args: [] };
  const refusing = new LintSubject(parsed, { ...written, rules: [...written.rules, refusal] }, options, length);
  const { runtime, runtimeVersion, allowPrivilegeEscalation } = options;
  const question = {
    architecture: native,
    ...(runtime === undefined ? {} : { runtime }),
    ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
    ...(allowPrivilegeEscalation === undefined ? {} : { allowPrivilegeEscalation }),
  };
  const failing = new Set(
    [startNeeds(question), execNeeds(question)].flatMap((needs) => {
      const { fatal, sometimes } = refusedCalls(refusing, needs);
      return [...fatal, ...sometimes];
    }),
  );
  return names.filter((name) => failing.has(name));
}
