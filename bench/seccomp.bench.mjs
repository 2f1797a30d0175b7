// The profile engine: what one profile costs to read, lint and compile, how many answers a second, and how soon a catalogue is linted.
// Ratios are against JSON.parse of the same text, a Map look-up for each answer, and `node` with an empty program, all in the same run.
// Usage: node bench/seccomp.bench.mjs [--short]
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from '../tools/run-ts.mjs';
import { program } from './support/processes.mjs';
import { figure, median, report, short } from './support/report.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { compileEvaluator, compileProfile, lintProfile, parseProfile, printOci, syscallNames } = await bundleAndImport(
  'bench/support/seccomp-engine.ts',
);
const setting = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' };

// 450 names in the form Docker's default has: a long list, conditions by capability, argument rules on clone, socket and personality.
const names = [...new Set([...syscallNames('SCMP_ARCH_X86_64'), ...syscallNames('SCMP_ARCH_X86')])].sort();
const special = new Set(['clone', 'socket', 'personality', 'clone3']);
const allowed = names.filter((name) => !special.has(name)).slice(0, 445);
const text = JSON.stringify(
  {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }],
    syscalls: [
      { names: allowed.slice(0, 380), action: 'SCMP_ACT_ALLOW' },
      { names: allowed.slice(380, 430), action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } },
      { names: allowed.slice(430), action: 'SCMP_ACT_ALLOW', includes: { minKernel: '4.8' } },
      ...[0, 8, 0x20000, 0x20008, 0xffffffff].map((value) => ({
        names: ['personality'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
      })),
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 2114060288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
        excludes: { caps: ['CAP_SYS_ADMIN'] },
      },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, excludes: { caps: ['CAP_SYS_ADMIN'] } },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 38, op: 'SCMP_CMP_LT' }] },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 39, op: 'SCMP_CMP_EQ' }] },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_GT' }] },
    ],
  },
  null,
  2,
);

/** Milliseconds of each of so many rounds, after a warm-up of as many. */
function timed(rounds, body) {
  for (let i = 0; i < rounds; i += 1) body();
  const times = [];
  for (let i = 0; i < rounds; i += 1) {
    const began = performance.now();
    body();
    times.push(performance.now() - began);
  }
  return times;
}

// Fewer rounds than this measure code that the JavaScript engine has not compiled yet.
const rounds = 200;
const parse = median(timed(rounds, () => JSON.parse(text)));
const part = (body) => `${median(timed(rounds, body)).toFixed(2)} ms`;
const { profile: parsed } = parseProfile(text);
const parts = {
  parse: part(() => parseProfile(text)),
  'parse and lint': part(() => lintProfile(text)),
  'compile and print': part(() => printOci(compileProfile(parsed, setting).profile)),
  'make an evaluator': part(() => compileEvaluator(parsed)),
};
// Last, when the compiler of JavaScript has seen every part: the bar is for a program that runs.
const whole = median(
  timed(rounds, () => {
    const { parsed } = lintProfile(text);
    const { profile } = compileProfile(parsed.profile, setting);
    if (profile === undefined || printOci(profile).length < 1000) throw new Error('not compiled');
  }),
);
figure('parse, lint and compile a profile of 450 names', whole, {
  atMost: 5,
  unit: ' ms',
  note: `${(whole / parse).toFixed(0)} times JSON.parse (${parse.toFixed(3)} ms); ${Object.entries(parts)
    .map(([what, time]) => `${what} ${time}`)
    .join(', ')}`,
});

const evaluator = compileEvaluator(parsed);
const questions = [];
const words = [0n, 2n, 16n, 38n, 40n, 0x10000000n, 0xffffffffn, 0x1_0000_0002n].map((first) => [
  first,
  1n,
  0n,
  0n,
  0n,
  0n,
]);
for (const arch of ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
  for (const name of [...allowed.slice(0, 60), 'clone', 'socket', 'personality', 'clone3', 'mount'])
    for (const args of words)
      if (evaluator.evaluate(arch, name, args) !== undefined) questions.push([arch, name, args]);
const answersPerSecond = (asked, seconds, answer) => {
  let answers = 0;
  const began = performance.now();
  const end = began + seconds * 1000;
  while (performance.now() < end) {
    for (const [arch, name, args] of asked) if (answer(arch, name, args) === undefined) throw new Error('no answer');
    answers += asked.length;
  }
  return (answers * 1000) / (performance.now() - began);
};
const seconds = short ? 1 : 4;
const table = new Map(questions.map(([arch, name]) => [`${arch} ${name}`, { action: 'SCMP_ACT_ALLOW' }]));
const lookUp = answersPerSecond(questions, seconds, (arch, name) => table.get(`${arch} ${name}`));
for (const [what, asked, atLeast] of [
  ['answers a second', questions, 1_000_000],
  [
    'answers a second, of those that depend on arguments',
    questions.filter(([, name]) => ['clone', 'socket', 'personality'].includes(name)),
    undefined,
  ],
]) {
  answersPerSecond(asked, seconds / 4, (...question) => evaluator.evaluate(...question));
  const speed = answersPerSecond(asked, seconds, (...question) => evaluator.evaluate(...question));
  figure(what, speed, {
    ...(atLeast === undefined ? {} : { atLeast }),
    note: `${(lookUp / speed).toFixed(1)} times the cost of a look-up by name`,
  });
}

// Rules with conditions, on one syscall and without end: four times as many may take little more than four times as long.
const conditional = (count) =>
  JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: Array.from({ length: count }, (_, i) => ({
      names: ['ioctl'],
      action: i % 2 === 0 ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_LOG',
      args: [
        { index: 0, value: i % 50, op: 'SCMP_CMP_EQ' },
        { index: 1, value: i * 7, op: 'SCMP_CMP_EQ' },
      ],
    })),
  });
const [few, many] = [conditional(500), conditional(2000)];
const ratios = Array.from({ length: short ? 3 : 7 }, () => {
  const [one, four] = [few, many].map((each) => median(timed(1, () => lintProfile(each))));
  return four / one;
});
figure('lint 2,000 conditional rules on one syscall, of 500', median(ratios), { atMost: 6, unit: '×' });

if (existsSync(program)) {
  const catalogue = readdirSync(`${root}profiles`)
    .filter((file) => /^[a-z0-9-]+\.json$/.test(file))
    .map((file) => `${root}profiles/${file}`);
  for (const file of catalogue) readFileSync(file);
  const started = (args) => {
    const began = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0 && status !== 1) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
    return performance.now() - began;
  };
  const starts = short ? 5 : 15;
  const measure = (args) => median(Array.from({ length: starts }, () => started(args)));
  const empty = measure(['-e', '0']);
  const linted = measure([program, 'profile', 'lint', ...catalogue]);
  figure(`lint a catalogue of ${catalogue.length} profiles, start included`, linted, {
    atMost: 300,
    unit: ' ms',
    note: `node alone: ${empty.toFixed(0)} ms; ratio ${(linted / empty).toFixed(1)}`,
  });
} else console.log('the program is not built (npm run build): the catalogue is not linted');
report('The profile engine');
