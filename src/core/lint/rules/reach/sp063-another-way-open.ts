import { type ActionOutcome, isLetThrough } from '../../../compile/verdicts.js';
import { reachOf } from '../../../outcomes/syscall-decisions.js';
import { otherWaysOf, ownArgument } from '../../../syscalls/same-work.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { canCall } from './can-call.js';
import { CLONE_NEWUSER, makesNamespace, NAMESPACES } from './namespaces.js';
import { otherWaysAdvice } from './other-ways-advice.js';

export const sp063AnotherWayOpen: LintRule = {
  id: 'SP063',
  severity: 'warning',
  title: 'What is refused can be had through another syscall',
  why: 'The kernel has several syscalls for much of its work, and mostly one that younger C libraries make: fchmodat beside chmod, clone3 beside clone, fsopen, fsmount and move_mount beside mount. A rule that refuses one and leaves the others open stops nobody. In a list of what is allowed only conditions are looked at: chmod filtered, fchmodat let through whole. A refusal with ENOSYS sends programs to the other one on purpose, and is passed over.',
  fix: 'Refuse the others, too, or refuse by default and allow what the program needs.',
  failing: { text: allowAllBut([refuse(['chmod', 'mount'])]) },
  passing: {
    text: allowAllBut([refuse(['chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'mount', 'move_mount'])]),
  },
  *check(subject) {
    const names = filteredNames(subject);
    const open: string[] = [];
    const left = [...names].flatMap((name) => {
      const ways = [...openWays(subject, name), ...namespaceWays(subject, name)];
      // Of several that are needed together it is enough to refuse the last.
      open.push(...ways.map((way) => way.at(-1) ?? ''));
      return ways.length === 0
        ? []
        : [
            `${name} by ${listed(
              ways.map((way) => way.join('+')),
              4,
            )}`,
          ];
    });
    const [first] = left;
    if (first === undefined) return;
    const more = left.length > MOST ? `; and ${left.length - MOST} more` : '';
    yield {
      path: subject.placeOf(first.slice(0, first.indexOf(' '))),
      message: `what is refused here can be had through other syscalls, which are let through: ${left.slice(0, MOST).join('; ')}${more}`,
      advice: otherWaysAdvice(
        subject,
        [...new Set(open)].filter((name) => !names.has(name)),
      ),
    };
  },
};

const MOST = 10;

/**
 * What the profile means to refuse: by rules that refuse, but not with ENOSYS; where the default refuses, by conditions only, since there
 * the other syscall is let through by a rule as well.
 */
function filteredNames({ rules, defaultLetsThrough }: LintSubject): ReadonlySet<string> {
  const filtering = defaultLetsThrough
    ? rules.filter(({ outcome }) => !isLetThrough(outcome) && outcome.errno !== ENOSYS)
    : rules.filter(({ rule }) => rule.args.length > 0);
  return new Set(filtering.flatMap(({ rule }) => rule.names));
}

const ENOSYS = 38;

/** For a syscall that is refused whole what lets any call through; for one whose arguments are filtered what lets all through. */
function openWays(subject: LintSubject, name: string): readonly (readonly string[])[] {
  const reach = reachOf(subject.decision(name));
  // The flags of clone are those of namespaces and threads, which fork has no part in; clone3 is SP033's.
  if (syscallNumber(subject.native, name) === undefined || reach === 'all' || (name === 'clone' && reach === 'some'))
    return [];
  const isOpen = (other: string) => {
    if (syscallNumber(subject.native, other) === undefined) return false;
    const otherReach = reachOf(subject.decision(other));
    return otherReach === 'all' || (otherReach === 'some' && reach === 'none');
  };
  return otherWaysOf(name).filter((way) => way.every(isOpen) && doesWhatIsRefused(subject, name, way));
}

/** Whether some refused call is one that the other syscall can make as well: rename has no flags, so it is no way around those of renameat2. */
function doesWhatIsRefused(subject: LintSubject, name: string, way: readonly string[]): boolean {
  const own = ownArgument(name, way);
  if (own === undefined) return true;
  const isRefused = (outcome: ActionOutcome) => !isLetThrough(outcome);
  return canCall(
    subject.on(subject.native),
    name,
    own.index,
    own.value === 0n ? LOW_HALF : own.value,
    own.value,
    isRefused,
  );
}

const LOW_HALF = 0xffff_ffffn;

/** Namespaces come from unshare as well as from clone and clone3. */
function namespaceWays(subject: LintSubject, name: string): readonly (readonly string[])[] {
  if (name !== 'unshare' && name !== 'clone') return [];
  // Refused whole it is for the sake of processes.
  if (name === 'clone' && reachOf(subject.decision(name)) === 'none') return [];
  if (!subject.has('CAP_SYS_ADMIN') && !WAYS.some((way) => makesNamespace(subject, way, CLONE_NEWUSER))) return [];
  // SP033 has clone3 beside clone, and so has the table of other ways.
  const others = WAYS.filter((way) => way !== name && !(name === 'clone' && way === 'clone3'));
  for (const flag of NAMESPACES) {
    if (makesNamespace(subject, name, flag.bit)) continue;
    const open = others.filter((way) => makesNamespace(subject, way, flag.bit));
    if (open.length > 0) return open.map((way) => [way === 'clone3' ? way : `${way}(${flag.name})`]);
  }
  return [];
}

const WAYS = ['unshare', 'clone', 'clone3'] as const;
