import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../system/errno.js';
import type { KubeClient } from './client.js';
import { isKubeError } from './kube-error.js';
import { decideLease, isSameSpec, type Lease, notRenewed, releasedSpec } from './lease-decision.js';
import { resources } from './resources.js';

export interface LeaderElectionOptions {
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
  /** Default: the process's. */
  readonly clock?: LeaseClock;
}

export interface LeaseClock {
  /** Monotonic, in ms. */
  now(): number;
  wallClock(): Date;
  /** Resolves after so many ms, or at once when `signal` is aborted. */
  pause(length: number, signal: AbortSignal): Promise<void>;
}

/**
 * One leader among the processes that name the same Lease; `decideLease` says when it may be taken. Leading ends before others may
 * take over: at a lost write, and when no renewal was begun in time that succeeded. Work that is still under way then may race
 * with the next leader for the moment that it takes to notice, so it should write under the versions it has read.
 */
export class LeaderElection {
  readonly #client: KubeClient;
  readonly #options: LeaderElectionOptions;
  readonly #times: { readonly duration: number; readonly renewDeadline: number; readonly retry: number };
  readonly #clock: LeaseClock;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  /** As it was last read, and since when its spec has been so. */
  #observed: { readonly lease: Lease; readonly since: number } | undefined;
  #leading: { readonly work: AbortController; renewedAt: number } | undefined;
  #leader = '';

  constructor(client: KubeClient, options: LeaderElectionOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? processClock;
    const { duration = 15_000, renewDeadline = 10_000, retry = 2_000 } = options;
    this.#times = { duration, renewDeadline, retry };
    if (!(retry < renewDeadline && renewDeadline < duration))
      throw new RangeError('a Lease needs retry < renewDeadline < duration');
  }

  /** Right at any moment, even when this process was stopped for a while and no timer has run since. */
  get isLeader(): boolean {
    return this.#leading !== undefined && this.#clock.now() < this.#leading.renewedAt + this.#times.renewDeadline;
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
    const { retry } = this.#times;
    while (!this.#stop.signal.aborted) {
      const begun = this.#clock.now();
      if ((await this.#attempt(begun, retry * 2)) === 'held') await this.#lead(begun);
      else await this.#clock.pause(retry * (1 + 0.2 * Math.random()), this.#stop.signal);
    }
  }

  async #lead(acquiredAt: number): Promise<void> {
    const leading = { work: new AbortController(), renewedAt: acquiredAt };
    this.#leading = leading;
    const ended = new AbortController();
    const work = (async () => this.#options.onStartedLeading(leading.work.signal))()
      .catch((error: unknown) => this.#problem(`the work of the leader failed: ${messageOf(error)}`))
      .finally(() => ended.abort());
    const why = await this.#renewUntilLost(leading);
    leading.work.abort();
    this.#leading = undefined;
    this.#options.onStoppedLeading?.(why);
    if (!this.#stop.signal.aborted) {
      await work;
      return;
    }
    const left = leading.renewedAt + this.#times.renewDeadline - this.#clock.now();
    await Promise.race([work, this.#clock.pause(Math.max(0, left), ended.signal)]);
    // Work that goes on in spite of its signal keeps the others away for as long as the Lease lasts.
    if (ended.signal.aborted) await this.#release(Math.max(1000, left));
    else this.#problem('the work of the leader did not end in time: the Lease is left to run out');
  }

  /** Says why it is over. */
  async #renewUntilLost(leading: { renewedAt: number }): Promise<string> {
    const { retry, renewDeadline } = this.#times;
    for (;;) {
      await this.#clock.pause(retry, this.#stop.signal);
      if (this.#stop.signal.aborted) return 'stopped';
      const begun = this.#clock.now();
      const left = leading.renewedAt + renewDeadline - begun;
      if (left <= 0) return notRenewed;
      const outcome = await this.#attempt(begun, left);
      if (outcome === 'held') leading.renewedAt = begun;
      else if (outcome !== 'not held') return outcome.lost;
      else if (this.#clock.now() >= leading.renewedAt + renewDeadline) return notRenewed;
    }
  }

  /** Reads the Lease and does what is to be done about it, within `deadline` ms. `not held`: not ours now, or not known. */
  async #attempt(begun: number, deadline: number): Promise<'held' | 'not held' | { readonly lost: string }> {
    const { name, namespace } = this.#options;
    const options = { namespace, deadline, signal: this.#stop.signal };
    try {
      const lease = await this.#client.find<Lease>(resources.leases, name, options);
      const decision = this.#decide(lease, begun);
      if (decision.action === 'wait') return 'not held';
      if (decision.action === 'lost') return { lost: decision.why };
      const { spec } = decision;
      const left = Math.max(1, deadline - (this.#clock.now() - begun));
      this.#observe(
        lease === undefined
          ? await this.#client.create<Lease>(resources.leases, { metadata: { name, namespace }, spec }, options)
          : await this.#client.replace<Lease>(resources.leases, { ...lease, spec }, { ...options, deadline: left }),
      );
      return this.#leader === this.#options.identity ? 'held' : 'not held';
    } catch (error) {
      if (this.#stop.signal.aborted) return 'not held';
      if (!isKubeError(error, 'conflict', 'already-exists')) {
        this.#problem(messageOf(error));
        return 'not held';
      }
      // Somebody else wrote in between. Who leads now should not have to wait for the next attempt to be known.
      const lease = await this.#client.find<Lease>(resources.leases, name, options).catch(() => undefined);
      if (lease === undefined) return 'not held';
      const decision = this.#decide(lease, begun);
      return decision.action === 'lost' ? { lost: decision.why } : 'not held';
    }
  }

  #decide(lease: Lease | undefined, begun: number): ReturnType<typeof decideLease> {
    if (lease !== undefined) this.#observe(lease);
    return decideLease(lease, {
      identity: this.#options.identity,
      times: this.#times,
      now: begun,
      unchangedSince: this.#observed?.since ?? begun,
      renewedAt: this.#leading?.renewedAt,
      wallClock: this.#clock.wallClock(),
    });
  }

  #observe(lease: Lease): void {
    const isNew = this.#observed === undefined || !isSameSpec(this.#observed.lease.spec, lease.spec);
    if (isNew) this.#observed = { lease, since: this.#clock.now() };
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === this.#leader) return;
    this.#leader = holder;
    if (holder !== '') this.#options.onNewLeader?.(holder);
  }

  async #release(deadline: number): Promise<void> {
    const { name, namespace, identity } = this.#options;
    try {
      // A renewal that was broken off may have been written all the same: what counts is what is there now.
      const lease = await this.#client.get<Lease>(resources.leases, name, { namespace, deadline });
      if (lease.spec?.holderIdentity !== identity) return;
      const spec = releasedSpec(lease.spec, this.#clock.wallClock());
      await this.#client.replace<Lease>(resources.leases, { ...lease, spec }, { namespace, deadline });
    } catch (error) {
      // It runs out by itself.
      this.#problem(`the Lease could not be given up: ${messageOf(error)}`);
    }
  }

  #problem(message: string): void {
    this.#options.onProblem?.(message);
  }
}

const processClock: LeaseClock = {
  now: () => performance.now(),
  wallClock: () => new Date(),
  pause: (length, signal) => pause(length, undefined, { signal }).catch(() => undefined),
};
