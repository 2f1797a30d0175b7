import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-lint-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const lint = (args: readonly string[], stdin = '') => runProgram(['profile', 'lint', ...args], { cwd: folder, stdin });

const SEED = `{
  "defaultAction": "SCMP_ACT_LOG";     <--- what happens to every other syscall
  "architectures": [                   <--- where it applies
    "SCMP_ARCH_X86_64",
    "SCMP_ARCH_X86"
  ],
  "syscalls": [
    {
      "names": [ "capset", "setgid" ], <--- these are refused
      "action": "SCMP_ACT_ERRNO"
    }
  ]
}
`;

describe('a beginner', () => {
  test('can mend a profile with ";" and remarks in it', async () => {
    write('seed.json', SEED);
    const { code, stdout, stderr } = await lint(['seed.json']);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
"
seed.json:2:34: error: a ";" cannot stand here: JSON separates values with "," [SP001]
    write "," instead of ";"
seed.json:2:40: error: a remark is not JSON: \`<--- what happens to every other syscall\` [SP001]
seed.json:3:40: error: a remark is not JSON: \`<--- where it applies\` [SP001]
seed.json:9:40: error: a remark is not JSON: \`<--- these are refused\` [SP001]
    remove it, from here to the end of the line
seed.json: under runc a container with it does not start: it is not JSON
seed.json: under crun a container with it does not start: it is not JSON
1 file: 4 errors; mend these first, what the rules mean is looked at then
"
`);
  });

  test('who did what the messages say has a profile that is read, and hears what it does', async () => {
    write('mended.json', SEED.replace(';', ',').replace(/ *<---.*/g, ''));
    const { code, stdout } = await lint(['mended.json']);
    expect(code).toBe(0);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
"
mended.json:2:20: warning: every syscall that no rule names is let through and logged: this profile refuses nothing by default (defaultAction) [SP031]
    Use it for a limited time (stages Record and Complain do that within the runtime's default), then refuse by default. What was not seen until then fails.
mended.json:2:20: warning: 109 syscalls are let through that the default of containerd refuses: acct, clock_settime, clock_settime64, delete_module, finit_module, init_module, ioperm, iopl, kexec_file_load, kexec_load and 99 more (defaultAction) [SP036]
    Refuse them, unless the program needs them; seccomply profile diff against RuntimeDefault with --reading raw shows each one.
mended.json:3:20: warning: SCMP_ARCH_X32 is not listed: on a node of SCMP_ARCH_X86_64 callers of that ABI are killed (architectures) [SP027]
    List the sub-architectures, or leave them out on purpose; seccomply profile compile completes the list. Each is more of the kernel to attack, and on 32-bit x86 socketcall and ipc hide their arguments.
mended.json:9:18: warning: capset is refused, and runc and crun need it unless the container sets allowPrivilegeEscalation: false (syscalls[0].names[0]) [SP025]
    Set allowPrivilegeEscalation: false in every container with this profile, or allow the syscalls; seccomply profile compile does.
mended.json:9:18: warning: capset is refused, and crun needs it to execute a program in the container: kubectl exec, exec probes and lifecycle hooks fail (syscalls[0].names[0]) [SP057]
    Allow them, or compile the profile: that adds what runc and crun need (seccomply profile compile).
mended.json:9:28: warning: setgid is refused, and runc needs it unless the container sets allowPrivilegeEscalation: false (syscalls[0].names[1]) [SP025]
    Set allowPrivilegeEscalation: false in every container with this profile, or allow the syscalls; seccomply profile compile does.
mended.json:9:28: warning: what is refused here can be had through other syscalls, which are let through: setgid by setregid and setresgid (syscalls[0].names[1]) [SP063]
    Refuse setregid, too. Programs whose C library makes one of them fail then. Leave setresgid: container runtimes need it to start a container, so the refusal can be got around as long as the default allows.
1 file: 7 warnings
"
`);
  });

  test('hears what an empty profile means', async () => {
    const { code, stdout } = await lint(['-'], '{}');
    expect(code).toBe(1);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
"
<stdin>:1:1: error: the profile is empty: runc starts such a container without any filter, crun refuses it [SP003]
    say what happens to syscalls no rule names, for example "defaultAction": "SCMP_ACT_ERRNO"
<stdin>: under runc a container with it runs without any filter: without a default action and rules runc takes it for no profile
<stdin>: under crun a container with it does not start: the profile has no "defaultAction"
1 file: 1 error; mend these first, what the rules mean is looked at then
"
`);
  });
});

