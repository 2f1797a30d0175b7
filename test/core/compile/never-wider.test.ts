import fc from 'fast-check';
import { compileProfile } from '../../../src/core/compile/compile.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { Argument, Condition, Operator, Profile, Rule } from '../../../src/core/profile/model.js';
import { printOci } from '../../../src/core/profile/print/print-oci.js';
import { runtimeBase } from '../../../src/core/profile/runtime-base.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import type { Architecture } from '../../../src/core/syscalls/architectures.js';
import { runs } from '../../support/require.js';

const CAPABILITIES = ['CAP_SYS_ADMIN', 'CAP_BPF', 'CAP_SYS_PTRACE'];
const NAMES = [
  'clone',
  'clone3',
  'socket',
  'socketcall',
  'ioctl',
  'ptrace',
  'futex',
  'openat2',
  'mkdir',
  'read',
  'reboot',
  'shmget',
  'ipc',
];
const VALUES = [0n, 1n, 2n, 16n, 0x7e020000n, 0xffffffffn, 0x100000001n];
const OPERATORS: readonly Operator[] = [
  'SCMP_CMP_EQ',
  'SCMP_CMP_NE',
  'SCMP_CMP_GT',
  'SCMP_CMP_LE',
  'SCMP_CMP_MASKED_EQ',
];

const value = fc.constantFrom(...VALUES);
const argument: fc.Arbitrary<Argument> = fc.record({
  index: fc.constantFrom(0, 0, 0, 1),
  value,
  valueTwo: value,
  op: fc.constantFrom(...OPERATORS),
});
const condition: fc.Arbitrary<Condition> = fc.record(
  {
    caps: fc.uniqueArray(fc.constantFrom(...CAPABILITIES), { minLength: 1, maxLength: 2 }),
    arches: fc.constantFrom(['amd64'], ['arm64'], ['amd64', 'arm64']),
    minKernel: fc.constantFrom('4.8', '5.10', '6.12'),
  },
  { requiredKeys: [] },
);
const action = fc.constantFrom<readonly [Rule['action'], number?]>(
  ['SCMP_ACT_ALLOW'],
  ['SCMP_ACT_ALLOW'],
  ['SCMP_ACT_ALLOW'],
  ['SCMP_ACT_LOG'],
  ['SCMP_ACT_ERRNO'],
  ['SCMP_ACT_ERRNO', 38],
  ['SCMP_ACT_ERRNO', 13],
  ['SCMP_ACT_TRACE', 7],
  ['SCMP_ACT_TRAP'],
  ['SCMP_ACT_KILL'],
  ['SCMP_ACT_KILL_PROCESS'],
);
const rule: fc.Arbitrary<Rule> = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
    action,
    args: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 3, arbitrary: fc.array(argument, { minLength: 1, maxLength: 2 }) },
    ),
    includes: fc.option(condition, { nil: undefined, freq: 3 }),
    excludes: fc.option(condition, { nil: undefined, freq: 3 }),
  })
  .map(({ action: [name, errnoRet], includes, excludes, ...rest }) => ({
    ...rest,
    action: name,
    ...(errnoRet === undefined ? {} : { errnoRet }),
    ...(includes === undefined ? {} : { includes }),
    ...(excludes === undefined ? {} : { excludes }),
  }));
const profile: fc.Arbitrary<Profile> = fc
  .record({
    base: fc.constantFrom<readonly [Profile['defaultAction'], number?]>(
      ['SCMP_ACT_ERRNO'],
      ['SCMP_ACT_ERRNO', 38],
      ['SCMP_ACT_ERRNO', 13],
      ['SCMP_ACT_ALLOW'],
      ['SCMP_ACT_LOG'],
      ['SCMP_ACT_TRACE', 5],
      ['SCMP_ACT_KILL_PROCESS'],
    ),
    places: fc.constantFrom<Pick<Profile, 'architectures' | 'archMap'>>(
      {},
      { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] },
      { architectures: ['SCMP_ARCH_AARCH64'] },
      { archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }] },
      { archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }] },
    ),
    rules: fc.array(rule, { maxLength: 7 }),
  })
  .map(({ base: [defaultAction, defaultErrnoRet], places, rules }) => ({
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...places,
    rules,
  }));
const circumstances = fc.record({
  capabilities: fc.subarray(CAPABILITIES),
  kernel: fc.constantFrom('4.4', '5.4.0', '6.18'),
  architecture: fc.constantFrom<Architecture>('SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'),
});
type Circumstances = { capabilities: string[]; kernel: string; architecture: Architecture };

