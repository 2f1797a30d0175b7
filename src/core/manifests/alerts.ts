/** An alerting rule of Prometheus. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: 'critical' | 'warning' };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const hooks = 'name=~".+\\\\.seccomply\\\\.dev"';

/** What should wake somebody (critical) and what can wait for the morning (warning). Each says what to look at. */
export const alertRules: readonly AlertRule[] = [
  {
    alert: 'SeccomplyFailOpen',
    expr: `sum by (name, type) (increase(apiserver_admission_webhook_fail_open_count{${hooks}}[10m])) > 0`,
    labels: { severity: 'critical' },
    annotations: {
      summary: 'The API server let objects through because {{ $labels.name }} did not answer.',
      description:
        'Pods came in unjudged, in namespaces that are not enforced. Look at the pods of seccomply-webhook and at the NetworkPolicy, then at the scan for what came in.',
    },
  },
  {
    alert: 'SeccomplyCallsFail',
    expr: `sum by (name, type) (increase(apiserver_admission_webhook_rejection_count{${hooks},error_type="calling_webhook_error"}[5m])) > 0`,
    labels: { severity: 'critical' },
    annotations: {
      summary: 'Pods are refused because {{ $labels.name }} does not answer.',
      description:
        'Look at the pods of seccomply-webhook and at `seccomply doctor`. The emergency exit is to delete both webhook configurations called seccomply.',
    },
  },
  {
    alert: 'SeccomplyPolicySetsDiffer',
    expr: 'max(seccomply_policy_set_number) != min(seccomply_policy_set_number)',
    for: '10s',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'Replicas judge by different policies.',
      description:
        'For more than 10 s replicas have held different policy sets, so the answer depends on who is asked. Compare seccomply_policy_set_number, and look at the log of the replica that is behind.',
    },
  },
  {
    alert: 'SeccomplyFewReplicas',
    expr: 'sum(seccomply_ready{job=~".*seccomply-webhook.*"}) < 2',
    for: '5m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'Fewer than two webhook replicas are ready.',
      description:
        'One more failure and pods are refused in enforced namespaces. Look at the pods of seccomply-webhook.',
    },
  },
  {
    alert: 'SeccomplyCertificateExpires',
    expr: 'min by (instance, kind) (seccomply_certificate_expiry_timestamp_seconds) - time() < 24 * 3600',
    for: '10m',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'The {{ $labels.kind }} certificate of {{ $labels.instance }} expires within a day.',
      description:
        'It is renewed at two thirds of its life, so renewing has failed for days. `/readyz?verbose` of the replica says why.',
    },
  },
  {
    alert: 'SeccomplyRecordsFail',
    expr: 'sum by (instance, code) (increase(seccomply_audit_write_failures_total[5m])) > 0',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'Audit records of {{ $labels.instance }} cannot be written ({{ $labels.code }}).',
      description: 'Denials are answered only when their record is on disk. Look at the volume `data` of the pod.',
    },
  },
  {
    alert: 'SeccomplyExemptionsRefused',
    expr: 'sum by (instance, code) (increase(seccomply_audit_refused_total[5m])) > 0',
    labels: { severity: 'warning' },
    annotations: {
      summary: '{{ $labels.instance }} refuses what exemptions let through, for want of a record ({{ $labels.code }}).',
      description:
        'record-share-used-up: a namespace has used up its share of the record store. `seccomply audit tail` says which, and what fills it.',
    },
  },
  {
    alert: 'SeccomplyDegraded',
    expr: 'max by (instance, reason) (seccomply_degraded) > 0',
    for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: '{{ $labels.instance }} is degraded: {{ $labels.reason }}.',
      description: 'It still answers. `/readyz?verbose` says what is wrong and what to do.',
    },
  },
  {
    alert: 'SeccomplyPolicyProblems',
    expr: 'max by (severity) (seccomply_policy_problems{severity="error"}) > 0',
    for: '5m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'Policies or exemptions have errors; their last good versions are in force.',
      description: '`kubectl get seccomp` shows which; the status of each says what is wrong.',
    },
  },
  {
    alert: 'SeccomplySlow',
    expr: 'histogram_quantile(0.99, sum by (le, webhook) (rate(seccomply_admission_duration_seconds_bucket[5m]))) > 0.25',
    for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'One in a hundred answers of {{ $labels.webhook }} takes more than 250 ms.',
      description: 'The API server gives up after 3 s. Look at CPU and at seccomply_audit_write_duration_seconds.',
    },
  },
  {
    alert: 'SeccomplyErrors',
    expr: 'sum by (code) (increase(seccomply_http_errors_total[10m])) > 0',
    for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'Calls get the error {{ $labels.code }} instead of a decision.',
      description: 'The error codes are in docs/reference; the log has each with its request.',
    },
  },
];