describe('the exit code', () => {
  const WARNED = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO"}]}';

  test('is 0 with warnings, and 1 for them with --strict', async () => {
    expect((await lint(['-'], WARNED)).code).toBe(0);
    expect((await lint(['-', '--strict'], WARNED)).code).toBe(1);
    const ignored = ['SP027', 'SP030', 'SP033', 'SP036'].flatMap((code) => ['--ignore', code]);
    expect(await lint(['-', '--strict', ...ignored], WARNED)).toMatchObject({
      code: 0,
      stdout: '1 file: no problems\n',
    });
  });

  test.each([
    [['nothing.json'], 'seccomply: there is no file nothing.json\n'],
    [
      ['web-statik'],
      'seccomply: there is no file web-statik, and no profile of this name in the catalogue; did you mean web-static?\n',
    ],
    [
      ['RuntimeDefault'],
      'seccomply: RuntimeDefault is no document: lint runtime-default-containerd or runtime-default-crio, which decide as it does\n',
    ],
    [['.'], 'seccomply: . has no profile: no file in it ends in .json, .yaml or .yml\n'],
    [['-', '--runtime-version', '1.1'], 'seccomply: --runtime-version needs --runtime: whose version is it?\n'],
    [
      ['-', '--ignore', 'SP999'],
      "error: option '--ignore <code>' argument 'SP999' is invalid. There is no rule SP999: seccomply profile lint --rules lists them.\n(run with --help for the options and examples)\n",
    ],
    [
      ['-', '--cap', 'SYS_ADMN'],
      "error: option '--cap <capability>' argument 'SYS_ADMN' is invalid. Linux has no capability CAP_SYS_ADMN. Did you mean CAP_SYS_ADMIN?\n(run with --help for the options and examples)\n",
    ],
    [
      ['-', '--arch', 'x86_46'],
      "error: option '--arch <architecture>' argument 'x86_46' is invalid. Did you mean SCMP_ARCH_X86_64?\n(run with --help for the options and examples)\n",
    ],
  ])('is 2 for %j', async (args, message) => {
    expect(await lint(args)).toEqual({ code: 2, stdout: '', stderr: message });
  });
});

test('the shipped catalogue has no errors, with any spelling of it', async () => {
  const { code, stdout } = await runProgram(['profile', 'lint', '--quiet']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+ files: no problems\n$/)]);
  expect((await runProgram(['profile', 'lint', 'profiles/', '--quiet'])).stdout).toBe(stdout);
  expect(await runProgram(['profile', 'lint', 'web-static', 'profiles/cache.json'])).toMatchObject({
    code: 0,
    stdout: '2 files: no problems\n',
  });
});

test('files of a catalogue are sources, however they are named; what lies beside them is passed over', async () => {
  const files = readdirSync('profiles').map((name) => `profiles/${name}`);
  const { code, stdout } = await runProgram(['profile', 'lint', ...files, '--quiet']);
  expect([code, stdout]).toEqual([0, (await runProgram(['profile', 'lint', '--quiet'])).stdout]);
  expect((await runProgram(['profile', 'lint', 'profiles/runtime-default-crio.json', '--reading', 'raw'])).code).toBe(
    1,
  );
});

