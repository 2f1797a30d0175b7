// The profile engine: what one profile costs to read, lint and compile, how many answers a second, and how soon a catalogue is linted.
// Ratios are against JSON.parse of the same text, a Map look-up for each answer, and `node` with an empty program, all in the same run.
// Usage: node bench/seccomp.bench.mjs [--short]; needs the built program.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from '../tools/run-ts.mjs';
import { alternate, bench, median } from './support/bench.mjs';
import { program } from './support/processes.mjs';

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

const { profile: parsed } = parseProfile(text);
const evaluator = compileEvaluator(parsed);

/** Milliseconds that so many calls take. */
function timed(count, body) {
  const began = performance.now();
  for (let i = 0; i < count; i += 1) body();
  return performance.now() - began;
}

const oneProfile = {
  bars: { 'parse, lint and compile a profile of 450 names': { atMost: 130, today: 164, unit: '× JSON.parse' } },
  measure: async (length) => {
    const parts = {
      json: () => JSON.parse(text),
      parse: () => parseProfile(text),
      lint: () => lintProfile(text),
      compile: () => printOci(compileProfile(parsed, setting).profile),
      evaluator: () => compileEvaluator(parsed),
      whole: () => {
        const { parsed } = lintProfile(text);
        const { profile } = compileProfile(parsed.profile, setting);
        if (profile === undefined || printOci(profile).length < 1000) throw new Error('not compiled');
      },
    };
    // Fewer calls than this measure code that the JavaScript engine has not compiled yet; the bar is for a program that runs.
    for (const body of Object.values(parts)) timed(200, body);
    const rounds = await alternate(length === 'short' ? 40 : 120, {
      json: async () => timed(200, parts.json) / 200,
      parse: async () => timed(5, parts.parse) / 5,
      lint: async () => timed(5, parts.lint) / 5,
      compile: async () => timed(5, parts.compile) / 5,
      evaluator: async () => timed(5, parts.evaluator) / 5,
      whole: async () => timed(5, parts.whole) / 5,
    });
    const ms = (name) => `${median(rounds.map((round) => round[name])).toFixed(name === 'json' ? 3 : 2)} ms`;
    return {
      'parse, lint and compile a profile of 450 names': {
        value: median(rounds.map(({ json, whole }) => whole / json)),
        note: `${ms('whole')}, JSON.parse ${ms('json')}; parse ${ms('parse')}, parse and lint ${ms('lint')}, compile and print ${ms('compile')}, make an evaluator ${ms('evaluator')}`,
      },
    };
  },
};

const answers = {
  bars: {
    'an answer': { unit: '× a look-up by name' },
    'an answer that depends on arguments': { unit: '× a look-up by name' },
    'answers a second': { atLeast: 1_000_000 },
  },
  measure: async (length) => {
    const questions = [];
    const words = [0n, 2n, 16n, 38n, 40n, 0x10000000n, 0xffffffffn, 0x1_0000_0002n].map((first) => [
      first,
      ...[1n, 0n, 0n, 0n, 0n],
    ]);
    for (const arch of ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
      for (const name of [...allowed.slice(0, 60), 'clone', 'socket', 'personality', 'clone3', 'mount'])
        for (const args of words)
          if (evaluator.evaluate(arch, name, args) !== undefined) questions.push([arch, name, args]);
    const conditional = questions.filter(([, name]) => ['clone', 'socket', 'personality'].includes(name));
    const table = new Map(questions.map(([arch, name]) => [`${arch} ${name}`, { action: 'SCMP_ACT_ALLOW' }]));
    const perSecond = (asked, answer) => async () => {
      let count = 0;
      const began = performance.now();
      const end = began + 100;
      while (performance.now() < end) {
        for (const [arch, name, args] of asked)
          if (answer(arch, name, args) === undefined) throw new Error('no answer');
        count += asked.length;
      }
      return (count * 1000) / (performance.now() - began);
    };
    const evaluate = (arch, name, args) => evaluator.evaluate(arch, name, args);
    const rounds = await alternate(length === 'short' ? 10 : 40, {
      lookUp: perSecond(questions, (arch, name) => table.get(`${arch} ${name}`)),
      answer: perSecond(questions, evaluate),
      conditional: perSecond(conditional, evaluate),
    });
    return {
      'an answer': median(rounds.map(({ lookUp, answer }) => lookUp / answer)),
      'an answer that depends on arguments': median(rounds.map(({ lookUp, conditional }) => lookUp / conditional)),
      'answers a second': Math.round(median(rounds.map(({ answer }) => answer))),
    };
  },
};

/** Rules with conditions, on one syscall and without end: four times as many may take little more than four times as long. */
const manyRules = {
  bars: { 'lint 2,000 conditional rules on one syscall': { atMost: 6, unit: '× 500 rules' } },
  measure: async (length) => {
    const [few, many] = [500, 2000].map((count) =>
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
      }),
    );
    for (const each of [few, many]) timed(1, () => lintProfile(each));
    const rounds = await alternate(length === 'short' ? 3 : 9, {
      few: async () => timed(1, () => lintProfile(few)),
      many: async () => timed(1, () => lintProfile(many)),
    });
    return { 'lint 2,000 conditional rules on one syscall': median(rounds.map(({ few, many }) => many / few)) };
  },
};

const catalogue = readdirSync(`${root}profiles`)
  .filter((file) => /^[a-z0-9-]+\.json$/.test(file))
  .map((file) => `${root}profiles/${file}`);
const wholeCatalogue = {
  bars: { 'lint the catalogue, start included': { atMost: 3, today: 5.5, unit: "× node's own start" } },
  measure: async (length) => {
    const started = (args) => async () => {
      const began = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      if (status !== 0 && status !== 1) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
      return performance.now() - began;
    };
    const rounds = await alternate(length === 'short' ? 10 : 30, {
      node: started(['-e', '0']),
      lint: started([program, 'profile', 'lint', ...catalogue]),
    });
    const ms = (name) => `${median(rounds.map((round) => round[name])).toFixed(0)} ms`;
    return {
      'lint the catalogue, start included': {
        value: median(rounds.map(({ node, lint }) => lint / node)),
        note: `${catalogue.length} profiles, ${ms('lint')}; node alone ${ms('node')}`,
      },
    };
  },
};

await bench('The profile engine', [oneProfile, answers, manyRules, wholeCatalogue]);
