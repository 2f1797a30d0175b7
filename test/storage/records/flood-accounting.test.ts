import fc from 'fast-check';
import { type AdmissionEntry, isAdmissionEntry } from '../../../src/core/audit/admission-entry.js';
import { SealedLines } from '../../../src/core/audit/chain/sealed-lines.js';
import { jsonBytes, withinLimit } from '../../../src/core/audit/entries/within-limit.js';
import type { AuditEntry } from '../../../src/core/audit/record.js';
import type { Problem } from '../../../src/core/problem/problem.js';
import { FloodControl } from '../../../src/storage/records/flood-control.js';
import type { Receipt } from '../../../src/storage/records/receipt.js';
import { StoreHealth } from '../../../src/storage/records/store-health.js';
import { recordLateCode } from '../../../src/storage/records/store-problem.js';
import { denialEntry } from '../../core/audit/denial-entry.js';
import { runs } from '../../support/require.js';
import { handClock } from './hand-clock.js';

const source = { component: 'webhook', version: 'test', instance: '20261124T100000Z-00000000' };
const cluster = { name: 'test' };
const digest = '0'.repeat(64);
const time = '2026-11-24T10:00:00.000000Z';
const recordBytes = (entry: AuditEntry): number => {
  const lines = new SealedLines();
  lines.add(entry, { recordId: '0'.repeat(36), seq: 1, time, source, cluster, prevHash: digest });
  return lines.bytes.length;
};
const lost: Problem = { code: 'lost', severity: 'error', message: 'lost' };

/** A store in memory, whose writes settle when the test says, in order. */
class FakeStore {
  readonly health = new StoreHealth();
  readonly sealBytes = jsonBytes({
    ...{ hash: digest, prevHash: digest, recordId: '0'.repeat(36), seq: Number.MAX_SAFE_INTEGER, time },
    ...{ source, cluster, stream: 'audit', version: 1 },
  });
  readonly disk: { readonly entry: AuditEntry; readonly recordId: string }[] = [];
  refused = 0;
  readonly #pending: { readonly entry: AuditEntry; readonly recordId: string; settle(receipt: Receipt): void }[] = [];
  readonly #total: number;
  #used = 0;
  #ids = 0;

  constructor(total: number) {
    this.#total = total;
  }

