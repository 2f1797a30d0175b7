import type { Architecture } from '../syscalls/architectures.js';
import { compareVersions } from '../syscalls/syscall-table.js';
import {
  BASE_SPELLINGS_32_BIT,
  PROGRAM_END,
  RUNTIME_BASE,
  type RuntimeBaseRow,
  type RuntimeCalls,
  type Substitute,
} from './runtime-base-table.js';

export interface RuntimeQuestion {
  /** Absent: runc and crun both. */
  readonly runtime?: 'runc' | 'crun';
  /** Absent: every version measured. */
  readonly runtimeVersion?: string;
  /** False sets no_new_privs. Absent: both. */
  readonly allowPrivilegeEscalation?: boolean;
  readonly architecture: Architecture;
}

export interface RuntimeBase {
  /** Without these the container does not start, or not always, or nothing can be executed in it; sorted. */
  readonly required: readonly string[];
  /** The runtime, or the end of every program, makes these as well, and goes on when they are refused; sorted. None is in `required`. */
  readonly helpful: readonly string[];
  /** Of the helpful ones those that only these errnos do no harm to. */
  readonly unlessErrno: ReadonlyMap<string, readonly number[]>;
  /** What is made in the place of a helpful one that got an errno; where both are refused, the container does not start. */
  readonly instead: ReadonlyMap<string, string>;
}

/** What a profile must let through to a runtime. What is not said is answered by the union over all possibilities. */
export function runtimeBase(question: RuntimeQuestion): RuntimeBase {
  const all = [startNeeds(question), execNeeds(question)];
  const required = new Set(
    all.flatMap(({ required, sometimes, unlessErrno }) => [
      ...required,
      ...sometimes,
      ...[...unlessErrno].filter(([, errnos]) => !errnos.includes(EPERM)).map(([name]) => name),
    ]),
  );
  const helpful = new Set([
    PROGRAM_END,
    ...all.flatMap(({ helpful, rarely, unlessErrno }) => [...helpful, ...rarely, ...unlessErrno.keys()]),
  ]);
  const ofHelpful = <T>(entries: readonly (readonly [string, T])[]) =>
    new Map(entries.filter(([name]) => helpful.has(name) && !required.has(name)));
  return {
    required: [...required].sort(),
    helpful: [...helpful].filter((name) => !required.has(name)).sort(),
    unlessErrno: ofHelpful(all.flatMap(({ unlessErrno }) => [...unlessErrno])),
    instead: ofHelpful(all.flatMap(({ instead }) => [...instead].map(([name, { by }]) => [name, by] as const))),
  };
}

/** What profiles refuse with, unless they say otherwise. */
export const EPERM = 1;

/** The same as {@link RuntimeCalls}, of all rows that a question is about. */
export interface RuntimeNeeds {
  readonly required: ReadonlySet<string>;
  readonly sometimes: ReadonlySet<string>;
  readonly helpful: ReadonlySet<string>;
  readonly rarely: ReadonlySet<string>;
  readonly unlessErrno: ReadonlyMap<string, readonly number[]>;
  readonly instead: ReadonlyMap<string, Substitute>;
}

/** What a runtime makes to start a container after the filter is on. */
export function startNeeds(question: RuntimeQuestion): RuntimeNeeds {
  const { allowPrivilegeEscalation } = question;
  return needsOf(question, ({ start }) => [
    ...(allowPrivilegeEscalation === true ? [] : [start.noNewPrivileges]),
    ...(allowPrivilegeEscalation === false ? [] : [start.newPrivileges]),
  ]);
}

/** What a runtime makes beyond that to execute a program in a container that runs. */
export function execNeeds(question: RuntimeQuestion): RuntimeNeeds {
  return needsOf(question, ({ exec }) => [exec]);
}

function needsOf(question: RuntimeQuestion, pick: (row: RuntimeBaseRow) => readonly RuntimeCalls[]): RuntimeNeeds {
  const rows = rowsFor(question);
  const calls = rows.flatMap(pick);
  const namesIn = (key: 'required' | 'sometimes' | 'helpful' | 'rarely'): ReadonlySet<string> =>
    new Set(calls.flatMap((each) => spelled(each[key].split(' '), question.architecture)));
  return {
    required: namesIn('required'),
    sometimes: namesIn('sometimes'),
    helpful: namesIn('helpful'),
    rarely: namesIn('rarely'),
    unlessErrno: new Map(calls.flatMap(({ unlessErrno = {} }) => Object.entries(unlessErrno))),
    instead: new Map(rows.flatMap(({ instead }) => Object.entries(instead))),
  };
}

/** Which argument of `clone` holds the flags. */
export function cloneFlagsIndex(architecture: Architecture): 0 | 1 {
  return architecture === 'SCMP_ARCH_S390X' ? 1 : 0;
}

/** Whether this runtime takes `flags`: runc before 1.2 refuses to start a container whose profile has any. */
export function takesFlags(question: Pick<RuntimeQuestion, 'runtime' | 'runtimeVersion'>): boolean {
  if (question.runtime === 'crun') return true;
  if (question.runtime === undefined || question.runtimeVersion === undefined) return false;
  return compareVersions(plainVersion(question.runtimeVersion), '1.2') >= 0;
}

function rowsFor({ runtime, runtimeVersion }: RuntimeQuestion): readonly RuntimeBaseRow[] {
  const rows = RUNTIME_BASE.filter((row) => runtime === undefined || row.runtime === runtime);
  if (runtime === undefined || runtimeVersion === undefined) return rows;
  const version = plainVersion(runtimeVersion);
  const reached = rows.filter((row) => compareVersions(row.since, version) <= 0);
  return reached.slice(-1);
}

/** On 32-bit architectures with the other names of the same work. */
function spelled(names: readonly string[], architecture: Architecture): readonly string[] {
  const written = names.filter((name) => name !== '');
  if (architecture !== 'SCMP_ARCH_X86' && architecture !== 'SCMP_ARCH_ARM') return written;
  return written.flatMap((name) => [name, ...(BASE_SPELLINGS_32_BIT[name] ?? [])]);
}

/** The leading digits and dots: `1.1.5+ds1` is 1.1.5, `1.2.0-rc.1` is 1.2.0. */
export function plainVersion(version: string): string {
  return /\d+(\.\d+)*/.exec(version)?.[0] ?? '0';
}

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET: what a runtime's own threads never ask for. */
export const NAMESPACE_FLAGS = 0x7e020000n;

/** For which of the versions that are told apart something holds: ` 1.2 and later`; empty where it is for every one, or for none. */
export function versionsWhere(runtime: 'runc' | 'crun', holds: (since: string) => boolean): string {
  const [first, ...later] = RUNTIME_BASE.filter((row) => row.runtime === runtime).map(({ since }) => since);
  if (first === undefined) return '';
  const ranges: string[] = [];
  let from: string | undefined = holds(first) ? '' : undefined;
  for (const since of later) {
    if (holds(since)) from ??= since;
    else if (from !== undefined) {
      ranges.push(from === '' ? `before ${since}` : `${from} up to ${since}`);
      from = undefined;
    }
  }
  if (from === '') return '';
  if (from !== undefined) ranges.push(`${from} and later`);
  return ranges.length === 0 ? '' : ` ${ranges.join(' or ')}`;
}
