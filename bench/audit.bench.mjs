// Audit records: what signing soon costs those who append, how fast records are verified, and what reading a damaged file costs a start.
// Usage: node bench/audit.bench.mjs [--short]
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { bundleAndImport } from '../tools/run-ts.mjs';
import { alternate, bench, isShort, median } from './support/bench.mjs';
import { scratch } from './support/processes.mjs';

const { AuditLog, recordFilesAt, verifyRecordFiles } = await bundleAndImport('bench/support/audit-engine.ts');

const folder = scratch();
let made = 0;
const newFolder = () => {
  made += 1;
  const path = join(folder, String(made));
  mkdirSync(path, { recursive: true });
  return path;
};

/** A denial like that of a usual pod, each of another owner. */
const denial = (index) => ({
  recordType: 'denial',
  actor: {
    groups: ['system:serviceaccounts', 'system:authenticated'],
    username: 'system:serviceaccount:kube-system:replicaset-controller',
  },
  caller: { authenticated: true, name: 'kube-apiserver' },
  container: { image: 'registry.example.com/shop/web:1.4.2', name: 'web', type: 'Container' },
  decision: {
    allowed: false,
    code: 403,
    message: 'container "web" asks for Unconfined, against policy baseline',
    mode: 'enforce',
    outcome: 'denied',
  },
  finding: {
    ...{
      code: 'unconfined',
      effective: 'Unconfined',
      expected: 'RuntimeDefault or a profile',
      kind: 'violation',
      mode: 'enforce',
    },
    ...{ fieldPath: 'spec.containers[0].securityContext.seccompProfile', requested: 'Unconfined' },
    message: 'container "web" asks for Unconfined, against policy baseline',
  },
  policy: { contentSha256: 'a'.repeat(64), name: 'baseline', origin: 'policies/baseline/policy.yaml:1' },
  request: {
    dryRun: false,
    generateName: `web-${index}-`,
    namespace: `shop-${index % 50}`,
    operation: 'CREATE',
    resource: 'v1/pods',
    webhook: 'validate',
  },
  workload: { chain: [`Pod/web-${index}-*`, `ReplicaSet/web-${index}`], kind: 'ReplicaSet', name: `web-${index}` },
});

const open = (path, checkpoint) =>
  AuditLog.open(path, {
    source: { component: 'webhook', version: 'bench' },
    rateLimit: { burst: 1e9, perSecond: 1e9 },
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });

/** Appends so many denials, `together` at a time, as calls come in; returns how many a second. */
async function append(path, count, together, checkpoint) {
  const log = await open(path, checkpoint);
  const began = performance.now();
  for (let done = 0; done < count; done += together)
    await Promise.all(Array.from({ length: together }, (_, index) => log.append([denial(done + index)])));
  const seconds = (performance.now() - began) / 1000;
  await log.close('done');
  return count / seconds;
}

const signing = {
  bars: {
    'appending 50 at a time, signed after 100 records or 1 s': { atLeast: 0.95, unit: ' of unsigned' },
    'appending one at a time, signed after 100 records or 1 s': { atLeast: 0.95, unit: ' of unsigned' },
  },
  measure: async (length) => {
    const never = { records: 1e9, seconds: 1e9 };
    const [many, few] = length === 'short' ? [3_000, 600] : [6_000, 1_500];
    const rounds = await alternate(length === 'short' ? 8 : 24, {
      signedMany: () => append(newFolder(), many, 50),
      unsignedMany: () => append(newFolder(), many, 50, never),
      signedFew: () => append(newFolder(), few, 1),
      unsignedFew: () => append(newFolder(), few, 1, never),
    });
    return {
      'appending 50 at a time, signed after 100 records or 1 s': median(
        rounds.map(({ signedMany, unsignedMany }) => signedMany / unsignedMany),
      ),
      'appending one at a time, signed after 100 records or 1 s': median(
        rounds.map(({ signedFew, unsignedFew }) => signedFew / unsignedFew),
      ),
    };
  },
};

const verifying = {
  bars: {
    // On a machine with a core to itself 100,000 and more.
    'verify: records a second': {},
    'verify: time, against hashing the same lines': { atMost: 1.5, unit: '×' },
  },
  measure: async (length) => {
    const path = newFolder();
    const count = isShort ? 100_000 : 1_000_000;
    await append(path, count, 1_000);
    const files = await recordFilesAt(path);
    const rounds = await alternate(length === 'short' ? 3 : 5, {
      verify: async () => {
        const began = performance.now();
        const report = await verifyRecordFiles(files);
        if (!report.ok || report.unproven > 0) throw new Error(JSON.stringify(report.findings[0] ?? report.instances));
        return (performance.now() - began) / report.records;
      },
      hash: async () => {
        const began = performance.now();
        let lines = 0;
        for (const file of files.files)
          for (const line of readFileSync(file, 'latin1').split('\n')) {
            createHash('sha256').update(line).digest('hex');
            lines += 1;
          }
        return (performance.now() - began) / lines;
      },
    });
    rmSync(path, { recursive: true });
    return {
      'verify: records a second': 1_000 / median(rounds.map(({ verify }) => verify)),
      'verify: time, against hashing the same lines': median(rounds.map(({ verify, hash }) => verify / hash)),
    };
  },
};

const damaged = {
  bars: {
    'a start beside an old file of 64 MiB without one record, linear is 2': { atMost: 2.5, unit: '× of 32 MiB' },
  },
  measure: async (length) => {
    const start = async (bytes) => {
      const path = newFolder();
      const log = await open(path);
      await log.close('done');
      const [file] = (await recordFilesAt(path)).files;
      truncateSync(file, 0);
      truncateSync(file, bytes);
      const began = performance.now();
      const next = await open(path);
      const took = performance.now() - began;
      await next.close('done');
      rmSync(path, { recursive: true });
      return took;
    };
    const mebibyte = 1024 * 1024;
    const rounds = await alternate(length === 'short' ? 5 : 15, {
      full: () => start(64 * mebibyte),
      half: () => start(32 * mebibyte),
    });
    return {
      'a start beside an old file of 64 MiB without one record, linear is 2': median(
        rounds.map(({ full, half }) => full / half),
      ),
    };
  },
};

await bench('Audit records', [signing, verifying, damaged]);
process.exit();