test('a file is taken as a runtime reads it, unless said otherwise', async () => {
  write(
    'docker.json',
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["bpf"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_BPF"]}}]}',
  );
  expect((await lint(['docker.json'])).stdout).toContain('[SP005]');
  const compiled = await lint(['docker.json', '--reading', 'compiled']);
  expect(compiled.stdout).not.toContain('[SP005]');
  expect(compiled.stdout).not.toContain('[SP036]');
  expect((await lint(['docker.json', '--reading', 'compiled', '--cap', 'SYS_ADMIN,BPF'])).stdout).not.toContain(
    '[SP037]',
  );
});

test('on nodes of CRI-O a file is read as CRI-O does', async () => {
  write(
    'docker.json',
    '{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"action":"SCMP_ACT_ERRNO","includes":{"caps":["CAP_BPF"]}},{"name":"acct","action":"SCMP_ACT_ERRNO","errno":"EACCES"}]}',
  );
  const raw = await lint(['docker.json']);
  expect(raw.stdout).toContain('[SP005]');
  expect(raw.stdout).toContain('under crun a container with it does not start');
  for (const options of [
    ['--reading', 'crio'],
    ['--runtime-default', 'crio'],
  ]) {
    const { stdout } = await lint(['docker.json', ...options]);
    expect(stdout).not.toContain('[SP005]');
    expect(stdout).not.toContain('does not start');
  }
  expect((await lint(['docker.json', '--runtime-default', 'crio', '--reading', 'raw'])).stdout).toContain('[SP005]');
  write(
    'twice.json',
    '{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"name":"acct","names":["bpf"],"action":"SCMP_ACT_LOG"}]}',
  );
  expect((await lint(['twice.json', '--reading', 'crio'])).stdout).toContain(
    'under runc a container with it does not start: CRI-O refuses two keys for one: syscalls[0].name\n',
  );
  expect((await lint(['twice.json'])).stdout).not.toContain('does not start');
});

test("the runtime's own default has no findings of SP005 and SP036", async () => {
  for (const runtime of ['containerd', 'crio']) {
    const { stdout } = await runProgram([
      'profile',
      'convert',
      'RuntimeDefault',
      '--to',
      'docker',
      '--runtime-default',
      runtime,
    ]);
    write('default.json', stdout);
    for (const reading of runtime === 'crio' ? ['compiled', 'crio'] : ['compiled']) {
      const linted = (await lint(['default.json', '--runtime-default', runtime, '--reading', reading])).stdout;
      expect(linted).not.toMatch(/SP005|SP036/);
    }
    const { code } = await runProgram([
      'profile',
      'diff',
      join(folder, 'default.json'),
      'RuntimeDefault',
      '--runtime-default',
      runtime,
    ]);
    expect([runtime, code]).toEqual([runtime, 0]);
  }
});

test('SP036 shows a family of sockets that the default does refuse', async () => {
  const socket = (args: readonly object[]) => ({ names: ['socket'], action: 'SCMP_ACT_ALLOW', args });
  write('sockets.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [socket([])] }));
  expect((await lint(['sockets.json'])).stdout).toContain('refuses: socket(38) (');
  expect((await lint(['sockets.json', '--runtime-default', 'crio'])).stdout).toContain('refuses: socket(40) (');
  const compared = [
    ['SCMP_CMP_LT', 38],
    ['SCMP_CMP_EQ', 39],
    ['SCMP_CMP_GT', 40],
  ].map(([op, value]) => socket([{ index: 0, op, value }]));
  write('sockets.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: compared }));
  expect((await lint(['sockets.json'])).stdout).not.toContain('[SP036]');
  expect((await lint(['sockets.json', '--libseccomp', '2.6.1'])).stdout).not.toContain('[SP017]');
});

test('a manifest is looked at for how it names profiles, with the line', async () => {
  write(
    'deploy.yaml',
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      securityContext:
        seccompProfile: {type: Localhost, localhostProfile: seccomply/web-statik.0123456789abcdef0123456789abcdef.json}
      containers:
        - name: web
          image: nginx
          livenessProbe: {exec: {command: [sh, -c, "true"]}}
        - name: log
          image: fluent-bit
          securityContext: {privileged: true, seccompProfile: {type: RuntimeDefault}}
        - name: old
          image: old
          securityContext: {seccompProfile: {type: Localhost, localhostProfile: ../secret.json}}
`,
  );
  const { code, stdout } = await lint(['deploy.yaml']);
  expect(code).toBe(1);
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
"
deploy.yaml:8:61: error: the catalogue has no profile web-statik: no node has seccomply/web-statik.0123456789abcdef0123456789abcdef.json (spec.template.spec.securityContext.seccompProfile.localhostProfile) [SP047]
    Write the path of an installed profile (seccomply profile compile --path says it), or let a policy assign the profile.
deploy.yaml:15:63: warning: container log is privileged: it runs without any filter, whatever its seccompProfile says (spec.template.spec.containers[1].securityContext.seccompProfile) [SP048]
    Take privileged away, or the profile.
deploy.yaml:18:81: error: localhostProfile is "../secret.json": it must be relative to the kubelet's seccomp folder, without ".."; the API server refuses it (spec.template.spec.containers[2].securityContext.seccompProfile.localhostProfile) [SP047]
    Write the path of an installed profile (seccomply profile compile --path says it), or let a policy assign the profile.
1 file: 2 errors, 1 warning
"
`);
});

test('--pod tells what the container has and runs', async () => {
  write(
    'p.json',
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["mount","read"],"action":"SCMP_ACT_ALLOW"}]}',
  );
  write(
    'pod.yaml',
    'kind: Pod\nspec:\n  containers:\n  - name: a\n    image: a\n    securityContext: {capabilities: {add: [SYS_ADMIN]}}\n    readinessProbe: {exec: {command: [a]}}\n',
  );
  const { stdout } = await lint(['p.json', '--pod', 'pod.yaml', '--container', 'a']);
  expect(stdout).toContain('[SP026]');
  expect(stdout).not.toContain('[SP037]');
  expect(stdout).toContain('allowPrivilegeEscalation: true');
  expect(await lint(['p.json', '--pod', 'pod.yaml', '--container', 'b'])).toMatchObject({
    code: 2,
    stderr: 'seccomply: pod.yaml has no container b; it has a\n',
  });
});

