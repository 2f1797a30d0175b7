import { alertRules } from '../../../src/core/manifests/alerts.js';
import { dashboard } from '../../../src/core/manifests/dashboard.js';
import { admissionMetrics } from '../../../src/system/metrics/admission-metrics.js';

/** Metrics of the API server, which are not ours to name. */
const theirs = new Set(['apiserver_admission_webhook_fail_open_count', 'apiserver_admission_webhook_rejection_count']);

function metricsIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:seccomply|apiserver)_[a-z_]+/g)].map(([name]) =>
    name.replace(/_(?:bucket|sum|count)$/, (suffix) => (theirs.has(name) ? suffix : '')),
  );
}

function labelsIn(text: string): readonly (readonly [metric: string, label: string])[] {
  return [...text.matchAll(/\b(seccomply_[a-z_]+?)(?:_bucket)?\{([^}]*)\}/g)].flatMap(([, metric = '', inside = '']) =>
    [...inside.matchAll(/([a-z_]+)(?:=~|!=|!~|=)/g)].map(([, label = '']) => [metric, label] as const),
  );
}

const expressions = [
  ...alertRules.map(({ alert, expr }) => [alert, expr] as const),
  ...(JSON.stringify(dashboard()).match(/"expr":"(?:[^"\\]|\\.)*"/g) ?? []).map((expr) => ['dashboard', expr] as const),
];

test.each(expressions)('%s asks for metrics that exist: %s', (_, expr) => {
  const names = metricsIn(expr);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) if (!theirs.has(name)) expect(Object.keys(admissionMetrics)).toContain(name);
  const known = admissionMetrics as Readonly<Record<string, { readonly labels: readonly string[] }>>;
  for (const [metric, label] of labelsIn(expr))
    expect([...(known[metric]?.labels ?? []), 'job', 'instance', 'namespace', 'le']).toContain(label);
});

test('every alert says what to look at', () => {
  for (const { annotations, labels } of alertRules) {
    expect(annotations.summary).toMatch(/\.$/);
    expect(annotations.description.length).toBeGreaterThan(40);
    expect(['critical', 'warning']).toContain(labels.severity);
  }
});
