import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { isLetThrough } from '../../../src/core/compile/verdicts.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import { lintProfile } from '../../../src/core/lint/lint.js';
import { predictStart } from '../../../src/core/lint/start-prediction.js';
import type { LintOptions } from '../../../src/core/lint/subject/lint-options.js';
import { printDocker } from '../../../src/core/profile/print/print-docker.js';
import { printOci } from '../../../src/core/profile/print/print-oci.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { runs } from '../../support/require.js';
import { NAMES, plainProfiles, questionArguments } from '../profile/random-plain-profile.js';
import { OVERLAPPING } from './overlapping-rules.js';

const codesOf = (text: string, options: LintOptions = {}) =>
  lintProfile(text, options).problems.map(({ code, severity }) => `${code} ${severity}`);

describe('keys that a runtime does not know', () => {
  const rule = (more: object) =>
    JSON.stringify({
      defaultAction: 'SCMP_ACT_LOG',
      syscalls: [{ names: ['bpf'], action: 'SCMP_ACT_ERRNO', ...more }],
    });
  const codes = (more: object, options: LintOptions = {}) =>
    codesOf(rule(more), options).map((each) => each.slice(0, 5));

  test("are named once, and their values are nobody's", () => {
    expect(codes({ action: 'SCMP_ACT_TRAP', errno: 'EPERM' })).toContain('SP005');
    expect(codes({ action: 'SCMP_ACT_TRAP', errno: 'EPERM' })).not.toContain('SP011');
    expect(codes({ action: 'SCMP_ACT_TRAP', errno: 'EPERM' }, { reading: 'compiled' })).toContain('SP011');
    expect(codes({ errno: '0' })).not.toContain('SP010');
  });

  test('are passed over where "errnoRet" says the same', () => {
    expect(codes({ errno: 'EACCES', errnoRet: 13 })).not.toContain('SP005');
    expect(lintProfile(rule({ errno: 'EACCES', errnoRet: 22 })).problems.map(({ message }) => message)).toContain(
      '"errno" is ignored by a runtime that reads this file: it knows "errnoRet" only, and that is 22',
    );
  });
});

