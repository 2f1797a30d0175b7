import { rulesOf } from './compile-rules.js';
import type { VerdictTable } from './compile-table.js';
import type { Verdict } from './compile-verdicts.js';
import { compileEvaluator, type Evaluator } from './evaluate.js';
import type { Architecture, Argument, Profile } from './model.js';
import { ARCHITECTURES } from './model.js';

const SAFE = new Set(['SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ']);
const MOST_SAMPLES = 256;

/**
 * Syscalls whose filtered arguments libseccomp gets wrong in this company: it shares blocks between syscalls with like conditions, and
 * with ordered comparisons a shared block can look at the wrong half of an argument. Found by asking the filter of the whole
 * profile and that of each syscall alone, at the edges of every comparison. Equality alone has shown no such case.
 */
export function misreadSyscalls(table: VerdictTable, native: Architecture): readonly string[] {
  const filtered = [...table.byName].filter(
    (entry): entry is [string, Extract<Verdict, { kind: 'when' }>] => entry[1].kind === 'when',
  );
  const isOrdered = filtered.some(([, { rules }]) => rules.some(({ args }) => args.some((arg) => !SAFE.has(arg.op))));
  if (!isOrdered) return [];
  const whole = ['libseccomp', 'runc'].map((runtime) => evaluatorOf(table, native, runtime as 'libseccomp' | 'runc'));
  const misread: string[] = [];
  for (const [name, verdict] of filtered) {
    const alone = evaluatorOf({ ...table, byName: new Map([[name, verdict]]) }, native, 'libseccomp');
    const samples = samplesOf(verdict.rules.flatMap((rule) => rule.args));
    const differs = (architecture: Architecture, evaluator: Evaluator) =>
      samples.some((args) => {
        const one = alone.evaluate(architecture, name, args);
        const other = evaluator.evaluate(architecture, name, args);
        return one?.action !== other?.action || one?.errno !== other?.errno;
      });
    const architectures = ARCHITECTURES.filter((each) => table.architectures.includes(each));
    if (architectures.some((each) => whole.some((evaluator) => differs(each, evaluator)))) misread.push(name);
  }
  return misread;
}

function evaluatorOf(table: VerdictTable, native: Architecture, runtime: 'libseccomp' | 'runc'): Evaluator {
  const { defaultOutcome, architectures } = table;
  const profile: Profile = {
    defaultAction: defaultOutcome.action,
    ...(defaultOutcome.errno === undefined ? {} : { defaultErrnoRet: defaultOutcome.errno }),
    architectures,
    rules: rulesOf(table),
  };
  return compileEvaluator(profile, { runtime, native });
}

/** Values at and around every number that an argument is compared with, in both halves; all combinations while they are few. */
function samplesOf(args: readonly Argument[]): readonly (readonly bigint[])[] {
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
