import { setTimeout as pause } from 'node:timers/promises';
import { AdmissionPolicyReconciler } from '../../cluster/policies/admission-policy-sync.js';
import type { ClusterDocuments } from '../../cluster/policies/cluster-documents.js';
import { LastGoodReconciler } from '../../cluster/policies/last-good-reconciler.js';
import { StatusReconciler } from '../../cluster/status/status-reconciler.js';
import { names } from '../../core/manifests/names.js';
import { EventQueue } from '../../kubernetes/event-queue.js';
import type { AuditLog } from '../../storage/records/audit-log.js';
import { messageOf } from '../../system/errno.js';
import type { ControllerMetrics } from '../../system/metrics/controller-metrics.js';
import type { ControllerOptions } from './controller-options.js';
import { RegistrationRecords } from './registration-records.js';
import { RegistrationTask } from './registration-task.js';

/** The leader's work. Every part goes on when another fails, and starts from what it reads: nothing is remembered that matters. */
export class LeaderTasks {
  readonly #options: ControllerOptions;
  readonly #metrics: ControllerMetrics;
  /** The last failure of each part, so that the same one is not said every few seconds. */
  readonly #failing = new Map<string, string>();
  readonly #events: EventQueue;
  readonly #registration: RegistrationTask;

  constructor(options: ControllerOptions, metrics: ControllerMetrics, records: AuditLog) {
    this.#options = options;
    this.#metrics = metrics;
    this.#events = new EventQueue(options.client, {
      controller: 'seccomply.dev/controller',
      instance: options.identity,
      onFailure: (error) => options.log.debug(`an Event was not written: ${error.message}`),
    });
    this.#registration = new RegistrationTask(options, {
      metrics,
      events: this.#events,
      records: new RegistrationRecords(records),
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
      await this.#keepRegistration(signal);
    } finally {
      await status.stop();
      await keeping;
    }
  }

  async #keepRegistration(signal: AbortSignal): Promise<void> {
    const interval = this.#options.interval ?? 10_000;
    while (!signal.aborted) {
      let isFinished = false;
      await this.#part('certificates and registration', async () => {
        isFinished = await this.#registration.pass();
      });
      await pause(isFinished ? interval : Math.min(interval, 1_000), undefined, { signal }).catch(() => undefined);
    }
  }

  #count({ policies, exemptions, profiles, problems }: ClusterDocuments): void {
    const documents = this.#metrics.family('seccomply_documents');
    documents.set(policies.length, 'SeccompPolicy');
    documents.set(exemptions.length, 'SeccompExemption');
    documents.set(profiles.length, 'SeccompProfile');
    for (const severity of ['error', 'warning', 'info'] as const)
      this.#metrics
        .family('seccomply_document_problems')
        .set(problems.filter((problem) => problem.severity === severity).length, severity);
  }

  async #part(name: string, run: () => Promise<void>): Promise<void> {
    const passes = this.#metrics.family('seccomply_controller_passes_total');
    try {
      await run();
      passes.add(1, name, 'done');
      if (this.#failing.delete(name)) this.#options.log.info(`${name}: works again`);
    } catch (error) {
      passes.add(1, name, 'failed');
      const message = messageOf(error);
      if (this.#failing.get(name) !== message) this.#options.log.error(`${name}: ${message}`);
      this.#failing.set(name, message);
    }
  }

  readonly #warn = (message: string): void => {
    this.#options.log.warn(message);
  };
}
