import { StoreHealth } from '../../../src/storage/records/store-health.js';

const second = 1_000_000;
const problem = { code: 'record-store-full', severity: 'error', message: 'the disk is full' } as const;

test('a failure is told once, tried again every five seconds, and its losses are reported once', () => {
  const health = new StoreHealth();
  const told: (string | undefined)[] = [];
  const end = health.onChange(() => told.push(health.problem?.code));
  expect(health.takeRetry(100 * second)).toBe(false);
  expect(health.fail(problem, 0)).toBe(true);
  expect(health.fail({ ...problem, code: 'record-store-failing' }, 2 * second)).toBe(false);
  for (let lost = 0; lost < 3; lost += 1) health.countUnrecorded();
  expect([6, 7, 8, 12].map((seconds) => health.takeRetry(seconds * second))).toEqual([false, true, false, true]);
  expect([health.unrecorded, health.unreported]).toEqual([3, 3]);
  health.recover();
  expect([health.unrecorded, health.unreported]).toEqual([3, 3]);
  health.report(3);
  expect([health.unrecorded, health.unreported]).toEqual([3, 0]);
  expect(told).toEqual(['record-store-full', undefined]);
  end();
  health.fail(problem, 20 * second);
  expect(told).toHaveLength(2);
});
