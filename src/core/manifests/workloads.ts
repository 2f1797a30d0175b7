import type { Manifest } from '../policy/crd/manifest.js';
import type { InstallOptions, Resources } from './install-options.js';
import { labelsOf, selectorOf } from './labels.js';
import { names, ports } from './names.js';

const DATA = '/var/lib/seccomply';
/** Below the size of the volume: a pod over that would be evicted, and its records with it. */
const AUDIT_LIMIT = '900MiB';
const CERTIFICATE = '/etc/seccomply/tls';
const CLIENT_CA = '/etc/seccomply/client-ca';

/** The Deployments of webhook and controller, the Services in front of them, and what keeps enough replicas running. */
export function workloadObjects(options: InstallOptions): readonly Manifest[] {
  return [
    deployment('webhook', options, options.webhookReplicas, options.webhookResources),
    service(names.service, 'webhook', options.namespace, { name: 'admission', port: 443, targetPort: 'admission' }),
    service(`${names.webhook}-admin`, 'webhook', options.namespace, {
      name: 'admin',
      port: ports.admin,
      targetPort: 'admin',
    }),
    deployment('controller', options, options.controllerReplicas, options.controllerResources),
    service(`${names.controller}-admin`, 'controller', options.namespace, {
      name: 'admin',
      port: ports.admin,
      targetPort: 'admin',
    }),
    ...(options.highAvailability
      ? (['webhook', 'controller'] as const).map((component) => budget(component, options.namespace))
      : []),
  ];
}

function deployment(
  component: 'webhook' | 'controller',
  options: InstallOptions,
  replicas: number,
  resources: Resources,
): Manifest {
  const name = names[component];
  const isWebhook = component === 'webhook';
  const foreignCertificate = isWebhook && options.certificates !== 'self-managed';
  const asksClients = isWebhook && options.clientCertificates !== 'none';
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: options.namespace, labels: labelsOf(component) },
    spec: {
      replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selectorOf(component) },
      // Never fewer than before while an update runs: every pod of the cluster waits for an answer.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: labelsOf(component),
          annotations: { 'kubectl.kubernetes.io/default-container': component },
        },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          ...(options.priorityClassName === '' ? {} : { priorityClassName: options.priorityClassName }),
          // Longer than --shutdown-delay and what draining takes.
          terminationGracePeriodSeconds: 40,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          ...(options.highAvailability ? { topologySpreadConstraints: spread(component) } : {}),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: component,
              image: options.image,
              imagePullPolicy: options.imagePullPolicy,
              args: isWebhook
                ? [
                    component,
                    '--listen',
                    `:${ports.admission}`,
                    '--admin-listen',
                    `:${ports.admin}`,
                    '--data',
                    DATA,
                    '--audit-limit',
                    AUDIT_LIMIT,
                  ]
                : [
                    ...[component, '--listen', `:${ports.admin}`, '--data', DATA],
                    ...(options.admissionPolicies ? ['--vap'] : []),
                  ],
              env: environment(component, options, foreignCertificate, asksClients),
              ports: [
                ...(isWebhook ? [{ name: 'admission', containerPort: ports.admission, protocol: 'TCP' }] : []),
                { name: 'admin', containerPort: ports.admin, protocol: 'TCP' },
              ],
              // A replica that has to wait for the API server (its certificate, its first policies) is given ten minutes.
              startupProbe: probe('/healthz', isWebhook, { periodSeconds: 1, failureThreshold: 600 }),
              readinessProbe: probe('/readyz', isWebhook, { periodSeconds: 2, failureThreshold: 2 }),
              // Says only that the process answers: a replica that waits for the API server is not to be restarted for it.
              livenessProbe: probe('/healthz', isWebhook, { periodSeconds: 10, failureThreshold: 6 }),
              resources,
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
              },
              volumeMounts: [
                { name: 'data', mountPath: DATA },
                ...(asksClients ? [{ name: 'client-ca', mountPath: CLIENT_CA, readOnly: true }] : []),
                ...(foreignCertificate ? [{ name: 'tls', mountPath: CERTIFICATE, readOnly: true }] : []),
              ],
            },
          ],
          volumes: [
            { name: 'data', emptyDir: { sizeLimit: '1Gi' } },
            ...(asksClients ? [{ name: 'client-ca', configMap: { name: names.clientCa } }] : []),
            ...(foreignCertificate ? [{ name: 'tls', secret: { secretName: names.tlsSecret, defaultMode: 288 } }] : []),
          ],
        },
      },
    },
  };
}

function environment(
  component: 'webhook' | 'controller',
  options: InstallOptions,
  foreignCertificate: boolean,
  asksClients: boolean,
): readonly object[] {
  const fromField = (name: string, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
  });
  return [
    fromField('POD_NAME', 'metadata.name'),
    fromField('POD_NAMESPACE', 'metadata.namespace'),
    fromField('NODE_NAME', 'spec.nodeName'),
    { name: 'SECCOMPLY_LOG_LEVEL', value: options.logLevel },
    ...(component === 'controller' ? [{ name: 'SECCOMPLY_CERTIFICATES', value: options.certificates }] : []),
    ...(asksClients
      ? [
          { name: 'SECCOMPLY_CLIENT_CA', value: `${CLIENT_CA}/ca.crt` },
          { name: 'SECCOMPLY_CLIENT_CERTIFICATES', value: options.clientCertificates },
          { name: 'SECCOMPLY_CLIENT_NAMES', value: options.clientNames },
        ]
      : []),
    ...(foreignCertificate
      ? [
          { name: 'SECCOMPLY_TLS_CERT', value: `${CERTIFICATE}/tls.crt` },
          { name: 'SECCOMPLY_TLS_KEY', value: `${CERTIFICATE}/tls.key` },
        ]
      : []),
  ];
}

function probe(
  path: string,
  isWebhook: boolean,
  timing: { readonly periodSeconds: number; readonly failureThreshold: number },
): object {
  return { httpGet: { path, port: isWebhook ? 'admission' : 'admin', scheme: 'HTTPS' }, timeoutSeconds: 3, ...timing };
}

function spread(component: 'webhook' | 'controller'): readonly object[] {
  const selected = { maxSkew: 1, labelSelector: { matchLabels: selectorOf(component) } };
  return [
    {
      ...selected,
      topologyKey: 'kubernetes.io/hostname',
      // One node lost must not take two replicas. Nodes that take no pods of ours do not count, and a cluster of one node runs all.
      whenUnsatisfiable: 'DoNotSchedule',
      nodeTaintsPolicy: 'Honor',
      // Each revision is spread by itself, or a rolling update would leave the new one where the old one made room.
      matchLabelKeys: ['pod-template-hash'],
    },
    { ...selected, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
  ];
}

function service(
  name: string,
  component: 'webhook' | 'controller',
  namespace: string,
  port: { readonly name: string; readonly port: number; readonly targetPort: string },
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      labels: { ...labelsOf(component), ...(port.name === 'admin' ? { 'seccomply.dev/metrics': 'true' } : {}) },
    },
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(component),
      ports: [{ ...port, protocol: 'TCP' }],
    },
  };
}

function budget(component: 'webhook' | 'controller', namespace: string): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: names[component], namespace, labels: labelsOf(component) },
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(component) } },
  };
}
