import { z } from 'zod';
import { parseLabelKey, parseLabelValue, parseObjectName } from '../values/kubernetes-name.js';
import { type IssueParams, parsedText } from './text-schemas.js';
import { objectNameShape } from './text-shape.js';

const texts = z.record(z.string(), z.string());

/** As the API server takes them: a set that loads from a file can be applied to a cluster, too. */
const labels = texts.superRefine((all, context) => {
  for (const [key, value] of Object.entries(all)) {
    const wrong = [parseLabelKey(key), parseLabelValue(value)].find((result) => !result.ok);
    if (wrong === undefined || wrong.ok) continue;
    const params: IssueParams = { problem: 'PD012', advice: wrong.advice };
    context.addIssue({ code: 'custom', path: [key], message: wrong.message, params });
  }
});

const annotations = texts.superRefine((all, context) => {
  for (const key of Object.keys(all)) {
    const result = parseLabelKey(key.toLowerCase());
    if (result.ok) continue;
    const params: IssueParams = { problem: 'PD012', advice: result.advice };
    const message = result.message.replace('a label key', 'the key of an annotation');
    context.addIssue({ code: 'custom', path: [key], message, params });
  }
});

/** What of a Kubernetes `ObjectMeta` a document says itself. Only the name has a meaning here. */
export const metadataSchema = z.strictObject({
  name: parsedText('PD014', 253, objectNameShape, parseObjectName).describe(
    'The name, as Kubernetes takes it: unique for its kind.',
  ),
  labels: labels.optional().describe('For people and tools; without a meaning here.'),
  annotations: annotations.optional().describe('For people and tools; without a meaning here.'),
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
