import { compileEvaluator } from '../../../src/seccomp/evaluate.js';
import { filterAction } from '../../../src/seccomp/filter-action.js';
import { ARCHITECTURES, type Profile } from '../../../src/seccomp/model.js';
import { LibseccompOracle } from './libseccomp-oracle.js';
import type { Density, Question } from './random-profile.js';
import { questionsAbout, Random, randomProfile } from './random-profile.js';

export interface DifferentialResult {
  readonly profiles: number;
  readonly answers: number;
  readonly ambiguous: number;
  /** Profiles with a rule that libseccomp refuses. */
  readonly conflicting: number;
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

const DENSITIES: readonly Density[] = ['dense', 'sparse', 'ladder', 'large'];
/** Up to here runc leaves the order of syscalls to libseccomp. */
const MOST_IN_SEQUENCE = 32;

/** Puts random profiles to libseccomp and to the evaluator, and compares every answer and every refused rule. */
export async function runDifferential(options: DifferentialOptions): Promise<DifferentialResult> {
  const oracle = new LibseccompOracle(options.library);
  const differences: Difference[] = [];
  let [profiles, answers, ambiguous, conflicting, failed] = [0, 0, 0, 0, 0];
  try {
    for (let seed = options.seed; answers < options.answers; seed += 1) {
      const random = new Random(seed);
      const native = random.chance(0.6) ? 'SCMP_ARCH_X86_64' : random.pick(ARCHITECTURES);
      const density = options.density ?? DENSITIES[seed % DENSITIES.length] ?? 'dense';
      const profile = randomProfile(random, density, native);
      const questions = questionsAbout(random, profile, native, 80);
      const runtime = random.pick(['crun', 'libseccomp', 'runc'] as const);
      const evaluator = compileEvaluator(profile, {
        runtime,
        native,
        ...(options.libseccomp === undefined ? {} : { libseccomp: options.libseccomp }),
      });
      const truth = await oracle.ask(profile, questions, {
        native,
        runtime: runtime === 'crun' ? 'crun' : 'runc',
        optimize: runtime !== 'crun' && namesIn(profile) > MOST_IN_SEQUENCE ? 2 : 1,
      });
      if (truth.failed) {
        failed += 1;
        if (evaluator.undefinedBehaviour.length === 0)
          differences.push({ profile, what: 'libseccomp comes to no end' });
        continue;
      }
      const conflicts = evaluator.conflicts.map((conflict) => `${conflict.name} 17`);
      if (conflicts.join() !== truth.refused.join())
        differences.push({ profile, what: `refused: ${truth.refused.join()} expected: ${conflicts.join()}` });
      profiles += 1;
      if (truth.refused.length > 0) conflicting += 1;
      for (const [i, question] of questions.entries()) {
        const answer = evaluator.evaluate(question.arch, question.syscall, question.args);
        // What runc puts in front of the filter is not libseccomp's: the tests of the kernel hold it.
        if (answer?.rule === 'stub') continue;
        answers += 1;
        if (answer?.ambiguous !== undefined) ambiguous += 1;
        else if (answer === undefined || filterAction(answer.action, answer.errno ?? undefined) !== truth.returned[i])
          differences.push({ profile, what: describe(question, JSON.stringify(answer), truth.returned[i]) });
      }
      if (differences.length >= (options.stopAfter ?? 1)) break;
    }
  } finally {
    oracle.close();
  }
  return { profiles, answers, ambiguous, conflicting, failed, differences };
}

function namesIn(profile: Profile): number {
  return profile.rules.reduce((sum, rule) => sum + rule.names.length, 0);
}

function describe(question: Question, answer: string, returned: number | undefined): string {
  return `${question.arch} ${question.syscall}(${question.args.join(', ')}): libseccomp ${returned?.toString(16)}, evaluate ${answer}`;
}
