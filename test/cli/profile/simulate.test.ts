import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import type { Architecture } from '../../../src/core/syscalls/architectures.js';
import { syscallNames } from '../../../src/core/syscalls/syscall-table.js';
import { OVERLAPPING } from '../../core/lint/overlapping-rules.js';
import { runProgram } from '../../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-simulate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const simulate = (args: readonly string[], stdin = '') =>
  runProgram(['profile', 'simulate', ...args], { cwd: folder, stdin });
const batch = async (profile: string, lines: readonly string[], options: readonly string[] = []) => {
  const { code, stdout, stderr } = await simulate([profile, '--batch', '-', ...options], lines.join('\n'));
  return { code, answers: stdout.split('\n').slice(0, -1), stderr };
};

const PROFILE = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
  syscalls: [
    { names: ['read', 'kill'], action: 'SCMP_ACT_ALLOW' },
    {
      names: ['socket'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 0xffffffff, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' }],
    },
    { names: ['mount'], action: 'SCMP_ACT_TRACE', errnoRet: 7 },
    { names: ['open'], action: 'SCMP_ACT_KILL' },
  ],
});

describe('a person', () => {
  beforeEach(() => write('p.json', PROFILE));

  test.each([
    [['brk'], 'brk: refused with EPERM [SCMP_ACT_ERRNO], by the default action of p (x86_64, runc)\n'],
    [['read', '3'], 'read(3): allowed [SCMP_ACT_ALLOW], by rule 0 of p, line 1 (x86_64, runc)\n'],
    [
      ['socket', '0x100000002'],
      'socket(0x100000002): allowed [SCMP_ACT_ALLOW], by rule 1 of p, line 1: arg0 & 0xffffffff == 2 (x86_64, runc)\n',
    ],
    [['socket', '010'], 'socket(8): refused with EPERM [SCMP_ACT_ERRNO], by the default action of p (x86_64, runc)\n'],
    [
      ['kill', '-1', '9'],
      'kill(0xffffffffffffffff, 9): allowed [SCMP_ACT_ALLOW], by rule 0 of p, line 1 (x86_64, runc)\n',
    ],
    [['mount'], 'mount: left to a tracer [SCMP_ACT_TRACE], by rule 2 of p, line 1 (x86_64, runc)\n'],
    [['0'], 'read: allowed [SCMP_ACT_ALLOW], by rule 0 of p, line 1 (x86_64, runc)\n'],
    [
      ['openat2'],
      "openat2: refused with ENOSYS [SCMP_ACT_ERRNO], by runc's stub: the syscall is newer than every one that the profile names (x86_64, runc)\n",
    ],
    [
      ['openat2', '--runtime', 'crun'],
      'openat2: refused with EPERM [SCMP_ACT_ERRNO], by the default action of p (x86_64, crun)\n',
    ],
    [
      ['socketcall', '1', '--arch', 'x86', '--runtime', 'crun'],
      'socketcall(1): allowed [SCMP_ACT_ALLOW], by rule 1 of p, line 1: on socket (x86, crun)\n',
    ],
    [
      ['read', '--arch', 'x32'],
      'read: kills the thread [SCMP_ACT_KILL_THREAD], because the filter of p does not have SCMP_ARCH_X32 (x32, runc)\n',
    ],
    [
      ['read', '--arch', 'arm64'],
      'read: kills the thread [SCMP_ACT_KILL_THREAD], because the filter of p does not have SCMP_ARCH_AARCH64; on a SCMP_ARCH_AARCH64 node: --native SCMP_ARCH_AARCH64 (aarch64, runc)\n',
    ],
    [
      ['read', '--arch', 'arm64', '--native', 'arm64'],
      'read: allowed [SCMP_ACT_ALLOW], by rule 0 of p, line 1 (aarch64, runc)\n',
    ],
  ])('asks %j and gets a line', async (args, line) => {
    expect(await simulate(['p.json', ...args])).toEqual({ code: 0, stdout: line, stderr: '' });
  });

  test.each([
    [
      [],
      'seccomply: which syscall? For example: seccomply profile simulate p.json unshare; or --batch questions.jsonl\n',
    ],
    [['unshar'], 'seccomply: no architecture has a syscall "unshar"; did you mean unshare?\n'],
    [
      ['socketcall'],
      'seccomply: SCMP_ARCH_X86_64 has no syscall socketcall, other architectures have; did you mean socketpair?\n',
    ],
    [
      ['unshare', 'CLONE_NEWUSER'],
      'seccomply: argument 0 of unshare is "CLONE_NEWUSER": write a number of 64 bits, in decimal, hexadecimal (0x…) or octal (0o…)\n',
    ],
    [
      ['read', '18446744073709551616'],
      'seccomply: argument 0 of read is "18446744073709551616": write a number of 64 bits, in decimal, hexadecimal (0x…) or octal (0o…)\n',
    ],
    [['read', '1', '2', '3', '4', '5', '6', '7'], 'seccomply: a syscall has at most six arguments, these are 7\n'],
    [['read', '--batch', 'x'], 'seccomply: --batch has the syscalls in its file: leave them out of the command line\n'],
    [['--batch', 'none.jsonl'], 'seccomply: there is no file none.jsonl\n'],
  ])('who asks %j hears what to do', async (args, message) => {
    expect(await simulate(['p.json', ...args])).toEqual({ code: 2, stdout: '', stderr: message });
  });

  test('gets one line from the catalogue', async () => {
    expect(await simulate(['web-static', 'unshare'])).toEqual({
      code: 0,
      stdout: 'unshare: refused with EPERM [SCMP_ACT_ERRNO], by the default action of web-static (x86_64, runc)\n',
      stderr: '',
    });
  });
});

