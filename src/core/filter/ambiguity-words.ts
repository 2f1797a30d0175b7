import type { AmbiguityReason } from './hazard.js';

export interface AmbiguityWords {
  /** As the end of "it is not certain what becomes of this call: …". */
  readonly why: string;
  /** How to write the rules so that the answer is certain. */
  readonly fix: string;
}

/** What a person is told about each class; docs/explanation/ambiguous-answers.md says more. */
export const AMBIGUITY_WORDS: Readonly<Record<AmbiguityReason, AmbiguityWords>> = {
  overlap: {
    why: 'rules with different actions hold for it, and which one wins depends on more than the profile',
    fix: 'Write the conditions so that no call meets two rules with different actions.',
  },
  'mixed-conditions': {
    why: 'the syscall has several rules, and one of them has several conditions that are not all SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ',
    fix: 'Use only SCMP_CMP_EQ and SCMP_CMP_MASKED_EQ in rules with several conditions, one rule for each value.',
  },
  'upper-halves': {
    why: 'ordered comparisons of one argument have numbers whose upper 32 bits differ, and the argument has the upper bits of one of them',
    fix: 'Keep the numbers of LT, LE, GE and GT below 2^32, or use SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ.',
  },
  opposite: {
    why: 'one rule has "equal" beside other conditions, another one "not equal" for the same number',
    fix: 'Put the other conditions into a rule without the "equal" one, or take single values in the place of "not equal".',
  },
  'covered-rule': {
    why: 'a shorter rule after it says the same as a longer one, which disturbs a rule with another mask',
    fix: 'Remove the longer rule: the shorter one says as much.',
  },
  'shared-number': {
    why: 'an ordered comparison with the same number stands in the rules of another syscall or architecture that libseccomp gets wrong',
    fix: 'Mend the rules of the other syscall first, or use SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ.',
  },
  'near-miss': {
    why: 'it meets one condition of a rule and misses another, and what was missed can be compared in the place of what was met',
    fix: 'Write one condition in each rule on the syscall, or keep the numbers of the arguments apart.',
  },
  'foreign-name': {
    why: 'no syscall of the architecture has a rule without conditions, and there are rules on names that it does not have',
    fix: 'Remove names that the architecture does not have, or add a rule without conditions on one that it has.',
  },
  'unforetold-rule': {
    why: 'whether libseccomp takes or refuses one of its rules is not known',
    fix: 'Remove rules that say the same as a shorter one, and give the same conditions one action only.',
  },
  stub: {
    why: "it is newer than every syscall that the profile names, and before 1.1.15 runc's stub left out an architecture that the profile does not list",
    fix: 'List the architecture of the node in "architectures".',
  },
};
