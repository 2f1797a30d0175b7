import { comparisonHolds, comparisonOf } from './comparison-holds.js';
import { rulesOf } from './compile-rules.js';
import type { VerdictTable } from './compile-table.js';
import { type Outcome, outcomeOf, sameOutcome, type Verdict } from './compile-verdicts.js';
import { compileEvaluator, type Evaluator } from './evaluate.js';
import { FILTER_ARCHITECTURES } from './filter-architecture.js';
import type { Architecture, Argument, Profile } from './model.js';
import { ARCHITECTURES } from './model.js';

const SAFE = new Set(['SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ']);
const MOST_SAMPLES = 256;

/**
 * Syscalls whose filtered arguments libseccomp gets wrong in this company: it shares blocks between syscalls with like conditions, and
 * with ordered comparisons a shared block can look at the wrong half of an argument. Found by asking the filter at the edges of
 * every comparison: it must do what a rule that matches says, or the default where none does. Equality alone has shown no such case.
 */
export function misreadSyscalls(table: VerdictTable, native: Architecture): readonly string[] {
  const filtered = [...table.byName].filter(isFiltered);
  const isOrdered = filtered.some(([, { rules }]) => rules.some(({ args }) => args.some((arg) => !SAFE.has(arg.op))));
  if (!isOrdered) return [];
  // Lays the filter out in every order that a runtime asks for.
  const evaluator = evaluatorOf(table, native);
  const architectures = ARCHITECTURES.filter((each) => table.architectures.includes(each));
  const isMisread = (name: string, verdict: FilteredVerdict) => {
    const samples = edgeSamples(verdict.rules.flatMap((rule) => rule.args));
    return architectures.some((architecture) =>
      samples.some((args) => {
        const answer = evaluator.evaluate(architecture, name, args);
        if (answer === undefined) return false;
        if (answer.ambiguous !== undefined) return true;
        const outcome = outcomeOf(answer.action, answer.errno ?? undefined);
        return !readings(verdict, args, architecture, table.defaultOutcome).some((each) => sameOutcome(each, outcome));
      }),
    );
  };
  return filtered.filter(([name, verdict]) => isMisread(name, verdict)).map(([name]) => name);
}

type FilteredVerdict = Extract<Verdict, { kind: 'when' }>;

function isFiltered(entry: readonly [string, Verdict]): entry is [string, FilteredVerdict] {
  return entry[1].kind === 'when';
}

/** What the rules say to a call, as they are written: those that match, each with its outcome. */
function readings(
  verdict: FilteredVerdict,
  args: readonly bigint[],
  architecture: Architecture,
  defaultOutcome: Outcome,
): readonly Outcome[] {
  const { bits } = FILTER_ARCHITECTURES[architecture];
  const matching = verdict.rules.filter((rule) =>
    rule.args.every((arg) => comparisonHolds(comparisonOf(arg), args, bits)),
  );
  return matching.length === 0 ? [defaultOutcome] : matching.map((rule) => rule.outcome);
}

function evaluatorOf(table: VerdictTable, native: Architecture): Evaluator {
  const { defaultOutcome, architectures } = table;
  const profile: Profile = {
    defaultAction: defaultOutcome.action,
    ...(defaultOutcome.errno === undefined ? {} : { defaultErrnoRet: defaultOutcome.errno }),
    architectures,
    rules: rulesOf(table),
  };
  return compileEvaluator(profile, { runtime: 'libseccomp', native });
}

/** Values at and around every number that an argument is compared with, in both halves; all combinations while they are few. */
export function edgeSamples(args: readonly Argument[]): readonly (readonly bigint[])[] {
  const highest = Math.max(...args.map((arg) => arg.index));
  let samples: readonly (readonly bigint[])[] = [[]];
  for (let index = 0; index <= highest; index += 1) {
    const values = new Set<bigint>([0n]);
    for (const arg of args) {
      if (arg.index !== index) continue;
      for (const value of [arg.value, arg.valueTwo]) {
        for (const near of [value, value - 1n, value + 1n, value ^ 0x100000000n, value & 0xffffffffn]) {
          values.add(BigInt.asUintN(64, near));
        }
      }
    }
    samples = samples.flatMap((sample) => [...values].map((value) => [...sample, value])).slice(0, MOST_SAMPLES);
  }
  return samples;
}
