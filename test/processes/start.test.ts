import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClientAuthority } from '../support/client-authority.js';
import { runProgram } from '../support/program.js';
import { eventually, scratch, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

const root = fileURLToPath(new URL('../..', import.meta.url));

test('serve without policies serves a copy of the demo set, and says where everything is', async () => {
  const cwd = scratch();
  const serving = await startServing('serve', [], { cwd, data: join(cwd, '.seccomply') });
  await eventually(
    async () => serving.stderr(),
    (text) => text.includes('Ctrl-C'),
  );
  const days =
    Date.parse(
      /expires: (\S+)/.exec(readFileSync(join(cwd, '.seccomply/policies/demo/profiler-exemption.yaml'), 'utf8'))?.[1] ??
        '',
    ) - Date.now();
  expect(days / 86_400_000).toBeGreaterThan(28);
  expect(days / 86_400_000).toBeLessThan(31);
  expect(
    serving
      .stderr()
      .replaceAll(cwd, 'HERE')
      .replaceAll(String(serving.port), 'PORT')
      .replace(/token=\S+/, 'token=TOKEN')
      .replace(/@\S*docs\/tutorial/, '@REPO/docs/tutorial')
      .replace(/\d{4}-\d\d-\d\d/, 'DATE'),
  ).toMatchInlineSnapshot(`
"Seccomply answers on https://127.0.0.1:PORT with 2 policies and 1 exemption.

  policies HERE/.seccomply/policies/demo, a copy of the demo set: edit it, changes are taken over
           its exemption legacy-profiler ends on DATE
  trust    HERE/.seccomply/tls/ca.crt
  records  HERE/.seccomply/audit  (read them with: seccomply audit tail HERE/.seccomply/audit)
  page     https://127.0.0.1:PORT/?token=TOKEN

  To try it, in a second terminal: a pod that is changed, one that is refused, one that an exemption lets through.

  for pod in changed refused exempted; do
    curl -sS --cacert HERE/.seccomply/tls/ca.crt -H 'Content-Type: application/json' \\
      --data @REPO/docs/tutorial/examples/$pod.json https://127.0.0.1:PORT/mutate; echo
  done

Ctrl-C ends it.

"
`);
  expect(readdirSync(join(cwd, '.seccomply')).sort()).toEqual(['audit', 'policies', 'tls']);
  expect(await serving.stop()).toBe(0);
});

const refused = async (args: readonly string[], folder = ''): Promise<string> => {
  const { code, stderr, stdout } = await runProgram([...args, '--data', join(scratch(), 'data')]);
  expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{"'))).toEqual([]);
  expect(stderr).not.toMatch(/\n\s+at /);
  return `${folder === '' ? stderr : stderr.replaceAll(folder, 'DIR')}exit ${code}`;
};

test('serve with a bad file lists every problem and exits 1', async () => {
  const folder = scratch();
  writeFileSync(
    join(folder, 'a.yaml'),
    'apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: a }\nspec:\n  mod: Warn\n',
  );
  writeFileSync(join(folder, 'b.yaml'), 'kind: [\n');
  expect(await refused(['serve', '--listen', '127.0.0.1:0', '--policies', folder], folder)).toMatchInlineSnapshot(`
"seccomply: not started, since what it should serve has mistakes: 2 errors
DIR/a.yaml:5:3: error: unknown key "mod" (spec.mod) [PD007]
    did you mean "mode"? In spec there can be: description, mode, priority, match, assign, existing, unconfined, unavailable, require
DIR/b.yaml:2:1: error: this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] [PD001]
    correct the line; mind the indentation, and put a text with ":" or "#" in quotes
exit 1"
`);
});

test('serve with policies that are not there', async () => {
  expect(await refused(['serve', '--listen', '127.0.0.1:0', '--policies', '/nowhere/policies'])).toMatchInlineSnapshot(`
"seccomply: not started, since what it should serve has mistakes: 1 error
/nowhere/policies: error: there is no such file or folder [PD020]
    check the path; a link may point to something that is gone
exit 1"
`);
});

test('an address in use, one that is not ours, and a port without a host', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  expect(
    (await refused(['serve', '--listen', `127.0.0.1:${port}`])).replaceAll(String(port), 'PORT'),
  ).toMatchInlineSnapshot(`
"seccomply: not started: cannot listen on 127.0.0.1:PORT: another program does already
    Stop it, or give another address with --listen HOST:PORT (port 0: any free one).
exit 1"
`);
  const admin = ['serve', '--listen', '127.0.0.1:0', '--admin-listen', `127.0.0.1:${port}`];
  expect(await refused(admin)).toContain('give another address with --admin-listen HOST:PORT');
  other.close();
  expect(await refused(['serve', '--listen', '192.0.2.1:8443'])).toMatchInlineSnapshot(`
"seccomply: not started: cannot listen on 192.0.2.1:8443: this machine does not have the address 192.0.2.1
    Give one of its own with --listen HOST:PORT, or 0.0.0.0 for all.
exit 1"
`);
  expect(await refused(['serve', '--listen', '8443'])).toMatchInlineSnapshot(`
"seccomply: the settings cannot be used
error: --listen "8443" has a port but no host [config-bad-value]
    Write 127.0.0.1:8443.
exit 2"
`);
});

test('certificate files that do not fit, and a client authority that is none', async () => {
  const folder = scratch();
  await runProgram(['certs', 'init', '--out', join(folder, 'a')]);
  await runProgram(['certs', 'init', '--out', join(folder, 'b')]);
  const pair = (cert: string, key: string) => ['--tls-cert', join(folder, cert), '--tls-key', join(folder, key)];
  const serve = ['serve', '--listen', '127.0.0.1:0'];
  expect(await refused([...serve, ...pair('a/tls.crt', 'b/tls.key')], folder)).toMatchInlineSnapshot(`
"seccomply: not started: DIR/a/tls.crt: error: DIR/b/tls.key is not the key of DIR/a/tls.crt [tls-key-mismatch]
    Replace both files together; a key and a certificate from different renewals do not fit.
exit 1"
`);
  expect(await refused([...serve, '--tls-cert', join(folder, 'a/tls.crt')], folder)).toMatchInlineSnapshot(`
"seccomply: the settings cannot be used
error: --tls-cert needs --tls-key [config-incomplete]
    Give the private key that belongs to the certificate, or leave both out for development certificates.
exit 2"
`);
  expect(await refused([...serve, '--client-ca', join(folder, 'a/tls.key')], folder)).toMatchInlineSnapshot(`
"seccomply: not started: --client-ca DIR/a/tls.key holds no certificate
    Give the PEM file of the authority that signs the API server's client certificate.
exit 1"
`);
  const above = new ClientAuthority('Root');
  const below = new ClientAuthority('Below', above);
  const authorities = async (pem: string) => {
    writeFileSync(join(folder, 'ca.crt'), pem);
    return refused([...serve, '--client-ca', join(folder, 'ca.crt')], folder);
  };
  expect(await authorities(above.ca + below.ca.slice(0, -100))).toMatchInlineSnapshot(`
"seccomply: not started: certificate 2 of --client-ca DIR/ca.crt cannot be read
    Copy the PEM text again, from the BEGIN line to the END line.
exit 1"
`);
  expect(await authorities(above.issue().cert)).toMatchInlineSnapshot(`
"seccomply: not started: certificate 1 of --client-ca DIR/ca.crt is no authority (CN=kube-apiserver)
    Give the certificate of the authority that signed it.
exit 1"
`);
  expect(await authorities(below.ca)).toMatchInlineSnapshot(`
"seccomply: not started: --client-ca DIR/ca.crt lacks the authority above CN=Below
    Add the certificate of CN=Root, up to the root.
exit 1"
`);
});

test('a data folder that cannot be one', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'file'), '');
  const { code, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', join(folder, 'file')]);
  expect(`${stderr.replaceAll(folder, 'DIR')}exit ${code}`).toMatchInlineSnapshot(`
"seccomply: not started: the demo policies cannot be copied to DIR/file/policies/demo: a part of the path is a file, and a folder is wanted
    Make the folder writable, name another one with --data, or give policies with --policies.
exit 1"
`);
});

