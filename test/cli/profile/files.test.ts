import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const profile = (args: string, stdin = '') => runProgram(['profile', ...args.split(' ')], { cwd: folder, stdin });
const spo = (name: string, action: string, namespace = 'shop') =>
  `apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {defaultAction: ${action}}\n`;
const TWO = `${spo('open', 'SCMP_ACT_ALLOW')}---\n${spo('shut', 'SCMP_ACT_ERRNO')}`;
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n';

describe('a file with several profiles', () => {
  test.each(['show', 'simulate', 'score', 'compile', 'convert --to oci'])('%s asks which one', async (command) => {
    const [name, ...options] = command.split(' ');
    const call = name === 'simulate' ? ' read' : '';
    const { code, stderr } = await profile([name, '-', ...options].join(' ') + call, TWO);
    expect([code, stderr]).toEqual([
      2,
      'seccomply: <stdin> holds 2 profiles: open and shut; say with --name which one\n',
    ]);
  });

  test('is taken apart by name, also by namespace', async () => {
    write('two.yaml', `${TWO}---\n${spo('open', 'SCMP_ACT_ERRNO', 'bank')}`);
    expect((await profile('simulate two.yaml read --name shut')).stdout).toContain('refused with EPERM');
    expect((await profile('simulate two.yaml read --name shop/open')).stdout).toContain('read: allowed');
    expect(await profile('simulate two.yaml read --name open')).toMatchObject({
      code: 2,
      stderr: 'seccomply: two.yaml has more than one profile open: shop/open, shut and bank/open\n',
    });
    expect(await profile('simulate two.yaml read --name opne')).toMatchObject({
      code: 2,
      stderr: 'seccomply: two.yaml has no profile opne; it has shop/open, shut and bank/open\n',
    });
    expect((await profile('convert two.yaml --to oci --name shut')).stdout).toContain('SCMP_ACT_ERRNO');
  });

  test('gives diff and merge one after the other', async () => {
    write('two.yaml', TWO);
    expect((await profile('diff two.yaml two.yaml --name open --name shut')).code).toBe(1);
    expect((await profile('diff two.yaml two.yaml --name open')).stdout).toContain('decide alike');
    expect((await profile('merge two.yaml two.yaml --union --name open --name shut')).stdout).toContain(
      'SCMP_ACT_ALLOW',
    );
  });

  test('is linted as a whole, each finding with its line and its profile', async () => {
    const { code, stdout } = await profile(
      'lint - --quiet',
      `${SERVICE}---\n${TWO.replace('SCMP_ACT_ERRNO', 'SCMP_ACT_EROR')}`,
    );
    expect(code).toBe(1);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
"
<stdin>:13:23: error: shut: "SCMP_ACT_EROR" is not an action of seccomp profiles (spec.defaultAction) [SP004]
    write one of SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_TRACE, SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_NOTIFY
1 file: 1 error; mend these first, what the rules mean is looked at then; 1 object of other kinds passed over
"
`);
  });
});

test('what stands in front of the only profile does not hide it', async () => {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n---\n${spo('open', 'SCMP_ACT_ALLOW')}`;
  expect((await profile('simulate - read', text)).stdout).toContain('by the default action of open');
  expect((await profile('lint -', text)).stdout).toContain('[SP030]');
});

describe('what is nothing to lint', () => {
  test('is passed over in a folder, and counted', async () => {
    mkdirSync(join(folder, 'k8s'));
    write('k8s/service.yaml', SERVICE);
    write('k8s/values.yaml', 'replicaCount: 1\n');
    write('k8s/package.json', '{"name":"web"}');
    expect(await profile('lint k8s')).toEqual({
      code: 0,
      stdout: '3 files: no problems; 3 objects of other kinds passed over\n',
      stderr: '',
    });
  });

  test('is a note where an object of Kubernetes was named, alone or among others; an error where anything else was named alone', async () => {
    write('service.yaml', SERVICE);
    write('values.yaml', 'replicaCount: 1\n');
    write('p.json', '{"defaultAction":"SCMP_ACT_LOG"}');
    const alone = await profile('lint service.yaml');
    expect([alone.code, alone.stdout]).toEqual([
      0,
      expect.stringContaining('info: this is a Kubernetes object of kind "Service", and no profile'),
    ]);
    const values = await profile('lint values.yaml');
    expect([values.code, values.stdout]).toEqual([1, expect.stringContaining('values.yaml:1:1: error: ')]);
    const among = await profile('lint service.yaml p.json');
    expect([among.code, among.stdout]).toEqual([
      0,
      expect.stringContaining('service.yaml:1:1: info: this is a Kubernetes'),
    ]);
  });
});
