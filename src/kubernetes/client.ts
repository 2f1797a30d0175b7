import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { errnoOf, messageOf } from '../system/errno.js';
import type { KubeConnection, KubeTls } from './connection.js';
import { errorOfAnswer, KubeError } from './kube-error.js';
import { apiVersionOf, type Resource, resourcePath } from './resources.js';

/** An object as JSON carries it: times are text, unlike in the models of @kubernetes/client-node. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly unknown[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface CallOptions {
  /** Longest time until the whole answer is there, in ms. Default: the client's, 10 s. */
  readonly deadline?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectOptions extends CallOptions {
  /** Default: the namespace of the object, else of the connection. */
  readonly namespace?: string | undefined;
  /** E.g. `status`. */
  readonly subresource?: string | undefined;
}

export interface WriteOptions extends ObjectOptions {
  /** Ask the server what it would do. */
  readonly dryRun?: boolean;
  /** Default `seccomply`. */
  readonly fieldManager?: string;
  /** `Strict` makes unknown and doubled fields an error. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  /** Told each `Warning:` header, as admission webhooks send them. */
  readonly onWarning?: (text: string) => void;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers instead of failing with `conflict`. */
  readonly force?: boolean;
}

export interface DeleteOptions extends ObjectOptions {
  readonly dryRun?: boolean;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Only this very object. */
  readonly uid?: string;
}

export interface ListOptions extends ObjectOptions {
  /** `all` for every namespace. */
  readonly namespace?: string | 'all' | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects in one answer. Default 500. */
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** For the next page; empty on the last. */
  readonly continue: string;
}

/** `json`: RFC 6902 operations. `merge`: RFC 7386. `strategic`: Kubernetes' own, not for custom resources. */
export type PatchKind = 'json' | 'merge' | 'strategic';

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

export interface ClientOptions {
  readonly deadline?: number;
  readonly fieldManager?: string;
  readonly userAgent?: string;
}

/**
 * Requests to one API server, over node:https alone.
 *
 * Why not @kubernetes/client-node throughout: its request classes load 900 models (measured on Node 20: 690 ms of CPU and 90 MB, against
 * 7 ms and 4 MB for node:https, which the webhook has loaded anyway), and its watch on undici costs another 90 ms and 21 MB; a webhook
 * has to be ready in 350 ms and 80 MB. It is used where it does what nothing here does, for credentials from programs (kubeconfig.ts).
 *
 * Nothing here tries again, but for two cases that are no failure: a GET on an idle connection that the server was just closing, and
 * a token that has just been renewed. Callers back off as they need to.
 */
export class KubeClient {
  readonly connection: KubeConnection;
  readonly fieldManager: string;
  readonly #deadline: number;
  readonly #userAgent: string;
  #agent: { readonly tls: KubeTls; readonly agent: HttpAgent } | undefined;
  readonly #retired = new Set<HttpAgent>();

  constructor(connection: KubeConnection, options: ClientOptions = {}) {
    this.connection = connection;
    this.fieldManager = options.fieldManager ?? 'seccomply';
    this.#deadline = options.deadline ?? 10_000;
    this.#userAgent = options.userAgent ?? 'seccomply';
  }

  get namespace(): string {
    return this.connection.namespace;
  }

  /** @throws KubeError, `not-found` among them, as all of these */
  get<T extends KubeObject = KubeObject>(resource: Resource, name: string, options: ObjectOptions = {}): Promise<T> {
    return this.#object<T>('GET', this.#path(resource, name, options), options);
  }

