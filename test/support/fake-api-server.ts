import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { KubeClient } from '../../src/kubernetes/client.js';
import type { KubeConnection, KubeTls } from '../../src/kubernetes/connection.js';
import { type Resource, resourcePath } from '../../src/kubernetes/resources.js';
import { Changes } from './changes.js';
import {
  FakeObjects,
  type ObjectEvent,
  type ObjectPlace,
  Refusal,
  type StoredObject,
  type WriteContext,
} from './fake-objects.js';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/**
 * What happens to a request instead of its answer. `reset`: the connection is cut before anything is done; `lose`: after it was done;
 * `after`: it is done and answered later; `warn`: it is done, and the answer carries `Warning` headers.
 */
export type Interception =
  | { readonly answer: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly reset: true }
  | { readonly lose: true }
  | { readonly after: Promise<unknown> }
  | { readonly warn: readonly string[] };

export type RequestMatch = (request: SeenRequest) => boolean;

interface Watch {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly selector: string | null;
  readonly hasBookmarks: boolean;
  readonly response: ServerResponse;
}

interface Page {
  readonly items: readonly StoredObject[];
  readonly version: number;
}

/**
 * The part of the Kubernetes API that clients depend on, over real sockets and without etcd: any kind is served, objects are not
 * validated. Tests say what goes wrong (`intercept`, `compact`, `cutWatches`, …) and wait for states (`changes`), never for a time.
 */
export class FakeApiServer {
  readonly url: URL;
  readonly requests: SeenRequest[] = [];
  /** Told at each request, answer and event. */
  readonly changes = new Changes();
  /** What a request has to carry as its bearer token. */
  token: string | undefined;
  readonly #objects = new FakeObjects((event) => this.#send(event));
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<Watch>();
  readonly #pages = new Map<string, Page>();
  readonly #clients: KubeClient[] = [];
  #interceptions: { readonly match: RequestMatch; readonly what: Interception }[] = [];

  /** @param tls with a key and a certificate it speaks HTTPS */
  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<FakeApiServer> {
    const server = new FakeApiServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  private constructor(tls: { readonly key: string; readonly cert: string } | undefined) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.#take(request, response);
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    this.#server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.url = new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1`);
  }

