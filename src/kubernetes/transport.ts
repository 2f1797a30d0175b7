import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { errnoOf, messageOf } from '../system/errno.js';
import type { KubeConnection, KubeTls } from './connection.js';
import { errorOfAnswer, KubeError } from './kube-error.js';
import { PendingRequest } from './pending-request.js';

export interface CallOptions {
  /** Longest time until the whole answer is there, in ms. Default: the client's, 10 s. */
  readonly deadline?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface RawRequest extends CallOptions {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  readonly warnings: readonly string[];
}

export interface TransportOptions {
  readonly userAgent: string;
  /** For requests that name none, in ms. Default 10 s. */
  readonly deadline?: number;
}

/**
 * HTTP requests to one API server: connections that are kept, credentials that are renewed, deadlines.
 *
 * Nothing is tried again, but for two cases that are no failure: a GET on an idle connection that the server was just closing, and
 * a token that has just been renewed. Callers back off as they need to.
 */
export class Transport {
  readonly #connection: KubeConnection;
  readonly #deadline: number;
  readonly #userAgent: string;
  #agent: { readonly tls: KubeTls; readonly agent: HttpAgent } | undefined;
  readonly #retired = new Set<HttpAgent>();

  constructor(connection: KubeConnection, options: TransportOptions) {
    this.#connection = connection;
    this.#deadline = options.deadline ?? 10_000;
    this.#userAgent = options.userAgent;
  }

  /** The whole answer, its body as text. @throws KubeError for a status of 300 and above too */
  async call(request: RawRequest): Promise<RawAnswer> {
    const what = `${request.method} ${request.path}`;
    const { answer, pending } = await this.open(request);
    try {
      const body = await bodyText(answer);
      const status = answer.statusCode ?? 0;
      if (status >= 300) throw errorOfAnswer(what, status, body, answer.headers['retry-after']);
      return { status, body, warnings: warningsOf(answer) };
    } catch (error) {
      throw error instanceof KubeError ? error : pending.errorOf(error);
    } finally {
      pending.settle();
    }
  }

  /**
   * Sends a request and hands back the answer as soon as its head is there, for a watch to read on. The deadline goes on
   * until `settle`; `errorOf` says what an error of the stream means.
   */
  async open(request: RawRequest): Promise<{ readonly answer: IncomingMessage; readonly pending: PendingRequest }> {
    const pending = new PendingRequest(
      `${request.method} ${request.path}`,
      request.deadline ?? this.#deadline,
      request.signal,
    );
    try {
      let answer = await this.#send(request, pending, false);
      if (answer.statusCode === 401) {
        answer.resume();
        answer = await this.#send(request, pending, true);
      }
      return { answer, pending };
    } catch (error) {
      pending.settle();
      throw error instanceof KubeError ? error : pending.errorOf(error);
    }
  }

  /** Drops all connections. */
  close(): void {
    this.#agent?.agent.destroy();
    for (const agent of this.#retired) agent.destroy();
    this.#agent = undefined;
    this.#retired.clear();
  }

  async #send(request: RawRequest, pending: PendingRequest, renew: boolean): Promise<IncomingMessage> {
    const { server } = this.#connection;
    const [headers, agent] = await pending.race(Promise.all([this.#connection.headers(renew), this.#currentAgent()]));
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const options: RequestOptions = {
      agent,
      method: request.method,
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? (server.protocol === 'https:' ? 443 : 80) : server.port,
      path: `${server.pathname.replace(/\/$/, '')}${request.path}${queryText(request.query)}`,
      signal: pending.signal,
      headers: {
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...headers,
        ...(body === undefined
          ? {}
          : { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length }),
      },
    };
    try {
      return await answerTo(options, body);
    } catch (error) {
      // Between two requests the server may close a connection while the next one is on its way.
      if (!(error instanceof ClosedWhileIdle)) throw error;
      if (request.method !== 'GET') throw error.cause;
      return await answerTo({ ...options, agent: false, ...(await this.#connection.tls()) }, body);
    }
  }

  async #currentAgent(): Promise<HttpAgent> {
    const tls = await this.#connection.tls();
    if (this.#agent?.tls === tls) return this.#agent.agent;
    // Certificates were renewed: what is under way goes on, what is new uses the new ones.
    if (this.#agent !== undefined) this.#retired.add(this.#agent.agent);
    const common = { keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 8 };
    const isTls = this.#connection.server.protocol === 'https:';
    const agent = isTls ? new HttpsAgent({ ...common, ...tls, minVersion: 'TLSv1.2' }) : new HttpAgent(common);
    this.#agent = { tls, agent };
    return agent;
  }
}

/** The body of an answer. */
export async function bodyText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

class ClosedWhileIdle extends Error {}

function answerTo(options: RequestOptions, body: Buffer | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (options.protocol === 'https:' ? httpsRequest : httpRequest)(options, resolve);
    request.on('error', (error) => {
      const isIdle = request.reusedSocket && (errnoOf(error) === 'ECONNRESET' || errnoOf(error) === 'EPIPE');
      reject(isIdle ? new ClosedWhileIdle(messageOf(error), { cause: error }) : error);
    });
    request.end(body);
  });
}

function queryText(query: RawRequest['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** `299 - "text"`, several in one header or in several: https://www.rfc-editor.org/rfc/rfc7234#section-5.5 */
function warningsOf(answer: IncomingMessage): readonly string[] {
  const header = answer.headers.warning;
  if (header === undefined) return [];
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
