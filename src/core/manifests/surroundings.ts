import type { Manifest } from '../policy/crd/manifest.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf, selectorOf } from './labels.js';
import { names, ports, serviceNames } from './names.js';

/** The namespace, held to the Pod Security Standard `restricted`, and what limits it. */
export function namespaceObjects({ namespace, priorityClassName }: InstallOptions): readonly Manifest[] {
  const restricted = Object.fromEntries(
    ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
  );
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: { 'app.kubernetes.io/name': 'seccomply', 'app.kubernetes.io/part-of': 'seccomply', ...restricted },
      },
    },
    // Some clouds let critical priorities be used outside kube-system only where a quota says so.
    ...(priorityClassName === ''
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'ResourceQuota',
            metadata: { name: 'seccomply-critical-pods', namespace, labels: labelsOf('webhook') },
            spec: {
              hard: { pods: '100' },
              scopeSelector: {
                matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [priorityClassName] }],
              },
            },
          },
        ]),
  ];
}

/** In: admission from anywhere (the API server comes from a node's address), metrics from the cluster's pods. Out: DNS and the API server. */
export function networkPolicies({ namespace }: InstallOptions): readonly Manifest[] {
  const policy = (role: 'webhook' | 'controller', ingress: readonly object[]): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: names[role], namespace, labels: labelsOf(role) },
    spec: {
      podSelector: { matchLabels: selectorOf(role) },
      policyTypes: ['Ingress', 'Egress'],
      ingress,
      egress: [
        {
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
        { ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) },
      ],
    },
  });
  const metrics = { from: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: ports.admin }] };
  // Probes come from the node, which no selector of pods means.
  const probes = { ports: [{ protocol: 'TCP', port: ports.admin }] };
  return [
    policy('webhook', [{ ports: [{ protocol: 'TCP', port: ports.admission }] }, metrics]),
    policy('controller', [probes]),
  ];
}

/**
 * Where certificates are somebody else's, the Secret that would hold our authority is empty: the controller notes on it since when a
 * webhook configuration has been missing.
 */
export function stateHolder({ namespace }: InstallOptions): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: names.authoritySecret, namespace, labels: labelsOf('controller') },
    type: 'Opaque',
  };
}

const ISSUER_SECRET = 'seccomply-issuer';

/** An Issuer and a Certificate of cert-manager, which also puts its authority into the webhook configurations. */
export function certificateObjects({ namespace }: InstallOptions): readonly Manifest[] {
  const apiVersion = 'cert-manager.io/v1';
  const labels = labelsOf('webhook');
  return [
    {
      apiVersion,
      kind: 'Issuer',
      metadata: { name: 'seccomply-selfsigned', namespace, labels },
      spec: { selfSigned: {} },
    },
    {
      apiVersion,
      kind: 'Certificate',
      metadata: { name: ISSUER_SECRET, namespace, labels },
      spec: {
        isCA: true,
        commonName: 'seccomply',
        secretName: ISSUER_SECRET,
        duration: '8760h',
        // A new key every year would not be that of the certificates already served; cert-manager makes one unless told not to.
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
        issuerRef: { name: 'seccomply-selfsigned', kind: 'Issuer' },
      },
    },
    {
      apiVersion,
      kind: 'Issuer',
      metadata: { name: 'seccomply', namespace, labels },
      spec: { ca: { secretName: ISSUER_SECRET } },
    },
    {
      apiVersion,
      kind: 'Certificate',
      metadata: { name: names.tlsSecret, namespace, labels },
      spec: {
        secretName: names.tlsSecret,
        duration: '168h',
        renewBefore: '56h',
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
        usages: ['digital signature', 'server auth'],
        dnsNames: [
          ...serviceNames(names.service, namespace),
          ...serviceNames(`${names.webhook}-admin`, namespace),
          'localhost',
        ],
        ipAddresses: ['127.0.0.1'],
        issuerRef: { name: 'seccomply', kind: 'Issuer' },
      },
    },
  ];
}
