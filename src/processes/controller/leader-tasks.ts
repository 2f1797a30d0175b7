import { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ControllerMetric } from '../../cluster/controller-metrics.js';
import { AdmissionPolicyReconciler } from '../../cluster/policies/admission-policy-sync.js';
import type { ClusterDocuments } from '../../cluster/policies/cluster-documents.js';
import { LastGoodReconciler } from '../../cluster/policies/last-good-reconciler.js';
import { clusterAuthorityStore } from '../../cluster/registration/authority-store.js';
import {
  type ReconciledRegistrations,
  reconcileRegistrations,
} from '../../cluster/registration/reconcile-registrations.js';
import type { WebhookConfiguration } from '../../cluster/registration/webhook-configuration.js';
import { type WebhookPlace, whyNotAnswering } from '../../cluster/registration/why-not-answering.js';
import { findSecret } from '../../cluster/secret.js';
import { StatusReconciler } from '../../cluster/status/status-reconciler.js';
import type { RegistrationEntry } from '../../core/audit/configuration-entries.js';
import { names } from '../../core/manifests/names.js';
import { webhookConfigurations } from '../../core/manifests/registration.js';
import { formatProblem } from '../../core/problem/problem.js';
import { EventQueue } from '../../kubernetes/event-queue.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import type { AuditLog } from '../../storage/records/audit-log.js';
import { messageOf } from '../../system/errno.js';
import type { Family } from '../../system/metrics/family.js';
import { reconcileAuthority } from '../../tls/cluster-authority.js';
import { type AuthorityState, bundleOf, rotationTimes } from '../../tls/rotation.js';
import { readAuthority } from '../../tls/rotation-secret.js';
import type { ControllerOptions } from './controller-options.js';

/** The leader's work. Every part goes on when another fails, and starts from what it reads: nothing is remembered that matters. */
export class LeaderTasks {
  readonly #options: ControllerOptions;
  readonly #metrics: ReadonlyMap<ControllerMetric, Family>;
  /** The last failure of each part, so that the same one is not said every few seconds. */
  readonly #failing = new Map<string, string>();
  readonly #events: EventQueue;
  readonly #records: AuditLog;
  #recorded: ReadonlySet<string> = new Set();
  #said = '';
  #lastDrift = '';

