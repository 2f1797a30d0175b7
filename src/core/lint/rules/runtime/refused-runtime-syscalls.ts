import { execNeeds, startNeeds } from '../../../profile/runtime-base.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowsNothing } from '../../subject/allows-nothing.js';
import type { LintFinding } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { type RefusedCalls, refusedCalls } from '../../subject/refused-calls.js';

/** What the refusal of a runtime's syscalls comes to. `no start without nnp`: unless no_new_privs is set. */
type Consequence = 'no start' | 'no start now and then' | 'no start without nnp' | 'no exec' | 'lived with';

/** What the runtime makes after the filter is on and the profile refuses, said once for each group of runtimes. */
export function* refusedRuntimeSyscalls(subject: LintSubject, consequence: Consequence): Iterable<LintFinding> {
  const { options, profile, top } = subject;
  // The base profile of a SeccompProfile object has the base set; it is not in this document.
  if (profile.baseProfileName !== undefined || allowsNothing(subject)) return;
  const needs = new Map<string, string[]>();
  for (const runtime of options.runtime === undefined ? (['runc', 'crun'] as const) : [options.runtime])
    for (const name of namesWith(consequence, subject, runtime)) needs.set(name, [...(needs.get(name) ?? []), runtime]);
  const groups = new Map<string, string[]>();
  for (const [name, runtimes] of needs) {
    const key = runtimes.join(' and ');
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  for (const [runtimes, names] of groups) {
    const named = names.find((name) => subject.names(name));
    const refused = `${listed(names.sort(), 12)} ${byNumber(names.length, 'is', 'are')} refused`;
    yield {
      path: named === undefined ? top('defaultAction') : subject.placeOf(named),
      message: `${refused}${inWords(consequence, runtimes, byNumber(names.length, 'it', 'them'), subject)}`,
    };
  }
}

function inWords(consequence: Consequence, runtimes: string, them: string, { options }: LintSubject): string {
  const version = options.runtimeVersion === undefined ? '' : ` ${options.runtimeVersion}`;
  const s = runtimes.includes(' and ') ? '' : 's';
  const setting =
    options.allowPrivilegeEscalation === undefined
      ? ''
      : `, with allowPrivilegeEscalation: ${options.allowPrivilegeEscalation}`;
  const need = `, and ${runtimes}${version} need${s} ${them}`;
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
      return `: ${runtimes}${version} make${s} use of ${them} after the filter is on${setting}`;
  }
}

function namesWith(consequence: Consequence, subject: LintSubject, runtime: 'runc' | 'crun'): readonly string[] {
  const { runtimeVersion, allowPrivilegeEscalation: given } = subject.options;
  const question = {
    runtime,
    architecture: subject.native,
    ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
  };
  const least = refusedCalls(subject, startNeeds({ ...question, allowPrivilegeEscalation: given ?? false }));
  const all = given === undefined ? refusedCalls(subject, startNeeds(question)) : least;
  const exec = refusedCalls(subject, execNeeds(question));
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
