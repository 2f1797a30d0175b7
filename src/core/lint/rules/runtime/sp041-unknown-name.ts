import {
  allSyscallNames,
  isKnownTo,
  isSyscallName,
  knownSince,
  LIBSECCOMP_VERSIONS,
} from '../../../syscalls/syscall-table.js';
import { didYouMean } from '../../../text/did-you-mean.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp041UnknownName: LintRule = {
  id: 'SP041',
  severity: 'info',
  title: 'A name that libseccomp does not know',
  why: 'Runtimes pass over names they do not know: the rule is not there. A misspelt name in a list of refusals refuses nothing.',
  fix: 'Correct the name; for a syscall newer than the library, update the library on the nodes.',
  failing: { text: allowAllBut([refuse(['keyctrl'])]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
  check: unknownNames,
};

let everyName: readonly string[] | undefined;

function* unknownNames(subject: LintSubject): Iterable<LintFinding> {
  const newer: { readonly name: string; readonly path: string; readonly since: string }[] = [];
  const isOlder = subject.libseccomp !== LIBSECCOMP_VERSIONS.at(-1);
  const seen = new Set<string>();
  for (const [index, rule] of subject.written.rules.entries()) {
    for (const [i, name] of rule.names.entries()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const path = subject.parsed.namePaths[index]?.[i] ?? '';
      if (isSyscallName(name)) {
        if (isOlder && !isKnownTo(subject.libseccomp, name)) newer.push({ name, path, since: knownSince(name) ?? '' });
        continue;
      }
      everyName ??= allSyscallNames();
      const near = didYouMean(name, everyName);
      const refuses = !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'].includes(rule.action);
      yield {
        path,
        severity: 'warning',
        message: `no syscall is called ${JSON.stringify(name)}: runtimes pass over it${refuses ? ', and nothing is refused' : ''}`,
        advice: near === undefined ? 'Correct the name, or remove it.' : `Did you mean "${near}"?`,
      };
    }
  }
  const [first] = newer;
  if (first !== undefined)
    yield {
      path: first.path,
      message: `libseccomp ${subject.libseccomp} does not know ${listed(newer.map(({ name, since }) => `${name} (since ${since})`))}: on such a node the rule is not there for ${byNumber(newer.length, 'it', 'them')}`,
    };
}
