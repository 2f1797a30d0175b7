import { execNeeds, startNeeds, versionsWhere } from '../../../profile/runtime-base.js';
import { addTo } from '../../../text/multimap.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowsNothing } from '../../subject/allows-nothing.js';
import type { LintFinding } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { type RefusedCalls, refusedCalls } from '../../subject/refused-calls.js';

/** What the refusal of a runtime's syscalls comes to. `no start without nnp`: unless no_new_privs is set. */
type Consequence = 'no start' | 'no start now and then' | 'no start without nnp' | 'no exec' | 'lived with';

/** A runtime, or some versions of it: `runc 1.2 and later`. */
interface Needing {
  readonly runtime: 'runc' | 'crun';
  readonly versions: string;
}

/** What the runtime makes after the filter is on and the profile refuses, said once for each group of runtimes. */
export function* refusedRuntimeSyscalls(subject: LintSubject, consequence: Consequence): Iterable<LintFinding> {
  const { options, profile, top } = subject;
  // The base profile of a SeccompProfile object has the base set; it is not in this document.
  if (profile.baseProfileName !== undefined || allowsNothing(subject)) return;
  const needs = new Map<string, Needing[]>();
  for (const runtime of options.runtime === undefined ? (['runc', 'crun'] as const) : [options.runtime])
    for (const name of namesWith(consequence, subject, runtime, options.runtimeVersion))
      addTo(needs, name, { runtime, versions: versionsWith(consequence, subject, runtime, name) });
  const groups = new Map<string, { readonly names: string[]; readonly needing: readonly Needing[] }>();
  for (const [name, needing] of needs) {
    const key = inWords(needing);
    const group = groups.get(key) ?? { names: [], needing };
    groups.set(key, group);
    group.names.push(name);
  }
  for (const { names, needing } of groups.values()) {
    const named = names.find((name) => subject.names(name));
    const refused = `${listed(names.sort(), 12)} ${byNumber(names.length, 'is', 'are')} ${refusedHow(subject, names)}`;
    yield {
      path: named === undefined ? top('defaultAction') : subject.placeOf(named),
      // The node's version may be one that starts it.
      ...(needing.every(({ versions }) => versions !== '') && options.runtimeVersion === undefined
        ? { severity: 'warning' as const }
        : {}),
      message: `${refused}${consequenceInWords(consequence, needing, byNumber(names.length, 'it', 'them'), subject)}`,
    };
  }
}

function inWords(needing: readonly Needing[]): string {
  return listed(needing.map(({ runtime, versions }) => runtime + versions));
}

/** Some are killed or stopped by a signal. */
function refusedHow(subject: LintSubject, names: readonly string[]): string {
  const words = new Set(
    names.map((name) => {
      const decision = subject.decision(name);
      const { action } = decision.kind === 'always' ? decision.outcome : decision.otherwise;
      return action.startsWith('SCMP_ACT_KILL') || action === 'SCMP_ACT_TRAP' ? ` (${action})` : '';
    }),
  );
  const [word] = words;
  return `refused${words.size === 1 ? word : ''}`;
}

/** ` 1.2 and later`; empty where it is every version, or the one that is given. */
function versionsWith(consequence: Consequence, subject: LintSubject, runtime: 'runc' | 'crun', name: string): string {
  if (subject.options.runtimeVersion !== undefined || consequence === 'lived with') return '';
  return versionsWhere(runtime, (since) => namesWith(consequence, subject, runtime, since).includes(name));
}

function consequenceInWords(
  consequence: Consequence,
  needing: readonly Needing[],
  them: string,
  { options }: LintSubject,
): string {
  const version = options.runtimeVersion === undefined ? '' : ` ${options.runtimeVersion}`;
  const runtimes = inWords(needing) + version;
  const s = needing.length > 1 || needing[0]?.versions !== '' ? '' : 's';
  const setting =
    options.allowPrivilegeEscalation === undefined
      ? ''
      : `, with allowPrivilegeEscalation: ${options.allowPrivilegeEscalation}`;
  const need = `, and ${runtimes} need${s} ${them}`;
  switch (consequence) {
    case 'no start':
      return `${need} after the filter is on${setting}: the container does not start`;
    case 'no start now and then':
      return `${need} after the filter is on${setting}, now and then: the container does not always start`;
    case 'no start without nnp':
      return `${need} unless the container sets allowPrivilegeEscalation: false`;
    case 'no exec':
      return `${need} to execute a program in the container: kubectl exec, exec probes and lifecycle hooks fail`;
    case 'lived with':
      return `: ${runtimes} make${s} use of ${them} after the filter is on${setting}`;
  }
}

/** What is refused of the calls of a start with no_new_privs, of one whatever is set, and of an exec. */
interface Refusals {
  readonly least: RefusedCalls;
  readonly all: RefusedCalls;
  readonly exec: RefusedCalls;
}

/** Several rules ask the same of each version. */
const known = new WeakMap<LintSubject, Map<string, Refusals>>();

function refusalsOf(subject: LintSubject, runtime: 'runc' | 'crun', runtimeVersion: string | undefined): Refusals {
  const ofSubject = known.get(subject) ?? new Map<string, Refusals>();
  known.set(subject, ofSubject);
  const key = `${runtime} ${runtimeVersion ?? ''}`;
  const before = ofSubject.get(key);
  if (before !== undefined) return before;
  const { allowPrivilegeEscalation: given } = subject.options;
  const question = {
    runtime,
    architecture: subject.native,
    ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
  };
  const least = refusedCalls(subject, startNeeds({ ...question, allowPrivilegeEscalation: given ?? false }));
  const all = given === undefined ? refusedCalls(subject, startNeeds(question)) : least;
  const refusals = { least, all, exec: refusedCalls(subject, execNeeds(question)) };
  ofSubject.set(key, refusals);
  return refusals;
}

function namesWith(
  consequence: Consequence,
  subject: LintSubject,
  runtime: 'runc' | 'crun',
  runtimeVersion: string | undefined,
): readonly string[] {
  const { least, all, exec } = refusalsOf(subject, runtime, runtimeVersion);
  switch (consequence) {
    case 'no start':
      return least.fatal;
    case 'no start now and then':
      return least.sometimes;
    case 'no start without nnp':
      return without(failing(all), failing(least));
    case 'no exec':
      return without(failing(exec), failing(least));
    case 'lived with': {
      const livedWith = new Set([...all.livedWith, ...exec.livedWith]);
      return without([...livedWith], [...failing(least), ...failing(all), ...failing(exec)]);
    }
  }
}

function failing({ fatal, sometimes }: RefusedCalls): readonly string[] {
  return [...fatal, ...sometimes];
}

function without(names: readonly string[], taken: readonly string[]): readonly string[] {
  return names.filter((name) => !taken.includes(name));
}
