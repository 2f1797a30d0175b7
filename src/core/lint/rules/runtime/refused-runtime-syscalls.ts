import { runtimeBase } from '../../../profile/runtime-base.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowsNothing } from '../../subject/allows-nothing.js';
import type { LintFinding } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

/** What the runtime makes after the filter is on and the profile refuses, said once for each group of runtimes. */
export function* refusedRuntimeSyscalls(
  subject: LintSubject,
  which: 'required' | 'helpful' | 'without-nnp',
): Iterable<LintFinding> {
  const { options, native, profile, top } = subject;
  // The base profile of a SeccompProfile object has the base set; it is not in this document.
  if (profile.baseProfileName !== undefined || allowsNothing(subject)) return;
  const needs = new Map<string, string[]>();
  for (const runtime of options.runtime === undefined ? (['runc', 'crun'] as const) : [options.runtime]) {
    const question = {
      runtime,
      architecture: native,
      ...(options.runtimeVersion === undefined ? {} : { runtimeVersion: options.runtimeVersion }),
    };
    const given = options.allowPrivilegeEscalation;
    const least = runtimeBase({ ...question, allowPrivilegeEscalation: given ?? false });
    const all = runtimeBase(given === undefined ? question : { ...question, allowPrivilegeEscalation: given });
    const names =
      which === 'required'
        ? least.required
        : which === 'helpful'
          ? all.helpful.filter((name) => !least.required.includes(name))
          : all.required.filter((name) => !least.required.includes(name));
    for (const name of names) if (subject.refuses(name)) needs.set(name, [...(needs.get(name) ?? []), runtime]);
  }
  const groups = new Map<string, string[]>();
  for (const [name, runtimes] of needs) {
    const key = runtimes.join(' and ');
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const setting =
    options.allowPrivilegeEscalation === undefined
      ? ''
      : `, with allowPrivilegeEscalation: ${options.allowPrivilegeEscalation}`;
  for (const [runtimes, names] of groups) {
    const version = options.runtimeVersion === undefined ? '' : ` ${options.runtimeVersion}`;
    const needsIt = runtimes.includes(' and ') ? 'need' : 'needs';
    const them = byNumber(names.length, 'it', 'them');
    const named = names.find((name) => subject.names(name));
    const refused = `${listed(names.sort(), 12)} ${byNumber(names.length, 'is', 'are')} refused`;
    yield {
      path: named === undefined ? top('defaultAction') : subject.placeOf(named),
      message:
        which === 'helpful'
          ? `${refused}: ${runtimes}${version} ${runtimes.includes(' and ') ? 'make' : 'makes'} use of ${them} after the filter is on${setting}`
          : which === 'required'
            ? `${refused}, and ${runtimes}${version} ${needsIt} ${them} after the filter is on${setting}: the container does not start`
            : `${refused}, and ${runtimes}${version} ${needsIt} ${them} unless the container sets allowPrivilegeEscalation: false`,
    };
  }
}
