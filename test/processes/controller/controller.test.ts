import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program, runProgram } from '../../support/program.js';

const home = mkdtempSync(join(tmpdir(), 'seccomply-controller-'));
const children: ChildProcess[] = [];
const sockets: Socket[] = [];
/** An API server that takes connections and never answers. */
const silent = createServer((socket) => {
  sockets.push(socket.on('error', () => undefined));
  silent.emit('called');
});

beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  writeFileSync(
    join(home, 'silent.yaml'),
    JSON.stringify({
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'a' } }],
      clusters: [{ name: 'a', cluster: { server: `https://127.0.0.1:${port}` } }],
    }),
  );
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
  rmSync(home, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stderr(): string;
  /** Resolves when standard error holds the text. */
  says(text: string): Promise<void>;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const all = ['controller', '--kubeconfig', 'silent.yaml', '--listen', '127.0.0.1:0', ...args];
  const child = spawn(process.execPath, [program, ...all], {
    cwd: home,
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  children.push(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    ended,
    stderr: () => stderr,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve();
        };
        child.stderr.on('data', look);
        void ended.then((code) => reject(new Error(`it ended with ${code} and did not say ${text}:\n${stderr}`)));
        look();
      }),
  };
}

const refused = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const { code, stderr } = await runProgram(['controller', ...args], { cwd: home, env });
  return `${stderr}exit ${code}`;
};

test('the help shows every setting of it and no other', async () => {
  const { code, stdout } = await runProgram(['controller', '--help']);
  expect(code).toBe(0);
  expect(stdout.match(/^ {2}--[\w-]+/gm)?.map((option) => option.trim())).toEqual([
    '--config',
    '--listen',
    '--data',
    '--baseline',
    '--runtime-default',
    '--longest-exemption',
    '--kubeconfig',
    '--context',
    '--namespace',
    '--identity',
    '--certificates',
    '--webhook-url',
    '--vap',
    '--interval',
    '--log-level',
    '--log-format',
  ]);
  for (const part of ['(default 127.0.0.1:9443)', 'variable POD_NAMESPACE', 'Examples:', '$ seccomply controller'])
    expect(stdout.replace(/\s+/g, ' ')).toContain(part);
});

test('flags, variables and the file are read as those of the webhook, mistakes told all at once', async () => {
  writeFileSync(join(home, 'settings.yaml'), 'interval: 1\nlogLevel: loud\nclient-ca: x\n');
  expect(
    await refused(['--config', 'settings.yaml', '--listen', '9443'], { SECCOMPLY_VAP: 'perhaps' }),
  ).toMatchInlineSnapshot(`
"seccomply: the settings cannot be used
settings.yaml:3:1: error: client-ca is a setting of serve and webhook: controller does not take it (client-ca) [config-not-for-role]
    Leave it out here, and give each process a file of its own.
error: --listen "9443" has a port but no host [config-bad-value]
    Write 127.0.0.1:9443.
error: SECCOMPLY_VAP "perhaps" must be true or false [config-bad-value]
settings.yaml:2:1: error: log-level "loud" must be one of debug, info, warn, error, silent (logLevel) [config-bad-value]
exit 2"
`);
  expect(await refused(['--policies', 'x'])).toMatchInlineSnapshot(`
"error: unknown option '--policies'
(run with --help for the options and examples)
exit 2"
`);
  const { code, stderr } = await runProgram(['webhook', '--vap'], { cwd: home });
  expect([code, stderr]).toEqual([
    2,
    "error: unknown option '--vap'\n(run with --help for the options and examples)\n",
  ]);
});

test('without a cluster it is not started, and says why without a stack', async () => {
  expect(await refused(['--kubeconfig', 'nowhere'])).toMatchInlineSnapshot(`
"seccomply: not started: the kubeconfig file nowhere cannot be read: there is no such file or folder
exit 1"
`);
  expect(await refused([], { KUBECONFIG: 'none.yaml', KUBERNETES_SERVICE_HOST: '' })).toMatchInlineSnapshot(`
"seccomply: not started: no cluster is named: there is no none.yaml, and this is not a pod. Name a kubeconfig file with --kubeconfig FILE or in KUBECONFIG
exit 1"
`);
});

test('a port that is taken is told without a stack', async () => {
  const { port } = silent.address() as AddressInfo;
  const common = ['--kubeconfig', 'silent.yaml', '--certificates', 'secret'];
  expect(
    (await refused([...common, '--listen', `127.0.0.1:${port}`])).replaceAll(String(port), 'PORT'),
  ).toMatchInlineSnapshot(`
"seccomply: not started: cannot listen on 127.0.0.1:PORT: another program does already
    Stop it, or give another address with --listen HOST:PORT (port 0: any free one).
exit 1"
`);
});

test('a signal ends a start that waits for the API server', async () => {
  const called = once(silent, 'called');
  const { child, ended } = start([]);
  await called;
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('it answers while the API server does not, and ends in order', async () => {
  const data = join(home, 'data');
  const started = start(['--certificates', 'secret', '--data', data, '--identity', 'me'], { SECCOMPLY_CLIENT_CA: 'x' });
  await started.says('the controller answers on');
  const lines = started
    .stderr()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.find(({ msg }) => String(msg).includes('SECCOMPLY_CLIENT_CA'))).toMatchObject({
    level: 'info',
    role: 'controller',
  });
  const ready = lines.find(({ msg }) => String(msg).startsWith('the controller answers on')) ?? {};
  expect(ready).toMatchObject({ level: 'info', role: 'controller', namespace: 'seccomply-system', identity: 'me' });
  const address = String(ready.msg).split(' ').at(-1) ?? '';
  const ca = readFileSync(join(data, 'tls', 'ca.crt'), 'utf8');
  expect(await get(`${address}/healthz`, ca)).toEqual([200, 'ok\n']);
  expect(await get(`${address}/readyz`, ca)).toEqual([503, 'not ready: waiting for the Lease to be read\n']);
  const [, metrics] = await get(`${address}/metrics`, ca);
  expect(metrics).toContain('# TYPE seccomply_controller_leader gauge\nseccomply_controller_leader 0\n');
  started.child.kill('SIGTERM');
  expect(await started.ended).toBe(0);
  expect(started.stderr()).toContain('"SIGTERM: stopping"');
  expect(started.stderr()).toContain('"stopped"');
});

test('a second signal ends it at once', async () => {
  const { child, ended, says } = start(['--certificates', 'secret']);
  await says('the controller answers on');
  // Both wait for it when it goes on, so that it cannot be done after the first.
  for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGINT', 'SIGCONT'] as const) child.kill(signal);
  expect([130, 143]).toContain(await ended);
});

function get(url: string, ca: string): Promise<readonly [number | undefined, string]> {
  return new Promise((resolve, reject) => {
    request(url, { ca, servername: 'localhost', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve([response.statusCode, body]));
    })
      .on('error', reject)
      .end();
  });
}