describe('conditions of Docker’s format', () => {
  const docker = JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
    syscalls: [
      {
        names: ['bpf'],
        action: 'SCMP_ACT_ALLOW',
        excludes: { caps: ['CAP_SYS_ADMIN'] },
        includes: { caps: ['CAP_BPF'] },
      },
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
    ],
  });
  beforeEach(() => write('docker.json', docker));

  test('do not count in a file, as they do not for a runtime, and that is said', async () => {
    const { code, stdout, stderr } = await simulate(['docker.json', 'bpf']);
    expect(code).toBe(0);
    expect(stdout).toBe('bpf: allowed [SCMP_ACT_ALLOW], by rule 0 of docker, line 1 (x86_64, runc)\n');
    expect(stderr).toMatchInlineSnapshot(`
"note: docker has conditions (includes, excludes, archMap) that containerd, runc and crun do not know: all its rules hold, and it is wider than it looks. --reading resolved decides them, for --cap and --kernel; --reading crio as CRI-O does; --reading compiled asks what Seccomply puts on a node.
"
`);
  });

  test('count when they are asked for, by reading or by capability', async () => {
    expect((await simulate(['docker.json', 'bpf', '--reading', 'resolved'])).stdout).toContain(
      'bpf: refused with EPERM',
    );
    expect((await simulate(['docker.json', 'bpf', '--cap', 'BPF'])).stdout).toContain('bpf: allowed');
    const { stdout } = await simulate(['docker.json', 'read', '--reading', 'resolved']);
    expect(stdout).toContain('by rule 1 of docker, line 1');
    expect((await simulate(['docker.json', 'statx', '--reading', 'compiled'])).stdout).toMatch(
      /^statx: allowed .*rule \d+ of the compiled docker/,
    );
  });

  test('are decided in the catalogue', async () => {
    const { stdout } = await simulate(['runtime-default-containerd', 'unshare']);
    expect(stdout).toContain('unshare: refused with EPERM');
  });
});

describe('keys of other formats', () => {
  const rule = (more: object) =>
    JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ action: 'SCMP_ACT_ERRNO', ...more }] });

  test('a rule that says "name" does not count in a file, and crun does not take it', async () => {
    write('p.json', rule({ name: 'mount' }));
    const runc = await simulate(['p.json', 'mount']);
    expect(runc.stdout).toBe('mount: allowed [SCMP_ACT_ALLOW], by the default action of p (x86_64, runc)\n');
    expect(runc.stderr).toContain('note: p says "name" in rule 0, a key that runtimes do not know');
    const crun = await simulate(['p.json', 'mount', '--runtime', 'crun']);
    expect(crun.stderr).toContain(
      'error: crun starts no container with p: syscalls[0] has no "names"; the answers leave such rules out\n',
    );
    const meant = await simulate(['p.json', 'mount', '--reading', 'resolved']);
    expect(meant.stdout).toBe('mount: refused with EPERM [SCMP_ACT_ERRNO], by rule 0 of p, line 1 (x86_64, runc)\n');
    expect(meant.stderr).toBe('');
  });

  test('an "errno" does not count in a file', async () => {
    write('p.json', rule({ names: ['mount'], errno: 'EACCES' }));
    const { stdout, stderr } = await simulate(['p.json', 'mount']);
    expect(stdout).toBe('mount: refused with EPERM [SCMP_ACT_ERRNO], by rule 0 of p, line 1 (x86_64, runc)\n');
    expect(stderr).toMatchInlineSnapshot(`
"note: p gives error numbers by "errno", which runtimes do not know: what counts is "errnoRet" and "defaultErrnoRet", and EPERM where they are missing. --reading resolved takes the names.
"
`);
    expect((await simulate(['p.json', 'mount', '--reading', 'resolved'])).stdout).toContain('refused with EACCES');
  });

  test('an "errno" that says what "errnoRet" says is not worth a word', async () => {
    write('p.json', rule({ names: ['mount'], errno: 'EACCES', errnoRet: 13 }));
    const { stdout, stderr } = await simulate(['p.json', 'mount']);
    expect(stdout).toContain('refused with EACCES');
    expect(stderr).toBe('');
  });
});

