import { join } from 'node:path';
import { AuditLog } from '../../storage/records/audit-log.js';
import type { AuditLogOptions } from '../../storage/records/audit-log-options.js';
import type { AdmissionMetrics } from '../../system/metrics/admission-metrics.js';
import { packageVersion } from '../../system/package-root.js';
import type { AdmissionConfig } from '../settings/config.js';

/** What records say of where they were made. */
export type RecordOrigin = Pick<AuditLogOptions, 'cluster' | 'durability'> & {
  /** The node that the process runs on. */
  readonly node?: string | undefined;
};

export interface OpenRecordsOptions {
  readonly config: AdmissionConfig;
  readonly recorded: RecordOrigin;
  /** Gets the lines of audit records once they are on disk. */
  readonly recordLines: (lines: Buffer) => unknown;
  readonly metrics: AdmissionMetrics;
}

/** The audit records of a process that answers admission, counted. */
export function openRecords({ config, recorded, recordLines, metrics }: OpenRecordsOptions): Promise<AuditLog> {
  const { node, ...origin } = recorded;
  return AuditLog.open(join(config.data, 'audit'), {
    source: { component: config.process, version: packageVersion(), ...(node === undefined ? {} : { node }) },
    ...origin,
    clientCertificates: config.clientCa === undefined ? 'none' : (config.clientCertificates ?? 'required'),
    ...(config.auditLimit === undefined ? {} : { maxBytes: config.auditLimit }),
    stream: recordLines,
    hooks: {
      written: (count, seconds) => {
        metrics.family('seccomply_audit_records_total').add(count);
        metrics.histogram('seccomply_audit_write_duration_seconds').cell().observe(seconds);
      },
      failed: (code, count) => metrics.family('seccomply_audit_write_failures_total').add(count, code),
      folded: (count) => metrics.family('seccomply_audit_folded_total').add(count),
      overQuota: (count) => metrics.family('seccomply_audit_over_quota_total').add(count),
      refused: (code, count) => metrics.family('seccomply_audit_refused_total').add(count, code),
    },
  });
}
