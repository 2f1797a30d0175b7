import type { ReconciledRegistrations } from '../../cluster/registration/reconcile-registrations.js';
import type { RegistrationEntry } from '../../core/audit/configuration-entries.js';
import type { AuditLog } from '../../storage/records/audit-log.js';

/** Records each change of the registration once: what is missing or different stays so for many passes. */
export class RegistrationRecords {
  readonly #log: AuditLog;
  #recorded: ReadonlySet<string> = new Set();

  constructor(log: AuditLog) {
    this.#log = log;
  }

  append({ written, missing, drift }: ReconciledRegistrations): void {
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
      if (!this.#recorded.has(key)) void this.#log.append([{ recordType: 'registration', registration }]);
    }
    this.#recorded = lasting;
  }
}
