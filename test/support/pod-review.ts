/** An AdmissionReview of a pod, as the API server sends it; members of `request` can be put in its place. */
export function podReview(
  spec: Readonly<Record<string, unknown>>,
  request: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const namespace = request.namespace ?? 'shop';
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      name: 'web',
      namespace,
      operation: 'CREATE',
      userInfo: { username: 'dev@acme.example', groups: ['system:authenticated'] },
      object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace, ...metadata }, spec },
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
      ...request,
    },
  };
}

export const plainPod = { containers: [{ name: 'web', image: 'nginx:1.27' }] } as const;

export const unconfinedPod = {
  containers: [{ name: 'shell', image: 'busybox:1.36', securityContext: { seccompProfile: { type: 'Unconfined' } } }],
} as const;

/** What the demo set's exemption lets through, in the namespace perf. */
export const exemptedPod = {
  containers: [
    {
      name: 'profiler',
      image: `ghcr.io/acme/profiler@sha256:${'9f86d081884c7d65'.repeat(4)}`,
      securityContext: { seccompProfile: { type: 'Unconfined' } },
    },
  ],
} as const;
