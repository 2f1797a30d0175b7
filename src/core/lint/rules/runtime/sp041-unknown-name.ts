import { isLetThrough } from '../../../compile/verdicts.js';
import { allSyscallNames, isKnownTo, isSyscallName, knownSince } from '../../../syscalls/syscall-table.js';
import { didYouMean } from '../../../text/did-you-mean.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp041UnknownName: LintRule = {
  id: 'SP041',
  severity: 'error',
  title: 'A name that libseccomp does not know',
  why: 'Runtimes pass over names they do not know: the rule is not there. A misspelt name in a list of refusals refuses nothing, nor does one that is too new for the library: an error where the default lets the syscall through.',
  fix: 'Correct the name; for a syscall newer than the library, update the library on the nodes.',
  failing: { text: allowAllBut([refuse(['keyctrl'])]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
  check: unknownNames,
};

let everyName: readonly string[] | undefined;

interface NewerName {
  readonly name: string;
  readonly path: string;
  readonly isLost: boolean;
}

function* unknownNames(subject: LintSubject): Iterable<LintFinding> {
  const newer: NewerName[] = [];
  const seen = new Set<string>();
  for (const [index, rule] of subject.written.rules.entries()) {
    const refuses = !isLetThrough(rule);
    // Of such a name no rule stands: what becomes of the syscall is the default.
    const isLost = refuses && subject.defaultLetsThrough;
    for (const [i, name] of rule.names.entries()) {
      const path = subject.parsed.namePaths[index]?.[i] ?? '';
      if (seen.has(`${name} ${isLost}`)) continue;
      seen.add(`${name} ${isLost}`);
      if (isSyscallName(name)) {
        if (!isKnownTo(subject.libseccomp, name)) newer.push({ name, path, isLost });
        continue;
      }
      everyName ??= allSyscallNames();
      const near = didYouMean(name, everyName);
      yield {
        path,
        severity: isLost ? 'error' : 'warning',
        message: `no syscall is called ${JSON.stringify(name)}: runtimes pass over it${refuses ? ', and nothing is refused' : ''}`,
        advice: near === undefined ? 'Correct the name, or remove it.' : `Did you mean "${near}"?`,
      };
    }
  }
  yield* tooNew(subject, newer, true);
  yield* tooNew(subject, newer, false);
}

function* tooNew({ libseccomp }: LintSubject, all: readonly NewerName[], isLost: boolean): Iterable<LintFinding> {
  const newer = all.filter((each) => each.isLost === isLost);
  const [first] = newer;
  if (first === undefined) return;
  const them = byNumber(newer.length, 'it', 'them');
  yield {
    path: first.path,
    severity: isLost ? 'error' : 'info',
    message: `libseccomp ${libseccomp} does not know ${listed(newer.map(({ name }) => `${name} (since ${knownSince(name)})`))}: on such a node the rule is not there for ${them}${isLost ? `, and the default lets ${them} through` : ''}`,
    ...(isLost
      ? { advice: 'Update libseccomp on the nodes, or refuse by default and allow what the program needs.' }
      : {}),
  };
}
