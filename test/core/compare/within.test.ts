import fc from 'fast-check';
import { isWithinRuntimeDefault } from '../../../src/core/compare/catalogue-facts.js';
import { comparable } from '../../../src/core/compare/comparable.js';
import { MOST_CAPABILITIES, MOST_KERNELS, unitOf } from '../../../src/core/compare/syscall-classes.js';
import { isComparableWithin } from '../../../src/core/compare/within.js';
import { compileProfile } from '../../../src/core/compile/compile.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { Argument, Condition, Profile, Rule } from '../../../src/core/profile/model.js';
import { runtimeDefault, runtimeDefaultByFamily } from '../../../src/core/profile/runtime-default.js';
import { ARCHITECTURES } from '../../../src/core/syscalls/architectures.js';
import { runs } from '../../support/require.js';

const NAMES = ['mount', 'ptrace', 'clone', 'clone3', 'socket', 'connect', 'socketcall', 'riscv_flush_icache'];
const CAPABILITIES = ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN', 'CAP_SYS_PTRACE', 'ALL'];
const KERNELS = ['4.8', '5.10', '6.1'];
const KERNELS_OF_NODES = ['3.10', '4.8', '5.4', '5.10', '6.0', '6.1', '6.18'];
const ARCHES = ['amd64', 'arm64', 'arm', 'ppc64le', 's390x', 'riscv64', 'x86'];
const VALUES = [0n, 1n, 2n, 0x7e020000n];

const condition: fc.Arbitrary<Condition> = fc.record(
  {
    caps: fc.uniqueArray(fc.constantFrom(...CAPABILITIES), { maxLength: 2 }),
    minKernel: fc.constantFrom(...KERNELS),
    arches: fc.uniqueArray(fc.constantFrom(...ARCHES), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const argument: fc.Arbitrary<Argument> = fc.record({
  index: fc.constantFrom(0, 1),
  value: fc.constantFrom(...VALUES),
  valueTwo: fc.constantFrom(...VALUES),
  op: fc.constantFrom<Argument['op']>('SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ', 'SCMP_CMP_LT', 'SCMP_CMP_NE'),
});
const rule: fc.Arbitrary<Rule> = fc.record(
  {
    names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }),
    action: fc.constantFrom<Rule['action']>('SCMP_ACT_ALLOW', 'SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_TRAP'),
    args: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(argument, { maxLength: 2 })),
    includes: condition,
    excludes: condition,
  },
  { requiredKeys: ['names', 'action', 'args'] },
);
const profile: fc.Arbitrary<Profile> = fc.record(
  {
    defaultAction: fc.constantFrom<Profile['defaultAction']>('SCMP_ACT_ERRNO', 'SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW'),
    architectures: fc.uniqueArray(fc.constantFrom(...ARCHITECTURES), { maxLength: 3 }),
    archMap: fc.constantFrom(
      [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }],
      [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
    ),
    rules: fc.array(rule, { maxLength: 5 }),
  },
  { requiredKeys: ['defaultAction', 'rules'] },
);

/** Kernels that no cluster has count only where the rules on the syscall ask about them. */
const isOld = (kernel: string) => kernel === '3.10' || kernel === '4.8';
const asksAboutOld = ({ rules }: Profile, syscall: string) =>
  rules.some(
    ({ names, includes, excludes }) =>
      [includes, excludes].some((one) => one?.minKernel !== undefined && isOld(one.minKernel)) &&
      names.some((name) => unitOf(name) === unitOf(syscall)),
  );

test('when one profile is within another, no call tells otherwise, whatever the container adds and the node is', () => {
  let within = 0;
  let asked = 0;
  const circumstances = fc.record({
    capabilities: fc.subarray(CAPABILITIES),
    kernel: fc.constantFrom(...KERNELS_OF_NODES),
  });
  fc.assert(
    fc.property(profile, profile, fc.array(circumstances, { minLength: 6, maxLength: 6 }), (a, b, wheres) => {
      // Made so that the answer is often yes, and often for a reason that only some containers show.
      const wider: Profile = {
        ...b,
        rules: [...a.rules.filter(({ action }) => action === 'SCMP_ACT_ALLOW'), ...b.rules],
      };
      const narrower: Profile = {
        ...a,
        rules: a.rules.map((one) => ({ ...one, excludes: { caps: ['CAP_SYS_ADMIN'] } })),
      };
      for (const [one, other] of [
        [a, b],
        [a, wider],
        [narrower, a],
      ] as const) {
        const left = comparable(one);
        if (left === undefined || !isComparableWithin(left, comparable(other))) continue;
        within += 1;
        for (const where of wheres) {
          for (const architecture of left.hosts) {
            const compiled = [one, other].map((each) => compileProfile(each, { ...where, architecture }).profile);
            const [inner, outer] = compiled.map(
              (each) => each && compileEvaluator(each, { runtime: 'libseccomp', native: architecture }),
            );
            if (inner === undefined || outer === undefined) continue;
            for (const abi of inner.architectures)
              for (const name of NAMES.filter((each) => !isOld(where.kernel) || asksAboutOld(one, each)))
                for (const x of VALUES)
                  for (const y of VALUES) {
                    const allowed = inner.evaluate(abi, name, [x, y]);
                    const limit = outer.evaluate(abi, name, [x, y]);
                    if (allowed?.ambiguous !== undefined || limit?.ambiguous !== undefined) continue;
                    asked += 1;
                    if (allowed?.action === 'SCMP_ACT_ALLOW' && limit?.action !== 'SCMP_ACT_ALLOW')
                      throw new Error(
                        `${abi} ${JSON.stringify(where)}: ${name}(${x}, ${y}) is allowed by the inner one and gets ${limit?.action} by the outer`,
                      );
                  }
          }
        }
      }
    }),
    { numRuns: runs(60) },
  );
  expect(within).toBeGreaterThan(20);
  expect(asked).toBeGreaterThan(1_000);
});