  /** A connection as a kubeconfig file would describe it. */
  connection(more: Partial<KubeConnection> = {}): KubeConnection {
    const server = new URL(this.url);
    server.port = String((this.#server.address() as AddressInfo).port);
    const tls: KubeTls = {};
    return { server, namespace: 'default', tls: async () => tls, headers: async () => ({}), ...more };
  }

  client(connection: KubeConnection = this.connection()): KubeClient {
    const client = new KubeClient(connection, { userAgent: 'a-test', fieldManager: 'tester' });
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The first request that matches is intercepted, once. */
  intercept(match: RequestMatch, what: Interception): void {
    this.#interceptions.push({ match, what });
  }

  /** Forgets the past: versions and pages from before are too old from now on. */
  compact(): void {
    this.#objects.compact();
    this.#pages.clear();
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Ends all watches in good order, as the server does after `timeoutSeconds`. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
    this.#watches.clear();
  }

  cutWatches(): void {
    for (const { response } of this.#watches) response.socket?.destroy();
    this.#watches.clear();
  }

  /** Sends this to all watches, whatever it is. */
  sendToWatches(text: string | Buffer): void {
    for (const { response } of this.#watches) response.write(text);
  }

  sendBookmarks(): void {
    const metadata = { resourceVersion: String(this.#objects.version) };
    for (const watch of this.#watches) if (watch.hasBookmarks) writeEvent(watch, 'BOOKMARK', { metadata });
  }

  /** Requests of this method, and, if given, for this kind or one object of it. */
  count(method: string, resource?: Resource): number {
    const path = resource === undefined ? undefined : new RegExp(`/${resource.plural}(/|$)`);
    return this.requests.filter((one) => one.method === method && (path?.test(one.path) ?? true)).length;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server');
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.requests.push(seen);
    const index = this.#interceptions.findIndex(({ match }) => match(seen));
    const what = index === -1 ? undefined : this.#interceptions.splice(index, 1)[0]?.what;
    this.changes.tell();
    await this.#answer(seen, response, what);
    this.changes.tell();
  }

  async #answer(request: SeenRequest, response: ServerResponse, what: Interception | undefined): Promise<void> {
    if (what !== undefined && 'reset' in what) {
      response.socket?.destroy();
      return;
    }
    if (what !== undefined && 'answer' in what) {
      response.writeHead(what.answer, what.headers).end(what.body ?? '');
      return;
    }
    if (what !== undefined && 'after' in what) await what.after;
    if (what !== undefined && 'warn' in what)
      response.setHeader(
        'warning',
        what.warn.map((one) => `299 - ${JSON.stringify(one)}`),
      );
    try {
      const isKnown = this.token === undefined || request.headers.authorization === `Bearer ${this.token}`;
      if (!isKnown) throw new Refusal(401, 'Unauthorized', 'Unauthorized');
      const { status, body } = this.#do(request, response);
      if (what !== undefined && 'lose' in what) response.socket?.destroy();
      else if (body !== undefined) sendJson(response, status, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      sendJson(response, error.status, statusOf(error));
    }
  }

  /** No body: the answer goes on. */
  #do(request: SeenRequest, response: ServerResponse): { readonly status: number; readonly body?: unknown } {
    const { method, query, body } = request;
    const { collection, namespace, name, subresource } = placeIn(request.path);
    const context: WriteContext = {
      manager: query.get('fieldManager') ?? '',
      subresource,
      dryRun: query.get('dryRun') === 'All',
      force: query.get('force') === 'true',
    };
    if (name === undefined) {
      if (method === 'GET' && query.get('watch') === 'true')
        return this.#watch(request, response, collection, namespace);
      if (method === 'GET') return { status: 200, body: this.#list(query, collection, namespace) };
      const object = body as { readonly metadata: { readonly name?: string; readonly generateName?: string } };
      const { name: own, generateName = '' } = object.metadata;
      const place = { collection, namespace, name: own ?? `${generateName}${this.#objects.version}` };
      return { status: 201, body: this.#objects.create(place, body as Record<string, unknown>, context) };
    }
    const place: ObjectPlace = { collection, namespace, name };
    switch (method) {
      case 'GET':
        return { status: 200, body: this.#objects.get(place) };
      case 'PUT':
        return { status: 200, body: this.#objects.replace(place, body as Record<string, unknown>, context) };
      case 'PATCH':
        return { status: 200, body: this.#objects.patch(place, request.headers['content-type'] ?? '', body, context) };
      case 'DELETE': {
        const { preconditions, dryRun } = body as { preconditions?: { uid?: string }; dryRun?: readonly string[] };
        this.#objects.delete(place, preconditions?.uid, dryRun !== undefined);
        return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
      }
      default:
        throw new Refusal(405, 'MethodNotAllowed', `the server does not allow ${method}`);
    }
  }

  #list(query: URLSearchParams, collection: string, namespace: string | undefined): unknown {
    const token = query.get('continue') ?? '';
    const page = token === '' ? undefined : this.#pages.get(token);
    if (token !== '' && page === undefined)
      throw new Refusal(410, 'Expired', 'The provided continue parameter is too old');
    const { items, version } = page ?? {
      items: this.#objects.list(collection, namespace).filter((one) => matches(one, query.get('labelSelector'))),
      version: this.#objects.version,
    };
    const limit = Number(query.get('limit') ?? 0) || items.length;
    const rest = items.slice(limit);
    const next = rest.length === 0 ? '' : `page-${this.#pages.size + 1}`;
    if (next !== '') this.#pages.set(next, { items: rest, version });
    const metadata = { resourceVersion: String(version), ...(next === '' ? {} : { continue: next }) };
    // The objects in a list do not say what they are.
    return { kind: 'List', metadata, items: items.slice(0, limit).map(({ apiVersion: _, kind: __, ...rest }) => rest) };
  }

  #watch(
    { query }: SeenRequest,
    response: ServerResponse,
    collection: string,
    namespace: string | undefined,
  ): { readonly status: number } {
    const watch: Watch = {
      collection,
      namespace,
      selector: query.get('labelSelector'),
      hasBookmarks: query.get('allowWatchBookmarks') === 'true',
      response,
    };
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const missed = this.#objects.eventsAfter(Number(query.get('resourceVersion') ?? 0));
    if (missed === undefined) {
      writeEvent(watch, 'ERROR', statusOf(new Refusal(410, 'Expired', 'too old resource version')));
      response.end();
      return { status: 200 };
    }
    for (const event of missed) sendEvent(watch, event);
    this.#watches.add(watch);
    response.on('close', () => {
      this.#watches.delete(watch);
      this.changes.tell();
    });
    return { status: 200 };
  }

  #send(event: ObjectEvent): void {
    for (const watch of this.#watches) sendEvent(watch, event);
  }
}

function sendEvent(watch: Watch, { type, collection, object, before }: ObjectEvent): void {
  if (watch.collection !== collection) return;
  if (watch.namespace !== undefined && watch.namespace !== object.metadata.namespace) return;
  const isIn = type !== 'DELETED' && matches(object, watch.selector);
  const wasIn = before !== undefined && matches(before, watch.selector);
  if (isIn) writeEvent(watch, wasIn ? 'MODIFIED' : 'ADDED', object);
  else if (wasIn) writeEvent(watch, 'DELETED', object);
}

function writeEvent({ response }: Watch, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

/** Equality-based selectors only. */
function matches({ metadata }: StoredObject, selector: string | null): boolean {
  const labels = (metadata.labels ?? {}) as Readonly<Record<string, string>>;
  return (selector ?? '')
    .split(',')
    .filter((part) => part !== '')
    .every((part) => {
      const [key = '', value = ''] = part.split('=');
      return labels[key] === value;
    });
}

function placeIn(path: string): Partial<ObjectPlace> & {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly subresource: string | undefined;
} {
  const parts = path.slice(1).split('/').map(decodeURIComponent);
  const root = parts.splice(0, parts[0] === 'api' ? 2 : 3);
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2;
  const namespace = isNamespaced ? parts.splice(0, 2)[1] : undefined;
  const [plural = '', name, subresource] = parts;
  const collection = `/${[...root, plural].join('/')}`;
  return { collection, namespace, ...(name === undefined ? {} : { name }), subresource };
}

function statusOf({ status, reason, message, causes }: Refusal): unknown {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message, details: { causes } };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Requests for one object, or for the objects of a kind in the namespace `default`. */
export function requestOf(method: string, resource: Resource, name?: string): RequestMatch {
  const path = resourcePath(resource, { namespace: 'default', ...(name === undefined ? {} : { name }) });
  return (request) => request.method === method && request.path === path && request.query.get('watch') !== 'true';
}

export const watchRequest: RequestMatch = ({ query }) => query.get('watch') === 'true';
