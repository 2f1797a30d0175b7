import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program, runProgram } from '../support/program.js';
import { itNeeds } from '../support/require.js';

const home = mkdtempSync(join(tmpdir(), 'seccomply-mistakes-'));
mkdirSync(join(home, 'folder'));
writeFileSync(join(home, 'text.txt'), 'hello\n');
writeFileSync(join(home, 'broken.yaml'), 'a: [1\nb: 2\n');
writeFileSync(join(home, 'kubeconfig.yaml'), 'not: a: kubeconfig\n');
writeFileSync(
  join(home, 'policy.yaml'),
  'apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: one }\nspec:\n  assign:\n    - { containerTypes: [Container, Sidecar, Init, Ephemeral], profile: RuntimeDefault }\n',
);
afterAll(() => rmSync(home, { recursive: true }));

const wrongUsage = '(run with --help for the options and examples)';

test.each([
  ['frob', `error: unknown command 'frob'\n${wrongUsage}`],
  ['polcy', `error: unknown command 'polcy'\n(Did you mean policy?)\n${wrongUsage}`],
  ['--verison', `error: unknown option '--verison'\n(Did you mean --version?)\n${wrongUsage}`],
  ['audit tial', `error: unknown command 'tial'\n(Did you mean tail?)\n${wrongUsage}`],
  ['certs shwo', `error: unknown command 'shwo'\n(Did you mean show?)\n${wrongUsage}`],
  ['profile lsit', `error: unknown command 'lsit'\n(Did you mean list?)\n${wrongUsage}`],
  ['audit verify -x', `error: unknown option '-x'\n${wrongUsage}`],
  [
    'policy check --now 2026-13-45 policy.yaml',
    `error: option '--now <time>' argument '2026-13-45' is invalid. there is no such day: "2026-13-45"; months go from 01 to 12.\n${wrongUsage}`,
  ],
  [
    'policy check --longest-exemption forever policy.yaml',
    `error: option '--longest-exemption <span>' argument 'forever' is invalid. It must be a span of time. For example 10s, 500ms, 2m or 0.\n${wrongUsage}`,
  ],
  [
    'policy check --profiles nowhere policy.yaml',
    'nowhere: error: cannot be read: there is no such file or folder [PF01]\n    Check the path and its permissions.\nseccomply: these profiles cannot be used: 1 error, listed above',
  ],
  [
    'audit tail text.txt',
    'seccomply: text.txt holds no audit records: give the folder that --data names, its audit folder, or a .jsonl file of it',
  ],
  [
    'certs init --out text.txt',
    'seccomply: cannot write to text.txt: a part of the path is a file, and a folder is wanted',
  ],
  ['certs show folder', 'seccomply: cannot read folder: it is a folder, and a file is wanted'],
  [
    'certs show -',
    'seccomply: standard input holds no certificate: a PEM file begins with -----BEGIN CERTIFICATE-----',
  ],
  [
    'profile show policy.yaml',
    'policy.yaml:1:1: error: this is a Kubernetes object of kind "SeccompPolicy", and no profile [SP052]\n    give the profile itself: JSON with "defaultAction", or an object of kind SeccompProfile\nseccomply: policy.yaml is not a profile that can be used: 1 error',
  ],
  // Where making a folder is answered as if the one above were missing.
  ['certs init --out /proc/none', 'seccomply: cannot write to /proc/none: there is no such file or folder'],
  [
    'profile compile web-static -q --out /proc/none/x.json',
    'seccomply: cannot write /proc/none/x.json: there is no such file or folder',
  ],
  ['profile show folder', 'seccomply: folder is a folder: give one profile file in it'],
  [
    'profile convert web-static --to oci --out folder',
    'seccomply: cannot write folder: it is a folder, and a file is wanted',
  ],
  [
    'serve --listen 127.0.0.1:0 --cluster on',
    'seccomply: the settings cannot be used\nerror: --cluster on is for webhook: serve never works with a cluster [config-not-for-role]\n    Run seccomply webhook --cluster on, or leave --cluster out.',
  ],
  [
    'doctor --kubeconfig nowhere',
    'seccomply: the kubeconfig file nowhere cannot be read: there is no such file or folder',
  ],
])('%s ends with 2 and says what to do', async (line, message) => {
  const { code, stderr } = await runProgram(line.split(' '), { cwd: home });
  expect({ code, stderr }).toEqual({ code: 2, stderr: `${message}\n` });
});

