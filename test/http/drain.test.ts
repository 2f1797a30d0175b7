import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { plainPod, podReview } from '../support/pod-review.js';
import { runProgram } from '../support/program.js';
import { eventually, json, type Serving, scratch, sendTo, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

const body = JSON.stringify(podReview(plainPod));

/** Calls until told to stop; what failed, by its error code, and whether it was begun before `isOver` said so. */
function load(serving: Serving, connections: number, agents: () => Agent) {
  const failed: string[] = [];
  let calls = 0;
  let over = false;
  const clients = Array.from({ length: connections }, async () => {
    const agent = agents();
    while (!over) {
      const begun = over;
      try {
        const { status } = await sendTo({ port: serving.port, ca: serving.ca, agent }, 'POST', '/mutate', body, json);
        if (status !== 200) failed.push(`status ${status}`);
        calls += 1;
      } catch (error) {
        const code = String((error as { code?: string }).code);
        // Nobody listens any more: the call was not begun. Everything else is a call that was lost.
        if (code === 'ECONNREFUSED') break;
        if (!begun) failed.push(code);
      }
    }
    agent.destroy();
  });
  return {
    calls: () => calls,
    failed,
    end: async () => {
      over = true;
      await Promise.all(clients);
    },
  };
}

const kept = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });
const fresh = (): Agent => new Agent({ keepAlive: false });

const moreCalls = async (running: { calls: () => number }, more: number): Promise<void> => {
  const before = running.calls();
  await eventually(
    async () => running.calls(),
    (now) => now >= before + more,
    30_000,
  );
};

test('SIGTERM under load: every call is answered until its endpoint has gone, then it exits with 0', async () => {
  const serving = await startServing('webhook', ['--shutdown-delay', '3s']);
  const running = load(serving, 12, kept);
  await moreCalls(running, 100);
  serving.child.kill('SIGTERM');
  while ((await serving.get('/readyz')).status !== 503) await new Promise((resolve) => setTimeout(resolve, 10));
  // Each answer closes its connection now, so that every further call makes a new one. Then the Service has moved its
  // endpoints: what the system takes on for a listener in the moment that it closes, nobody can answer.
  await moreCalls(running, 30);
  await running.end();
  expect(running.failed).toEqual([]);
  expect(await serving.ended).toBe(0);
});

test('a connection that is made as the listener closes still has its first call answered', async () => {
  const serving = await startServing('webhook', ['--shutdown-delay', '0s']);
  const socket = connect({ host: '127.0.0.1', port: serving.port, ca: serving.ca, servername: 'localhost' });
  await once(socket, 'secureConnect');
  serving.child.kill('SIGTERM');
  while (await isListening(serving.port)) await new Promise((resolve) => setTimeout(resolve, 10));
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.write(
    `POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close[\s\S]*"allowed":true/);
  expect(await serving.ended).toBe(0);
});

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connectPlain({ host: '127.0.0.1', port });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });

test('while it drains, answers ask for the connection to be closed, and it is not ready', async () => {
  const serving = await startServing('webhook', ['--shutdown-delay', '2s']);
  expect((await serving.send('POST', '/mutate', body, json)).headers.connection).toBe('keep-alive');
  serving.child.kill('SIGTERM');
  while ((await serving.get('/readyz')).status !== 503) await new Promise((resolve) => setTimeout(resolve, 10));
  const answer = await serving.send('POST', '/mutate', body, json);
  expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
  expect((await serving.get('/readyz')).text).toBe('not ready: stopping\n');
  expect(await serving.ended).toBe(0);
  expect(serving.records().at(-2)).toMatchObject({ recordType: 'stop', stop: { reason: 'SIGTERM' } });
});

test('certificate files that are swapped under load lose no call', async () => {
  const folder = scratch();
  const authority = join(folder, 'pki');
  const make = async (name: string): Promise<void> => {
    await runProgram(['certs', 'init', '--out', authority, '--dns', `${name}.example`]);
    for (const file of ['tls.crt', 'tls.key']) copyFileSync(join(authority, file), join(folder, `${name}-${file}`));
  };
  await make('one');
  await make('two');
  const put = (name: string): void => {
    for (const file of ['tls.key', 'tls.crt']) copyFileSync(join(folder, `${name}-${file}`), join(folder, file));
  };
  put('one');
  const serving = await startServing(
    'webhook',
    ['--tls-cert', join(folder, 'tls.crt'), '--tls-key', join(folder, 'tls.key')],
    { ca: readFileSync(join(authority, 'ca.crt'), 'utf8') },
  );
  const swaps = async (): Promise<number> =>
    Number(/certificate_swaps_total\{result="swapped"\} (\d+)/.exec((await serving.get('/metrics')).text)?.[1] ?? 0);
  const running = [load(serving, 3, kept), load(serving, 2, fresh)];
  for (let swap = 1; swap <= 4; swap += 1) {
    put(swap % 2 === 1 ? 'two' : 'one');
    while ((await swaps()) < swap) await new Promise((resolve) => setTimeout(resolve, 20));
    await moreCalls(running[1] as (typeof running)[number], 10);
  }
  for (const one of running) {
    await one.end();
    expect(one.failed).toEqual([]);
  }
});

test.each(['SIGINT', 'SIGHUP'] as const)('%s is an orderly stop too', async (signal) => {
  const serving = await startServing('serve');
  serving.child.kill(signal);
  expect(await serving.ended).toBe(0);
  expect(serving.records().at(-2)).toMatchObject({ recordType: 'stop', stop: { reason: signal } });
});