test('settings come from flags, variables and a file, in this order, and mistakes are told all at once', async () => {
  const folder = scratch();
  const file = join(folder, 'seccomply.yaml');
  writeFileSync(file, 'deadline: 90ms\nbodyLimit: 64KiB\n');
  const serving = await startServing('webhook', ['--config', file, '--body-limit', '32KiB'], {
    env: { SECCOMPLY_BODY_LIMIT: '48KiB', SECCOMPLY_LISTN: 'x' },
  });
  const over = await serving.send('POST', '/mutate', `{"request":{"uid":"u"},"a":"${'x'.repeat(40_000)}"}`, {
    'content-type': 'application/json',
  });
  expect(over.text).toContain('32768 bytes');
  expect(serving.stderr()).toContain('the environment variable SECCOMPLY_LISTN is not a setting, and is not read');
  writeFileSync(file, 'deadlin: 90ms\nlisten: 8443\nlog-format: xml\n');
  expect(await refused(['webhook', '--config', file, '--json-depth', 'many'], folder)).toMatchInlineSnapshot(`
"seccomply: the settings cannot be used
DIR/seccomply.yaml:1:1: error: unknown setting "deadlin" [config-unknown-key]
    Did you mean deadline?
DIR/seccomply.yaml:2:1: error: listen "8443" must be HOST:PORT (listen) [config-bad-value]
    For example 127.0.0.1:8443, 0.0.0.0:8443, [::1]:0 (port 0: any free one).
error: --json-depth "many" must be a whole number from 64 to 10000 [config-bad-value]
DIR/seccomply.yaml:3:1: error: log-format "xml" must be one of json, text (log-format) [config-bad-value]
exit 2"
`);
  expect(await refused(['webhook', '--config', join(folder, 'none.yaml')], folder)).toMatchInlineSnapshot(`
"seccomply: the settings cannot be used
error: the configuration file DIR/none.yaml does not exist [config-file-unreadable]
    Give --config (or SECCOMPLY_CONFIG) the path of a YAML or JSON file.
exit 2"
`);
  expect(await refused(['serve', '--policy', 'x'])).toMatchInlineSnapshot(`
"error: unknown option '--policy'
(Did you mean --policies?)
(run with --help for the options and examples)
exit 2"
`);
});

