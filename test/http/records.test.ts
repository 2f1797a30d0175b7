import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exemptedPod, plainPod, podReview, unconfinedPod } from '../support/pod-review.js';
import { runProgram } from '../support/program.js';
import { itNeeds, runs } from '../support/require.js';
import { eventually, json, type Serving, scratch, sendTo, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

/** What is true while records cannot be written. */
async function holdWithoutRecords(serving: Serving): Promise<void> {
  const denied = await serving.review('mutate', podReview(unconfinedPod, { uid: 'denied' }));
  expect(denied).toMatchObject({ uid: 'denied', allowed: false, status: { code: 403 } });
  expect(denied.auditAnnotations).not.toHaveProperty('record-id');
  const exempted = await serving.review('validate', podReview(exemptedPod, { uid: 'exempted', namespace: 'perf' }));
  expect(exempted).toMatchObject({ uid: 'exempted', allowed: false });
  expect(exempted.status?.message).toMatch(/^the exemption legacy-profiler lets this through, but only on record/);
  expect((await serving.review('mutate', podReview(plainPod))).allowed).toBe(true);
  const ready = await serving.get('/readyz?verbose');
  expect(ready.status).toBe(200);
  expect(ready.text).toMatch(/^ok, degraded: records\n\[-\] records\n/);
  const metrics = (await serving.get('/metrics')).text;
  expect(metrics).toMatch(/^seccomply_degraded\{reason="records"\} 1$/m);
  expect(metrics).toMatch(/^seccomply_audit_write_failures_total\{code="record-store-[a-z-]+"\} [1-9]/m);
  expect(serving.records().some(({ stream }) => String(stream) === 'audit-unrecorded')).toBe(true);
}

test('a folder that cannot be written degrades, refuses what must be on record, and recovers by itself', async () => {
  const data = join(scratch(), 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'audit'), 'in the way');
  const serving = await startServing('webhook', [], { data });
  await holdWithoutRecords(serving);
  rmSync(join(data, 'audit'));
  await eventually(
    async () => (await serving.get('/readyz?verbose')).text,
    (text) => text.startsWith('ok\n'),
    30_000,
  );
  const again = await serving.review('validate', podReview(exemptedPod, { namespace: 'perf' }));
  expect(again.allowed).toBe(true);
  expect(await serving.stop()).toBe(0);
  expect(await runProgram(['audit', 'verify', join(data, 'audit')])).toMatchObject({ code: 0 });
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux';
itNeeds(canMount, 'root may mount a small file system')('a disk that fills up while it serves', async () => {
  const data = join(scratch(), 'data');
  mkdirSync(join(data, 'audit'), { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=640k', 'tmpfs', join(data, 'audit')]);
  try {
    const serving = await startServing('webhook', [], { data });
    writeFileSync(join(data, 'audit', 'ballast'), Buffer.alloc(200_000));
    await eventually(
      async () => {
        // Each another object, so that no record stands for another, in another namespace, so that none is past its share.
        await Promise.all(
          Array.from({ length: 20 }, () =>
            serving.review(
              'mutate',
              podReview(
                unconfinedPod,
                { name: `p${Math.random()}`, namespace: `n${Math.random()}` },
                { name: `p${Math.random()}` },
              ),
            ),
          ),
        );
        return (await serving.get('/readyz')).text;
      },
      (text) => text.includes('degraded: records'),
    );
    await holdWithoutRecords(serving);
    rmSync(join(data, 'audit', 'ballast'));
    await eventually(
      async () => (await serving.get('/readyz')).text,
      (text) => text === 'ok\n',
      30_000,
    );
    expect(await serving.stop()).toBe(0);
    expect(await runProgram(['audit', 'verify', join(data, 'audit')])).toMatchObject({ code: 0 });
  } finally {
    execFileSync('umount', ['--lazy', join(data, 'audit')]);
  }
});

test('kill -9 under denials loses none that was answered', async () => {
  const data = join(scratch(), 'data');
  const answered: string[] = [];
  const instants = runs(6);
  for (let instant = 0; instant < instants; instant += 1) {
    const serving = await startServing('webhook', [], { data });
    let count = 0;
    let over = false;
    const client = async (name: string): Promise<void> => {
      for (let call = 0; !over; call += 1) {
        const pod = podReview(unconfinedPod, {}, { name: `${name}-${call}` });
        const answer = await sendTo(serving, 'POST', '/validate', JSON.stringify(pod), json).catch(() => undefined);
        if (answer === undefined || answer.text === '') return;
        const { response } = JSON.parse(answer.text) as {
          response: { allowed: boolean; auditAnnotations: Record<string, string> };
        };
        expect(response.allowed).toBe(false);
        answered.push(response.auditAnnotations['record-id'] ?? 'no id');
        count += 1;
        if (count === 20 + instant * 7) serving.child.kill('SIGKILL');
      }
    };
    const clients = Array.from({ length: 8 }, (_, index) => client(`i${instant}-c${index}`));
    await serving.ended;
    over = true;
    serving.agent.destroy();
    await Promise.all(clients);
  }
  // The next start closes off what the crashes left.
  const last = await startServing('webhook', [], { data });
  expect(await last.stop()).toBe(0);
  const verified = await runProgram(['audit', 'verify', join(data, 'audit')]);
  expect(verified).toMatchObject({ code: 0 });
  const onDisk = new Set(
    execFileSync('find', [join(data, 'audit'), '-name', '*.jsonl', '-exec', 'cat', '{}', '+'], { maxBuffer: 1 << 28 })
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { recordId: string }).recordId),
  );
  expect(answered.length).toBeGreaterThan(instants * 20);
  expect(answered.filter((id) => !onDisk.has(id))).toEqual([]);
});

test.each(['webhook', 'serve'] as const)('%s goes on when the reader of its records has gone away', async (command) => {
  const serving = await startServing(command);
  serving.child.stdout.destroy();
  const deny = (name: string) => serving.review('mutate', podReview(unconfinedPod, { uid: name, name }, { name }));
  const denials = await Promise.all(Array.from({ length: 50 }, (_, at) => deny(`pod-${at}`)));
  expect(denials.every((answer) => !answer.allowed)).toBe(true);
  expect((await serving.get('/readyz?verbose')).text).toMatch(/^ok\n/);
  expect(await serving.stop()).toBe(0);
  const records = await runProgram(['audit', 'tail', '-n', '1000', '-o', 'json', join(serving.data, 'audit')]);
  for (const { auditAnnotations } of denials) expect(records.stdout).toContain(auditAnnotations?.['record-id']);
});