  async list<T extends KubeObject = KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ListPage<T>> {
    const namespace = options.namespace === 'all' ? undefined : (options.namespace ?? this.namespace);
    const list = await this.#object<RawList<T>>('GET', resourcePath(resource, { namespace }), options, {
      query: {
        limit: options.limit ?? 500,
        continue: options.continue,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        resourceVersion: options.resourceVersion,
      },
    });
    return {
      items: list.items ?? [],
      resourceVersion: list.metadata?.resourceVersion ?? '',
      continue: list.metadata?.continue ?? '',
    };
  }

  /** All pages. @throws KubeError `expired` when the list took so long that the server no longer has its rest */
  async listAll<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: ListOptions = {},
  ): Promise<readonly T[]> {
    const items: T[] = [];
    for (let next: string | undefined = options.continue; ; ) {
      const page = await this.list<T>(resource, { ...options, ...(next === undefined ? {} : { continue: next }) });
      items.push(...page.items);
      if (page.continue === '') return items;
      next = page.continue;
    }
  }

  create<T extends KubeObject = KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const namespace = options.namespace ?? object.metadata.namespace ?? this.namespace;
    const path = resourcePath(resource, { namespace });
    return this.#write<T>('POST', path, typed(resource, object), options);
  }

  /** With `metadata.resourceVersion` only if nobody has written since: `conflict` otherwise. */
  replace<T extends KubeObject = KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write<T>('PUT', this.#pathTo(resource, object, options), typed(resource, object), options);
  }

  patch<T extends KubeObject = KubeObject>(
    resource: Resource,
    name: string,
    patch: unknown,
    kind: PatchKind,
    options: WriteOptions = {},
  ): Promise<T> {
    const contentType = `application/${kind === 'strategic' ? 'strategic-merge-patch' : kind === 'json' ? 'json-patch' : 'merge-patch'}+json`;
    return this.#write<T>('PATCH', this.#path(resource, name, options), patch, options, contentType);
  }

  /** Server-side apply: the object holds exactly the fields that are ours. `conflict` names who holds a field that we set. */
  apply<T extends KubeObject = KubeObject>(resource: Resource, object: T, options: ApplyOptions = {}): Promise<T> {
    return this.#write<T>(
      'PATCH',
      this.#pathTo(resource, object, options),
      typed(resource, object),
      options,
      'application/apply-patch+yaml',
      { force: options.force ?? false },
    );
  }

  /** Resolves when the server has taken it; with finalizers or `Foreground` the object may still be there. */
  async delete(resource: Resource, name: string, options: DeleteOptions = {}): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(options.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
      ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
    };
    await this.#object('DELETE', this.#path(resource, name, options), options, { body });
  }

  /** Any request; the answer's body as text. @throws KubeError for a status of 400 and above too */
  async raw(request: RawRequest): Promise<RawAnswer> {
    const what = `${request.method} ${request.path}`;
    const { answer, done } = await this.open(request);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString('utf8');
      const status = answer.statusCode ?? 0;
      if (status >= 300) throw errorOfAnswer(what, status, body, answer.headers['retry-after']);
      return { status, body, warnings: warningsOf(answer) };
    } catch (error) {
      throw error instanceof KubeError ? error : done.errorOf(error);
    } finally {
      done.settle();
    }
  }

  /**
   * Sends a request and hands back the answer as soon as its head is there, for a watch to read on. The deadline goes on
   * until `settle`; `errorOf` says what an error of the stream means.
   */
  async open(request: RawRequest): Promise<{ readonly answer: IncomingMessage; readonly done: Pending }> {
    const pending = new Pending(
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
      return { answer, done: pending };
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

  async #send(request: RawRequest, pending: Pending, renew: boolean): Promise<IncomingMessage> {
    const { server } = this.connection;
    const [headers, agent] = await pending.race(Promise.all([this.connection.headers(renew), this.#agentNow()]));
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
      return await answerTo({ ...options, agent: false, ...(await this.connection.tls()) }, body);
    }
  }

  async #agentNow(): Promise<HttpAgent> {
    const tls = await this.connection.tls();
    if (this.#agent?.tls === tls) return this.#agent.agent;
    // Certificates were renewed: what is under way goes on, what is new uses the new ones.
    if (this.#agent !== undefined) this.#retired.add(this.#agent.agent);
    const common = { keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 8 };
    const isTls = this.connection.server.protocol === 'https:';
    const agent = isTls ? new HttpsAgent({ ...common, ...tls, minVersion: 'TLSv1.2' }) : new HttpAgent(common);
    this.#agent = { tls, agent };
    return agent;
  }

  #path(resource: Resource, name: string, options: ObjectOptions): string {
    const { namespace = this.namespace, subresource } = options;
    return resourcePath(resource, { namespace, name, subresource });
  }

  #pathTo(resource: Resource, object: KubeObject, options: ObjectOptions): string {
    const namespace = options.namespace ?? object.metadata.namespace;
    return this.#path(resource, object.metadata.name ?? '', { ...options, namespace });
  }

  async #write<T>(
    method: string,
    path: string,
    body: unknown,
    options: WriteOptions,
    contentType?: string,
    query: RawRequest['query'] = {},
  ): Promise<T> {
    return this.#object<T>(method, path, options, {
      body,
      ...(contentType === undefined ? {} : { contentType }),
      query: {
        fieldManager: options.fieldManager ?? this.fieldManager,
        fieldValidation: options.fieldValidation,
        dryRun: options.dryRun === true ? 'All' : undefined,
        ...query,
      },
      onWarning: options.onWarning,
    });
  }

  async #object<T>(
    method: string,
    path: string,
    { deadline, signal }: CallOptions,
    more: Partial<RawRequest> & { readonly onWarning?: ((text: string) => void) | undefined } = {},
  ): Promise<T> {
    const { onWarning, ...rest } = more;
    const { body, warnings } = await this.raw({
      method,
      path,
      ...(deadline === undefined ? {} : { deadline }),
      signal,
      ...rest,
    });
    if (onWarning !== undefined) for (const warning of warnings) onWarning(warning);
    try {
      return JSON.parse(body) as T;
    } catch (error) {
      throw new KubeError('answer', `${method} ${path}: the answer is not JSON. Is this the API server?`, {
        cause: error,
      });
    }
  }
}

