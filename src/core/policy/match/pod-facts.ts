import type { Labels } from './label-selector.js';

/** What a `match` asks about a pod, or about the pod that a template would make. */
export interface PodFacts {
  readonly namespace: string;
  /** With `kubernetes.io/metadata.name`; only that where no more is known. */
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  /** `default` where the pod names none. */
  readonly serviceAccount: string;
  readonly runtimeClass: string | undefined;
}

export const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';
