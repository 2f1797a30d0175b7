import { isLetThrough } from '../../../compile/verdicts.js';
import { findCall } from '../../../filter/call-set.js';
import { comparisonOf, widest } from '../../../filter/comparison.js';
import { argumentInWords } from '../../../outcomes/outcome-in-words.js';
import { callsWith, decisionFor } from '../../../outcomes/syscall-decisions.js';
import type { Argument } from '../../../profile/model.js';
import { maskOfFlags } from '../../../syscalls/flag-arguments.js';
import { argumentBits } from '../../../syscalls/syscall-arguments.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, equal, masked, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { flagByFlag, maskedEqual } from './masked-advice.js';
import { runtimeFilteringAlike } from './runtime-filtering-alike.js';

export const sp066OneMoreFlag: LintRule = {
  id: 'SP066',
  severity: 'error',
  title: 'One more flag gets past a refusal',
  why: 'The argument is a set of flags, and the condition compares all of them with one value. With any other flag beside them the call is another value: unshare with CLONE_NEWUSER and CLONE_NEWNS is not "equal to CLONE_NEWUSER", SOCK_RAW with SOCK_CLOEXEC not "equal to SOCK_RAW". Only a warning where the mask leaves out some flags: to refuse these only without those may be meant.',
  fix: 'Compare the flags that are meant, and no others: SCMP_CMP_MASKED_EQ with the flags as "value" and as "valueTwo" (for the type of a socket "value": 15).',
  failing: { text: allowAllBut([refuse(['unshare'], { args: [equal(0, 0x10000000)] })]) },
  passing: { text: allowAllBut([refuse(['unshare'], { args: [masked(0, 0x10000000, 0x10000000)] })]) },
  check: passedByFlags,
};

function* passedByFlags(subject: LintSubject): Iterable<LintFinding> {
  for (const placed of subject.rules) {
    if (isLetThrough(placed.outcome)) continue;
    for (const [i, arg] of placed.rule.args.entries()) {
      const groups = new Map<bigint, string[]>();
      for (const name of new Set(placed.rule.names)) {
        const meant = meantFlags(subject, placed.rule.args, name, arg);
        if (meant !== undefined) groups.set(meant, [...(groups.get(meant) ?? []), name]);
      }
      for (const [meant, names] of groups) {
        const usual = runtimeFilteringAlike(subject, placed.rule);
        const isWhole = names.some((name) => comparesAll(subject, name, arg));
        const datum = comparedValue(arg) & meant;
        yield {
          path: `${placed.path}.args[${i}]`,
          ...(usual === undefined && isWhole ? {} : { severity: 'warning' as const }),
          message: `argument ${arg.index} of ${listed(names)} is a set of flags, and ${argumentInWords(arg)} asks for the absence of others: a call with one flag more gets past this rule`,
          advice: `Write ${maskedEqual(meant, datum)}${flagByFlag(meant, datum)}.`,
        };
      }
    }
  }
}

/** The mask of the flags that the condition asks for, where it compares others as well and some call with these flags gets through. */
function meantFlags(subject: LintSubject, args: readonly Argument[], name: string, arg: Argument): bigint | undefined {
  if (syscallNumber(subject.native, name) === undefined) return undefined;
  const kept = keptBits(subject, name, arg);
  const compared = comparedBits(arg) & kept;
  const meant = maskOfFlags(subject.native, name, arg.index, comparedValue(arg) & compared);
  if (meant === undefined || (compared & ~meant) === 0n) return undefined;
  const masks = [
    { mask: meant, datum: comparedValue(arg) & meant },
    // Bits that the kernel does not look at are SP016's.
    { mask: comparedBits(arg) & ~kept, datum: comparedValue(arg) & ~kept },
  ].filter(({ mask }) => mask !== 0n);
  const must = [
    ...args.filter((each) => each.index !== arg.index).map(comparisonOf),
    ...masks.map((each) => ({ argument: arg.index, operator: 'SCMP_CMP_MASKED_EQ' as const, ...each })),
  ];
  const filter = subject.on(subject.native);
  const isPassed = callsWith(decisionFor(filter, name), isLetThrough).some(
    (set) => findCall([set, { must, avoid: [] }], filter.bits).kind !== 'none',
  );
  return isPassed ? meant : undefined;
}

/** None for operators other than "equal". */
function comparedBits({ op, value }: Argument): bigint {
  if (op === 'SCMP_CMP_EQ') return widest(64);
  return op === 'SCMP_CMP_MASKED_EQ' ? value : 0n;
}

function comparedValue({ op, value, valueTwo }: Argument): bigint {
  return op === 'SCMP_CMP_MASKED_EQ' ? valueTwo & value : value;
}

function keptBits({ native }: LintSubject, name: string, { index }: Argument): bigint {
  return (1n << BigInt(argumentBits(native, name, index))) - 1n;
}

function comparesAll(subject: LintSubject, name: string, arg: Argument): boolean {
  const kept = keptBits(subject, name, arg);
  const low = kept & 0xffff_ffffn;
  return (comparedBits(arg) & low) === low;
}