describe('keys that CRI-O does know', () => {
  const found = (document: object, options: LintOptions = {}) =>
    lintProfile(JSON.stringify({ defaultAction: 'SCMP_ACT_LOG', ...document }), { reading: 'crio', ...options })
      .problems.filter(({ code }) => code === 'SP005' || code === 'SP036')
      .map(({ code, message, place }) => `${code} ${place?.path}: ${message}`);
  const rule = (more: object) => ({
    syscalls: [{ names: ['getpid'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, ...more }],
  });
  const RESTS = { defaultAction: 'SCMP_ACT_ERRNO' };

  test.each([
    ['includes', rule({ includes: { caps: ['CAP_BPF'] } })],
    ['excludes', rule({ excludes: { arches: ['amd64'] } })],
    ['an archMap', { archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }] }],
    ['name', { syscalls: [{ name: 'getpid', action: 'SCMP_ACT_ERRNO' }] }],
    ['errno', rule({ errnoRet: undefined, errno: 'EACCES' })],
    ['defaultErrno', { ...RESTS, defaultErrno: 'ENOSYS' }],
  ])('%s is no finding', (_, document) => {
    expect(found({ ...RESTS, ...document })).toEqual([]);
  });

  test('minKernel is one, for the first rule with it', () => {
    const allow = (more: object) => ({ names: ['read'], action: 'SCMP_ACT_ALLOW', ...more });
    expect(
      found({
        ...RESTS,
        syscalls: [allow({}), allow({ excludes: { minKernel: '4.8' } }), allow({ includes: { minKernel: '6.0' } })],
      }),
    ).toEqual([
      'SP005 syscalls[1].excludes.minKernel: 1 rule with "minKernel": CRI-O ignores it, so the rule holds on kernel 6.18, too',
    ]);
  });

  test('minKernel is none where the kernel asked about meets it, or the rule does not hold anyway', () => {
    const rule = (more: object) => ({ names: ['read'], action: 'SCMP_ACT_ALLOW', ...more });
    const met = rule({ includes: { minKernel: '4.8' } });
    const tooNew = rule({ excludes: { minKernel: '99.0' } });
    const unheld = rule({ includes: { minKernel: '99.0', caps: ['CAP_SYS_ADMIN'] } });
    expect(found({ ...RESTS, syscalls: [met, tooNew, unheld] })).toEqual([]);
    expect(found({ ...RESTS, syscalls: [rule({ includes: { minKernel: '99.0' } })] })).toHaveLength(1);
  });

  test('so are a capability that it does not know, and SCMP_ARCH_NATIVE', () => {
    expect(
      found({
        ...RESTS,
        architectures: ['SCMP_ARCH_NATIVE'],
        syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF', 'sys_admin'] } }],
      }),
    ).toEqual([
      'SP005 architectures[0]: SCMP_ARCH_NATIVE is known to no runtime, and CRI-O hands it on: the container does not start',
      'SP005 syscalls[0].includes.caps[1]: CRI-O knows no capability "sys_admin": no container has it',
    ]);
  });

  test('what a condition closes is not counted as open', () => {
    const bpf = {
      ...RESTS,
      syscalls: [{ names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'] } }],
    };
    expect(found(bpf)).toEqual([]);
    expect(found(bpf, { reading: 'raw' }).map((each) => each.slice(0, 5))).toEqual(['SP036', 'SP005']);
  });
});

test('a listener that no rule asks is a finding, since crun connects to it', () => {
  const text = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/run/agent.sock', syscalls: [] });
  expect(codesOf(text)).toContain('SP019 warning');
  expect(codesOf(text, { runtime: 'runc' })).not.toContain('SP019 warning');
});

test('answers that are not certain are an error of SP017', () => {
  expect(codesOf(OVERLAPPING)).toContain('SP017 error');
});

test('where the evaluator is not certain, SP017 names the syscall', () => {
  fc.assert(
    fc.property(
      plainProfiles(),
      fc.array(questionArguments, { minLength: 20, maxLength: 20 }),
      (profile, questions) => {
        const uncertain = new Set<string>();
        const startsNothing =
          !isLetThrough({ action: profile.defaultAction }) &&
          profile.rules.every((rule) => rule.args.length > 0 || !isLetThrough(rule));
        for (const runtime of ['runc', 'libseccomp', 'crun'] as const) {
          const evaluator = compileEvaluator(profile, { runtime });
          for (const arch of ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] as const)
            for (const name of NAMES)
              for (const args of questions) {
                const { ambiguous, reason } = evaluator.evaluate(arch, name, args) ?? {};
                if (ambiguous === undefined || ambiguous.includes('stub')) continue;
                // Of a profile that starts nothing it is not said.
                if (reason !== 'foreign-name' || !startsNothing) uncertain.add(name);
              }
        }
        if (uncertain.size === 0) return;
        const said = lintProfile(printOci(profile)).problems.filter(({ code }) => code === 'SP017');
        for (const name of uncertain) expect(said.map(({ message }) => message).join()).toContain(name);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('SP017 names no call of a shipped profile or of a runtime default', () => {
  const shipped = readdirSync('profiles').filter((each) => /^[^.]*\.json$/.test(each));
  const texts = [
    ...shipped.map((name) => readFileSync(`profiles/${name}`, 'utf8')),
    printDocker(runtimeDefault('containerd')),
    printDocker(runtimeDefault('crio')),
  ];
  for (const text of texts)
    for (const reading of ['raw', 'compiled'] as const) {
      const said = lintProfile(text, { reading }).problems.filter(({ code }) => code === 'SP017');
      expect(said.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([]);
    }
});

test('any profile at all is linted without an exception, each problem with its place', () => {
  fc.assert(
    fc.property(
      plainProfiles(),
      fc.constantFrom('raw' as const, 'compiled' as const),
      fc.constantFrom(undefined, 'SCMP_ARCH_S390X' as const, 'SCMP_ARCH_AARCH64' as const),
      (profile, reading, architecture) => {
        const { problems } = lintProfile(printDocker(profile), {
          reading,
          ...(architecture === undefined ? {} : { architecture }),
        });
        for (const { place, message, advice } of problems) {
          expect(place?.line).toBeGreaterThan(0);
          expect(`${message}${advice}`).not.toMatch(/undefined|NaN|\[object/);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});

test('SP012 and the prediction say exactly where libseccomp refuses a rule', () => {
  fc.assert(
    fc.property(plainProfiles(), (profile) => {
      const { conflicts } = compileEvaluator(profile, { runtime: 'libseccomp' });
      const { problems, parsed } = lintProfile(printOci(profile));
      expect(problems.some(({ code }) => code === 'SP012')).toBe(conflicts.length > 0);
      const { because = '' } = predictStart(parsed, { runtime: 'crun' });
      expect(because.includes('contradict')).toBe(conflicts.length > 0);
    }),
    { numRuns: runs(500) },
  );
});

test('the shipped profiles have no errors as what they are, and recorded ones nothing at all', () => {
  for (const name of readdirSync('profiles').filter((each) => /^[^.]*\.json$/.test(each))) {
    const problems = codesOf(readFileSync(`profiles/${name}`, 'utf8'), { reading: 'compiled' });
    const { kind } = JSON.parse(readFileSync(`profiles/${name.replace('.json', '.provenance.json')}`, 'utf8'));
    expect([name, kind === 'recorded' ? problems : problems.filter((each) => each.endsWith('error'))]).toEqual([
      name,
      [],
    ]);
  }
});

describe('sockets as containerd and moby filter them', () => {
  const socket = (...args: readonly object[]) => ({ names: ['socket'], action: 'SCMP_ACT_ALLOW', args });
  const findings = (...rules: readonly object[]) =>
    lintProfile(JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: rules })).problems.map(
      ({ code, severity, message }) => `${code} ${severity} ${message}`,
    );
  const THREE = [
    socket({ index: 0, value: 38, op: 'SCMP_CMP_LT' }),
    socket({ index: 0, value: 39, op: 'SCMP_CMP_EQ' }),
    socket({ index: 0, value: 40, op: 'SCMP_CMP_GT' }),
  ];

  test('are not beyond the runtime default, and its hole is a warning', () => {
    const found = findings(...THREE);
    expect(found.filter((each) => each.startsWith('SP036'))).toEqual([]);
    expect(found.filter((each) => each.startsWith('SP016'))).toEqual([
      'SP016 warning the kernel looks at the low 32 bits of argument 0 of socket, arg0 > 40 at all 64: with a high bit set a call meets this condition that should not (the default of containerd is so, too)',
    ]);
    const otherwise = findings(...THREE.slice(1));
    expect(otherwise.filter((each) => each.startsWith('SP016 error'))).toHaveLength(1);
  });

  test('a profile that does not filter them is beyond it by families that it refuses', () => {
    const message = (...rules: readonly object[]) => findings(...rules).find((each) => each.startsWith('SP036'));
    expect(message({ names: ['socket'], action: 'SCMP_ACT_ALLOW' })).toBe(
      'SP036 warning 1 syscall is let through that the default of containerd refuses: socket(38)',
    );
    expect(message(...THREE, socket({ index: 0, value: 40, op: 'SCMP_CMP_EQ' }))).toBe(
      'SP036 warning 1 syscall is let through that the default of containerd refuses: socket(40)',
    );
  });
});

test('a runtime default put on a node as it is gets told what its conditions come to', () => {
  const text = printDocker(runtimeDefault('containerd'));
  const raw = codesOf(text);
  for (const code of ['SP005 error', 'SP036 warning', 'SP037 error']) expect(raw).toContain(code);
  const compiled = codesOf(text, { reading: 'compiled' });
  expect(compiled.filter((code) => code.endsWith('error'))).toEqual([]);
});

test('a compiled profile has nothing that stops a container or that a caller gets around', async () => {
  const { compileProfile } = await import('../../../src/core/compile/compile.js');
  for (const name of ['web-static', 'runtime-default-containerd', 'runtime-default-crio', 'batch-shell']) {
    const { profile } = parseProfile(readFileSync(`profiles/${name}.json`, 'utf8'));
    if (profile === undefined) throw new Error(`${name} cannot be read`);
    const compiled = compileProfile(profile, { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' });
    if (compiled.profile === undefined) throw new Error(`${name} cannot be compiled`);
    const problems = codesOf(printOci(compiled.profile));
    expect([name, problems.filter((code) => /error|SP02[3-7]|SP03[345]/.test(code))]).toEqual([name, []]);
  }
});

describe('what is known changes what is found', () => {
  const REFUSES =
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["chroot","mount"],"action":"SCMP_ACT_ALLOW"}]}';

  test('capabilities', () => {
    const { problems } = lintProfile(REFUSES);
    expect(problems.find(({ code }) => code === 'SP037')?.message).toContain(
      'mount is let through to a container without CAP_SYS_ADMIN',
    );
    expect(codesOf(REFUSES, { capabilities: ['SYS_ADMIN'] })).not.toContain('SP037 warning');
  });

  test('the runtime, its version and allowPrivilegeEscalation', () => {
    const text = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["statx"],"action":"SCMP_ACT_ERRNO"}]}';
    expect(codesOf(text, { runtime: 'runc', runtimeVersion: '1.1.5' })).not.toContain('SP023 error');
    expect(codesOf(text, { runtime: 'runc', runtimeVersion: '1.3.6' })).toContain('SP023 error');
    const noSetgid = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["setgid"],"action":"SCMP_ACT_ERRNO"}]}';
    expect(codesOf(noSetgid)).toContain('SP025 warning');
    expect(codesOf(noSetgid, { allowPrivilegeEscalation: false })).not.toContain('SP025 warning');
    expect(codesOf(noSetgid, { allowPrivilegeEscalation: true, runtime: 'runc' })).toContain('SP023 error');
  });

  test('the architecture of the node', () => {
    const text =
      '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_AARCH64"],"syscalls":[{"names":["open"],"action":"SCMP_ACT_ERRNO"}]}';
    expect(codesOf(text)).toEqual(expect.arrayContaining(['SP042 info', 'SP027 warning']));
    expect(codesOf(text, { architecture: 'SCMP_ARCH_X86_64' })).toContain('SP029 warning');
    expect(codesOf(text, { architecture: 'SCMP_ARCH_S390X' })).toContain('SP029 error');
  });

  test('the library of the node', () => {
    const text = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mseal"],"action":"SCMP_ACT_ERRNO"}]}';
    expect(codesOf(text)).not.toContain('SP041 error');
    expect(codesOf(text, { libseccomp: '2.5.4' })).toContain('SP041 error');
  });
});
