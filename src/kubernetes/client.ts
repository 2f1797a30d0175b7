import type { IncomingMessage } from 'node:http';
import type { KubeConnection } from './connection.js';
import { isKubeError, KubeError } from './kube-error.js';
import type { KubeObject } from './kube-object.js';
import type { PendingRequest } from './pending-request.js';
import { apiVersionOf, type Resource, resourcePath } from './resources.js';
import { type CallOptions, type RawAnswer, type RawRequest, Transport, type TransportOptions } from './transport.js';

export interface ObjectOptions extends CallOptions {
  /** Default: the namespace of the object, else of the connection. */
  readonly namespace?: string | undefined;
  /** E.g. `status`. */
  readonly subresource?: string | undefined;
}

export interface WriteOptions extends ObjectOptions {
  /** Ask the server what it would do. */
  readonly dryRun?: boolean;
  /** Default: the client's. */
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

export interface ClientOptions extends TransportOptions {
  /** Who writes, for `managedFields` and server-side apply. */
  readonly fieldManager: string;
}

/**
 * Requests to one API server, over node:https alone.
 *
 * Why not @kubernetes/client-node throughout: its request classes load 900 models (measured on Node 20: 690 ms of CPU and 90 MB, against
 * 7 ms and 4 MB for node:https, which the webhook has loaded anyway), and its watch on undici costs another 90 ms and 21 MB; a webhook
 * has to be ready in 350 ms and 80 MB. It is used where it does what nothing here does, for credentials from programs (kubeconfig.ts).
 */
export class KubeClient {
  readonly connection: KubeConnection;
  readonly fieldManager: string;
  readonly #transport: Transport;

  constructor(connection: KubeConnection, options: ClientOptions) {
    this.connection = connection;
    this.fieldManager = options.fieldManager;
    this.#transport = new Transport(connection, options);
  }

  get namespace(): string {
    return this.connection.namespace;
  }

  /** @throws KubeError, `not-found` among them, as all of these */
  get<T extends KubeObject = KubeObject>(resource: Resource, name: string, options: ObjectOptions = {}): Promise<T> {
    return this.#object<T>('GET', this.#path(resource, name, options), options);
  }

  /** Like `get`; undefined where there is no such object, or no such kind. */
  async find<T extends KubeObject = KubeObject>(
    resource: Resource,
    name: string,
    options: ObjectOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get<T>(resource, name, options);
    } catch (error) {
      if (isKubeError(error, 'not-found')) return undefined;
      throw error;
    }
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

  /** Like `delete`; whether there was such an object. */
  async deleteIfFound(resource: Resource, name: string, options: DeleteOptions = {}): Promise<boolean> {
    try {
      await this.delete(resource, name, options);
      return true;
    } catch (error) {
      if (isKubeError(error, 'not-found')) return false;
      throw error;
    }
  }

  /** Any request. @throws KubeError for a status of 300 and above too */
  raw(request: RawRequest): Promise<RawAnswer> {
    return this.#transport.call(request);
  }

  /** See `Transport.open`. */
  open(request: RawRequest): Promise<{ readonly answer: IncomingMessage; readonly pending: PendingRequest }> {
    return this.#transport.open(request);
  }

  /** Drops all connections. */
  close(): void {
    this.#transport.close();
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

interface RawList<T> {
  readonly items?: readonly T[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/** `apiVersion` and `kind`, which objects out of a list do not carry. */
function typed<T extends KubeObject>(resource: Resource, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { ...object, apiVersion: object.apiVersion ?? apiVersionOf(resource), kind: object.kind ?? resource.kind };
}