describe('as CRI-O reads the file', () => {
  const PROFILE_OF_PODMAN = JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      { names: ['bpf'], action: 'SCMP_ACT_ERRNO', excludes: { caps: ['CAP_BPF'] } },
      { name: 'mount', action: 'SCMP_ACT_ERRNO', errno: 'EACCES' },
      { names: ['ptrace'], action: 'SCMP_ACT_ERRNO', includes: { minKernel: '99.0' } },
    ],
  });
  const NOTE =
    'note: p asks for a kernel (minKernel) in rule 2, which CRI-O does not look at: it holds on every kernel.\n';
  beforeEach(() => write('p.json', PROFILE_OF_PODMAN));

  test.each([
    ['bpf', [], 'bpf: refused with EPERM [SCMP_ACT_ERRNO], by rule 0 of p, line 1 (x86_64, crun)\n'],
    ['bpf', ['--cap', 'BPF'], 'bpf: allowed [SCMP_ACT_ALLOW], by the default action of p (x86_64, crun)\n'],
    ['mount', [], 'mount: refused with EACCES [SCMP_ACT_ERRNO], by rule 1 of p, line 1 (x86_64, crun)\n'],
    ['ptrace', [], 'ptrace: refused with EPERM [SCMP_ACT_ERRNO], by rule 2 of p, line 1 (x86_64, crun)\n'],
  ])('%s %j', async (syscall, options, line) => {
    for (const how of [
      ['--reading', 'crio'],
      ['--runtime-default', 'crio'],
    ])
      expect(await simulate(['p.json', syscall, '--runtime', 'crun', ...how, ...options])).toEqual({
        code: 0,
        stdout: line,
        stderr: NOTE,
      });
  });

  test('it says what stops the container', async () => {
    write(
      'p.json',
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ name: 'acct', names: ['bpf'], action: 'SCMP_ACT_ERRNO' }],
      }),
    );
    expect((await simulate(['p.json', 'bpf', '--reading', 'crio'])).stderr).toBe(
      'error: CRI-O starts no container with p: it refuses two keys for one (syscalls[0].name)\n',
    );
    write('p.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_NATIVE'] }));
    expect((await simulate(['p.json', 'bpf', '--reading', 'crio'])).stderr).toContain(
      'no runtime starts a container with p',
    );
  });

  test('RuntimeDefault is its own', async () => {
    expect((await simulate(['RuntimeDefault', 'mount', '--runtime-default', 'crio'])).stdout).toBe(
      'mount: allowed [SCMP_ACT_ALLOW], by rule 0 of RuntimeDefault (crio) (x86_64, runc)\n',
    );
  });
});

test('calls that are left to a listener which the profile does not name', async () => {
  write(
    'p.json',
    JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['keyctl'], action: 'SCMP_ACT_NOTIFY' }] }),
  );
  expect((await simulate(['p.json', 'keyctl'])).stderr).toBe(
    'error: runc starts no container with p: SCMP_ACT_NOTIFY has no "listenerPath"\n',
  );
  expect((await simulate(['p.json', 'keyctl', '--runtime', 'crun'])).stderr).toBe(
    'note: p names no listener ("listenerPath"): under crun the calls left to it get ENOSYS\n',
  );
});

