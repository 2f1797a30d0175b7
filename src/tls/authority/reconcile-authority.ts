import { X509Certificate } from 'node:crypto';
import type { Problem } from '../../core/problem/problem.js';
import type { SecretData } from '../../kubernetes/secret-data.js';
import { splitPem } from '../certificate/material.js';
import { authoritySecretData, readAuthority } from './authority-secret.js';
import {
  type AuthorityState,
  adoptedState,
  bundleOf,
  firstState,
  isSameBundle,
  nextStep,
  type RotationFacts,
  type RotationTimes,
  rotationTimes,
  takeStep,
} from './rotation.js';

/** What holds the authority and what shows it to the API servers. A write with an old version changes nothing. */
export interface AuthorityStore {
  secret(): Promise<StoredSecret>;
  writeSecret(data: SecretData, version: string | undefined): Promise<'written' | 'conflict'>;
  registrations(): Promise<readonly Registration[]>;
  publish(name: string, version: string, bundle: string): Promise<'written' | 'conflict'>;
}

export interface StoredSecret {
  /** Undefined: there is no such Secret. */
  readonly version: string | undefined;
  readonly data?: SecretData;
  /** Somebody's request for a new key. */
  readonly request?: string;
}

/** A webhook configuration of ours. */
export interface Registration {
  readonly name: string;
  readonly version: string;
  /** caBundle of each of its webhooks, PEM; empty text where there is none. */
  readonly bundles: readonly string[];
}

export interface ReconciledAuthority {
  readonly state: AuthorityState;
  /** What was done and why, in order; for the log and the record of changes. */
  readonly done: readonly string[];
  readonly problems: readonly Problem[];
}

const mostRounds = 12;

/**
 * Brings the authority one or more steps on, until nothing is due. Every round reads everything anew, configurations before the
 * Secret, and writes under the versions read: a controller that was paused in the middle, or two at once, lose a race and write
 * nothing old over something new. May stop after any write; the next call goes on from there.
 */
export async function reconcileAuthority(
  store: AuthorityStore,
  clock: () => number,
  times: RotationTimes = rotationTimes,
): Promise<ReconciledAuthority> {
  const done: string[] = [];
  const problems: Problem[] = [];
  let state: AuthorityState | undefined;
  for (let round = 0; round < mostRounds; round += 1) {
    const registrations = await store.registrations();
    const secret = await store.secret();
    const now = clock();
    const published = registrations.flatMap(({ bundles }) => bundles);
    const read = readAuthority(secret.data, now, published);
    if (read.is !== 'state') {
      const trusted = trustedIn([...published, ...(read.is === 'broken' ? read.trusted : [])], now);
      const made = await firstState(now, trusted, times);
      if (read.is === 'broken') problems.push(remade(read.why));
      if ((await store.writeSecret(authoritySecretData(made), secret.version)) === 'conflict') continue;
      done.push(`made a certificate authority${read.is === 'broken' ? ` (${read.why})` : ''}`);
      continue;
    }
    state = read.state;
    if (!read.recorded) {
      const adopted = adoptedState(state, now, trustedIn(published, now), times);
      if ((await store.writeSecret(authoritySecretData(adopted), secret.version)) === 'written')
        done.push('took over a certificate authority that was put into the Secret');
      continue;
    }
    const bundle = bundleOf(state);
    const facts: RotationFacts = {
      now,
      published,
      ...(secret.request === undefined ? {} : { request: secret.request }),
    };
    const step = nextStep(state, facts, times);
    const outdated = registrations.filter(({ bundles }) => bundles.some((one) => !isSameBundle(one, bundle)));
    // That a configuration lost the new authority has to be on record before it is put back, or the wait would not begin anew.
    if (outdated.length > 0 && step.step !== 'unseen') {
      for (const { name, version } of outdated)
        if ((await store.publish(name, version, bundle)) === 'written') done.push(`published the authority in ${name}`);
      continue;
    }
    if (step.step === 'none') return { state, done, problems };
    const next = await takeStep(state, step.step, facts, times);
    if ((await store.writeSecret(authoritySecretData(next), secret.version)) === 'conflict') continue;
    state = next;
    done.push(`${step.step}: ${step.why}`);
  }
  if (state === undefined) throw new Error('the Secret of the certificate authority changes with every read');
  problems.push(unsettled);
  return { state, done, problems };
}

const unsettled: Problem = {
  code: 'tls-authority-contended',
  severity: 'warning',
  message: 'the certificate authority did not come to rest: something else keeps changing its Secret or the caBundle',
  advice: 'Look who else writes them: kubectl get mutatingwebhookconfiguration seccomply -o yaml --show-managed-fields',
};

function remade(why: string): Problem {
  return {
    code: 'tls-authority-remade',
    severity: 'warning',
    message: `the Secret of the certificate authority could not be used (${why}), and a new authority was made`,
    advice: 'Nothing to do: replicas change over once the configurations show it. Find out who changed the Secret.',
  };
}

/** The authorities in what was published, in date and without doubles. */
function trustedIn(bundles: readonly string[], now: number): readonly string[] {
  const found = new Map<string, string>();
  for (const block of bundles.flatMap(splitPem)) {
    try {
      const certificate = new X509Certificate(block);
      if (certificate.ca && now < Date.parse(certificate.validTo)) found.set(certificate.fingerprint256, `${block}\n`);
    } catch {
      // Not a certificate: nobody can serve under it.
    }
  }
  return [...found.values()];
}
