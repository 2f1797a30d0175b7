// A process that appends denials as fast as it can and prints the id of each one that `append` said is recorded. It is killed by the test.
import { AuditLog } from '../../../src/storage/records/audit-log.js';
import { denialEntry } from '../../core/audit/denial-entry.js';

const folder = process.argv[2] ?? '';
const log = await AuditLog.open(folder, {
  source: { component: 'webhook', version: 'test' },
  segmentBytes: 40_000,
  checkpoint: { records: 20, seconds: 1 },
});
let number = 0;
async function client(): Promise<never> {
  for (;;) {
    number += 1;
    const { request } = denialEntry();
    const receipt = await log.append([
      denialEntry({
        request: { ...request, name: `pod-${number}` },
        workload: { kind: 'Pod', name: `pod-${number}`, chain: [] },
      }),
    ]);
    if (receipt.recorded) process.stdout.write(`${receipt.recordId}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, client));
