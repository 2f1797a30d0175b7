import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../system/errno.js';
import { BackOff } from './back-off.js';
import type { KubeClient } from './client.js';
import { isKubeError, KubeError } from './kube-error.js';
import type { KubeObject } from './kube-object.js';
import { type ObjectChange, ObjectStore, objectKey } from './object-store.js';
import type { Resource } from './resources.js';
import { type WatchEvent, watchObjects } from './watch.js';

export interface InformerOptions<T extends KubeObject, V> {
  readonly namespace?: string | 'all';
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What to keep of an object; undefined: nothing, as if it were not there. Objects are large, and mostly not needed whole. `before`: what is kept of the version before. */
  readonly keep: (object: T, before: V | undefined) => V | undefined;
  /** Told each change, in order. */
  readonly onChange?: (change: ObjectChange<V>) => void;
  /** Told when all changes of a list, or of what arrived together on the watch, are in. */
  readonly onSettled?: () => void;
  /** Told of each failure, with the time until the next attempt in ms. */
  readonly onProblem?: (error: KubeError, retryIn: number) => void;
  readonly pageSize?: number;
  /** See WatchOptions. */
  readonly idleTimeout?: number;
  /** In ms. Default 500 and 30,000. */
  readonly backOff?: { readonly least: number; readonly most: number };
}

export interface InformerStatus {
  /** Everything has been there once. Stays true: what was there last is better than nothing. */
  readonly synced: boolean;
  /** ms since the server was last heard of; undefined: never. */
  readonly age: number | undefined;
  /** How often everything was listed, and how often a watch was begun. */
  readonly lists: number;
  readonly watches: number;
  /** Failures in a row, and the last one; 0 and undefined when all is well. */
  readonly failures: number;
  readonly problem: KubeError | undefined;
}

/** While nothing answers there is nobody to be spared, and whoever waits for the server wants to know soon that it is back. */
const mostWhileUnreachable = 3000;
/** A slice of work between two turns of the event loop, in ms: answers are due meanwhile. */
const slice = 5;

/**
 * All objects of a kind, kept up to date: listed in pages, then watched. Resumes at the last version when a watch ends, lists again
 * when the server has forgotten that version, and goes on through resets, silence and restarts of the server. Nothing is thrown;
 * failures are told to `onProblem` and tried again. While the server is away the last state stays.
 */
export class Informer<T extends KubeObject, V> {
  readonly #client: KubeClient;
  readonly #resource: Resource;
  readonly #options: InformerOptions<T, V>;
  readonly #backOff: BackOff;
  readonly #stop = new AbortController();
  readonly #store: ObjectStore<T, V>;
  #running: Promise<void> | undefined;
  readonly #waiting = new Set<(isSynced: boolean) => void>();
  #isSynced = false;
  #heardAt: number | undefined;
  #lists = 0;
  #watches = 0;
  #problem: KubeError | undefined;

