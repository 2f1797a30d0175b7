import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { BackOff } from './back-off.js';
import type { KubeClient } from './client.js';
import { isKubeError, type KubeError } from './kube-error.js';
import {
  type EventOccurrences,
  type EventReporter,
  eventKey,
  eventObject,
  eventSeries,
  type KubeEvent,
} from './kube-event.js';
import { resources } from './resources.js';
import { TokenBuckets } from './token-buckets.js';

export interface EventQueueOptions extends EventReporter {
  /** Events that may wait. Default 1,000. */
  readonly capacity?: number;
  /** Equal events within so long after the last are one series, in ms. Default 6 min, as Kubernetes' own components have it. */
  readonly seriesSpan?: number;
  /** A series is written anew at most so often, in ms. Default 10 s. */
  readonly seriesPause?: number;
  /** New events about one object: so many at once, then one for each `refill` ms. Default 25 and 5 min. */
  readonly burst?: number;
  readonly refill?: number;
  /** Between attempts that failed, in ms. Default 500 and 30,000. */
  readonly backOff?: { readonly least: number; readonly most: number };
  readonly onFailure?: (error: KubeError) => void;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

export interface EventCounts {
  /** Written as an Event of their own. */
  readonly written: number;
  /** Counted into the series of an Event that is there. */
  readonly folded: number;
  /** Not written: no room, too many about one object, refused by the API server, or left over at the end. */
  readonly dropped: Readonly<Record<'full' | 'flood' | 'refused' | 'stopped', number>>;
  readonly waiting: number;
}

interface Series extends EventOccurrences {
  readonly event: KubeEvent;
  lastAt: number;
  count: number;
  /** What the API server has been told. */
  writtenCount: number;
  name: string | undefined;
  isQueued: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Distinct events that are remembered for their repetitions. */
const mostSeries = 4096;

/**
 * Events for people who look with kubectl: a pager, not evidence. Nobody waits for them: `add` returns at once, what does not find room
 * is counted, and equal events become one with a count.
 */
export class EventQueue {
  readonly #client: KubeClient;
  readonly #options: EventQueueOptions;
  readonly #queue: Series[] = [];
  readonly #series = new Map<string, Series>();
  readonly #buckets: TokenBuckets;
  readonly #backOff: BackOff;
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #isStopped = false;
  #written = 0;
  #folded = 0;
  readonly #dropped = { full: 0, flood: 0, refused: 0, stopped: 0 };

  constructor(client: KubeClient, options: EventQueueOptions) {
    this.#client = client;
    this.#options = options;
    const { burst = 25, refill = 300_000, backOff = { least: 500, most: 30_000 } } = options;
    this.#buckets = new TokenBuckets({ burst, refill, most: mostSeries });
    this.#backOff = new BackOff(backOff.least, backOff.most);
  }

  /** Never throws, never waits. */
  add(event: KubeEvent): void {
    if (this.#isStopped) {
      this.#dropped.stopped += 1;
      return;
    }
    const key = eventKey(event);
    const known = this.#series.get(key);
    const now = this.#options.now?.() ?? Date.now();
    if (known !== undefined && now - known.lastAt < (this.#options.seriesSpan ?? 360_000)) {
      known.count += 1;
      known.lastAt = now;
      this.#folded += 1;
      if (!known.isQueued && known.name !== undefined) this.#queueLater(known);
      return;
    }
    const { kind, namespace = '', name } = event.regarding;
    if (!this.#buckets.take(`${kind}/${namespace}/${name}`, performance.now())) {
      this.#dropped.flood += 1;
      return;
    }
    if (this.#queue.length >= (this.#options.capacity ?? 1000)) {
      this.#dropped.full += 1;
      return;
    }
    clearTimeout(known?.timer);
    const series: Series = {
      event,
      firstAt: now,
      lastAt: now,
      count: 1,
      writtenCount: 0,
      name: undefined,
      isQueued: false,
      timer: undefined,
    };
    // Last in the order of the map, whose first ones are forgotten.
    this.#series.delete(key);
    this.#series.set(key, series);
    this.#forgetOldest();
    this.#enqueue(series);
  }

  counts(): EventCounts {
    return {
      written: this.#written,
      folded: this.#folded,
      dropped: { ...this.#dropped },
      waiting: this.#queue.length,
    };
  }

  /** Writes what waits, for at most so many ms; the rest is dropped and counted. */
  async stop(within = 2000): Promise<void> {
    this.#isStopped = true;
    for (const series of this.#series.values()) {
      if (series.timer === undefined) continue;
      clearTimeout(series.timer);
      this.#enqueue(series);
    }
    const timer = setTimeout(() => this.#stop.abort(), within);
    await this.#working;
    clearTimeout(timer);
    this.#stop.abort();
    this.#dropped.stopped += this.#queue.length;
    this.#queue.length = 0;
  }

  #enqueue(series: Series): void {
    series.timer = undefined;
    series.isQueued = true;
    this.#queue.push(series);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  #queueLater(series: Series): void {
    series.timer ??= setTimeout(() => this.#enqueue(series), this.#options.seriesPause ?? 10_000).unref();
  }

  async #work(): Promise<void> {
    // Not in the turn of whoever adds.
    await pause(0, undefined, { ref: false });
    while (!this.#stop.signal.aborted) {
      const series = this.#queue[0];
      if (series === undefined) return;
      const outcome = await this.#write(series);
      if (outcome === 'again') continue;
      this.#queue.shift();
      series.isQueued = false;
      if (outcome === 'refused') this.#dropped.refused += 1;
      else if (series.count > series.writtenCount) this.#queueLater(series);
    }
  }

  async #write(series: Series): Promise<'written' | 'refused' | 'again'> {
    const namespace = series.event.regarding.namespace ?? 'default';
    const options = { namespace, deadline: 5000, signal: this.#stop.signal };
    const { count } = series;
    try {
      if (series.name === undefined) {
        const { event, firstAt, lastAt } = series;
        const suffix = randomBytes(8).toString('hex');
        const object = eventObject(event, this.#options, { firstAt, lastAt, count }, suffix);
        await this.#client.create(resources.events, object, options);
        series.name = object.metadata.name ?? '';
        this.#written += 1;
      } else {
        const patch = { series: eventSeries(series.lastAt, count) };
        await this.#client.patch(resources.events, series.name, patch, 'merge', options);
      }
      series.writtenCount = count;
      this.#backOff.succeeded();
      return 'written';
    } catch (error) {
      return this.#failed(series, error);
    }
  }

  async #failed(series: Series, error: unknown): Promise<'written' | 'refused' | 'again'> {
    if (!isKubeError(error) || error.code === 'aborted') return 'again';
    // Events live for an hour only; this one begins anew.
    if (error.code === 'not-found' && series.name !== undefined) {
      series.name = undefined;
      return 'again';
    }
    this.#options.onFailure?.(error);
    const isPassing = ['unreachable', 'deadline', 'too-many-requests', 'server', 'unauthorized'].includes(error.code);
    if (!isPassing) {
      // Nothing more is said of it: it would be refused again.
      series.writtenCount = series.count;
      return 'refused';
    }
    const wait = Math.max(this.#backOff.next(), error.retryAfter ?? 0);
    await pause(wait, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
    return 'again';
  }

  #forgetOldest(): void {
    for (const [key, series] of this.#series) {
      if (this.#series.size <= mostSeries) break;
      // What was counted since it was last written is written first.
      if (series.timer !== undefined) {
        clearTimeout(series.timer);
        this.#enqueue(series);
      }
      this.#series.delete(key);
    }
  }
}
