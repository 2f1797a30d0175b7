import { hostOf } from '../../../outcomes/node-target.js';
import { isUnknownArchitecture } from '../../../profile/unknown-architecture.js';
import { hasTable, isBigEndian } from '../../../syscalls/filter-architecture.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp029UnfitArchitectures: LintRule = {
  id: 'SP029',
  severity: 'error',
  compiled: 'off',
  title: 'Architectures that do not go together',
  why: "One filter cannot hold architectures of two byte orders: the container does not start. Those of other machines with the same byte order do nothing; the node's own is always filtered, listed or not.",
  fix: 'List the architectures of one kind of node, or compile the profile for each.',
  failing: { text: allowAllBut([refuse(['keyctl'])], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_S390X'] }) },
  passing: { text: allowAllBut([refuse(['keyctl'])], { architectures: ['SCMP_ARCH_X86_64'] }) },
  check: unfitArchitectures,
};

function* unfitArchitectures({ profile, native, options, top }: LintSubject): Iterable<LintFinding> {
  const listedHere = (profile.architectures ?? []).filter((name) => name !== 'SCMP_ARCH_NATIVE');
  for (const [i, name] of listedHere.entries())
    if (isBigEndian(name) !== isBigEndian(native))
      yield {
        path: `${top('architectures')}[${i}]`,
        message: `${name} has the other byte order than ${native}: on such a node the container does not start`,
      };
  const unknown = listedHere.find((name) => isUnknownArchitecture(name, options));
  if (unknown !== undefined && options.runtime === 'runc')
    yield {
      path: `${top('architectures')}[${listedHere.indexOf(unknown)}]`,
      message: `runc${options.runtimeVersion === undefined ? '' : ` ${options.runtimeVersion}`} does not know ${unknown}: the container does not start`,
    };
  if (listedHere.length === 0) return;
  const foreign = listedHere.filter(
    (name) => isBigEndian(name) === isBigEndian(native) && hasTable(name) && hostOf(name) !== native,
  );
  if (options.architecture !== undefined && !listedHere.includes(native))
    yield {
      path: top('architectures'),
      severity: 'warning',
      message: `the node's own ${native} is not listed: runtimes filter it with the same rules`,
      advice: `Add "${native}".`,
    };
  if (foreign.length > 0 && options.architecture !== undefined)
    yield {
      path: `${top('architectures')}[${listedHere.indexOf(foreign[0] ?? '')}]`,
      severity: 'info',
      message: `${listed(foreign)} ${byNumber(foreign.length, 'does', 'do')} nothing on a node of ${native}`,
    };
}