  constructor(client: KubeClient, resource: Resource, options: InformerOptions<T, V>) {
    this.#client = client;
    this.#resource = resource;
    this.#options = options;
    this.#backOff = new BackOff(options.backOff?.least ?? 500, options.backOff?.most ?? 30_000);
    this.#store = new ObjectStore<T, V>(
      (object, before) => this.#guarded(() => options.keep(object, before)),
      (change) => this.#guarded(() => options.onChange?.(change)),
    );
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Resolves when everything has been there once; with false when it was not within so many ms, or was stopped. */
  synced(within: number): Promise<boolean> {
    if (this.#isSynced || this.#stop.signal.aborted) return Promise.resolve(this.#isSynced);
    return new Promise((resolve) => {
      const settle = (isSynced: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(isSynced);
      };
      const timer = setTimeout(settle, within, false);
      this.#waiting.add(settle);
    });
  }

  /** By name, or `namespace/name`. */
  get(key: string): V | undefined {
    return this.#store.get(key);
  }

  values(): IterableIterator<V> {
    return this.#store.values();
  }

  entries(): IterableIterator<readonly [string, V]> {
    return this.#store.entries();
  }

  get size(): number {
    return this.#store.size;
  }

  status(): InformerStatus {
    return {
      synced: this.#isSynced,
      age: this.#heardAt === undefined ? undefined : performance.now() - this.#heardAt,
      lists: this.#lists,
      watches: this.#watches,
      failures: this.#backOff.failures,
      problem: this.#problem,
    };
  }

  async #run(): Promise<void> {
    let version: string | undefined;
    /** A list whose pages the server forgets faster than they are read is asked for in one piece. */
    let isPaged = true;
    while (!this.#stop.signal.aborted) {
      try {
        if (version === undefined) {
          version = await this.#list(isPaged);
          isPaged = true;
        }
        for await (const events of this.#watch(version)) {
          this.#heard();
          version = await this.#take(events, version);
        }
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        const problem = isKubeError(error) ? error : new KubeError('answer', messageOf(error), { cause: error });
        if (problem.code === 'expired') {
          if (version === undefined) isPaged = false;
          version = undefined;
        }
        await this.#recover(problem);
      }
    }
    for (const settle of this.#waiting) settle(this.#isSynced);
  }

  async #list(isPaged: boolean): Promise<string> {
    this.#lists += 1;
    const { namespace, labelSelector, fieldSelector, pageSize = 500 } = this.#options;
    const seen = new Set<string>();
    for (let next = ''; ; ) {
      const page = await this.#client.list<T>(this.#resource, {
        ...(namespace === undefined ? {} : { namespace }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
        limit: isPaged ? pageSize : 0,
        continue: next,
        deadline: 30_000,
        signal: this.#stop.signal,
      });
      this.#heardAt = performance.now();
      await this.#inSlices(page.items, (object) => {
        seen.add(objectKey(object));
        this.#store.put(object);
      });
      next = page.continue;
      if (next !== '') continue;
      this.#store.retain(seen);
      this.#settled();
      this.#heard();
      this.#isSynced = true;
      for (const settle of this.#waiting) settle(true);
      return page.resourceVersion;
    }
  }

  #watch(version: string): AsyncGenerator<readonly WatchEvent<T>[]> {
    this.#watches += 1;
    const { namespace, labelSelector, fieldSelector, idleTimeout } = this.#options;
    const signal = this.#stop.signal;
    return this.#watched(
      watchObjects<T>(this.#client, this.#resource, {
        namespace,
        labelSelector,
        fieldSelector,
        idleTimeout,
        resourceVersion: version,
        signal,
      }),
    );
  }

  /** A watch that ends as soon as it has begun would be begun again and again without a pause. */
  async *#watched(events: AsyncGenerator<readonly WatchEvent<T>[]>): AsyncGenerator<readonly WatchEvent<T>[]> {
    const begun = performance.now();
    yield* events;
    if (performance.now() - begun < 1000 && !this.#stop.signal.aborted)
      throw new KubeError('answer', `the watch on ${this.#resource.plural} was ended at once`);
  }

  async #take(events: readonly WatchEvent<T>[], before: string): Promise<string> {
    let version = before;
    await this.#inSlices(events, (event) => {
      if (event.type === 'DELETED') this.#store.delete(objectKey(event.object));
      else if (event.type !== 'BOOKMARK') this.#store.put(event.object);
      version = event.resourceVersion;
    });
    if (events.some(({ type }) => type !== 'BOOKMARK')) this.#settled();
    return version;
  }

  async #inSlices<I>(items: readonly I[], take: (item: I) => void): Promise<void> {
    let begun = performance.now();
    for (const item of items) {
      take(item);
      if (performance.now() - begun < slice) continue;
      await nextTurn();
      begun = performance.now();
    }
  }

  #settled(): void {
    this.#guarded(() => this.#options.onSettled?.());
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#problem = undefined;
    this.#backOff.succeeded();
  }

  async #recover(problem: KubeError): Promise<void> {
    this.#problem = problem;
    // The server has only forgotten the version: nothing is wrong with it.
    const isForgotten = problem.code === 'expired' && this.#backOff.failures < 2;
    const isAway = problem.code === 'unreachable' || problem.code === 'deadline';
    const jitter = this.#backOff.next(isAway ? mostWhileUnreachable : undefined);
    const wait = isForgotten ? 0 : Math.max(jitter, problem.retryAfter ?? 0);
    this.#guarded(() => this.#options.onProblem?.(problem, wait));
    await pause(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** A mistake in what is told must not end the watching; it is told as a problem instead. */
  #guarded<R>(call: () => R): R | undefined {
    try {
      return call();
    } catch (error) {
      const problem = new KubeError('answer', `taking in ${this.#resource.plural} failed: ${messageOf(error)}`, {
        cause: error,
      });
      try {
        this.#options.onProblem?.(problem, 0);
      } catch {
        // Then there is nobody left to tell.
      }
      return undefined;
    }
  }
}
