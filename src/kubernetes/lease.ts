import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../system/errno.js';
import type { KubeClient, KubeObject } from './client.js';
import { isKubeError } from './kube-error.js';
import { microTime } from './micro-time.js';
import { resources } from './resources.js';

export interface LeaseOptions {
  readonly name: string;
  readonly namespace: string;
  /** Of this process alone, e.g. the pod's name with something random. */
  readonly identity: string;
  /** Others take over when the holder has not renewed for so long, in ms. Default 15,000. */
  readonly duration?: number;
  /** A holder that could not renew for so long stops leading, in ms. Default 10,000; below the duration. */
  readonly renewDeadline?: number;
  /** Between two attempts, in ms. Default 2,000. */
  readonly retry?: number;
  /** The work of the leader. It has to end when `signal` is aborted; what it returns is waited for before anyone else may lead. */
  readonly onStartedLeading: (signal: AbortSignal) => void | Promise<void>;
  readonly onStoppedLeading?: (why: string) => void;
  /** Told who holds it, when that changes. */
  readonly onNewLeader?: (identity: string) => void;
  readonly onProblem?: (message: string) => void;
}

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/**
 * One leader among the processes that name the same Lease. Nobody's wall clock counts: each measures by its own monotonic clock how
 * long the Lease has not changed. Leading ends before others may take over: at a lost write, and when no renewal
 * was begun in time that succeeded. Work that is still under way then may race with the next leader for the moment that it takes
 * to notice, so it should write under the versions it has read.
 */
export class LeaderElection {
  readonly #client: KubeClient;
  readonly #options: LeaseOptions;
  readonly #duration: number;
  readonly #renewDeadline: number;
  readonly #retry: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  /** As it was last read, and since when it has been so. */
  #observed: { readonly lease: Lease; readonly since: number } | undefined;
  #leading: { readonly work: AbortController; renewedAt: number } | undefined;
  #leader = '';

