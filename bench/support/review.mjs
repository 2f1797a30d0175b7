// AdmissionReviews as an API server sends them: of about 10 KB for the usual case, and of any size.

/** A pod of three containers and an init container, with what real ones carry: probes, resources, environments, managed fields. */
export function podReview({
  uid = '705ab4f5-6393-11e8-b7cc-42010a800002',
  unconfined = false,
  name = 'web-6d4cf56db6-abcde',
  padding = 0,
  namespace = 'shop',
  ready = false,
} = {}) {
  const container = (own, image, profile) => ({
    name: own,
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['--listen=:8080', '--log-format=json', `--component=${own}`],
    env: Array.from({ length: 12 }, (_, index) => ({
      name: `SETTING_${index}`,
      value: `value-of-setting-${index}-of-${own}`,
    })),
    ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
    resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    livenessProbe: {
      httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' },
      periodSeconds: 10,
      timeoutSeconds: 1,
    },
    readinessProbe: {
      httpGet: { path: '/readyz', port: 'http', scheme: 'HTTP' },
      periodSeconds: 10,
      timeoutSeconds: 1,
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      ...(profile === undefined ? {} : { seccompProfile: profile }),
    },
    terminationMessagePath: '/dev/termination-log',
    volumeMounts: [
      { mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', name: 'kube-api-access', readOnly: true },
    ],
  });
  const field = unconfined ? { type: 'Unconfined' } : ready ? { type: 'RuntimeDefault' } : undefined;
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { app: 'web', tier: 'web', 'pod-template-hash': '6d4cf56db6' },
      annotations: { 'example.com/revision': '17', ...(padding > 0 ? { padding: 'x'.repeat(padding) } : {}) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          blockOwnerDeletion: true,
          controller: true,
          kind: 'ReplicaSet',
          name: 'web-6d4cf56db6',
          uid: '0f2b5a1e-0000-4000-8000-000000000001',
        },
      ],
      managedFields: [
        {
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: Object.fromEntries(
            Array.from({ length: 40 }, (_, index) => [`f:field-${index}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
          ),
          manager: 'kube-controller-manager',
          operation: 'Update',
          time: '2026-11-24T10:00:00Z',
        },
      ],
    },
    spec: {
      initContainers: [container('prepare', 'busybox:1.36', ready ? { type: 'RuntimeDefault' } : undefined)],
      containers: [
        container('web', 'ghcr.io/acme/web:7', field),
        container('logger', 'fluent/fluent-bit:3.1', ready ? { type: 'RuntimeDefault' } : undefined),
        container('metrics', 'prom/statsd-exporter:v0.27', ready ? { type: 'RuntimeDefault' } : undefined),
      ],
      serviceAccountName: 'web',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [
        { effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 },
      ],
      volumes: [
        {
          name: 'kube-api-access',
          projected: {
            defaultMode: 420,
            sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }],
          },
        },
      ],
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      name,
      namespace,
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        uid: '2c5a0a8e-0000-4000-8000-000000000002',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      },
      object,
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  };
}