/** The source as Docker's own rules of picking have it, written down a second time and as plainly as they are documented. */
function resolved(source: Profile, { capabilities, kernel, architecture }: Circumstances): Profile {
  const arch = architecture === 'SCMP_ARCH_X86_64' ? 'amd64' : 'arm64';
  const number = (version: string) => Number(version.split('.')[0]) * 1000 + Number(version.split('.')[1]);
  const rules = source.rules.filter(({ includes, excludes }) => {
    if (excludes?.arches?.includes(arch)) return false;
    if (excludes?.caps?.some((cap) => capabilities.includes(cap))) return false;
    if (excludes?.minKernel !== undefined && number(kernel) >= number(excludes.minKernel)) return false;
    if (includes?.arches !== undefined && !includes.arches.includes(arch)) return false;
    if (includes?.caps !== undefined && !includes.caps.every((cap) => capabilities.includes(cap))) return false;
    return includes?.minKernel === undefined || number(kernel) >= number(includes.minKernel);
  });
  const mapped = source.archMap?.find((entry) => entry.architecture === architecture);
  const architectures = mapped === undefined ? source.architectures : [architecture, ...mapped.subArchitectures];
  const { archMap: _, architectures: __, ...rest } = source;
  return {
    ...rest,
    ...(architectures === undefined ? {} : { architectures }),
    rules: rules.map(({ includes: _in, excludes: _ex, ...plain }) => plain),
  };
}

/** Syscalls of x86 that libseccomp also makes rules for on the other name's behalf. */
const MULTIPLEXED: Readonly<Record<string, readonly string[]>> = {
  socketcall: ['socketcall', 'socket'],
  ipc: ['ipc', 'shmget'],
};

/**
 * What the rules of the source do to some syscalls. Each is asked without its neighbours, since rules on syscalls of other architectures
 * make libseccomp forget some, and without runc's stub for syscalls newer than the profile: neither is the profile's will.
 */
function evaluatorOf(source: Profile, names: readonly string[], where: Circumstances) {
  const rules = source.rules.flatMap((each) => {
    const kept = each.names.filter((name) => names.includes(name));
    return kept.length === 0 ? [] : [{ ...each, names: kept }];
  });
  return compileEvaluator({ ...source, rules }, { runtime: 'libseccomp', native: where.architecture });
}

/**
 * How open the rules of the source are to a call as they are written: that of every rule that matches, or of the default. Where rules overlap,
 * and where libseccomp misreads a comparison in the source, any of them will do.
 */
function written(source: Profile, name: string, args: readonly bigint[], bits: number): readonly number[] {
  const rules = source.rules.filter((each) => each.names.includes(name) && !isDefault(source, each));
  const matches = (arg: Argument) => {
    const given = BigInt.asUintN(bits, args[arg.index] ?? 0n);
    const datum = BigInt.asUintN(bits, arg.value);
    if (arg.op === 'SCMP_CMP_EQ') return given === datum;
    if (arg.op === 'SCMP_CMP_NE') return given !== datum;
    if (arg.op === 'SCMP_CMP_GT') return given > datum;
    if (arg.op === 'SCMP_CMP_LE') return given <= datum;
    return (given & datum) === (BigInt.asUintN(bits, arg.valueTwo) & datum);
  };
  const matching = rules.filter(({ args: conditions }) => {
    const isRepeated = new Set(conditions.map((arg) => arg.index)).size < conditions.length;
    return isRepeated ? conditions.some(matches) : conditions.every(matches);
  });
  const first = matching.find(({ args: conditions }) => conditions.length === 0);
  if (first !== undefined) return [opennessOf(first.action)];
  return matching.length === 0 ? [opennessOf(source.defaultAction)] : matching.map((each) => opennessOf(each.action));
}

function isDefault(source: Profile, each: Rule): boolean {
  const errno = (action: string, value?: number) => (/ERRNO|TRACE/.test(action) ? (value ?? 1) : 0);
  return (
    each.action === source.defaultAction &&
    errno(each.action, each.errnoRet) === errno(source.defaultAction, source.defaultErrnoRet)
  );
}

const OPENNESS = { SCMP_ACT_ALLOW: 2, SCMP_ACT_LOG: 2, SCMP_ACT_TRACE: 1, SCMP_ACT_NOTIFY: 1 } as Record<
  string,
  number
>;
const opennessOf = (name: string) => OPENNESS[name] ?? 0;
const calls = NAMES.flatMap((name) =>
  [[], [1n], [2n, 1n], [16n, 16n], [0x10000000n], [0xffffffffn], [0x100000001n, 2n]].map((args) => ({ name, args })),
);

const counts = { answers: 0, ambiguous: 0, unstartable: 0, misread: 0, profiles: 0 };