  constructor(options: ControllerOptions, metrics: ReadonlyMap<ControllerMetric, Family>, records: AuditLog) {
    this.#records = records;
    this.#options = options;
    this.#metrics = metrics;
    this.#events = new EventQueue(options.client, {
      controller: 'seccomply.dev/controller',
      instance: options.identity,
      onFailure: (error) => options.log.debug(`an Event was not written: ${error.message}`),
    });
  }

  /** Writes the Events that wait. */
  stop(): Promise<void> {
    return this.#events.stop();
  }

  failures(): ReadonlyMap<string, string> {
    return this.#failing;
  }

  async run(signal: AbortSignal): Promise<void> {
    const policies = this.#options.admissionPolicies
      ? new AdmissionPolicyReconciler({ ...this.#options, onProblem: this.#warn })
      : undefined;
    const lastGood = new LastGoodReconciler(this.#options.client, {
      namespace: this.#options.namespace,
      name: names.policySet,
    });
    let documents: ClusterDocuments | undefined;
    let keeping = Promise.resolve();
    const keep = (): void => {
      const now = documents;
      if (now === undefined) return;
      keeping = keeping.then(() =>
        this.#part('last good policy set', async () => {
          if (await lastGood.reconcile(now)) this.#options.log.debug('the last good policy set was written');
        }),
      );
      if (policies === undefined) return;
      keeping = keeping.then(() =>
        this.#part('admission policies', async () => {
          const { written, deleted } = await policies.reconcile(now, Date.now());
          if (written + deleted > 0)
            this.#options.log.info(`admission policies: ${written} written, ${deleted} deleted`);
        }),
      );
    };
    const status = new StatusReconciler({
      ...this.#options,
      onProblem: this.#warn,
      onEvent: (event) => this.#events.add(event),
      onDocuments: (found) => {
        documents = found;
        this.#count(found);
        keep();
      },
    });
    status.start();
    try {
      await this.#certificates(signal);
    } finally {
      await status.stop();
      await keeping;
    }
  }

  async #certificates(signal: AbortSignal): Promise<void> {
    const interval = this.#options.interval ?? 10_000;
    while (!signal.aborted) {
      let isFinished = false;
      await this.#part('certificates and registration', async () => {
        isFinished = await this.#pass();
      });
      await pause(isFinished ? interval : Math.min(interval, 1_000), undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look at authority and registration; whether nothing is unfinished. */
  async #pass(): Promise<boolean> {
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
      wanted: (bundle) => this.#wanted(bundle),
      isAnswering: async (trust) => {
        whyNot = await whyNotAnswering(await this.#place(), trust);
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
    this.#record(kept);
    this.#metrics.get('seccomply_registration_drift')?.set(kept.drift.length);
    for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'])
      this.#metrics
        .get('seccomply_registration_missing')
        ?.set(kept.missing.some((one) => one.kind === kind) ? 1 : 0, kind);
    return whyNot === undefined && kept.untrusted.length === 0 && !unsteady;
  }

  /** Each change once: what is missing or different stays so for many passes. */
  #record({ written, missing, drift }: ReconciledRegistrations): void {
    const changes: readonly RegistrationEntry['registration'][] = [
      ...written.map(({ kind, why }) => ({ kind, change: 'written', detail: why }) as const),
      ...missing.map(
        ({ kind, restoreAt }) =>
          ({ kind, change: 'deleted', detail: `it comes back at ${new Date(restoreAt).toISOString()}` }) as const,
      ),
      ...drift.map(({ kind, detail }) => ({ kind, change: 'changed', detail }) as const),
    ];
    const lasting = new Set<string>();
    for (const registration of changes) {
      const key = JSON.stringify(registration);
      if (registration.change !== 'written') lasting.add(key);
      if (!this.#recorded.has(key)) void this.#records.append([{ recordType: 'registration', registration }]);
    }
    this.#recorded = lasting;
  }

  #wanted(caBundle: string | undefined): readonly WebhookConfiguration[] {
    const { namespace, certificates, webhookUrl } = this.#options;
    const made = webhookConfigurations({
      namespace,
      certificates,
      ...(caBundle === undefined ? {} : { caBundle }),
    }) as unknown as readonly WebhookConfiguration[];
    if (webhookUrl === undefined) return made;
    return made.map((configuration) => ({
      ...configuration,
      webhooks: (configuration.webhooks ?? []).map((webhook) => {
        const { service, ...rest } = (webhook.clientConfig ?? {}) as {
          readonly service?: { readonly path?: string };
          readonly caBundle?: string;
        };
        return { ...webhook, clientConfig: { ...rest, url: new URL(service?.path ?? '/', webhookUrl).href } };
      }),
    }));
  }

  async #place(): Promise<WebhookPlace> {
    const { client, namespace, webhookUrl } = this.#options;
    if (webhookUrl !== undefined) {
      const host = webhookUrl.hostname;
      return { host, port: Number(webhookUrl.port || '443'), servername: /^[\d.]+$|:/.test(host) ? 'localhost' : host };
    }
    const service = await client.get<KubeObject & { readonly spec?: { readonly clusterIP?: string } }>(
      resources.services,
      names.service,
      { namespace },
    );
    // Not by its name: a cluster's DNS may be among the pods that wait for us.
    return { host: service.spec?.clusterIP ?? '', port: 443, servername: `${names.service}.${namespace}.svc` };
  }

  #tellAuthority(state: AuthorityState): void {
    const end = Date.parse(new X509Certificate(state.current.cert).validTo) / 1_000;
    this.#metrics.get('seccomply_authority_expiry_timestamp_seconds')?.set(end);
    const is =
      state.unproven !== undefined
        ? 'unproven'
        : state.next !== undefined
          ? 'announced'
          : state.previous.length > 0
            ? 'retiring'
            : 'steady';
    for (const one of ['steady', 'announced', 'unproven', 'retiring'])
      this.#metrics.get('seccomply_authority_rotation')?.set(one === is ? 1 : 0, one);
  }

  #count({ policies, exemptions, profiles, problems }: ClusterDocuments): void {
    const documents = this.#metrics.get('seccomply_documents');
    documents?.set(policies.length, 'SeccompPolicy');
    documents?.set(exemptions.length, 'SeccompExemption');
    documents?.set(profiles.length, 'SeccompProfile');
    for (const severity of ['error', 'warning', 'info'] as const)
      this.#metrics
        .get('seccomply_document_problems')
        ?.set(problems.filter((problem) => problem.severity === severity).length, severity);
  }

  async #part(name: string, run: () => Promise<void>): Promise<void> {
    const passes = this.#metrics.get('seccomply_controller_passes_total');
    try {
      await run();
      passes?.add(1, name, 'done');
      if (this.#failing.delete(name)) this.#options.log.info(`${name}: works again`);
    } catch (error) {
      passes?.add(1, name, 'failed');
      const message = messageOf(error);
      if (this.#failing.get(name) !== message) this.#options.log.error(`${name}: ${message}`);
      this.#failing.set(name, message);
    }
  }

  #say(text: string): void {
    if (text !== this.#said && text !== '') this.#options.log.info(text);
    this.#said = text;
  }

  readonly #warn = (message: string): void => {
    this.#options.log.warn(message);
  };
}
