import type { Manifest } from '../policy/crd/manifest.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf } from './labels.js';

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