  constructor(client: KubeClient, options: LeaseOptions) {
    this.#client = client;
    this.#options = options;
    this.#duration = options.duration ?? 15_000;
    this.#renewDeadline = options.renewDeadline ?? 10_000;
    this.#retry = options.retry ?? 2_000;
    if (!(this.#retry < this.#renewDeadline && this.#renewDeadline < this.#duration))
      throw new RangeError('a Lease needs retry < renewDeadline < duration');
  }

  /** Right at any moment, even when this process was stopped for a while and no timer has run since. */
  get isLeader(): boolean {
    return this.#leading !== undefined && performance.now() < this.#leading.renewedAt + this.#renewDeadline;
  }

  /** Who held it when it was last read; empty: nobody. */
  get leader(): string {
    return this.#leader;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the work, waits for it, then gives the Lease up, so that another can lead at once. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const begun = performance.now();
      if (await this.#attempt(begun, this.#retry * 2)) await this.#lead(begun);
      else await this.#wait(this.#retry * (1 + 0.2 * Math.random()));
    }
  }

  async #lead(acquiredAt: number): Promise<void> {
    const leading = { work: new AbortController(), renewedAt: acquiredAt };
    this.#leading = leading;
    let hasEnded = false;
    const work = (async () => this.#options.onStartedLeading(leading.work.signal))()
      .catch((error: unknown) => this.#problem(`the work of the leader failed: ${messageOf(error)}`))
      .finally(() => {
        hasEnded = true;
      });
    const why = await this.#renewals(leading);
    leading.work.abort();
    this.#leading = undefined;
    this.#options.onStoppedLeading?.(why);
    if (!this.#stop.signal.aborted) {
      await work;
      return;
    }
    const left = leading.renewedAt + this.#renewDeadline - performance.now();
    await Promise.race([work, pause(Math.max(0, left), undefined, { ref: false })]);
    // Work that goes on in spite of its signal keeps the others away for as long as the Lease lasts.
    if (hasEnded) await this.#release(Math.max(1000, left));
    else this.#problem('the work of the leader did not end in time: the Lease is left to run out');
  }

  /** Renews until that is over; says why. */
  async #renewals(leading: { renewedAt: number }): Promise<string> {
    for (;;) {
      await this.#wait(this.#retry);
      if (this.#stop.signal.aborted) return 'stopped';
      const begun = performance.now();
      const left = leading.renewedAt + this.#renewDeadline - begun;
      if (left <= 0) return 'the Lease could not be renewed in time';
      const renewed = await this.#attempt(begun, left);
      if (renewed) leading.renewedAt = begun;
      else if (this.#leader !== '' && this.#leader !== this.#options.identity)
        return `the Lease was taken over by ${this.#leader}`;
      else if (performance.now() >= leading.renewedAt + this.#renewDeadline)
        return 'the Lease could not be renewed in time';
    }
  }

  /** Takes or renews the Lease if that may be done. False: not ours now, or not known. */
  async #attempt(now: number, deadline: number): Promise<boolean> {
    const { name, namespace, identity } = this.#options;
    const options = { namespace, deadline, signal: this.#stop.signal };
    try {
      const lease = await this.#client.get<Lease>(resources.leases, name, options).catch((error: unknown) => {
        if (isKubeError(error, 'not-found')) return undefined;
        throw error;
      });
      if (lease === undefined) {
        const spec = this.#spec(undefined);
        this.#observe(
          await this.#client.create<Lease>(resources.leases, { metadata: { name, namespace }, spec }, options),
        );
        return true;
      }
      this.#observe(lease);
      if (!this.#mayTake(lease, now)) return false;
      const written = { ...lease, spec: this.#spec(lease) };
      const left = Math.max(1, deadline - (performance.now() - now));
      this.#observe(await this.#client.replace<Lease>(resources.leases, written, { ...options, deadline: left }));
      return this.#leader === identity;
    } catch (error) {
      if (this.#stop.signal.aborted) return false;
      // Somebody else was first: the next attempt reads who.
      if (isKubeError(error, 'conflict', 'already-exists')) {
        await this.#look(options);
        return false;
      }
      this.#problem(messageOf(error));
      return false;
    }
  }

  async #look(options: {
    readonly namespace: string;
    readonly deadline: number;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const lease = await this.#client.get<Lease>(resources.leases, this.#options.name, options).catch(() => undefined);
    if (lease !== undefined) this.#observe(lease);
  }

  #mayTake({ spec }: Lease, now: number): boolean {
    const holder = spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.#options.identity) return true;
    const duration = spec?.leaseDurationSeconds === undefined ? this.#duration : spec.leaseDurationSeconds * 1000;
    return this.#observed !== undefined && now > this.#observed.since + Math.max(duration, this.#duration);
  }

  #observe(lease: Lease): void {
    const before = this.#observed?.lease.metadata.resourceVersion;
    if (before === undefined || before !== lease.metadata.resourceVersion)
      this.#observed = { lease, since: performance.now() };
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === this.#leader) return;
    this.#leader = holder;
    if (holder !== '') this.#options.onNewLeader?.(holder);
  }

  #spec(before: Lease | undefined): NonNullable<Lease['spec']> {
    const now = microTime(new Date());
    const { identity } = this.#options;
    const isOurs = before?.spec?.holderIdentity === identity;
    const transitions = before?.spec?.leaseTransitions ?? 0;
    return {
      ...before?.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(this.#duration / 1000)),
      acquireTime: isOurs ? (before?.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: before === undefined || isOurs ? transitions : transitions + 1,
    };
  }

  async #release(deadline: number): Promise<void> {
    const { name, namespace, identity } = this.#options;
    try {
      // A renewal that was broken off may have been written all the same: what counts is what is there now.
      const lease = await this.#client.get<Lease>(resources.leases, name, { namespace, deadline });
      if (lease.spec?.holderIdentity !== identity) return;
      const spec = { ...lease.spec, holderIdentity: '', renewTime: microTime(new Date()) };
      await this.#client.replace<Lease>(resources.leases, { ...lease, spec }, { namespace, deadline });
    } catch (error) {
      // It runs out by itself.
      this.#problem(`the Lease could not be given up: ${messageOf(error)}`);
    }
  }

  async #wait(length: number): Promise<void> {
    await pause(length, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #problem(message: string): void {
    this.#options.onProblem?.(message);
  }
}
