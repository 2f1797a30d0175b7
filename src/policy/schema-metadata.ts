import { z } from 'zod';
import { parseObjectName } from './kubernetes-name.js';
import { parsedText } from './schema-text.js';

const texts = z.record(z.string(), z.string());

/** What of a Kubernetes `ObjectMeta` a document says itself. Only the name has a meaning here. */
export const metadataSchema = z.strictObject({
  name: parsedText('PD014', 253, parseObjectName).describe('The name, as Kubernetes takes it: unique for its kind.'),
  labels: texts.optional().describe('For people and tools; without a meaning here.'),
  annotations: texts.optional().describe('For people and tools; without a meaning here.'),
});

/** What an API server adds to the metadata: read past, so that the output of `kubectl get -o yaml` is a document that loads. */
export const SERVER_METADATA: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);
