interface Panel {
  readonly title: string;
  readonly description: string;
  readonly unit?: string;
  readonly type?: 'timeseries' | 'stat';
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

const panels: readonly Panel[] = [
  {
    title: 'Ready replicas',
    description: 'Webhook replicas that answer.',
    type: 'stat',
    queries: [{ expr: 'sum(seccomply_ready{job=~".*seccomply-webhook.*"})', legend: '' }],
  },
  {
    title: 'Policy sets in force',
    description: 'More than one: replicas judge by different policies.',
    type: 'stat',
    queries: [{ expr: 'count(count_values("set", seccomply_policy_set_number))', legend: '' }],
  },
  {
    title: 'Let through unjudged',
    description: 'Calls that failed and that the API server let through, in the last day.',
    type: 'stat',
    queries: [
      {
        expr: 'sum(increase(apiserver_admission_webhook_fail_open_count{name=~".+\\\\.seccomply\\\\.dev"}[1d])) or vector(0)',
        legend: '',
      },
    ],
  },
  {
    title: 'Certificate expires in',
    description: 'The one that expires first.',
    type: 'stat',
    unit: 's',
    queries: [{ expr: 'min(seccomply_certificate_expiry_timestamp_seconds) - time()', legend: '' }],
  },
  {
    title: 'Reviews by decision',
    description: 'Admission reviews answered, each second.',
    unit: 'reqps',
    queries: [
      {
        expr: 'sum by (webhook, decision) (rate(seccomply_admission_requests_total[5m]))',
        legend: '{{webhook}} {{decision}}',
      },
    ],
  },
  {
    title: 'Time to the answer',
    description: 'The durable record of a denial included.',
    unit: 's',
    queries: [0.5, 0.99].map((quantile) => ({
      expr: `histogram_quantile(${quantile}, sum by (le, webhook) (rate(seccomply_admission_duration_seconds_bucket[5m])))`,
      legend: `p${quantile * 100} {{webhook}}`,
    })),
  },
  {
    title: 'What rules did',
    description: 'Profiles assigned and violations, by policy and rule.',
    queries: [
      {
        expr: 'sum by (policy, rule, decision) (rate(seccomply_policy_decisions_total[5m]))',
        legend: '{{policy}}/{{rule}} {{decision}}',
      },
    ],
  },
  {
    title: 'Problems of documents',
    description: 'Errors keep a document at its last good version.',
    queries: [{ expr: 'max by (severity) (seccomply_policy_problems)', legend: '{{severity}}' }],
  },
  {
    title: 'Audit records',
    description: 'On disk each second, what is only counted, and what could not be written.',
    queries: [
      { expr: 'sum(rate(seccomply_audit_records_total[5m]))', legend: 'written' },
      { expr: 'sum(rate(seccomply_audit_folded_total[5m]))', legend: 'folded' },
      { expr: 'sum(rate(seccomply_audit_over_quota_total[5m]))', legend: 'over quota' },
      { expr: 'sum by (code) (rate(seccomply_audit_refused_total[5m]))', legend: 'uses refused {{code}}' },
      { expr: 'sum by (code) (rate(seccomply_audit_write_failures_total[5m]))', legend: 'failed {{code}}' },
    ],
  },
  {
    title: 'Request bytes held',
    description: 'Bodies of calls in flight; beyond the limit the answer is 503.',
    unit: 'bytes',
    queries: [{ expr: 'sum by (instance) (seccomply_in_flight_bytes)', legend: '{{instance}}' }],
  },
];

/** The Grafana dashboard: a row of figures, then pairs of graphs. */
export function dashboard(): object {
  const stats = panels.filter(({ type }) => type === 'stat');
  const graphs = panels.filter(({ type }) => type !== 'stat');
  const width = 24 / stats.length;
  return {
    title: 'Seccomply',
    uid: 'seccomply',
    tags: ['seccomp', 'security'],
    timezone: 'utc',
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }],
    },
    panels: [
      ...stats.map((panel, index) => panelOf(panel, index + 1, { x: index * width, y: 0, w: width, h: 5 })),
      ...graphs.map((panel, index) =>
        panelOf(panel, stats.length + index + 1, {
          x: (index % 2) * 12,
          y: 5 + Math.floor(index / 2) * 8,
          w: 12,
          h: 8,
        }),
      ),
    ],
  };
}

function panelOf({ title, description, unit, type, queries }: Panel, id: number, gridPos: object): object {
  const datasource = { type: 'prometheus', uid: '$datasource' };
  return {
    id,
    type: type ?? 'timeseries',
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: { defaults: { unit: unit ?? 'short', min: 0 }, overrides: [] },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend === '' ? '__auto' : legend,
    })),
  };
}