test('compiled, a profile does what its source does, and is wider only by the runtime base', () => {
  fc.assert(
    fc.property(profile, circumstances, fc.constantFrom('libseccomp', 'runc', 'crun'), (source, where, runtime) => {
      counts.profiles += 1;
      const plain = resolved(source, where);
      const before = evaluatorOf(plain, NAMES, where);
      const alone = new Map(NAMES.map((name) => [name, evaluatorOf(plain, MULTIPLEXED[name] ?? [name], where)]));
      const result = compileProfile(source, where);
      if (result.profile === undefined) {
        // Refused only when no runtime would start the source, or libseccomp gets its comparisons wrong.
        if (result.problems.some((problem) => problem.code === 'PC14')) counts.misread += 1;
        // On a multiplexer whether two rules collide depends on their order, and compile sorts them.
        else if (!plain.rules.some((each) => each.args.length > 0 && each.names.some((name) => name in MULTIPLEXED)))
          expect(before.conflicts).not.toEqual([]);
        return;
      }
      if (before.conflicts.length > 0) {
        counts.unstartable += 1;
        return;
      }
      const after = compileEvaluator(result.profile, { runtime, native: where.architecture });
      expect(after.conflicts).toEqual([]);
      const base = runtimeBase(where);
      const needed = new Set([...base.required, ...base.helpful]);
      // Another family's architectures have no callers on this node, and added sub-architectures were killed before.
      for (const architecture of before.architectures.filter((each) => after.architectures.includes(each))) {
        for (const { name, args } of calls) {
          const was = alone.get(name)?.evaluate(architecture, name, args);
          const is = after.evaluate(architecture, name, args);
          if (was === undefined || is === undefined) continue;
          counts.answers += 1;
          if (was.ambiguous !== undefined || is.ambiguous !== undefined) {
            counts.ambiguous += 1;
            continue;
          }
          const said = `${architecture} ${name}(${args.join(', ')}): ${JSON.stringify(was)} became ${JSON.stringify(is)}`;
          const bits = architecture === 'SCMP_ARCH_X86_64' || architecture === 'SCMP_ARCH_AARCH64' ? 64 : 32;
          const says = [opennessOf(was.action), ...(name in MULTIPLEXED ? [] : written(plain, name, args, bits))];
          if (!needed.has(name) && opennessOf(is.action) > Math.max(...says)) throw new Error(`wider: ${said}`);
          if (name !== 'clone3' && opennessOf(is.action) < Math.min(...says)) throw new Error(`narrower: ${said}`);
        }
      }
      for (const name of base.required) {
        // A refusal of certain arguments only, in a profile that allows the rest, is the author's aim and stays.
        const isAimed = result.profile.rules.some((each) => each.names.includes(name) && each.args.length > 0);
        if (opennessOf(source.defaultAction) === 2 && isAimed) continue;
        const { action: decided } = after.evaluate(where.architecture, name, []) ?? {};
        if (decided !== undefined && opennessOf(decided) < 1)
          throw new Error(`the container would not start: ${name} gets ${decided}`);
      }
    }),
    { numRuns: runs(300) },
  );
  expect(counts.answers).toBeGreaterThan(10_000);
  expect(counts.ambiguous / counts.answers).toBeLessThan(0.2);
  expect(counts.misread / counts.profiles).toBeLessThan(0.1);
});

test('the logging stages let through nothing that the runtime default refuses, and hide no miss', () => {
  fc.assert(
    fc.property(profile, circumstances, fc.constantFrom('containerd', 'crio'), (source, where, runtime) => {
      const ceiling = compileProfile(runtimeDefault(runtime), where).profile;
      const enforced = compileProfile(source, where).profile;
      if (ceiling === undefined || enforced === undefined) return;
      for (const stage of ['Record', 'Complain'] as const) {
        const staged = compileProfile(source, { ...where, stage, runtimeDefault: runtimeDefault(runtime) }).profile;
        if (staged === undefined) throw new Error('not compiled');
        const [limit, own, is] = [ceiling, enforced, staged].map((each) =>
          compileEvaluator(each, { runtime: 'crun', native: where.architecture }),
        );
        for (const { name, args } of calls) {
          const allowed = opennessOf(limit?.evaluate(where.architecture, name, args)?.action ?? '') === 2;
          const profileSays = own?.evaluate(where.architecture, name, args);
          const action = is?.evaluate(where.architecture, name, args)?.action ?? '';
          if (!allowed && opennessOf(action) > 0) throw new Error(`${stage}: ${name}(${args}) gets ${action}`);
          if (allowed && opennessOf(action) !== 2) throw new Error(`${stage}: ${name}(${args}) gets ${action}`);
          if (stage === 'Record' && allowed && action !== 'SCMP_ACT_LOG') throw new Error(`unlogged: ${name}(${args})`);
          if (profileSays === undefined || profileSays.ambiguous !== undefined) continue;
          const isMiss = allowed && opennessOf(profileSays.action) < 2;
          if (isMiss && action !== 'SCMP_ACT_LOG') throw new Error(`a silent miss: ${name}(${args}) gets ${action}`);
        }
      }
    }),
    { numRuns: runs(25) },
  );
});

test('the same input gives the same bytes, and the order of names and capabilities is no input', () => {
  fc.assert(
    fc.property(profile, circumstances, (source, where) => {
      const first = compileProfile(source, where).profile;
      const again = compileProfile(
        { ...source, rules: source.rules.map((each) => ({ ...each, names: [...each.names].reverse() })) },
        { ...where, capabilities: [...where.capabilities].reverse() },
      ).profile;
      expect(again === undefined).toBe(first === undefined);
      if (first === undefined || again === undefined) return;
      expect(printOci(again)).toBe(printOci(first));
    }),
    { numRuns: runs(150) },
  );
});
