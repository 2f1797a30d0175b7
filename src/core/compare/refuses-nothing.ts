import { compiledArchitectures } from '../compile/architectures.js';
import { alwaysPasses } from '../compile/verdict-table.js';
import { isLetThrough, outcomeOf, type Verdict, type VerdictTable } from '../compile/verdicts.js';
import { findCall } from '../filter/call-set.js';
import { comparisonOf } from '../filter/comparison.js';
import type { Argument, Profile, Rule } from '../profile/model.js';
import { runtimeBase } from '../profile/runtime-base.js';
import { ARCHITECTURES, type Architecture } from '../syscalls/architectures.js';
import { syscallNames } from '../syscalls/syscall-table.js';
import { UNIMPLEMENTED } from '../syscalls/unimplemented.js';
import { classTable } from './class-table.js';
import { hostsOf } from './comparable.js';
import { classesOf } from './syscall-classes.js';
import { areLetThrough } from './table-within.js';

/** Rules that are looked at, over all classes. */
const MOST_STEPS = 200_000;

/**
 * Whether there is a node and a container for which the profile lets every syscall through (ALLOW or LOG), whatever it says for others: a
 * container with it may run as if it had none. Refusals of names that do not exist, of what the runtime needs, and under conditions that
 * never hold count for nothing. No is certain; yes can also mean that there is too much to look at.
 */
export function refusesNothing(profile: Profile): boolean {
  const judged = rulesThatMatter(profile);
  const classes = classesOf(judged);
  let steps = MOST_STEPS;
  const listed = new Set(judged.flatMap(({ names }) => names)).size;
  return hostsOf(profile).some((host) => {
    const { names: architectures } = compiledArchitectures(profile, host);
    const existing = namesOn(architectures);
    if (refusesAlways(profile, host, existing)) return false;
    if (classes === undefined) return true;
    return classes.some((one) => {
      // Where the default lets through, only what the rules list is looked at.
      steps -= judged.length + (passes(profile.defaultAction) ? listed : existing.size);
      if (steps < 0) return true;
      const table = classTable(profile, judged, host, one);
      return table !== undefined && !refusesSome(table, existing);
    });
  });
}

/** Where the default lets everything through, those on syscalls that some rule refuses. */
function rulesThatMatter({ defaultAction, rules }: Profile): readonly Rule[] {
  if (!passes(defaultAction)) return rules;
  const refused = new Set(rules.filter(({ action }) => !passes(action)).flatMap(({ names }) => names));
  return rules.filter(({ names }) => names.some((name) => refused.has(name)));
}

/** Whether it can be seen without a look at the classes that something is refused in each: so it is with nearly every profile. */
function refusesAlways({ defaultAction, rules }: Profile, host: Architecture, existing: ReadonlySet<string>): boolean {
  const base = runtimeBase({ architecture: host });
  const passing = new Set(
    rules
      .filter(({ action, args }) => passes(action) && (args.length === 0 || !passes(defaultAction)))
      .flatMap(({ names }) => names),
  );
  if (!passes(defaultAction)) {
    for (const name of [...base.required, ...base.helpful]) passing.add(name);
    return [...existing].some((name) => !passing.has(name));
  }
  for (const name of base.required) passing.add(name);
  return rules.some(
    ({ action, args, includes, excludes, names }) =>
      !passes(action) &&
      args.length === 0 &&
      includes === undefined &&
      excludes === undefined &&
      names.some((name) => existing.has(name) && !passing.has(name)),
  );
}

function refusesSome({ byName, defaultOutcome }: VerdictTable, existing: ReadonlySet<string>): boolean {
  if (!isLetThrough(defaultOutcome))
    return [...existing].some((name) => {
      const verdict = byName.get(name);
      return !alwaysPasses(verdict, defaultOutcome) && !(verdict?.kind === 'when' && areLetThrough([], verdict.rules));
    });
  return [...byName].some(([name, verdict]) => existing.has(name) && mayRefuse(verdict));
}

function mayRefuse(verdict: Verdict): boolean {
  if (verdict.kind === 'always') return !isLetThrough(verdict.outcome);
  return verdict.rules.some(({ args, outcome }) => !isLetThrough(outcome) && mayHold(args));
}

function mayHold(args: readonly Argument[]): boolean {
  const must = args.map(comparisonOf);
  return ([64, 32] as const).some((bits) => findCall([{ must, avoid: [] }], bits).kind !== 'none');
}

function namesOn(architectures: readonly string[]): ReadonlySet<string> {
  const listed = ARCHITECTURES.filter((name) => architectures.includes(name));
  return new Set(listed.flatMap((name) => syscallNames(name)).filter((name) => !UNIMPLEMENTED.has(name)));
}

function passes(action: Profile['defaultAction']): boolean {
  return isLetThrough(outcomeOf(action, undefined));
}
