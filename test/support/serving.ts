import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node, program } from './program.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A running `serve` or `webhook`, the built program on a free port. */
export interface Serving {
  readonly child: ChildProcessWithoutNullStreams;
  readonly port: number;
  readonly ca: string;
  readonly data: string;
  readonly agent: Agent;
  stdout(): string;
  stderr(): string;
  /** Audit records as they came over standard output. */
  records(): readonly Record<string, never>[];
  send(
    method: string,
    path: string,
    body?: string | Buffer,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** POSTs an AdmissionReview and gives the response in it. */
  review(webhook: 'mutate' | 'validate', review: unknown): Promise<ReviewResponse>;
  readonly ended: Promise<number | null>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

export interface ReviewResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly message: string; readonly reason?: string };
  readonly patchType?: string;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

const started: Serving[] = [];

/** For `afterEach`: nothing outlives its test. */
export async function stopAll(): Promise<void> {
  for (const { child, agent, ended } of started.splice(0)) {
    agent.destroy();
    child.kill('SIGKILL');
    await ended;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

const folders: string[] = [];

/** A folder that goes away with `stopAll`. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'seccomply-serving-'));
  folders.push(folder);
  return folder;
}

/** Starts the program and waits for its address, which it tells when policies are in force (or, for `webhook`, waited for). */
export async function startServing(
  command: 'serve' | 'webhook',
  args: readonly string[] = [],
  options: {
    readonly data?: string;
    readonly cwd?: string;
    readonly ca?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Serving> {
  const data = options.data ?? join(scratch(), 'data');
  const child = spawn(
    node,
    [program, command, '--listen', '127.0.0.1:0', '--data', data, '--shutdown-delay', '0s', ...args],
    { cwd: options.cwd, env: { ...process.env, NO_COLOR: '1', ...options.env } },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stdin.end();
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      const found = /https:\/\/127\.0\.0\.1:(\d+)/.exec(stderr);
      if (found !== null) resolve(Number(found[1]));
    });
    void ended.then((code) => reject(new Error(`the program ended with ${code} before it was ready:\n${stderr}`)));
  });
  const ca = options.ca ?? readFileSync(join(data, 'tls', 'ca.crt'), 'utf8');
  const agent = new Agent({ keepAlive: true });
  const send: Serving['send'] = (method, path, body, headers = {}) =>
    sendTo({ port, ca, agent }, method, path, body, headers);
  const serving: Serving = {
    child,
    port,
    ca,
    data,
    agent,
    stdout: () => stdout,
    stderr: () => stderr,
    records: () =>
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, never>),
    send,
    get: (path) => send('GET', path),
    async review(webhook, review) {
      const { status, text } = await send('POST', `/${webhook}`, JSON.stringify(review), json);
      if (status !== 200) throw new Error(`${status}: ${text}`);
      const { apiVersion, kind, response } = JSON.parse(text) as Record<string, unknown>;
      expect([apiVersion, kind]).toEqual(['admission.k8s.io/v1', 'AdmissionReview']);
      return response as ReviewResponse;
    },
    ended,
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
  started.push(serving);
  return serving;
}

export const json = { 'content-type': 'application/json' } as const;

/** One call over HTTPS. */
export function sendTo(
  { port, ca, agent, ...tls }: { port: number; ca: string; agent?: Agent; cert?: string; key?: string },
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        ca,
        method,
        path,
        headers,
        ...tls,
        ...(agent === undefined ? { agent: false } : { agent }),
      },
      (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => {
            text += chunk;
          })
          .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
          .on('error', reject);
      },
    );
    sent.on('error', reject).end(body);
  });
}

/** Asks again until the answer is as wanted, for changes that come by themselves. */
export async function eventually<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  within = 20_000,
): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${within} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
