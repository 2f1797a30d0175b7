// The long form of evaluate-libseccomp.test.ts:
//   node tools/run-ts.mjs test/kernel/evaluate/run.ts [--answers 1000000] [--seed 1] [--density dense|sparse|ladder|large|table|equality]
//     [--library PATH/libseccomp.so.2] [--libseccomp 2.6.1]
// Without --libseccomp the answers are those that are to hold for every version, and the others ambiguous.
import { parseArgs } from 'node:util';
import { printOci } from '../../../src/core/profile/print/print-oci.js';
import { runDifferential } from './differential.js';
import { DENSITIES, type Density } from './random-profile.js';

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    density: { type: 'string' },
    library: { type: 'string' },
    libseccomp: { type: 'string' },
  },
});
const started = performance.now();
const result = await runDifferential({
  answers: Number(values.answers),
  seed: Number(values.seed),
  ...(isDensity(values.density) ? { density: values.density } : {}),
  library: values.library,
  libseccomp: values.libseccomp,
  stopAfter: 3,
});
const shown = new Set<unknown>();
for (const { profile, what } of result.differences) {
  if (shown.has(profile)) continue;
  shown.add(profile);
  console.log(`${what}\n${printOci(profile, { layout: 'compact' })}`);
}
const share = (count: number) => `${((100 * count) / result.answers).toFixed(4)} %`;
console.log(
  `${values.density ?? 'all densities'}: ${result.answers} answers on ${result.profiles} profiles (${result.conflicting} refused by libseccomp, ${result.failed} it comes to no end with, ` +
    `${result.unforetold} not foretold): ${result.differences.length} silent differences, ambiguous ${share(result.ambiguous)}, ` +
    `${Math.round((performance.now() - started) / 1000)} s`,
);
console.log(`  ${[...result.reasons].map(([reason, count]) => `${reason} ${share(count)}`).join(', ')}`);
process.exitCode = result.differences.length > 0 ? 1 : 0;

function isDensity(word: string | undefined): word is Density {
  return DENSITIES.some((density) => density === word);
}