  room() {
    return { total: this.#total, left: this.#total - this.#used };
  }

  newRecordId(): string {
    this.#ids += 1;
    return `${this.#ids}`.padStart(36, '0');
  }

  append(entry: AuditEntry, recordId = this.newRecordId()): Promise<Receipt> {
    return new Promise((settle) => this.#pending.push({ entry, recordId, settle }));
  }

  countWaiting(): void {
    // No limit here.
  }

  refuse(_: AuditEntry, problem: Problem): Receipt {
    this.refused += 1;
    return { recorded: false, problem };
  }

  /** Writes what waits, or loses it: all but what a store holds for later. */
  async settle(isWritten: boolean): Promise<void> {
    for (const { entry: whole, recordId, settle } of this.#pending.splice(0)) {
      const entry = withinLimit(whole);
      const isHeld =
        entry.recordType === 'refused-late' ||
        (entry.recordType === 'folded' && entry.folded.foldedType !== 'exemption') ||
        (entry.recordType === 'over-quota' && entry.overQuota.state === 'count');
      if (isWritten || isHeld) {
        this.disk.push({ entry, recordId });
        this.#used += recordBytes(entry);
      } else if (isAdmissionEntry(entry)) this.refused += 1;
      settle(
        isWritten || isHeld
          ? { recorded: true, recordId, as: 'record', bytes: recordBytes(entry) }
          : { recorded: false, problem: lost },
      );
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  idle(): Promise<void> {
    return this.settle(true);
  }

  /** Uses that the records on disk take back. */
  refusedLate(): number {
    return this.disk.reduce(
      (sum, { entry }) => sum + (entry.recordType === 'refused-late' ? entry.refusedLate.count : 0),
      0,
    );
  }

  /** Admissions that the records on disk tell or count. */
  accounted(isMeant: (type: AdmissionEntry['recordType']) => boolean = () => true): number {
    return this.disk.reduce((sum, { entry }) => {
      if (isAdmissionEntry(entry)) return sum + (isMeant(entry.recordType) ? 1 : 0);
      if (entry.recordType === 'folded') return sum + (isMeant(entry.folded.foldedType) ? entry.folded.count : 0);
      return sum + (entry.recordType === 'over-quota' && isMeant('denial') ? entry.overQuota.count : 0);
    }, 0);
  }
}

const types = ['denial', 'exemption', 'violation', 'fallback'] as const;

const appended = fc.record({
  type: fc.constantFrom(...types),
  namespace: fc.constantFrom('a', 'b', undefined, 'x'.repeat(100)),
  name: fc.constantFrom('one', 'two', 'three'),
  image: fc.constantFrom('i', 'j', '\u0001'.repeat(512)),
  isLate: fc.boolean(),
});
const step = fc.oneof(
  { weight: 12, arbitrary: appended.map((what) => ({ do: 'append', what }) as const) },
  { weight: 3, arbitrary: fc.constant({ do: 'settle', isWritten: true } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'settle', isWritten: false } as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1, 30, 61).map((seconds) => ({ do: 'wait', seconds }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'tick' } as const) },
);

function entryOf({ type, namespace, name, image }: Appended): AdmissionEntry {
  const { container, request } = denialEntry();
  const { namespace: _, ...unnamed } = request;
  return denialEntry({
    recordType: type,
    request: { ...unnamed, name, ...(namespace === undefined ? {} : { namespace }) },
    workload: { kind: 'Pod', name, chain: [`Pod/${name}`] },
    container: { name: 'shell', type: container?.type ?? 'Container', image },
  });
}

interface Appended {
  readonly type: (typeof types)[number];
  readonly namespace: string | undefined;
  readonly name: string;
  readonly image: string;
  /** Whether the answer does not wait for the record. */
  readonly isLate?: boolean;
}

test('each admission is accounted for exactly once, and a use of an exemption before it is answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.constantFrom(0, 1, 3, 8, 1_000),
      fc.constantFrom(0, 1),
      async (steps, burst, perSecond) => {
        const clock = handClock();
        const store = new FakeStore(Number.POSITIVE_INFINITY);
        let refusedUses = 0;
        const flood = new FloodControl(store, clock, {
          rateLimit: { burst, perSecond },
          hooks: {
            refused: (code, uses) => {
              if (code !== lost.code && code !== recordLateCode) refusedUses += uses;
            },
          },
        });
        const answers: Promise<void>[] = [];
        let [all, usesAnswered, usesLetThrough] = [0, 0, 0];
        const write = () => {
          for (const entry of flood.due(clock.elapsed())) void store.append(entry);
        };
        for (const one of steps) {
          if (one.do === 'append') {
            all += 1;
            const entry = entryOf(one.what);
            const receipt = flood.append(entry);
            if (one.what.type === 'exemption')
              answers.push(
                receipt.then(({ recorded, recordId = '' }) => {
                  if (!recorded) return;
                  usesAnswered += 1;
                  if (one.what.isLate) flood.refusedLate(entry, recordId);
                  else usesLetThrough += 1;
                  expect(store.accounted((type) => type === 'exemption')).toBeGreaterThanOrEqual(usesAnswered);
                }),
              );
          } else if (one.do === 'settle') await store.settle(one.isWritten);
          else if (one.do === 'wait') clock.advance(one.seconds);
          else write();
        }
        await flood.settled();
        for (const entry of flood.closeAll()) void store.append(entry);
        await store.idle();
        await Promise.all(answers);
        expect(store.accounted() + store.refused + refusedUses).toBe(all);
        expect(store.accounted((type) => type === 'exemption')).toBe(usesAnswered);
        expect(usesAnswered - store.refusedLate()).toBe(usesLetThrough);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('a namespace takes no more of the disk than its share and what came back of it', async () => {
  const share = 1_024 * 1_024;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ appended, times: fc.integer({ min: 1, max: 3 }), seconds: fc.constantFrom(0, 0, 0, 1, 61) }),
        {
          minLength: 50,
          maxLength: 200,
        },
      ),
      async (rounds) => {
        const clock = handClock();
        const began = clock.elapsed();
        const store = new FakeStore(16 * share);
        const flood = new FloodControl(store, clock, {});
        for (const [at, round] of rounds.entries()) {
          for (let number = 0; number < 20; number += 1) {
            const entry = entryOf({ ...round.appended, namespace: 'flood', name: `${at}-${number}` });
            for (let time = 0; time < round.times; time += 1) void flood.append(entry);
          }
          await store.settle(true);
          clock.advance(round.seconds);
          for (const entry of flood.due(clock.elapsed())) void store.append(entry);
        }
        await flood.settled();
        for (const entry of flood.closeAll()) void store.append(entry);
        await store.idle();
        const bytes = store.disk
          .filter(({ entry }) => entry.recordType !== 'over-quota')
          .reduce((sum, { entry }) => sum + recordBytes(entry), 0);
        const cameBack = ((clock.elapsed() - began) / 1_000_000 / 86_400) * share;
        expect(bytes).toBeLessThanOrEqual(share + cameBack);
      },
    ),
    { numRuns: runs(15) },
  );
});

test('what others fill does not keep the denials of a namespace off the record', async () => {
  const store = new FakeStore(4 * 1_024 * 1_024);
  const clock = handClock();
  const flood = new FloodControl(store, clock, {});
  for (let number = 0; number < 10_000; number += 1) {
    const namespace = `flood-${number % 20}`;
    void flood.append(entryOf({ type: 'denial', namespace, name: `${number}`, image: 'i' }));
    if (number % 1_000 === 0) await store.settle(true);
  }
  await store.settle(true);
  expect(store.room().left).toBeGreaterThan(500_000);
  const quiet = flood.append(entryOf({ type: 'denial', namespace: 'shop', name: 'x', image: 'i' }));
  const used = flood.append(entryOf({ type: 'exemption', namespace: 'shop', name: 'x', image: 'i' }));
  await store.settle(true);
  expect([await quiet, await used]).toMatchObject([{ as: 'record' }, { as: 'record' }]);
});