test.each([
  [
    '--kubeconfig nowhere',
    'seccomply: not started: the kubeconfig file nowhere cannot be read: there is no such file or folder',
  ],
  [
    '--kubeconfig kubeconfig.yaml',
    'seccomply: not started: the kubeconfig file kubeconfig.yaml cannot be used: this is not YAML: Nested mappings are not allowed in compact mappings (line 1, column 6)',
  ],
])('webhook %s is not started, and says why without a stack', async (line, message) => {
  const args = ['webhook', '--listen', '127.0.0.1:0', '--policies', 'policy.yaml', ...line.split(' ')];
  const { code, stderr } = await runProgram(args, { cwd: home });
  expect({ code, stderr }).toEqual({ code: 1, stderr: `${message}\n` });
});

test('a folder of tests that is not there is wrong usage', async () => {
  const { code, stdout } = await runProgram(['policy', 'test', 'nowhere'], { cwd: home });
  expect(code).toBe(2);
  expect(stdout).toContain('nowhere: error: there is no such file or folder [PD020]');
});

test('one file is checked without what stands in folders below it', async () => {
  const below = join(home, 'folder', 'broken.test.yaml');
  writeFileSync(below, 'nothing\n');
  const one = await runProgram(['policy', 'check', 'policy.yaml'], { cwd: home });
  expect(one.stdout).not.toContain('broken.test.yaml');
  const all = await runProgram(['policy', 'check', '.'], { cwd: home });
  expect(all.stdout).toContain('folder/broken.test.yaml:1:1: error:');
  rmSync(below);
});

test('policies may come through a pipe', () => {
  const line = `printf 'a: [1\\n' | "${process.execPath}" "${program}" policy check -`;
  const { status, stdout } = spawnSync('sh', ['-c', line], { cwd: home, encoding: 'utf8' });
  expect(stdout).toContain('/dev/stdin:2:1: error: this is not YAML');
  expect(status).toBe(1);
});

test('a start that fails leaves a chain of records that ends in order', async () => {
  const data = ['--data', 'failed', '--listen', '127.0.0.1:0', '--policies', 'policy.yaml'];
  const started = await runProgram(['serve', ...data, '--client-ca', 'text.txt'], { cwd: home });
  expect(started.code).toBe(1);
  expect(started.stderr).toContain('not started: --client-ca text.txt holds no certificate');
  const { code, stdout } = await runProgram(['audit', 'verify', 'failed'], { cwd: home });
  expect(code).toBe(0);
  expect(stdout).toContain('stopped in order');
});

itNeeds(existsSync('/dev/full'), 'there is no /dev/full')(
  'an output that cannot be written is said, and is no finding',
  () => {
    for (const command of ['policy check policy.yaml', 'policy schema', 'profile list', 'audit --help']) {
      const out = openSync('/dev/full', 'w');
      const ran = spawnSync(process.execPath, [program, ...command.split(' ')], {
        cwd: home,
        stdio: ['ignore', out, 'pipe'],
        encoding: 'utf8',
      });
      closeSync(out);
      expect([command, ran.stderr, ran.status]).toEqual([
        command,
        'seccomply: standard output cannot be written: the disk is full\n',
        2,
      ]);
    }
  },
);

test('a reader that goes away early is not told, and is no success', async () => {
  const child = spawn(process.execPath, [program, 'policy', 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said += part;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, said]).toEqual([141, '']);
});
