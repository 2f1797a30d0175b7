import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { BackOff } from './back-off.js';
import type { KubeClient, KubeObject } from './client.js';
import { isKubeError, type KubeError } from './kube-error.js';
import { microTime } from './micro-time.js';
import { resources } from './resources.js';

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** The Event is put there; absent for a cluster-scoped object, whose Events are in `default`. */
  readonly namespace?: string;
  readonly uid?: string;
}

export interface KubeEvent {
  readonly regarding: ObjectReference;
  readonly related?: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** Why, a machine's word: `SeccompDenied`. */
  readonly reason: string;
  /** What was done, a machine's word: `Deny`. */
  readonly action: string;
  /** For a person. Cut at 1 kB, which is all that the API server takes. */
  readonly note: string;
}

export interface EventQueueOptions {
  /** Who speaks, e.g. `seccomply.dev/webhook`, and which instance, e.g. the pod's name. */
  readonly controller: string;
  readonly instance: string;
  /** Events that may wait. Default 1,000. */
  readonly capacity?: number;
  /** Equal events within so long after the last are one series, in ms. Default 6 min, as Kubernetes' own components have it. */
  readonly seriesSpan?: number;
  /** A series is written anew at most so often, in ms. Default 10 s. */
  readonly seriesPause?: number;
  /** New events about one object: so many at once, then one for each `refill` ms. Default 25 and 5 min. */
  readonly burst?: number;
  readonly refill?: number;
  readonly onFailure?: (error: KubeError) => void;
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

interface Series {
  readonly event: KubeEvent;
  readonly firstAt: Date;
  lastAt: Date;
  count: number;
  /** What the API server has been told. */
  writtenCount: number;
  name: string | undefined;
  isQueued: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Distinct events that are remembered for their repetitions. */
const mostSeries = 4096;
const noteLimit = 1024;

/**
 * Events for people who look with kubectl: a pager, not evidence. Nobody waits for them: `add` returns at once, what does not find room
 * is counted, and equal events become one with a count.
 */
export class EventQueue {
  readonly #client: KubeClient;
  readonly #options: EventQueueOptions;
  readonly #queue: Series[] = [];
  readonly #series = new Map<string, Series>();
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #backOff = new BackOff(500, 30_000);
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #isStopped = false;
  #written = 0;
  #folded = 0;
  readonly #dropped = { full: 0, flood: 0, refused: 0, stopped: 0 };

  constructor(client: KubeClient, options: EventQueueOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Never throws, never waits. */
  add(event: KubeEvent): void {
    if (this.#isStopped) {
      this.#dropped.stopped += 1;
      return;
    }
    const key = keyOf(event);
    const known = this.#series.get(key);
    const now = new Date();
    if (known !== undefined && now.getTime() - known.lastAt.getTime() < (this.#options.seriesSpan ?? 360_000)) {
      known.count += 1;
      known.lastAt = now;
      this.#folded += 1;
      if (!known.isQueued && known.name !== undefined) this.#queueLater(known);
      return;
    }
    if (!this.#takeToken(event.regarding)) {
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
        const made = this.#object(series, namespace, count);
        await this.#client.create(resources.events, made, options);
        series.name = made.metadata.name ?? '';
        this.#written += 1;
      } else {
        const patch = { series: { count, lastObservedTime: microTime(series.lastAt) } };
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

  #object({ event, firstAt, lastAt }: Series, namespace: string, count: number): KubeObject & Record<string, unknown> {
    const { regarding, related, type, reason, action } = event;
    return {
      metadata: { name: `${regarding.name.slice(0, 230)}.${randomBytes(8).toString('hex')}`, namespace },
      eventTime: microTime(firstAt),
      reportingController: this.#options.controller,
      reportingInstance: this.#options.instance.slice(0, 128),
      regarding,
      ...(related === undefined ? {} : { related }),
      type,
      reason,
      action,
      note: within(event.note, noteLimit),
      ...(count < 2 ? {} : { series: { count, lastObservedTime: microTime(lastAt) } }),
    };
  }

  #takeToken({ kind, namespace, name }: ObjectReference): boolean {
    const { burst = 25, refill = 300_000 } = this.#options;
    const key = `${kind}/${namespace ?? ''}/${name}`;
    const now = performance.now();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refill);
    if (tokens < 1) return false;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens - 1, at: now });
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= mostSeries) break;
      this.#buckets.delete(oldest);
    }
    return true;
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

function keyOf({ regarding, related, type, reason, action, note }: KubeEvent): string {
  const { kind, namespace, name, uid } = regarding;
  return JSON.stringify([kind, namespace, name, uid, related?.kind, related?.name, type, reason, action, note]);
}

/** Cut at a whole character, in bytes of UTF-8. */
function within(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  const ellipsis = '…';
  let end = limit - Buffer.byteLength(ellipsis);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8') + ellipsis;
}
