import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdmissionEntry } from '../../src/core/audit/admission-entry.js';
import type { AuditRecord } from '../../src/core/audit/record.js';
import { exemptedPod, podReview, unconfinedPod } from '../support/pod-review.js';
import { runProgram } from '../support/program.js';
import { type Serving, scratch, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

async function recordsOf({ data }: Serving): Promise<readonly AuditRecord[]> {
  const folder = join(data, 'audit');
  expect(await runProgram(['audit', 'verify', folder])).toMatchObject({ code: 0 });
  return execFileSync('find', [folder, '-name', '*.jsonl', '-exec', 'cat', '{}', '+'], { maxBuffer: 1 << 28 })
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditRecord);
}

const bytesOf = ({ data }: Serving): number =>
  readdirSync(join(data, 'audit'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .reduce((sum, name) => sum + statSync(join(data, 'audit', name)).size, 0);

const ofType = (records: readonly AuditRecord[], type: AdmissionEntry['recordType']) =>
  records.flatMap((record) => (record.recordType === type ? [record as AdmissionEntry] : []));
const folded = (records: readonly AuditRecord[]): number =>
  records.reduce((sum, record) => sum + (record.recordType === 'folded' ? record.folded.count : 0), 0);

const generatedName = (index: number): string =>
  `profiler-6d4cf56db6-${[0, 1, 2, 3, 4].map((digit) => 'bcdfghjklmnpqrstvwxz2456789'[Math.floor(index / 27 ** digit) % 27]).join('')}`;

/** A pod of a ReplicaSet, as `/validate` sees it: the API server has given it a name and a uid. */
const podOfReplicaSet = (index: number) =>
  podReview(
    exemptedPod,
    { uid: `request-${index}`, namespace: 'perf', name: generatedName(index) },
    {
      name: generatedName(index),
      generateName: 'profiler-6d4cf56db6-',
      uid: `pod-${index}`,
      ownerReferences: [{ kind: 'ReplicaSet', name: 'profiler-6d4cf56db6', uid: 'rs', controller: true }],
    },
  );

test('a rollout of 200 exempted pods is let through, and the file accounts for each before the process ends', async () => {
  const serving = await startServing('webhook');
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => serving.review('validate', podOfReplicaSet(index))),
  );
  expect(answers.filter(({ allowed }) => allowed)).toHaveLength(200);
  serving.child.kill('SIGKILL');
  await serving.ended;
  // The next start closes off the crash.
  expect(await (await startServing('webhook', [], { data: serving.data })).stop()).toBe(0);
  const records = await recordsOf(serving);
  const [use, ...others] = ofType(records, 'exemption');
  expect(others).toEqual([]);
  expect(new Set(answers.map(({ auditAnnotations }) => auditAnnotations?.['record-id']))).toEqual(
    new Set([(use as unknown as AuditRecord | undefined)?.recordId]),
  );
  expect(folded(records)).toBe(199);
  expect(bytesOf(serving)).toBeLessThan(200_000);
});