describe('output', () => {
  test('JSON has every problem, and whether containers start', async () => {
    const { stdout } = await lint(['-', '--output', 'json'], '{"defaultAction":"SCMP_ACT_ERRNO"}');
    const { problems, files } = JSON.parse(stdout);
    expect(problems).toContainEqual({
      code: 'SP022',
      severity: 'error',
      message: expect.any(String),
      advice: expect.any(String),
      place: { file: '<stdin>', line: 1, column: 18, path: 'defaultAction' },
    });
    expect(files).toEqual([
      {
        file: '<stdin>',
        starts: {
          runc: { outcome: 'not started', because: 'no syscall at all is let through' },
          crun: { outcome: 'not started', because: 'no syscall at all is let through' },
        },
      },
    ]);
  });

  test('SARIF names rule, file and place', async () => {
    write(
      'p.json',
      '{\n  "defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": [{"names": ["keyctrl"], "action": "SCMP_ACT_ERRNO"}]\n}',
    );
    const { stdout } = await lint(['p.json', '--output', 'sarif']);
    const [run] = JSON.parse(stdout).runs;
    const result = run.results.find(({ ruleId }: { ruleId: string }) => ruleId === 'SP041');
    expect(result).toMatchObject({
      level: 'error',
      locations: [
        { physicalLocation: { artifactLocation: { uri: 'p.json' }, region: { startLine: 3, startColumn: 27 } } },
      ],
    });
    expect(run.tool.driver.rules[result.ruleIndex]).toMatchObject({ id: 'SP041', help: { text: expect.any(String) } });
  });

  test('JUnit has a suite for each file', async () => {
    write('a.json', '{"defaultAction":"SCMP_ACT_ALLOW"}');
    const { stdout } = await lint(['a.json', '--output', 'junit']);
    expect(stdout).toContain('<testsuite name="a.json"');
  });

  test('--rules lists the rules', async () => {
    const { code, stdout } = await lint(['--rules']);
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => /^SP0\d\d /.test(line))).toHaveLength(62);
  });
});

test('neighbours with the same advice have it once, in the text alone', async () => {
  const refusing = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['execve'], action: 'SCMP_ACT_ALLOW' }] };
  write('a.json', JSON.stringify(refusing));
  const text = (await lint(['a.json'])).stdout.split('\n');
  const of = (code: string) => text.filter((line) => line.includes(`[${code}]`));
  for (const code of ['SP023', 'SP024']) {
    expect(of(code).length).toBeGreaterThan(1);
    const last = text.findLastIndex((line) => line.includes(`[${code}]`));
    expect(text[last + 1]).toMatch(/^ {4}Allow them, or compile the profile/);
    const first = text.findIndex((line) => line.includes(`[${code}]`));
    expect(text.slice(first, last)).not.toContain(text[last + 1]);
  }
  const { problems } = JSON.parse((await lint(['a.json', '--output', 'json'])).stdout);
  for (const problem of problems) expect(problem.advice).toBeTruthy();
});