const escapes: readonly (readonly [string, Partial<Rule> & { readonly names: readonly string[] }])[] = [
  ['a capability that the default opens less for', { names: ['kexec_load'], includes: { caps: ['CAP_NET_ADMIN'] } }],
  ['a capability, spelt otherwise', { names: ['kexec_load'], includes: { caps: ['net_admin'] } }],
  ['two capabilities together', { names: ['kexec_load'], includes: { caps: ['CAP_SYS_BOOT', 'CAP_SYS_ADMIN'] } }],
  ['every capability', { names: ['kexec_load'], includes: { caps: ['ALL'] } }],
  ['no such capability', { names: ['kexec_load'], excludes: { caps: ['CAP_SYS_ADMIN'] } }],
  ['a later kernel', { names: ['kexec_load'], includes: { minKernel: '6.19' } }],
  ['a much later kernel', { names: ['kexec_load'], includes: { minKernel: '99.0' } }],
  ['an earlier kernel', { names: ['kexec_load'], excludes: { minKernel: '6.0' } }],
  ['a very early kernel', { names: ['kexec_load'], excludes: { minKernel: '3.0' } }],
  ['between two kernels', { names: ['kexec_load'], includes: { minKernel: '5.0' }, excludes: { minKernel: '6.0' } }],
  [
    'a kernel and a capability together',
    { names: ['kexec_load'], includes: { caps: ['CAP_NET_RAW'], minKernel: '7.0' } },
  ],
  ...['arm', 'ppc64le', 's390x', 'riscv64', 'x86'].map(
    (arch) => [`nodes of ${arch}`, { names: ['kexec_load'], includes: { arches: [arch] } }] as const,
  ),
  ['nodes that are not the usual ones', { names: ['kexec_load'], excludes: { arches: ['amd64', 'arm64'] } }],
  ['a syscall of s390x alone', { names: ['s390_guarded_storage'] }],
  ['a syscall of ppc64le alone', { names: ['spu_run'] }],
];

