import { Health } from '../../../src/http/server/health.js';
import { admissionMetrics } from '../../../src/system/metrics/admission-metrics.js';
import { Metrics } from '../../../src/system/metrics/metrics.js';

test('of ten thousand problems readiness shows twenty, and how many more there are', () => {
  const health = new Health(new Metrics(admissionMetrics));
  health.ready();
  health.degrade(
    'policies',
    Array.from({ length: 10_000 }, (_, index) => ({
      code: 'X1',
      severity: 'error',
      message: `no ${index}`,
      place: { file: 'a.yaml' },
    })),
  );
  const text = health.readyText(true);
  expect(text.length).toBeLessThan(4_000);
  expect(text).toContain('no 19');
  expect(text).not.toContain('no 20');
  expect(text).toMatch(/ {4}and 9980 more\n/);
  expect(health.readyText(false)).toBe('ok, degraded: policies\n');
});
