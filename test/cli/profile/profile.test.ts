import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from '../../../src/core/filter/evaluate.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import { runProgram } from '../../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-profile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
const profile = (args: readonly string[], stdin = '') => runProgram(['profile', ...args], { cwd: folder, stdin });

const READ = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] };
const SOCKET = {
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [
    { names: ['read', 'ptrace'], action: 'SCMP_ACT_ALLOW' },
    {
      names: ['socket'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 0xffffffff, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' }],
    },
  ],
};
const DOCKER = {
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [
    { names: ['read'], action: 'SCMP_ACT_ALLOW' },
    { names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'] } },
  ],
};

describe('which profile a word means', () => {
  test('a file of the name goes before the catalogue, and both can be said', async () => {
    write('web-static', READ);
    write('mine.json', READ);
    expect((await profile(['simulate', 'web-static', 'read'])).stdout).toContain('rule 0 of web-static, line 1 ');
    expect((await profile(['simulate', 'cache', 'unshare'])).stdout).toContain('default action of cache');
    mkdirSync(join(folder, 'cache'));
    expect((await profile(['simulate', 'cache', 'unshare'])).code).toBe(0);
    expect((await profile(['simulate', 'mine', 'unshare', '--catalogue', folder])).stdout).toContain(
      'default action of mine',
    );
    expect((await profile(['simulate', 'RuntimeDefault', 'unshare'])).stdout).toContain('refused with EPERM');
  });

  test.each([
    [['show', 'nope.json'], 'there is no file nope.json'],
    [
      ['show', 'web-statc'],
      'there is no file web-statc, and no profile of this name in the catalogue; did you mean web-static?',
    ],
    [['show', '.'], '. is a folder: give one profile file in it'],
    [['show', ''], 'the profile is an empty text: give a file, a catalogue name, or - for standard input'],
    [['show', 'x', '--catalogue', 'none'], 'the catalogue none cannot be read (ENOENT)'],
    [
      ['merge', 'web-static', 'cache'],
      'say which: --union allows what any of the profiles allows, --intersection what all of them allow',
    ],
    [['merge', 'web-static', '--union'], 'merge needs two profiles or more'],
    [['compile', 'web-static', '--runtime-version', '1.1'], '--runtime-version needs --runtime: whose version is it?'],
    [['compile', '-', '--path'], 'a profile from standard input needs --name for its path'],
    [
      ['compile', 'web-static', '--path', '--name', 'Web'],
      '"Web" cannot be a name in a path: use --name with lower case letters, digits and "-", at most 63',
    ],
  ])('%j says what to do', async (args, message) => {
    expect(await profile(args, '{"defaultAction":"SCMP_ACT_LOG"}')).toEqual({
      code: 2,
      stdout: '',
      stderr: `seccomply: ${message}\n`,
    });
  });

  test('a broken profile is refused with its mistakes by every command', async () => {
    writeFileSync(join(folder, 'broken.json'), '{"defaultAction":"SCMP_ACT_LOG";}');
    for (const args of [
      ['show', 'broken.json'],
      ['compile', 'broken.json'],
      ['diff', 'broken.json', 'cache'],
      ['score', 'broken.json'],
    ]) {
      const { code, stdout, stderr } = await profile(args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('broken.json:1:32: error: a ";" cannot stand here');
      expect(stderr).toMatch(/\nseccomply: broken.json is not a profile that can be used: \d errors?\n$/);
    }
  });
});

describe('compile', () => {
  test('gives the same bytes each time, to a file as to standard output', async () => {
    const first = await profile(['compile', 'web-static', '--arch', 'arm64', '--quiet']);
    expect([first.code, first.stderr]).toEqual([0, '']);
    await profile(['compile', 'web-static', '--arch', 'SCMP_ARCH_AARCH64', '--quiet', '--out', 'deep/down/w.json']);
    expect(readFileSync(join(folder, 'deep/down/w.json'), 'utf8')).toBe(first.stdout);
    expect(readdirSync(join(folder, 'deep/down'))).toEqual(['w.json']);
    expect(JSON.parse(first.stdout).architectures).toEqual(['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
  });

  test('decides conditions by capability, and says what it does', async () => {
    write('docker.json', DOCKER);
    const decide = async (...args: readonly string[]) => {
      const { stdout } = await profile(['compile', 'docker.json', ...args]);
      const { profile: compiled } = parseProfile(stdout);
      if (compiled === undefined) throw new Error(stdout);
      return evaluate(compiled, { arch: 'SCMP_ARCH_X86_64', syscall: 'bpf' })?.action;
    };
    expect(await decide()).toBe('SCMP_ACT_ERRNO');
    expect(await decide('--cap', 'BPF')).toBe('SCMP_ACT_ALLOW');
    expect(await decide('--cap', 'NET_ADMIN,CAP_BPF')).toBe('SCMP_ACT_ALLOW');
  });

  test('prints the path by source, stage and capabilities, and writes there in a folder', async () => {
    const path = async (...args: readonly string[]) =>
      (await profile(['compile', 'web-static', '--path', ...args])).stdout;
    const enforce = await path();
    expect(enforce).toMatch(/^seccomply\/web-static\.[0-9a-f]{32}\.json\n$/);
    expect(await path('--arch', 'arm64', '--runtime', 'crun')).toBe(enforce);
    expect(await path('--stage', 'record')).not.toBe(enforce);
    expect(await path('--cap', 'SYS_ADMIN')).toBe(enforce);
    write('docker.json', DOCKER);
    const docker = async (...args: readonly string[]) =>
      (await profile(['compile', 'docker.json', '--path', ...args])).stdout;
    expect(await docker('--cap', 'BPF')).not.toBe(await docker());
    const { stdout } = await profile(['compile', 'web-static', '--quiet', '--out', '.']);
    expect(stdout).toBe(enforce);
    expect(JSON.parse(readFileSync(join(folder, enforce.trim()), 'utf8')).defaultErrnoRet).toBe(38);
    // A node that never had a profile has no such folder yet; a file in its place would stop every pod with a profile.
    const fresh = await profile(['compile', 'web-static', '--quiet', '--out', 'kubelet/seccomp']);
    expect(fresh.stdout).toBe(`kubelet/seccomp/${enforce}`);
    expect(existsSync(join(folder, 'kubelet/seccomp', enforce.trim()))).toBe(true);
  });

  test('a profile that no runtime would start is refused with exit code 1', async () => {
    write('conflict.json', {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
        { names: ['keyctl'], action: 'SCMP_ACT_TRAP', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
      ],
    });
    const { code, stdout, stderr } = await profile(['compile', 'conflict.json']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('[PC01]');
    expect(stderr).toMatch(/\nseccomply: conflict cannot be compiled: 1 error\n$/);
  });

  test('stages and other words are checked', async () => {
    expect((await profile(['compile', 'web-static', '--stage', 'audit'])).stderr).toContain(
      'Write record, complain or enforce.',
    );
    expect((await profile(['compile', 'web-static', '--allow-privilege-escalation', 'yes'])).stderr).toContain(
      'Write true or false.',
    );
  });
});

describe('diff', () => {
  test('says what each allows, dangerous first, with exit code 1', async () => {
    write('a.json', READ);
    write('b.json', SOCKET);
    const { code, stdout } = await profile(['diff', 'a.json', 'b.json']);
    expect(code).toBe(1);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
"
b allows and a does not: 2 syscalls, 2 of them dangerous
CLASS  SYSCALL    ON      A                   B
C3     ptrace     x86_64  refused with EPERM  allowed
C5     socket(2)  x86_64  refused with EPERM  allowed when arg0 & 0xffffffff == 2; else refused with EPERM
"
`);
    expect(await profile(['diff', 'a.json', 'a.json'])).toMatchObject({
      code: 0,
      stdout: 'a (a) and a (b) decide alike\n',
    });
    const { onlyB } = JSON.parse((await profile(['diff', 'a.json', 'b.json', '--output', 'json'])).stdout);
    expect(onlyB.map(({ syscall }: { syscall: string }) => syscall)).toEqual(['ptrace', 'socket']);
  });

  test('against the runtime default, raw or with conditions decided', async () => {
    write('docker.json', DOCKER);
    const dangerous = async (...args: readonly string[]) =>
      JSON.parse(
        (await profile(['diff', 'RuntimeDefault', 'docker.json', '--output', 'json', ...args])).stdout,
      ).onlyB.map(({ syscall }: { syscall: string }) => syscall);
    expect(await dangerous()).toEqual([]);
    expect(await dangerous('--reading', 'raw')).toEqual(['bpf']);
  });
});

describe('merge', () => {
  test('union and intersection allow what they should', async () => {
    write('a.json', READ);
    write('b.json', SOCKET);
    const answers = async (mode: string) => {
      const { stdout, code } = await profile(['merge', 'a.json', 'b.json', mode]);
      const { profile: merged } = parseProfile(stdout);
      if (merged === undefined || code !== 0) throw new Error(stdout);
      return ['read', 'ptrace', 'socket'].map(
        (syscall) => evaluate(merged, { arch: 'SCMP_ARCH_X86_64', syscall, args: [2n] })?.action,
      );
    };
    expect(await answers('--union')).toEqual(['SCMP_ACT_ALLOW', 'SCMP_ACT_ALLOW', 'SCMP_ACT_ALLOW']);
    expect(await answers('--intersection')).toEqual(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_ERRNO']);
    expect(await profile(['merge', '-', '-', '--union'])).toMatchObject({ code: 2 });
  });
});

test('merge with RuntimeDefault keeps its families of sockets', async () => {
  write('a.json', { ...READ, syscalls: [{ names: ['read', 'socket', 'bpf'], action: 'SCMP_ACT_ALLOW' }] });
  const { code, stdout } = await profile(['merge', 'a.json', 'RuntimeDefault', '--intersection']);
  expect(code).toBe(0);
  const { profile: merged } = parseProfile(stdout);
  if (merged === undefined) throw new Error('this is no profile');
  const allows = (syscall: string, family = 0n) =>
    evaluate(merged, { arch: 'SCMP_ARCH_X86_64', syscall, args: [family] })?.action === 'SCMP_ACT_ALLOW';
  expect([allows('read'), allows('bpf')]).toEqual([true, false]);
  expect([2n, 38n, 40n, 45n].map((family) => allows('socket', family))).toEqual([true, false, false, true]);
});

describe('convert', () => {
  test('there and back, with every number kept', async () => {
    const value = '18446744073709551615';
    const text = `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":${value},"op":"SCMP_CMP_EQ"}]}]}`;
    expect((await profile(['convert', '-', '--to', 'oci'], text)).stdout).toContain(`"value": ${value}`);
    const refused = await profile(['convert', '-', '--to', 'spo', '--name', 'p'], text);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('[SP053]');
    write('b.json', SOCKET);
    const spo = await profile(['convert', 'b.json', '--to', 'spo', '--namespace', 'shop']);
    expect(spo.stdout).toContain('kind: SeccompProfile\nmetadata:\n  name: b\n  namespace: shop\n');
    const back = await profile(['convert', '-', '--to', 'oci'], spo.stdout);
    expect(JSON.parse(back.stdout)).toEqual(SOCKET);
  });

  test('does not leave conditions out', async () => {
    write('docker.json', DOCKER);
    expect(await profile(['convert', 'docker.json', '--to', 'oci'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'seccomply: docker has conditions (includes), which OCI profiles do not have: compile it for a node and a container (seccomply profile compile)\n',
    });
    expect(JSON.parse((await profile(['convert', 'docker.json', '--to', 'docker'])).stdout)).toEqual(DOCKER);
  });
});

describe('for reading', () => {
  test('show has a table by class', async () => {
    write('b.json', SOCKET);
    const { code, stdout } = await profile(['show', 'b.json']);
    expect(code).toBe(0);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
"
b: 3 of 385 syscalls of SCMP_ARCH_X86_64 allowed, 1 of them with some arguments only
filtered ABIs: SCMP_ARCH_X86_64; callers of others are killed
what no rule names: refused with EPERM

C0  kernel code, hardware, the clock: 0 of 15 allowed

C1  namespaces, mounts, ways out of a container: 0 of 18 allowed

C2  languages, keys and logs inside the kernel: 0 of 20 allowed

C3  looking into other processes: 1 of 11 allowed
    allowed: ptrace

C4  what kernel exploits are built from: 0 of 46 allowed

C5  network families: 1 of 5 allowed
    socket: allowed when arg0 & 0xffffffff == 2; else refused with EPERM

C6  what an intruder does next: 0 of 26 allowed

C7  everything else: 1 of 244 allowed
    allowed: read
"
`);
  });

  test('score has four figures, and compares several profiles', async () => {
    write('b.json', SOCKET);
    const { stdout } = await profile(['score', 'b.json']);
    expect(stdout).toContain('b on SCMP_ARCH_X86_64\n\n1  2 + 1 filtered of ');
    expect(stdout).toMatch(/\n3 {2}\d+ known exploits stopped beyond the default of containerd/);
    expect(stdout).toContain('\n4  0 syscalls allowed beyond the default of containerd\n');
    const several = (await profile(['score', 'b.json', 'web-static', 'RuntimeDefault'])).stdout.split('\n');
    expect(several.slice(1, 4).map((line) => line.split(' ')[0])).toEqual(['b', 'web-static', 'RuntimeDefault']);
  });

  test('list names every shipped profile', async () => {
    const { code, stdout } = await profile(['list']);
    expect(code).toBe(0);
    for (const name of [
      'web-static',
      'cache',
      'db-sql',
      'interp',
      'batch-shell',
      'net-service',
      'audit-log',
      'runtime-default-plus',
    ])
      expect(stdout).toMatch(new RegExp(`^${name} +\\d`, 'm'));
    const { profiles } = JSON.parse((await profile(['list', '--output', 'json'])).stdout);
    expect(profiles[0]).toMatchObject({ name: 'audit-log', digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    write('Bad_Name.json', READ);
    expect(await profile(['list', '.'])).toMatchObject({ code: 1, stdout: 'no profiles there\n' });
  });

  test.each(['list', 'show', 'lint', 'compile', 'simulate', 'diff', 'merge', 'score', 'convert'])(
    '%s has a help with examples',
    async (name) => {
      const { code, stdout } = await profile([name, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`\nExamples:\n  $ seccomply profile ${name}`);
    },
  );
});

describe('a base profile in another document', () => {
  const object = (name: string, spec: object) => ({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1',
    kind: 'SeccompProfile',
    metadata: { name },
    spec: { defaultAction: 'SCMP_ACT_ERRNO', ...spec },
  });
  const ALLOWS = (syscall: string) => ({ syscalls: [{ names: [syscall], action: 'SCMP_ACT_ALLOW' }] });
  beforeEach(() => {
    write('web.json', object('web', { baseProfileName: 'runc-v1.5.1', ...ALLOWS('uname') }));
    write('base.json', object('runc-v1.5.1', ALLOWS('read')));
  });

  test.each([
    ['simulate', 'web.json', 'read'],
    ['show', 'web.json'],
    ['score', 'web.json'],
    ['diff', 'web.json', 'base.json'],
    ['list', 'web.json'],
  ])('%s says that it is missing', async (...args) => {
    expect((await profile(args)).stderr).toBe(
      'warning: web stands on the base profile runc-v1.5.1, whose rules are not in this document: what it lets through is missing here. ' +
        'Merge the two (seccomply profile merge --union) and ask about the result.\n',
    );
  });

  test('lint says so, and for a profile that is compiled it is an error', async () => {
    const place = 'spec.baseProfileName';
    const raw = await profile(['lint', 'web.json']);
    expect(raw.stdout).toContain(
      `base profile "runc-v1.5.1" are not in this document, and are not looked at (${place})`,
    );
    const compiled = await profile(['lint', 'web.json', '--reading', 'compiled']);
    expect(compiled.stdout).toContain('error: the rules of the base profile');
    expect(compiled.code).toBe(1);
  });

  test('merge does not go on without it, and takes it among the profiles', async () => {
    write('other.json', READ);
    const without = await profile(['merge', 'web.json', 'other.json', '--union']);
    expect(without).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error: the rules of the base profile "runc-v1.5.1", on which web stands, are not in its document [PM06]\n' +
        '    Give the base profile, too, with --union: a SeccompProfile object of this name, or a file that is called so.\n' +
        'seccomply: web and other cannot be merged: 1 error\n',
    });
    const intersection = await profile(['merge', 'web.json', 'base.json', '--intersection']);
    expect(intersection.stderr).toContain('Merge these two with --union first, then what comes out with the others.');
    const { stdout } = await profile(['merge', 'web.json', 'base.json', '--union']);
    expect(JSON.parse(stdout).syscalls).toEqual([{ names: ['read', 'uname'], action: 'SCMP_ACT_ALLOW' }]);
  });

  test('convert loses it in no format', async () => {
    expect((await profile(['convert', 'web.json', '--to', 'spo'])).stdout).toContain('baseProfileName: runc-v1.5.1');
    for (const format of ['oci', 'docker']) {
      const { code, stdout, stderr } = await profile(['convert', 'web.json', '--to', format]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('web stands on the base profile runc-v1.5.1');
    }
  });

  test('of an OCI artifact the last word names it', async () => {
    write('web.json', object('web', { baseProfileName: 'oci://ghcr.io/profiles/runc:v1.5.1', ...ALLOWS('uname') }));
    write('runc.json', READ);
    expect((await profile(['merge', 'web.json', 'runc.json', '--union'])).code).toBe(0);
  });
});

describe('what runtimes do not know, read raw', () => {
  const NAME_ONLY = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ name: 'mount', action: 'SCMP_ACT_ERRNO' }] };

  test('diff against what is meant shows what is lost', async () => {
    write('name.json', NAME_ONLY);
    const { stdout, stderr } = await profile(['show', 'name.json', '--reading', 'raw', '--refused']);
    expect(stdout).not.toContain('refused');
    expect(stderr).toBe(
      'note: name says "name" in rule 0, a key that runtimes do not know: runc passes over the rule, crun does not start the container. ' +
        'Write "names", or ask with --reading resolved what is meant.\n',
    );
    expect((await profile(['show', 'name.json', '--refused'])).stdout).toContain('refused with EPERM: mount');
  });

  test('a file is compared as it is meant, and that is said', async () => {
    write('name.json', NAME_ONLY);
    const note =
      'note: name has keys of other formats (name) and is taken as it is meant (resolved), for --arch, --cap and --kernel. Where the file ' +
      'itself lies on a node, runc and crun pass over them (--reading raw); CRI-O looks at them, but for minKernel (--reading crio).\n';
    for (const command of ['show', 'score']) expect((await profile([command, 'name.json'])).stderr).toBe(note);
    expect((await profile(['diff', 'name.json', 'RuntimeDefault'])).stderr).toBe(note);
    expect((await profile(['score', 'name.json', '--reading', 'resolved'])).stderr).toBe('');
    expect((await profile(['score', 'name.json', '--reading', 'crio'])).stderr).toBe('');
  });

  test('one error number is another one, read raw', async () => {
    write('a.json', { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ERRNO' }] });
    write('b.json', {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ERRNO', errno: 'EACCES' }],
    });
    expect((await profile(['diff', 'a.json', 'b.json', '--reading', 'raw'])).code).toBe(0);
    for (const reading of ['crio', 'resolved', 'compiled'])
      expect((await profile(['diff', 'a.json', 'b.json', '--reading', reading])).stdout).toContain(
        'refused with EACCES',
      );
  });

  test('convert writes what is meant', async () => {
    write('name.json', NAME_ONLY);
    const { stdout } = await profile(['convert', 'name.json', '--to', 'oci']);
    expect(JSON.parse(stdout)).toEqual({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ERRNO' }],
    });
    write('native.json', { ...READ, architectures: ['SCMP_ARCH_NATIVE'] });
    expect((await profile(['convert', 'native.json', '--to', 'oci'])).stderr).toBe(
      'seccomply: native names SCMP_ARCH_NATIVE, which OCI profiles do not have: compile it for a node and a container (seccomply profile compile)\n',
    );
  });
});

test('what a default alone lets through is named, not only what rules name', async () => {
  write('all.json', {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  });
  const { onlyB } = JSON.parse((await profile(['diff', 'RuntimeDefault', 'all.json', '--output', 'json'])).stdout);
  const names = onlyB.map(({ syscall }: { syscall: string }) => syscall);
  expect(names).toEqual(expect.arrayContaining(['init_module', 'bpf', 'unshare', '(any other)']));
  const { aboveRuntimeDefault } = JSON.parse((await profile(['score', 'all.json', '--output', 'json'])).stdout);
  expect(aboveRuntimeDefault.length).toBeGreaterThan(80);
});