const narrow: Profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  rules: [{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW', args: [] }],
};

describe('a profile with one rule more, for', () => {
  test.each(escapes)('%s, is not within either default', (_, more) => {
    expect(isWithinRuntimeDefault(comparable(narrow), 'containerd')).toBe(true);
    expect(isWithinRuntimeDefault(comparable(narrow), 'crio')).toBe(true);
    const wide: Profile = {
      ...narrow,
      rules: [...narrow.rules, { action: 'SCMP_ACT_ALLOW', args: [], ...more }],
    };
    expect(comparable(wide)).toBeDefined();
    expect(isComparableWithin(comparable(wide), comparable(narrow))).toBe(false);
    expect(isWithinRuntimeDefault(comparable(wide), 'containerd')).toBe(false);
    expect(isWithinRuntimeDefault(comparable(wide), 'crio')).toBe(false);
  });
});

test('clone beyond its conditions for a capability, and clone3 beside it, are found', () => {
  const withClone = (more: Partial<Rule>): Profile => ({
    ...narrow,
    rules: [...narrow.rules, { names: ['clone', 'clone3'], action: 'SCMP_ACT_ALLOW', args: [], ...more }],
  });
  const isWithin = (one: Profile) => isWithinRuntimeDefault(comparable(one), 'containerd');
  expect(isWithin(withClone({ includes: { caps: ['CAP_SYS_ADMIN'] } }))).toBe(true);
  expect(isWithin(withClone({ includes: { caps: ['CAP_NET_ADMIN'] } }))).toBe(false);
});

test('a refusal that holds for some containers only is not missed in the outer profile', () => {
  const outer = (excludes: Condition): Profile => ({
    defaultAction: 'SCMP_ACT_ALLOW',
    rules: [{ names: ['kexec_load'], action: 'SCMP_ACT_ERRNO', args: [], includes: excludes }],
  });
  const all = comparable({ defaultAction: 'SCMP_ACT_ALLOW', rules: [] });
  for (const when of [{ caps: ['CAP_NET_RAW'] }, { minKernel: '6.19' }, { arches: ['arm64'] }]) {
    expect(isComparableWithin(all, comparable(outer(when)))).toBe(false);
    expect(isComparableWithin(comparable(outer(when)), all)).toBe(true);
    expect(isComparableWithin(comparable(outer(when)), comparable(outer(when)))).toBe(true);
  }
});

test('ABIs that the outer profile leaves out count, on every kind of node', () => {
  const withAbis = (architecture: string, subArchitectures: readonly string[]): Profile => ({
    ...narrow,
    archMap: [{ architecture, subArchitectures }],
  });
  for (const [host, abi] of [
    ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'],
  ] as const) {
    expect(isComparableWithin(comparable(withAbis(host, [abi])), comparable(withAbis(host, [])))).toBe(false);
    expect(isComparableWithin(comparable(withAbis(host, [])), comparable(withAbis(host, [abi])))).toBe(true);
  }
});

test('a multiplexer that the outer profile closes is not opened by the rules on its calls', () => {
  const socket: Rule = {
    names: ['socket'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value: 1n, valueTwo: 0n, op: 'SCMP_CMP_EQ' }],
  };
  const closed: Rule = { names: ['socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: 13, args: [] };
  const withRules = (...rules: readonly Rule[]) => comparable({ ...narrow, rules: [...narrow.rules, ...rules] });
  expect(isComparableWithin(withRules(socket), withRules(socket, closed))).toBe(false);
  expect(isComparableWithin(withRules(socket, closed), withRules(socket, closed))).toBe(true);
  expect(isComparableWithin(withRules(socket, closed), withRules(socket))).toBe(true);
  expect(isComparableWithin(withRules(socket), withRules(socket))).toBe(true);
});

test('what the default itself opens for a capability, a kernel or an architecture is within it', () => {
  for (const runtime of ['containerd', 'crio'] as const) {
    expect(isWithinRuntimeDefault(comparable(runtimeDefault(runtime)), runtime)).toBe(true);
    expect(isWithinRuntimeDefault(comparable(runtimeDefaultByFamily(runtime)), runtime)).toBe(true);
  }

  for (const one of [
    { names: ['unshare'], includes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['unshare', 'bpf'], includes: { caps: ['CAP_SYS_ADMIN', 'CAP_NET_RAW'] } },
    { names: ['riscv_flush_icache'], includes: { arches: ['riscv64'] } },
    { names: ['bpf', 'perf_event_open'], includes: { caps: ['ALL'] } },
    { names: ['ptrace'], includes: { minKernel: '4.8' } },
    { names: ['ptrace'] },
  ] satisfies readonly (Partial<Rule> & { readonly names: readonly string[] })[]) {
    const wide = comparable({
      ...narrow,
      rules: [...narrow.rules, { action: 'SCMP_ACT_ALLOW', args: [], ...one }],
    });
    expect(isWithinRuntimeDefault(wide, 'containerd')).toBe(true);
  }
});

describe('what is too much to compare is not within, and that is soon said', () => {
  const asking = (conditions: readonly Condition[], name = 'unshare'): Profile => ({
    ...narrow,
    rules: conditions.map((includes) => ({ names: [name], action: 'SCMP_ACT_ALLOW', args: [], includes })),
  });
  const capabilities = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      caps: ['CAP_SYS_ADMIN', ...(index === 0 ? [] : [`CAP_${index}`])],
    }));
  const isWithin = (one: Profile) => isWithinRuntimeDefault(comparable(one), 'containerd');

  test('capabilities on one syscall', () => {
    expect(isWithin(asking(capabilities(MOST_CAPABILITIES)))).toBe(true);
    expect(isWithin(asking(capabilities(MOST_CAPABILITIES + 1)))).toBe(false);
    expect(isWithin(asking(capabilities(5_000)))).toBe(false);
  });

  test('kernels on one syscall', () => {
    const kernels = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ caps: ['CAP_SYS_ADMIN'], minKernel: `5.${index}` }));
    expect(isWithin(asking(kernels(MOST_KERNELS)))).toBe(true);
    expect(isWithin(asking(kernels(MOST_KERNELS + 1)))).toBe(false);
  });

  test('many syscalls, each with other conditions', () => {
    const names = [...Array(2_000).keys()].map((index) => `later_call_${index}`);
    const rules = names.flatMap((name, at) =>
      Array.from({ length: MOST_CAPABILITIES }, (_, index) => ({
        names: [name],
        action: 'SCMP_ACT_ALLOW' as const,
        args: [],
        includes: { caps: [`CAP_${at}_${index}`] },
      })),
    );
    const one = comparable({ ...narrow, rules });
    const started = performance.now();
    expect(isComparableWithin(one, one)).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
