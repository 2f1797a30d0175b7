import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { Evaluator } from '../../../src/core/filter/evaluator.js';
import { filterAction } from '../../../src/core/profile/filter-action.js';
import type { Profile, Rule } from '../../../src/core/profile/model.js';
import { ARCHITECTURES, type Architecture } from '../../../src/core/syscalls/architectures.js';
import { isBigEndian } from '../../../src/core/syscalls/filter-architecture.js';
import { LibseccompOracle, type OracleAnswers } from './libseccomp-oracle.js';
import { DENSITIES, type Density, type Question, questionsAbout, Random, randomProfile } from './random-profile.js';

export interface DifferentialResult {
  readonly profiles: number;
  readonly answers: number;
  readonly ambiguous: number;
  /** The ambiguous ones by their reason. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Profiles with a rule that libseccomp refuses. */
  readonly conflicting: number;
  /** Profiles of which it is not foretold whether they start. */
  readonly unforetold: number;
  /** Profiles on which libseccomp crashed or did not come to an end. */
  readonly failed: number;
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly profile: Profile;
  readonly what: string;
}

export interface DifferentialOptions {
  readonly answers: number;
  readonly seed: number;
  readonly density?: Density;
  readonly library?: string | undefined;
  /** The version that the library is, by the names it knows; absent: answers are to hold for any. */
  readonly libseccomp?: string | undefined;
  readonly stopAfter?: number;
}

/** Up to here runc leaves the order of syscalls to libseccomp. */
const MOST_IN_SEQUENCE = 32;

/** Puts random profiles to libseccomp and to the evaluator, and compares every answer and every refused rule. */
export async function runDifferential(options: DifferentialOptions): Promise<DifferentialResult> {
  const oracle = new LibseccompOracle(options.library);
  const differences: Difference[] = [];
  const reasons = new Map<string, number>();
  const count = { profiles: 0, answers: 0, ambiguous: 0, conflicting: 0, unforetold: 0, failed: 0 };
  try {
    for (let seed = options.seed; count.answers < options.answers; seed += 1) {
      const random = new Random(seed);
      const density = options.density ?? DENSITIES[seed % DENSITIES.length] ?? 'dense';
      // On a host of the other byte order libseccomp writes some instructions of long filters the wrong way round.
      const natives = ARCHITECTURES.filter((architecture) => density !== 'table' || !isBigEndian(architecture));
      const native = random.chance(0.6) ? 'SCMP_ARCH_X86_64' : random.pick(natives);
      const profile = randomProfile(random, density, native);
      const questions = questionsAbout(random, profile, native, 80);
      const runtime = random.pick(['crun', 'libseccomp', 'runc'] as const);
      const subject: Subject = { profile, questions, native, runtime, libseccomp: options.libseccomp };
      const found = await compare(oracle, subject);
      if (found.start === 'not foretold') count.unforetold += 1;
      if (found.truth.failed) count.failed += 1;
      else count.profiles += 1;
      if (found.truth.refused.length > 0) count.conflicting += 1;
      count.answers += found.answers;
      for (const reason of found.reasons) {
        count.ambiguous += 1;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      if (found.what !== undefined) differences.push(await shrink(oracle, subject, found.what));
      if (differences.length >= (options.stopAfter ?? 1)) break;
    }
  } finally {
    oracle.close();
  }
  return { ...count, reasons, differences };
}

interface Subject {
  readonly profile: Profile;
  readonly questions: readonly Question[];
  readonly native: Architecture;
  readonly runtime: 'libseccomp' | 'runc' | 'crun';
  readonly libseccomp: string | undefined;
}

interface Compared {
  readonly start: Evaluator['start'];
  readonly truth: OracleAnswers;
  readonly answers: number;
  readonly reasons: readonly string[];
  /** The first difference. */
  readonly what: string | undefined;
}

async function compare(oracle: LibseccompOracle, subject: Subject): Promise<Compared> {
  const { profile, questions, native, runtime, libseccomp } = subject;
  const evaluator = compileEvaluator(profile, { runtime, native, ...(libseccomp === undefined ? {} : { libseccomp }) });
  const truth = await oracle.ask(profile, questions, {
    native,
    runtime: runtime === 'crun' ? 'crun' : 'runc',
    optimize: runtime !== 'crun' && namesIn(profile) > MOST_IN_SEQUENCE ? 2 : 1,
  });
  const { start } = evaluator;
  let what = startDifference(evaluator, truth);
  const reasons: string[] = [];
  let answers = 0;
  for (const [i, question] of truth.failed ? [] : questions.entries()) {
    const answer = evaluator.evaluate(question.arch, question.syscall, question.args);
    // What runc puts in front of the filter is not libseccomp's: the tests of the kernel hold it.
    if (answer?.rule === 'stub') continue;
    answers += 1;
    if (answer?.reason !== undefined) reasons.push(answer.reason);
    else if (answer === undefined || filterAction(answer.action, answer.errno ?? undefined) !== truth.returned[i])
      what ??= describe(question, JSON.stringify(answer), truth.returned[i]);
  }
  return { start, truth, answers, reasons, what };
}

function startDifference(evaluator: Evaluator, truth: OracleAnswers): string | undefined {
  const { start } = evaluator;
  if (truth.failed) return start === 'starts' ? 'libseccomp comes to no end' : undefined;
  const refused = truth.refused.join();
  if (start !== 'not foretold' && (refused !== '') !== (start === 'refused'))
    return `refused: ${refused}; foretold: ${start}`;
  const foretold = evaluator.conflicts.map((conflict) => `${conflict.name} 17`).join();
  if (evaluator.unforetold.length === 0 && foretold !== refused) return `refused: ${refused}; foretold: ${foretold}`;
  return undefined;
}

/** Takes away whatever the difference does not need. */
async function shrink(oracle: LibseccompOracle, subject: Subject, what: string): Promise<Difference> {
  let best = { profile: subject.profile, what };
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const profile of smaller(best.profile)) {
      const found = await compare(oracle, { ...subject, profile });
      if (found.what === undefined) continue;
      best = { profile, what: `${subject.native} ${subject.runtime}: ${found.what}` };
      isSmaller = true;
      break;
    }
  }
  return best;
}

function* smaller(profile: Profile): Generator<Profile> {
  const { rules, architectures } = profile;
  for (const [i, rule] of rules.entries()) {
    yield { ...profile, rules: rules.toSpliced(i, 1) };
    const changed = (change: Partial<Rule>): Profile => ({ ...profile, rules: rules.with(i, { ...rule, ...change }) });
    if (rule.names.length > 1)
      for (const at of rule.names.keys()) yield changed({ names: rule.names.toSpliced(at, 1) });
    if (rule.args.length > 1) for (const at of rule.args.keys()) yield changed({ args: rule.args.toSpliced(at, 1) });
  }
  if (architectures !== undefined)
    for (const at of architectures.keys()) yield { ...profile, architectures: architectures.toSpliced(at, 1) };
}

function namesIn(profile: Profile): number {
  return profile.rules.reduce((sum, rule) => sum + rule.names.length, 0);
}

function describe(question: Question, answer: string, returned: number | undefined): string {
  return `${question.arch} ${question.syscall}(${question.args.join(', ')}): libseccomp ${returned?.toString(16)}, evaluate ${answer}`;
}
