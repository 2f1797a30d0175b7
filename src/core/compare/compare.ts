import { filterArchitecturesOf, type NodeTarget, plainProfile } from '../outcomes/node-target.js';
import { decisionInWords } from '../outcomes/outcome-in-words.js';
import { lettingThrough } from '../outcomes/self-tracing.js';
import type { SyscallDecision, SyscallDecisions } from '../outcomes/syscall-decisions.js';
import { decisionFor, decisionsOf } from '../outcomes/syscall-decisions.js';
import type { Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import type { RiskClass } from '../syscalls/risk-class.js';
import { classOf } from '../syscalls/risk-syscalls.js';
import { syscallNames, syscallNumber } from '../syscalls/syscall-table.js';
import { closedFilter, excessIn } from './ceiling.js';

export interface Difference {
  /** `(any other)`: every syscall without a name here. */
  readonly syscall: string;
  readonly class: RiskClass;
  readonly architectures: readonly Architecture[];
  /** `all`: whatever the arguments; `some`: for some of them; `unclear`: the conditions cannot be compared, so it may. */
  readonly extent: 'all' | 'some' | 'unclear';
  /** Arguments of a call that shows the difference. */
  readonly example?: readonly bigint[];
  readonly a: string;
  readonly b: string;
}

export interface RefusalDifference {
  readonly syscall: string;
  readonly architectures: readonly Architecture[];
  readonly a: string;
  readonly b: string;
}

export interface ProfileComparison {
  /** The architectures of either filter. */
  readonly architectures: readonly Architecture[];
  /** What `b` lets through and `a` does not; dangerous ones first. */
  readonly onlyB: readonly Difference[];
  /** What `a` lets through and `b` does not. */
  readonly onlyA: readonly Difference[];
  /** Refused or let through by both, in other ways: another errno, logged or not. */
  readonly otherwise: readonly RefusalDifference[];
}

/**
 * What two profiles decide differently on one kind of node. Let through are ALLOW and LOG, and TRACE where the profile lets
 * programs trace each other. Elsewhere TRACE counts as refused, as does NOTIFY: without a tracer or a listener they are (ENOSYS).
 */
export function compareProfiles(a: Profile, b: Profile, setting: NodeTarget): ProfileComparison {
  const plainA = plainProfile(a, setting);
  const plainB = plainProfile(b, setting);
  const inA = filterArchitecturesOf(plainA, setting.architecture);
  const inB = filterArchitecturesOf(plainB, setting.architecture);
  const architectures = [...new Set([...inA, ...inB])];
  const filtersA = inA.map((architecture) => decisionsOf(plainA, architecture));
  const filtersB = inB.map((architecture) => decisionsOf(plainB, architecture));
  const passesA = lettingThrough(filtersA);
  const passesB = lettingThrough(filtersB);
  const onlyA = new Collected();
  const onlyB = new Collected();
  const otherwise = new Map<string, { syscall: string; architectures: Architecture[]; a: string; b: string }>();
  for (const architecture of architectures) {
    const left = filtersA.find((each) => each.architecture === architecture) ?? closedFilter(architecture);
    const right = filtersB.find((each) => each.architecture === architecture) ?? closedFilter(architecture);
    for (const [syscall, one, other] of pairs(left, right, passesA(left.otherwise) !== passesB(right.otherwise))) {
      if (sameDecision(one, other)) continue;
      const { bits } = left;
      const words = { a: decisionInWords(one), b: decisionInWords(other) };
      const forward = excessIn(other, one, bits, passesB, passesA);
      const backward = excessIn(one, other, bits, passesA, passesB);
      if (forward !== undefined) onlyB.add(architecture, syscall, other, one, forward, words);
      if (backward !== undefined) onlyA.add(architecture, syscall, one, other, backward, words);
      if (forward !== undefined || backward !== undefined || words.a === words.b) continue;
      const key = `${syscall} ${words.a} ${words.b}`;
      const known = otherwise.get(key);
      if (known === undefined) otherwise.set(key, { syscall, architectures: [architecture], ...words });
      else known.architectures.push(architecture);
    }
  }
  return {
    architectures,
    onlyA: onlyA.sorted(),
    onlyB: onlyB.sorted(),
    otherwise: [...otherwise.values()].sort((x, y) => order(x.syscall, y.syscall)),
  };
}

const ANY_OTHER = '(any other)';

function* pairs(
  a: SyscallDecisions,
  b: SyscallDecisions,
  defaultsDiffer: boolean,
): Generator<readonly [string, SyscallDecision, SyscallDecision]> {
  // Where one lets through by default and the other does not, every name the architecture has differs.
  const byDefault = defaultsDiffer ? syscallNames(a.architecture) : [];
  for (const name of [...new Set([...a.byName.keys(), ...b.byName.keys(), ...byDefault])].sort()) {
    if (syscallNumber(a.architecture, name) !== undefined) yield [name, decisionFor(a, name), decisionFor(b, name)];
  }
  yield [ANY_OTHER, decisionFor(a, ANY_OTHER), decisionFor(b, ANY_OTHER)];
}

/** Whether two decisions are made of the same rules in the same order. */
export function sameDecision(a: SyscallDecision, b: SyscallDecision): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint(decision: SyscallDecision): string {
  const outcome = ({ action, errno }: { readonly action: string; readonly errno?: number }) =>
    `${action} ${errno ?? ''}`;
  if (decision.kind === 'always') return outcome(decision.outcome);
  const rules = decision.rules.map(({ when, outcome: then }) => {
    const conditions = when.map(({ argument, operator, mask, datum }) => `${argument} ${operator} ${mask} ${datum}`);
    return `${conditions.join('&')} ${outcome(then)}`;
  });
  return [...rules, outcome(decision.otherwise)].join('\n');
}

/** Differences of one direction, one for each syscall and kind. */
class Collected {
  private readonly byKey = new Map<string, Difference & { architectures: Architecture[] }>();

  add(
    architecture: Architecture,
    syscall: string,
    wider: SyscallDecision,
    narrower: SyscallDecision,
    search: { readonly args: readonly bigint[] | undefined },
    words: { readonly a: string; readonly b: string },
  ): void {
    const whole = wider.kind === 'always' && narrower.kind === 'always';
    const extent = whole ? 'all' : search.args === undefined ? 'unclear' : 'some';
    const key = `${syscall} ${extent} ${words.a} ${words.b}`;
    const known = this.byKey.get(key);
    if (known !== undefined) known.architectures.push(architecture);
    else {
      this.byKey.set(key, {
        syscall,
        class: classOf(syscall),
        architectures: [architecture],
        extent,
        ...(extent === 'some' && search.args !== undefined ? { example: search.args } : {}),
        ...words,
      });
    }
  }

  sorted(): readonly Difference[] {
    return [...this.byKey.values()].sort((x, y) => order(x.class, y.class) || order(x.syscall, y.syscall));
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