/** One request on its way: its deadline, and what its end means. */
class Pending {
  readonly #what: string;
  readonly #deadline: number;
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onOuter = (): void => this.#abort.abort();
  readonly #timer: NodeJS.Timeout | undefined;
  #late = false;

  constructor(what: string, deadline: number, outer: AbortSignal | undefined) {
    this.#what = what;
    this.#deadline = deadline;
    this.#outer = outer;
    if (outer?.aborted) this.#abort.abort();
    outer?.addEventListener('abort', this.#onOuter, { once: true });
    if (Number.isFinite(deadline))
      this.#timer = setTimeout(() => {
        this.#late = true;
        this.#abort.abort();
      }, deadline);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async race<T>(promise: Promise<T>): Promise<T> {
    let stop = (): void => undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(this.errorOf(undefined));
      if (this.signal.aborted) stop();
      this.signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([promise, stopped]);
    } finally {
      this.signal.removeEventListener('abort', stop);
    }
  }

  errorOf(cause: unknown): KubeError {
    if (this.#late) return new KubeError('deadline', `${this.#what}: no answer within ${this.#deadline} ms`, { cause });
    if (this.#outer?.aborted) return new KubeError('aborted', `${this.#what}: stopped`, { cause });
    return new KubeError('unreachable', `${this.#what}: ${unreachableText(cause)}`, { cause });
  }

  /** The answer may take as long as it likes from here on; the caller's signal still ends it. */
  keep(): void {
    clearTimeout(this.#timer);
  }

  settle(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }
}

export type { Pending };

class ClosedWhileIdle extends Error {}

interface RawList<T> {
  readonly items?: readonly T[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

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

/** `apiVersion` and `kind`, which objects out of a list do not carry. */
function typed<T extends KubeObject>(resource: Resource, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { ...object, apiVersion: object.apiVersion ?? apiVersionOf(resource), kind: object.kind ?? resource.kind };
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

function unreachableText(cause: unknown): string {
  const errno = errnoOf(cause);
  if (errno === 'ECONNREFUSED') return 'nothing answers there (connection refused)';
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN')
    return `the name of the server is not known (${messageOf(cause)})`;
  if (errno === 'ECONNRESET') return 'the connection was cut';
  if (
    errno === 'SELF_SIGNED_CERT_IN_CHAIN' ||
    errno === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' ||
    errno === 'DEPTH_ZERO_SELF_SIGNED_CERT'
  )
    return `the server's certificate is not signed by the authority that the connection names (${messageOf(cause)})`;
  return cause === undefined ? 'stopped' : messageOf(cause);
}
