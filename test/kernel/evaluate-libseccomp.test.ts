import { existsSync, readFileSync } from 'node:fs';
import { compileProfile } from '../../src/core/compile/compile.js';
import { compileEvaluator } from '../../src/core/filter/evaluate.js';
import { filterAction } from '../../src/core/profile/filter-action.js';
import type { Profile } from '../../src/core/profile/model.js';
import { parseProfile } from '../../src/core/profile/read/yaml/parse-profile.js';
import { runtimeDefault } from '../../src/core/profile/runtime-default.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';
import { hasCommand } from '../support/has-command.js';
import { itNeeds, runs } from '../support/require.js';
import { runDifferential } from './evaluate/differential.js';
import { edgeQuestions } from './evaluate/edge-questions.js';
import { LIBSECCOMP, LibseccompOracle } from './evaluate/libseccomp-oracle.js';
import { DENSITIES, type Density } from './evaluate/random-profile.js';

const withLibseccomp = itNeeds(
  hasCommand('cc', '--version') && existsSync(LIBSECCOMP),
  'there is no C compiler, or no libseccomp in the place where Debian has it',
);
/** The names that Debian's library knows: it is 2.5.4 with the table of 2.5.5. */
const NAMES_OF = '2.5.5';

/** The most of the answers that may be ambiguous: where people write like that, hardly any; `undefined` where rules are made to collide. */
const MOST_AMBIGUOUS: Readonly<Record<Density, number | undefined>> = {
  large: 0.05,
  table: 0.05,
  equality: 0.005,
  sparse: undefined,
  dense: undefined,
  ladder: undefined,
};

describe('random profiles come out of libseccomp as the evaluator says, or it says that it does not know', () => {
  for (const density of DENSITIES)
    withLibseccomp(density, async () => {
      const given = process.env.SECCOMPLY_SEED ?? '1';
      const seed = given === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
      // Names that the library does not know are not in its filter.
      const libseccomp = density === 'table' ? NAMES_OF : undefined;
      const result = await runDifferential({ answers: runs(20_000), seed, density, libseccomp });
      const share = result.ambiguous / result.answers;
      console.log(
        `${density}: ${result.answers} answers on ${result.profiles} profiles, ${result.conflicting} of them refused by libseccomp: ambiguous ${(100 * share).toFixed(3)} %`,
      );
      expect(result.differences).toEqual([]);
      const most = MOST_AMBIGUOUS[density];
      if (most !== undefined) expect(share).toBeLessThanOrEqual(most);
    });
});

const DOCKERS_SHAPE = '/usr/share/containers/seccomp.json';
async function published(): Promise<ReadonlyMap<string, Profile>> {
  const { files } = await loadCatalogue(['profiles']);
  const found = new Map<string, Profile>();
  for (const [name, file] of files) {
    const profile = file.profile();
    if (profile === undefined) continue;
    found.set(name, profile);
  }
  found.set('containerd', runtimeDefault('containerd'));
  found.set('CRI-O', runtimeDefault('crio'));
  if (existsSync(DOCKERS_SHAPE)) {
    const { profile } = parseProfile(readFileSync(DOCKERS_SHAPE, 'utf8'), { file: DOCKERS_SHAPE });
    if (profile !== undefined) found.set('containers/common', profile);
  }
  return found;
}

withLibseccomp('no answer about what people publish is ambiguous, and every one is libseccomp’s', async () => {
  const oracle = new LibseccompOracle();
  try {
    for (const [name, profile] of await published()) {
      for (const capabilities of [[], ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE']]) {
        const { profile: compiled } = compileProfile(profile, {
          architecture: 'SCMP_ARCH_X86_64',
          capabilities,
          kernel: '6.18',
        });
        for (const plain of [compiled, profile]) {
          if (plain === undefined) throw new Error(`${name} does not compile`);
          const questions = edgeQuestions(plain);
          for (const runtime of ['libseccomp', 'crun'] as const) {
            const evaluator = compileEvaluator(plain, { runtime, libseccomp: NAMES_OF });
            for (const optimize of runtime === 'crun' ? ([1] as const) : ([1, 2] as const)) {
              const truth = await oracle.ask(plain, questions, {
                runtime: runtime === 'crun' ? 'crun' : 'runc',
                optimize,
              });
              const foreseen = evaluator.conflicts.map((conflict) => `${conflict.name} 17`);
              expect([name, truth.failed, truth.refused]).toEqual([name, false, foreseen]);
              if (plain === compiled) expect(foreseen).toEqual([]);
              const wrong = questions.filter(({ arch, syscall, args }, i) => {
                const answer = evaluator.evaluate(arch, syscall, args);
                if (answer === undefined || answer.ambiguous !== undefined) return true;
                return filterAction(answer.action, answer.errno ?? undefined) !== truth.returned[i];
              });
              expect([name, runtime, wrong.slice(0, 3)]).toEqual([name, runtime, []]);
            }
          }
        }
      }
    }
  } finally {
    oracle.close();
  }
});