test('large pods do not make large records', async () => {
  const serving = await startServing('webhook');
  const containers = (call: number) =>
    Array.from({ length: 180 }, (_, index) => ({
      name: `c-${call}-${index}`,
      image: `registry.example/${'\u0001'.repeat(160)}:${index}`,
      securityContext: { seccompProfile: { type: 'Unconfined' } },
    }));
  const review = (call: number) =>
    podReview({ containers: containers(call) }, { name: `p${call}` }, { name: `p${call}` });
  expect(JSON.stringify(review(0)).length).toBeGreaterThan(190_000);
  for (let call = 0; call < 159; call += 1)
    expect((await serving.review('validate', review(call))).allowed).toBe(false);
  expect(await serving.stop()).toBe(0);
  expect(bytesOf(serving)).toBeLessThan(3 * 1024 * 1024);
  expect(
    Math.max(
      ...serving
        .stdout()
        .split('\n')
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(16 * 1024);
  const denials = ofType(await recordsOf(serving), 'denial');
  expect(denials).toHaveLength(159);
  for (const { otherFindings = [], otherFindingsOmitted = 0, findingsSha256 } of denials) {
    expect(otherFindings.length + otherFindingsOmitted).toBe(179);
    expect(findingsSha256).toMatch(/^[0-9a-f]{64}$/);
  }
});

test('a namespace that has used up its share is refused the use of exemptions with the reason, and no other is', async () => {
  const serving = await startServing('webhook', ['--audit-limit', '1MiB']);
  const use = (name: string, namespace = 'perf') =>
    serving.review('validate', podReview(exemptedPod, { name, namespace }, { name }));
  let [admitted, refused] = [0, 0];
  for (let call = 0; call < 150; call += 1) {
    const { allowed, status } = await use(`p-${call}`);
    if (allowed) admitted += 1;
    else {
      refused += 1;
      expect(status).toEqual({
        code: 503,
        reason: 'InternalError',
        message:
          'the exemption legacy-profiler lets this through, but only on record, and the record cannot be written now: namespace perf has used up the share of audit records, which comes back within a day. Try again in a moment, or tell whoever runs Seccomply',
      });
    }
  }
  expect(admitted).toBeGreaterThan(15);
  expect(refused).toBeGreaterThan(10);
  expect((await serving.get('/readyz?verbose')).text).toMatch(/^ok\n/);
  expect((await serving.get('/metrics')).text).toMatch(
    new RegExp(`^seccomply_audit_refused_total\\{code="record-share-used-up"\\} ${refused}$`, 'm'),
  );
  const other = await serving.review('validate', podReview(unconfinedPod));
  expect(other.auditAnnotations).toHaveProperty('record-id');
  expect(await serving.stop()).toBe(0);
  const records = await recordsOf(serving);
  expect(ofType(records, 'exemption')).toHaveLength(admitted);
  const over = records.flatMap((record) => (record.recordType === 'over-quota' ? [record.overQuota] : []));
  expect(over.reduce((sum, { refused: uses = 0 }) => sum + uses, 0)).toBe(refused);
  const { stdout } = await runProgram(['audit', 'tail', '-n', '100', join(serving.data, 'audit')]);
  expect(stdout).toMatch(
    /Z {2}OVER {7}namespace perf, callers that did not authenticate: has used up its share of records, 1 use of exemptions refused for want of a record\n/,
  );
});

describe('in Audit mode', () => {
  const auditing = async (): Promise<Serving> => {
    const policies = join(scratch(), 'policies');
    mkdirSync(policies);
    writeFileSync(
      join(policies, 'audit.yaml'),
      `apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: watch }
spec:
  mode: Audit
  require: { profiles: [RuntimeDefault] }
`,
    );
    return startServing('webhook', ['--policies', policies, '--baseline', 'off']);
  };
  const container = (name: string, type: string, image = 'busybox:1.36') => ({
    name,
    image,
    securityContext: { seccompProfile: { type, ...(type === 'Localhost' ? { localhostProfile: 'team/x.json' } : {}) } },
  });
  const owned = { ownerReferences: [{ kind: 'ReplicaSet', name: 'made-up', uid: 'made-up', controller: true }] };

  test.each<[string, object, object]>([
    [
      'the image of their second container',
      ...(['one:1', 'two:1'].map((image) =>
        podReview({ containers: [container('a', 'Unconfined'), container('b', 'Unconfined', image)] }),
      ) as [object, object]),
    ],
    [
      'the violation of their 40th container',
      ...(['Unconfined', 'Localhost'].map((last) =>
        podReview({
          containers: Array.from({ length: 40 }, (_, index) =>
            container(`c-${index}`, index < 39 ? 'Unconfined' : last),
          ),
        }),
      ) as [object, object]),
    ],
    [
      'their names, and say that one ReplicaSet owns them',
      ...(['one', 'two'].map((name) =>
        podReview({ containers: [container('a', 'Unconfined')] }, { name }, { name, ...owned }),
      ) as [object, object]),
    ],
  ])('pods that differ only in %s leave two records, and their repeats a count', async (_, one, other) => {
    const serving = await auditing();
    for (const review of [one, other, one, other, other])
      expect((await serving.review('validate', review)).allowed).toBe(true);
    expect(await serving.stop()).toBe(0);
    const records = await recordsOf(serving);
    expect(ofType(records, 'violation')).toHaveLength(2);
    expect(folded(records)).toBe(3);
  });
});
