import { sameOutcome } from '../compile-verdicts.js';
import { compileEvaluator } from '../evaluate.js';
import { FILTER_ARCHITECTURES, hasTable, MULTIPLEXED_CALLS } from '../filter-architecture.js';
import type { Architecture, Profile } from '../model.js';
import type { EvaluationRuntime } from '../runtime-rules.js';
import type { LintSubject, PlacedRule } from './lint-subject.js';

export interface Contradiction {
  /** The rule that libseccomp refuses. */
  readonly placed: PlacedRule;
  readonly name: string;
  readonly architectures: readonly Architecture[];
}

/** The rules that libseccomp refuses because an earlier one gives some call another action; with one, no container starts. */
export function contradictionsIn(subject: LintSubject, runtime: EvaluationRuntime): readonly Contradiction[] {
  const names = namesInQuestion(subject);
  if (names.size === 0) return [];
  const { profile, placed } = onlyAbout(subject, names);
  const { native, libseccomp } = subject;
  return compileEvaluator(profile, { runtime, native, libseccomp }).conflicts.flatMap(
    ({ rule, name, architectures }) => {
      const found = placed[rule];
      return found === undefined ? [] : [{ placed: found, name, architectures }];
    },
  );
}

/** Syscalls whose rules have conditions and more than one action: rules of one action never contradict each other. */
function namesInQuestion({ rules, defaultOutcome, native, plain }: LintSubject): ReadonlySet<string> {
  const multiplexed = [native, ...(plain.architectures ?? [])].some(
    (name) => hasTable(name) && FILTER_ARCHITECTURES[name].multiplexed,
  );
  const groups = new Map<string, Group>();
  for (const { rule, outcome } of rules) {
    if (sameOutcome(outcome, defaultOutcome)) continue;
    for (const name of rule.names) {
      const entry = multiplexed ? MULTIPLEXED_CALLS.get(name)?.entry : undefined;
      // On a multiplexer even a rule without conditions has one: the number of the call inside.
      const isConditional = rule.args.length > 0 || entry !== undefined;
      const key = entry ?? name;
      const group = groups.get(key) ?? { names: new Set([key]), outcomes: new Set(), isConditional: false };
      groups.set(key, group);
      group.names.add(name);
      group.isConditional ||= isConditional;
      // A rule without conditions on the multiplexer itself settles everything, and contradicts nothing.
      if (isConditional || !isMultiplexer(name)) group.outcomes.add(`${outcome.action} ${outcome.errno ?? ''}`);
    }
  }
  const suspects = [...groups.values()].filter(({ outcomes, isConditional }) => isConditional && outcomes.size > 1);
  return new Set(suspects.flatMap(({ names }) => [...names]));
}

interface Group {
  readonly names: Set<string>;
  readonly outcomes: Set<string>;
  isConditional: boolean;
}

function isMultiplexer(name: string): boolean {
  return name === 'socketcall' || name === 'ipc';
}

function onlyAbout(
  { rules, plain }: LintSubject,
  names: ReadonlySet<string>,
): { readonly profile: Profile; readonly placed: readonly PlacedRule[] } {
  const placed: PlacedRule[] = [];
  const kept = [];
  for (const each of rules) {
    const wanted = each.rule.names.filter((name) => names.has(name));
    if (wanted.length === 0) continue;
    placed.push(each);
    kept.push({ ...each.rule, names: wanted });
  }
  return { profile: { ...plain, rules: kept }, placed };
}
