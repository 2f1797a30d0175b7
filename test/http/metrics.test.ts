import { admissionMetrics } from '../../src/system/metrics/admission-metrics.js';
import { exemptedPod, plainPod, podReview, unconfinedPod } from '../support/pod-review.js';
import { json, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

test('every metric is there, and counts what happened', async () => {
  const serving = await startServing('webhook', ['--body-limit', '64KiB']);
  await serving.review('mutate', podReview(plainPod));
  await serving.review('mutate', podReview(unconfinedPod, { dryRun: true }));
  await serving.review('mutate', podReview(unconfinedPod, { dryRun: true }));
  await serving.review('validate', podReview(exemptedPod, { namespace: 'perf' }));
  await serving.send('POST', '/mutate', '{', json);
  await serving.review('mutate', podReview(plainPod, {}, { labels: { a: 'x'.repeat(70_000) } }));
  const { text, headers } = await serving.get('/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const [name, { type }] of Object.entries(admissionMetrics)) {
    expect(text).toContain(`# HELP ${name} `);
    expect(text).toContain(`# TYPE ${name} ${type}\n`);
  }
  expect(text).toContain('# TYPE nodejs_eventloop_lag_p99_seconds gauge');
  const value = (series: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  const request = (rest: string): string => `seccomply_admission_requests_total{${rest}}`;
  expect({
    patched: value(request('webhook="mutate",operation="CREATE",decision="patched",dry_run="false"')),
    dry: value(request('webhook="mutate",operation="CREATE",decision="denied",dry_run="true"')),
    exempted: value(request('webhook="validate",operation="CREATE",decision="allowed",dry_run="false"')),
    unread: value(request('webhook="mutate",operation="unknown",decision="denied",dry_run="false"')),
    oversized: value('seccomply_oversized_requests_total{webhook="mutate"}'),
    timed: value('seccomply_admission_duration_seconds_count{webhook="mutate",operation="CREATE",decision="patched"}'),
    injected: value('seccomply_policy_decisions_total{policy="web-by-image",rule="nginx",decision="injected"}'),
    refused: value('seccomply_policy_decisions_total{policy="built-in",rule="require",decision="denied"}'),
    used: value('seccomply_policy_decisions_total{policy="built-in",rule="require",decision="exempted"}'),
    malformed: value('seccomply_http_errors_total{code="malformed-json"}'),
    folded: value('seccomply_audit_folded_total'),
    ready: value('seccomply_ready'),
    degraded: value('seccomply_degraded{reason="records"}'),
    policies: value('seccomply_policies{kind="SeccompPolicy"}'),
    exemptions: value('seccomply_policies{kind="SeccompExemption"}'),
    reloads: value('seccomply_policy_reloads_total{result="in-force"}'),
    inFlight: value('seccomply_in_flight_bytes'),
  }).toEqual({
    patched: 1,
    dry: 2,
    exempted: 1,
    unread: 1,
    oversized: 1,
    timed: 1,
    injected: 1,
    refused: 2,
    used: 1,
    malformed: 1,
    folded: 1,
    ready: 1,
    degraded: 0,
    policies: 2,
    exemptions: 1,
    reloads: 1,
    inFlight: 0,
  });
  expect(value('seccomply_audit_records_total')).toBeGreaterThanOrEqual(6);
  expect(value('seccomply_audit_write_duration_seconds_count')).toBeGreaterThan(0);
  const days =
    ((value('seccomply_certificate_expiry_timestamp_seconds{kind="serving"}') ?? 0) * 1000 - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6);
  expect(days).toBeLessThan(8);
  expect(text).not.toMatch(/busybox|shop|dev@acme/);
});
