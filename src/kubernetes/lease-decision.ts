import type { KubeObject } from './kube-object.js';
import { microTime } from './micro-time.js';

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface LeaseTimes {
  /** Others take over when the holder has not renewed for so long, in ms. */
  readonly duration: number;
  /** A holder that could not renew for so long stops leading, in ms; below the duration. */
  readonly renewDeadline: number;
}

export interface LeaseCandidate {
  readonly identity: string;
  readonly times: LeaseTimes;
  /** By this process's monotonic clock, in ms. */
  readonly now: number;
  /** Since when the Lease's spec has been as it is, by the same clock: when it was first read so. */
  readonly unchangedSince: number;
  /** When the last renewal that succeeded was begun, by the same clock; undefined: this process does not lead. */
  readonly renewedAt: number | undefined;
  /** Only what is written into the Lease for people to read. */
  readonly wallClock: Date;
}

export type LeaseDecision =
  /** Write this spec, under the version that was read: it is ours already, free, or has run out. */
  | { readonly action: 'acquire' | 'renew'; readonly spec: LeaseSpec }
  /** Somebody else holds it. */
  | { readonly action: 'wait' }
  /** This process led and must not any more. */
  | { readonly action: 'lost'; readonly why: string };

/**
 * What a candidate does about the Lease as it was just read (undefined: there is none). Nobody's wall clock counts, as in client-go's
 * leader election: each candidate measures by its own monotonic clock how long the record has not changed, so clocks may differ by any
 * amount, and only their rates have to agree. https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
export function decideLease(lease: Lease | undefined, candidate: LeaseCandidate): LeaseDecision {
  const { identity, times, now, renewedAt } = candidate;
  const holder = lease?.spec?.holderIdentity ?? '';
  if (renewedAt !== undefined) {
    if (holder !== '' && holder !== identity) return { action: 'lost', why: `the Lease was taken over by ${holder}` };
    if (now >= renewedAt + times.renewDeadline) return { action: 'lost', why: notRenewed };
  }
  const isOurs = holder === identity;
  if (holder !== '' && !isOurs && now <= candidate.unchangedSince + durationOf(lease, times)) return { action: 'wait' };
  return { action: isOurs ? 'renew' : 'acquire', spec: specOf(lease, candidate) };
}

/** Why leading ends when no renewal succeeded before the deadline. */
export const notRenewed = 'the Lease could not be renewed in time';

/** The spec that gives the Lease up, so that another candidate need not wait. */
export function releasedSpec(spec: LeaseSpec, wallClock: Date): LeaseSpec {
  return { ...spec, holderIdentity: '', renewTime: microTime(wallClock) };
}

/** Whether the holder has renewed in between, or there is another one. */
export function isSameSpec(a: LeaseSpec | undefined, b: LeaseSpec | undefined): boolean {
  return (['holderIdentity', 'leaseDurationSeconds', 'acquireTime', 'renewTime', 'leaseTransitions'] as const).every(
    (field) => a?.[field] === b?.[field],
  );
}

/** The holder's own, unless ours is longer: a holder that names no time, or a short one, is not robbed for that. */
function durationOf(lease: Lease | undefined, { duration }: LeaseTimes): number {
  const seconds = lease?.spec?.leaseDurationSeconds;
  return seconds === undefined ? duration : Math.max(seconds * 1000, duration);
}

function specOf(lease: Lease | undefined, { identity, times, wallClock }: LeaseCandidate): LeaseSpec {
  const before = lease?.spec;
  const time = microTime(wallClock);
  const isOurs = before?.holderIdentity === identity;
  const transitions = before?.leaseTransitions ?? 0;
  return {
    ...before,
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(times.duration / 1000)),
    acquireTime: isOurs ? (before.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: lease === undefined || isOurs ? transitions : transitions + 1,
  };
}
