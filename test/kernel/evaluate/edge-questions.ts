import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { Argument, Profile } from '../../../src/core/profile/model.js';
import type { Question } from './random-profile.js';

const ARCHITECTURES = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] as const;
const NONE: readonly bigint[] = [0n, 0n, 0n, 0n, 0n, 0n];

/** Each value of a condition and its neighbours, on the one argument; the others 0. */
function around(args: readonly Argument[]): readonly (readonly bigint[])[] {
  const rows = args.flatMap(({ index, value, valueTwo }) =>
    [value, value - 1n, value + 1n, valueTwo, value ^ (1n << 32n)].map((at) =>
      NONE.map((_, i) => (i === index ? BigInt.asUintN(64, at) : 0n)),
    ),
  );
  return [NONE, ...rows];
}

/** Every number of the x86 architectures, some far above them, and the edges of every condition of the profile. */
export function edgeQuestions(profile: Profile): readonly Question[] {
  const about = new Map<string, Argument[]>();
  for (const rule of profile.rules)
    for (const name of rule.names) about.set(name, [...(about.get(name) ?? []), ...rule.args]);
  const evaluator = compileEvaluator(profile);
  const named = ARCHITECTURES.flatMap((arch) =>
    [...about].flatMap(([syscall, args]) =>
      evaluator.evaluate(arch, syscall) === undefined
        ? []
        : around(args).map((values): Question => ({ arch, syscall, args: values })),
    ),
  );
  const numbers = [...Array(560).keys(), 4000, 0x3fff_ffff, 0x7fff_ffff, 0x8000_0005, 0xffff_fffe, 0xffff_ffff];
  const numbered = ARCHITECTURES.flatMap((arch) =>
    numbers.map((number): Question => {
      const syscall = arch === 'SCMP_ARCH_X32' && number < 560 ? 0x4000_0000 + number : number;
      return { arch, syscall, args: NONE };
    }),
  );
  return [...named, ...numbered];
}