describe('--batch', () => {
  beforeEach(() => write('p.json', PROFILE));

  test('answers every line on its line', async () => {
    const { code, answers, stderr } = await batch('p.json', [
      '{"arch":"SCMP_ARCH_X86_64","syscall":"socket","args":["2","1","0"]}',
      '{"arch":"SCMP_ARCH_X86_64","syscall":"socket","args":["18446744069414584322"]}',
      '{"arch":"SCMP_ARCH_X86","syscall":"open","args":[]}',
      '{"syscall":"mount"}',
      '{"syscall":0,"args":["0"]}',
      '{"arch":"SCMP_ARCH_X86_64","syscall":"clone3","args":["0"]}',
      '{"arch":"SCMP_ARCH_X32","syscall":"read","args":["0"]}',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(answers).toEqual([
      '{"action":"SCMP_ACT_ALLOW","errno":null,"rule":1}',
      '{"action":"SCMP_ACT_ALLOW","errno":null,"rule":1}',
      '{"action":"SCMP_ACT_KILL","errno":null,"rule":3}',
      '{"action":"SCMP_ACT_TRACE","errno":7,"rule":2}',
      '{"action":"SCMP_ACT_ALLOW","errno":null,"rule":0}',
      '{"action":"SCMP_ACT_ERRNO","errno":38,"rule":"stub"}',
      '{"action":"SCMP_ACT_KILL_THREAD","errno":null,"rule":"architecture"}',
    ]);
  });

  test('says what is wrong with a bad line on that line, goes on, and ends with 1', async () => {
    const { code, answers, stderr } = await batch('p.json', [
      'nonsense',
      '{"syscall":"read"}',
      '',
      '[]',
      '{"arch":"x86_65","syscall":"read"}',
      '{"args":["1"]}',
      '{"syscall":"reed"}',
      '{"syscall":"read","args":"1"}',
      '{"syscall":"read","args":["1","2","3","4","5","6","7"]}',
      '{"syscall":"read","args":["18446744073709551616"]}',
      '{"syscall":"read","args":[9007199254740993]}',
      '{"syscall":"read","args":["one"]}',
      '{"syscall":-1}',
    ]);
    expect(code).toBe(1);
    expect(stderr).toBe('seccomply: 12 of 13 lines were no question; the first is line 1\n');
    expect(answers).toHaveLength(13);
    expect(answers[1]).toBe('{"action":"SCMP_ACT_ALLOW","errno":null,"rule":0}');
    expect(
      `\n${answers
        .filter((_, i) => i !== 1)
        .map((line) => JSON.parse(line).error)
        .join('\n')}\n`,
    ).toMatchInlineSnapshot(`
"
this line is not JSON: write {"arch":…,"syscall":…,"args":[…]}
this line is empty
a question is an object: {"arch":…,"syscall":…,"args":[…]}
"arch" is "x86_65": write one of SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_PPC64LE, SCMP_ARCH_S390X, SCMP_ARCH_RISCV64
"syscall" is missing
SCMP_ARCH_X86_64 has no syscall "reed"
"args" is "1": write a list of numbers as texts, ["2","1","0"]
"args" has 7 values: a syscall has at most six arguments
"args"[0] is "18446744073709551616": write a whole number of 64 bits as text, such as "18446744073709551615"
"args"[0] is 9007199254740992: write a whole number of 64 bits as text, such as "18446744073709551615"
"args"[0] is "one": write a whole number of 64 bits as text, such as "18446744073709551615"
"syscall" is -1: write its name or its number
"
`);
  });

  test('says which rules an answer depends on that is not certain', async () => {
    // Found by chance: with runc's binary tree libseccomp answers otherwise than without.
    write('overlap.json', OVERLAPPING);
    const { code, answers } = await batch('overlap.json', [
      '{"syscall":"time","args":["8589934592","6","2147483647","8589934593","18446744069414584328","6442450944"]}',
    ]);
    expect([code, JSON.parse(answers[0] ?? '')]).toEqual([0, expect.objectContaining({ ambiguous: [0, 1, 3, 5] })]);
    const { stdout } = await simulate([
      'overlap.json',
      'time',
      '8589934592',
      '6',
      '2147483647',
      '8589934593',
      '18446744069414584328',
      '6442450944',
    ]);
    expect(stdout).toMatch(
      /not certain \[mixed-conditions\]: the syscall has several rules,.* \(rules 0, 1, 3 and 5\)/,
    );
  });

  test('names a few of many rules that an answer depends on', async () => {
    const syscalls = Array.from({ length: 500 }, (_, value) => ({
      names: ['ioctl'],
      action: value % 2 === 0 ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_LOG',
      args: [{ index: 1, value, op: 'SCMP_CMP_GT' }],
    }));
    write('many.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }));
    const { stdout } = await simulate(['many.json', 'ioctl', '0', '9999']);
    expect(stdout).toMatch(/not certain \[overlap\]: .* \(rules 0, 1, 2, 3, 4, 5, 6, 7 and 492 more\)\n$/);
  });

  test('answers as the evaluator does, over a whole catalogue profile', async () => {
    const { profile } = parseProfile(readFileSync('profiles/web-static.json', 'utf8'));
    if (profile === undefined) throw new Error('web-static cannot be read');
    const evaluator = compileEvaluator(profile, { runtime: 'crun' });
    const questions = (['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64'] as Architecture[]).flatMap((arch) =>
      syscallNames(arch).flatMap((syscall) =>
        [0n, 1n, 2n, 16n, 0x10000000n, 2n ** 64n - 1n].map((value) => ({ arch, syscall, value })),
      ),
    );
    const { code, answers } = await batch(
      'web-static',
      questions.map(({ arch, syscall, value }) => JSON.stringify({ arch, syscall, args: [String(value), '0', '0'] })),
      ['--runtime', 'crun'],
    );
    expect(code).toBe(0);
    expect(answers.map((line) => JSON.parse(line))).toEqual(
      questions.map(({ arch, syscall, value }) => evaluator.evaluate(arch, syscall, [value, 0n, 0n])),
    );
  });

  test('reads lines of any length, CRLF and a missing end, and does not keep what is too long', async () => {
    const padded = `{"syscall":"read",${' '.repeat(200_000)}"args":["1"]}`;
    const { code, answers } = await batch('p.json', [
      padded,
      `"${'x'.repeat(3_000_000)}"`,
      '{"syscall":"read"}\r',
      '{"syscall":"kill"}',
    ]);
    expect(code).toBe(1);
    expect(answers.map((line) => JSON.parse(line).error ?? 'answered')).toEqual([
      'answered',
      'this line is longer than 1 MiB',
      'answered',
      'answered',
    ]);
  });

  test('tells that no runtime starts a container with contradicting rules', async () => {
    write(
      'conflict.json',
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [
          { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
          { names: ['keyctl'], action: 'SCMP_ACT_TRAP', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
        ],
      }),
    );
    const { answers, stderr } = await batch('conflict.json', ['{"syscall":"keyctl","args":["1"]}']);
    expect(answers).toEqual(['{"action":"SCMP_ACT_ERRNO","errno":1,"rule":0}']);
    expect(stderr).toBe(
      'error: no runtime starts a container with conflict: its rules on keyctl contradict each other (rule 1); the answers leave that rule out\n',
    );
  });

  test.each([
    [['SCMP_ARCH_X86_64', 'SCMP_ARCH_S390X'], [], 'SCMP_ARCH_X86_64', 'SCMP_ARCH_S390X'],
    [['SCMP_ARCH_S390X'], [], 'SCMP_ARCH_X86_64', 'SCMP_ARCH_S390X'],
    [['SCMP_ARCH_S390X', 'SCMP_ARCH_AARCH64'], ['--arch', 's390x'], 'SCMP_ARCH_S390X', 'SCMP_ARCH_AARCH64'],
    [['SCMP_ARCH_X86_64', 'SCMP_ARCH_PPC'], ['--runtime', 'crun'], 'SCMP_ARCH_X86_64', 'SCMP_ARCH_PPC'],
  ])(
    'tells that no runtime starts a container with architectures of two byte orders: %j %j',
    async (architectures, options, native, foreign) => {
      write('orders.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', architectures }));
      const { code, stderr } = await simulate(['orders.json', 'read', ...options]);
      expect([code, stderr]).toEqual([
        0,
        `error: no runtime starts a container with orders on a node of ${native}: ${foreign} has the other byte order\n`,
      ]);
    },
  );

  test('names the ABI that the filter lacks', async () => {
    write('p.json', PROFILE);
    const { stdout } = await simulate(['p.json', '0x40000027', '--runtime', 'crun']);
    expect(stdout).toBe(
      'getpid: kills the thread [SCMP_ACT_KILL_THREAD], because the filter of p does not have SCMP_ARCH_X32 (x32, crun)\n',
    );
  });

  test('of an argument that stands twice each condition is enough', async () => {
    const twice = [38, 40].map((value) => ({ index: 0, value, op: 'SCMP_CMP_NE' }));
    const rules = [
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [...twice, { index: 1, value: 1, op: 'SCMP_CMP_EQ' }] },
    ];
    write('twice.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: rules }));
    const { stdout } = await simulate(['twice.json', 'socket', '38']);
    expect(stdout).toContain('by rule 0 of twice, line 1: arg0 != 38 or arg0 != 40 or arg1 == 1 (x86_64, runc)');
  });

  test('the profile and the questions cannot both be standard input', async () => {
    expect(await simulate(['-', '--batch', '-'])).toMatchObject({ code: 2, stdout: '' });
  });
});
