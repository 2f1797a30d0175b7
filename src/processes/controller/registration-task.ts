import { X509Certificate } from 'node:crypto';
import { clusterAuthorityStore } from '../../cluster/registration/authority-store.js';
import { reconcileRegistrations } from '../../cluster/registration/reconcile-registrations.js';
import { whyNotAnswering } from '../../cluster/registration/why-not-answering.js';
import { findSecret } from '../../cluster/secret.js';
import { names } from '../../core/manifests/names.js';
import { formatProblem } from '../../core/problem/problem.js';
import type { EventQueue } from '../../kubernetes/event-queue.js';
import type { ControllerMetrics } from '../../system/metrics/controller-metrics.js';
import { readAuthority } from '../../tls/authority/authority-secret.js';
import { reconcileAuthority } from '../../tls/authority/reconcile-authority.js';
import { type AuthorityState, bundleOf, rotationTimes } from '../../tls/authority/rotation.js';
import type { ControllerOptions } from './controller-options.js';
import type { RegistrationRecords } from './registration-records.js';
import { wantedRegistrations } from './wanted-registrations.js';
import { registeredPlace } from './webhook-address.js';

export interface RegistrationTaskParts {
  readonly metrics: ControllerMetrics;
  readonly events: EventQueue;
  readonly records: RegistrationRecords;
}

/** The certificate authority and the webhook registration, kept as they should be. */
export class RegistrationTask {
  readonly #options: ControllerOptions;
  readonly #metrics: ControllerMetrics;
  readonly #events: EventQueue;
  readonly #records: RegistrationRecords;
  #said = '';
  #lastDrift = '';

  constructor(options: ControllerOptions, { metrics, events, records }: RegistrationTaskParts) {
    this.#options = options;
    this.#metrics = metrics;
    this.#events = events;
    this.#records = records;
  }

  /** One look at both; whether nothing is unfinished. */
  async pass(): Promise<boolean> {
    const { client, namespace, log, certificates } = this.#options;
    const secret = { namespace, name: names.authoritySecret };
    let unsteady = false;
    if (certificates === 'self-managed') {
      const { state, done, problems } = await reconcileAuthority(
        clusterAuthorityStore(client, secret),
        Date.now,
        this.#options.times ?? rotationTimes,
      );
      for (const line of done) log.info(`certificates: ${line}`);
      for (const problem of problems) log.warn(formatProblem(problem));
      this.#tellAuthority(state);
      unsteady = state.next !== undefined || state.unproven !== undefined;
    }
    const caBundle = async (): Promise<string | undefined> => {
      if (certificates !== 'self-managed') return undefined;
      const read = readAuthority((await findSecret(client, secret))?.data, Date.now());
      return read.is === 'state' ? bundleOf(read.state) : undefined;
    };
    let whyNot: string | undefined;
    const kept = await reconcileRegistrations({
      client,
      secret,
      now: Date.now(),
      caBundle,
      wanted: (bundle) => wantedRegistrations(this.#options, bundle),
      isAnswering: async (trust) => {
        whyNot = await whyNotAnswering(await registeredPlace(this.#options), trust);
        return whyNot === undefined;
      },
    });
    for (const { kind, why } of kept.written) log.info(`registration: ${kind} written (${why})`);
    for (const { kind, restoreAt } of kept.missing)
      this.#events.add({
        regarding: { apiVersion: 'admissionregistration.k8s.io/v1', kind, name: names.registration },
        type: 'Warning',
        reason: 'RegistrationMissing',
        action: 'Wait',
        note: `Somebody deleted it: no pod is judged. It comes back at ${new Date(restoreAt).toISOString()}; seccomply install puts it back now.`,
      });
    this.#say(
      kept.missing
        .map(({ kind, restoreAt }) => `the ${kind} was deleted; it comes back at ${new Date(restoreAt).toISOString()}`)
        .join('; ') ||
        (whyNot !== undefined
          ? `registration: waiting for the webhook to answer: ${whyNot}`
          : kept.untrusted.length === 0
            ? ''
            : `registration: ${kept.untrusted.join(' and ')} let everything through until the caBundle is there, which ${certificates === 'cert-manager' ? 'the cainjector of cert-manager writes' : 'whoever makes the certificate has to write'}`),
    );
    const drift = kept.drift.map(({ detail }) => detail).join('; ');
    if (drift !== this.#lastDrift && drift !== '') log.warn(`registration: changed by somebody else: ${drift}`);
    this.#lastDrift = drift;
    this.#records.append(kept);
    this.#metrics.family('seccomply_registration_drift').set(kept.drift.length);
    for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'])
      this.#metrics
        .family('seccomply_registration_missing')
        .set(kept.missing.some((one) => one.kind === kind) ? 1 : 0, kind);
    return whyNot === undefined && kept.untrusted.length === 0 && !unsteady;
  }

  #tellAuthority(state: AuthorityState): void {
    const end = Date.parse(new X509Certificate(state.current.cert).validTo) / 1_000;
    this.#metrics.family('seccomply_authority_expiry_timestamp_seconds').set(end);
    const is =
      state.unproven !== undefined
        ? 'unproven'
        : state.next !== undefined
          ? 'announced'
          : state.previous.length > 0
            ? 'retiring'
            : 'steady';
    for (const one of ['steady', 'announced', 'unproven', 'retiring'])
      this.#metrics.family('seccomply_authority_rotation').set(one === is ? 1 : 0, one);
  }

  #say(text: string): void {
    if (text !== this.#said && text !== '') this.#options.log.info(text);
    this.#said = text;
  }
}
