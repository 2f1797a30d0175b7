import type { Manifest } from '../policy/crd/manifest.js';
import { alertRules } from './alerts.js';
import { dashboard } from './dashboard.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf } from './labels.js';

/** For the Prometheus operator, and a dashboard where Grafana's sidecar looks for it. */
export function monitoringObjects({ namespace }: Pick<InstallOptions, 'namespace'>): readonly Manifest[] {
  const labels = labelsOf('monitoring');
  return [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: 'seccomply', namespace, labels },
      spec: {
        selector: { matchLabels: { 'app.kubernetes.io/name': 'seccomply', 'seccomply.dev/metrics': 'true' } },
        endpoints: [
          {
            port: 'admin',
            scheme: 'https',
            path: '/metrics',
            interval: '15s',
            // The authority is ours and changes; what is read here is no secret.
            tlsConfig: { insecureSkipVerify: true },
          },
        ],
      },
    },
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'seccomply', namespace, labels },
      spec: { groups: [{ name: 'seccomply', rules: alertRules }] },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'seccomply-dashboard', namespace, labels: { ...labels, grafana_dashboard: '1' } },
      data: { 'seccomply.json': `${JSON.stringify(dashboard(), null, 2)}\n` },
    },
  ];
}
