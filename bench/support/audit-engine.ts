/** What bench/audit.bench.mjs measures. */
export { AuditLog } from '../../src/storage/records/audit-log.js';
export { recordFilesAt } from '../../src/storage/records/segments.js';
export { verifyRecordFiles } from '../../src/storage/records/verify-records.js';
