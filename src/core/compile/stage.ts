import type { Problem } from '../problem/problem.js';
import { alwaysPasses } from './verdict-table.js';
import type { VerdictTable } from './verdicts.js';
import { type ActionOutcome, conditionsKey, isLetThrough, type Verdict } from './verdicts.js';

const LOG: ActionOutcome = { action: 'SCMP_ACT_LOG' };

/** Logs every call that the runtime default lets through; what it refuses stays refused, with its errno. */
export function recordTable(runtimeDefault: VerdictTable): VerdictTable {
  const logged = (outcome: ActionOutcome) => (isLetThrough(outcome) ? LOG : outcome);
  return { ...runtimeDefault, byName: mapOutcomes(runtimeDefault.byName, logged) };
}

/**
 * Lets through in silence what the profile allows and logs the rest of what the runtime default lets through; what that refuses
 * stays refused. Calls whose arguments the two filter in different shapes are all logged, hits and misses alike: a filter cannot
 * say "everything but these", and a logged hit is better than a silent miss. ABIs that the profile closes stay open, since closed
 * means killed.
 */
export function complainTable(
  profile: VerdictTable,
  runtimeDefault: VerdictTable,
): { readonly table: VerdictTable; readonly problems: readonly Problem[] } {
  const byName = new Map<string, Verdict>();
  const blurred: string[] = [];
  for (const [name, ceiling] of runtimeDefault.byName) {
    const own = profile.byName.get(name);
    if (alwaysPasses(own, profile.defaultOutcome)) {
      byName.set(name, ceiling.kind === 'always' ? silent(ceiling, own, profile.defaultOutcome) : ceiling);
    } else if (ceiling.kind === 'always') {
      if (!isLetThrough(ceiling.outcome)) byName.set(name, ceiling);
      else {
        byName.set(name, { kind: 'always', outcome: LOG });
        if (somePass(own, profile.defaultOutcome)) blurred.push(name);
      }
    } else {
      const hits = new Set(passingConditions(own));
      byName.set(name, {
        kind: 'when',
        rules: ceiling.rules.map((rule) =>
          isLetThrough(rule.outcome) && !hits.delete(conditionsKey(rule.args)) ? { ...rule, outcome: LOG } : rule,
        ),
      });
      if (hits.size > 0) blurred.push(name);
    }
  }
  return {
    table: { ...runtimeDefault, byName },
    problems: blurred.length === 0 ? [] : [blurredProblem(blurred)],
  };
}

/** The profile's own LOG is kept: what it logs at stage Enforce it logs here too. */
function silent(
  ceiling: Extract<Verdict, { kind: 'always' }>,
  own: Verdict | undefined,
  defaultOutcome: ActionOutcome,
): Verdict {
  if (!isLetThrough(ceiling.outcome) || own?.kind === 'when') return ceiling;
  return own ?? { kind: 'always', outcome: defaultOutcome };
}

function somePass(own: Verdict | undefined, defaultOutcome: ActionOutcome): boolean {
  return own?.kind === 'when' && (isLetThrough(defaultOutcome) || own.rules.some((rule) => isLetThrough(rule.outcome)));
}

function passingConditions(own: Verdict | undefined): readonly string[] {
  if (own?.kind !== 'when') return [];
  return own.rules.filter((rule) => isLetThrough(rule.outcome)).map((rule) => conditionsKey(rule.args));
}

function blurredProblem(names: readonly string[]): Problem {
  return {
    code: 'PC12',
    severity: 'info',
    message: `every call of ${[...names].sort().join(', ')} is logged, allowed or not: the profile filters their arguments otherwise than the runtime default does`,
    advice: 'Do not take log lines of these syscalls for misses.',
  };
}

function mapOutcomes(
  byName: ReadonlyMap<string, Verdict>,
  change: (outcome: ActionOutcome) => ActionOutcome,
): ReadonlyMap<string, Verdict> {
  return new Map(
    [...byName].map(([name, verdict]) => [
      name,
      verdict.kind === 'always'
        ? { kind: 'always', outcome: change(verdict.outcome) }
        : {
            kind: 'when',
            rules: verdict.rules.map((rule) => ({ ...rule, outcome: change(rule.outcome) })),
          },
    ]),
  );
}