test('both helps show every setting and examples', async () => {
  for (const command of ['serve', 'webhook']) {
    const { code, stdout } = await runProgram([command, '--help']);
    expect(code).toBe(0);
    for (const part of [
      '--listen',
      '--client-ca',
      '--shutdown-delay',
      '--config',
      'Examples:',
      `$ seccomply ${command}`,
    ])
      expect(stdout).toContain(part);
  }
});

test('two processes share a data folder, and both chains are whole', async () => {
  const data = join(scratch(), 'data');
  mkdirSync(data);
  const [one, other] = await Promise.all([
    startServing('webhook', [], { data }),
    startServing('webhook', [], { data }),
  ]);
  expect(one.ca).toBe(other.ca);
  expect(await Promise.all([one.stop(), other.stop()])).toEqual([0, 0]);
  const verified = await runProgram(['audit', 'verify', join(data, 'audit')], { cwd: root });
  expect(verified).toMatchObject({ code: 0 });
});

test('a second signal ends it at once', async () => {
  const serving = await startServing('webhook', ['--shutdown-delay', '20s']);
  serving.child.kill('SIGTERM');
  await eventually(
    async () => serving.stderr(),
    (text) => text.includes('"stopping"'),
  );
  expect((await serving.get('/readyz')).status).toBe(503);
  serving.child.kill('SIGTERM');
  expect(await serving.ended).toBe(143);
});
