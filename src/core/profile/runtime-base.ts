import type { Architecture } from '../syscalls/architectures.js';
import { compareVersions } from '../syscalls/syscall-table.js';
import { BASE_SPELLINGS_32_BIT, RUNTIME_BASE, type RuntimeBaseRow } from './runtime-base-table.js';

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
  /** Without these the container does not start, or not always; sorted. */
  readonly required: readonly string[];
  /** The runtime makes these as well, and goes on when they are refused; sorted. None is in `required`. */
  readonly helpful: readonly string[];
}

/** What a container runtime needs after the filter is on. What is not said is answered by the union over all possibilities. */
export function runtimeBase(question: RuntimeQuestion): RuntimeBase {
  const required = new Set<string>();
  const helpful = new Set<string>();
  for (const row of rowsFor(question)) {
    for (const name of pick(row.required, question)) add(required, name, question.architecture);
    for (const name of pick(row.helpful, question)) add(helpful, name, question.architecture);
  }
  return { required: [...required].sort(), helpful: [...helpful].filter((name) => !required.has(name)).sort() };
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

function pick(
  names: { readonly noNewPrivileges: string; readonly newPrivileges: string },
  { allowPrivilegeEscalation }: RuntimeQuestion,
): readonly string[] {
  const chosen: string[] = [];
  if (allowPrivilegeEscalation !== true) chosen.push(...names.noNewPrivileges.split(' '));
  if (allowPrivilegeEscalation !== false) chosen.push(...names.newPrivileges.split(' '));
  return chosen;
}

function add(names: Set<string>, name: string, architecture: Architecture): void {
  names.add(name);
  if (architecture !== 'SCMP_ARCH_X86' && architecture !== 'SCMP_ARCH_ARM') return;
  for (const spelling of BASE_SPELLINGS_32_BIT[name] ?? []) names.add(spelling);
}

/** The leading digits and dots: `1.1.5+ds1` is 1.1.5, `1.2.0-rc.1` is 1.2.0. */
export function plainVersion(version: string): string {
  return /\d+(\.\d+)*/.exec(version)?.[0] ?? '0';
}

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET: what a runtime's own threads never ask for. */
export const NAMESPACE_FLAGS = 0x7e020000n;
