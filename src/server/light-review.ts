import { sameJson } from '../admission/same-json.js';

/**
 * Takes from a large AdmissionReview the bulk that no decision reads: environments, commands, probes, managed fields, the status.
 * What is not known to be bulk stays, so that a decision on the rest is the decision on the whole.
 */
export function lightenReview(review: unknown): void {
  const request = member(review, 'request');
  const now = member(request, 'object');
  const before = member(request, 'oldObject');
  const changed = templateSpecs.filter((specOf) => !sameJson(specOf(now), specOf(before)));
  lightenObject(now);
  lightenObject(before);
  // Whether a template was changed at all is asked, too, and the change may have been in the bulk.
  for (const specOf of changed) {
    const old = specOf(before);
    if (old !== undefined && sameJson(specOf(now), old)) old.affinity = 'was another';
  }
}

type Json = Record<string, unknown>;

/** Where the kinds with a template have the spec of its pods. */
const templateSpecs: readonly ((object: Json | undefined) => Json | undefined)[] = [
  (object) => member(member(member(object, 'spec'), 'template'), 'spec'),
  (object) => member(member(object, 'template'), 'spec'),
  (object) => member(member(member(member(member(object, 'spec'), 'jobTemplate'), 'spec'), 'template'), 'spec'),
];

const containerBulk = [
  'env',
  'envFrom',
  'args',
  'command',
  'lifecycle',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'resources',
  'ports',
];
const podBulk = [
  'affinity',
  'tolerations',
  'topologySpreadConstraints',
  'hostAliases',
  'dnsConfig',
  'imagePullSecrets',
];
const containerLists = ['containers', 'initContainers', 'ephemeralContainers'];
/** Of an annotation that is longer only so much is kept, unless it is one of the legacy ones for seccomp, whose value is told. */
const longestAnnotation = 16_384;
const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/';

function lightenObject(object: Json | undefined): void {
  if (object === undefined) return;
  drop(object, ['status']);
  lightenMetadata(member(object, 'metadata'));
  const spec = member(object, 'spec');
  lightenPodSpec(spec);
  lightenTemplate(member(spec, 'template'));
  lightenTemplate(member(object, 'template'));
  lightenTemplate(member(member(member(spec, 'jobTemplate'), 'spec'), 'template'));
}

function lightenTemplate(template: Json | undefined): void {
  lightenMetadata(member(template, 'metadata'));
  lightenPodSpec(member(template, 'spec'));
}

function lightenMetadata(metadata: Json | undefined): void {
  if (metadata === undefined) return;
  drop(metadata, ['managedFields']);
  const annotations = member(metadata, 'annotations');
  if (annotations === undefined) return;
  for (const [key, value] of Object.entries(annotations))
    if (typeof value === 'string' && value.length > longestAnnotation && !key.includes(seccompAnnotation))
      annotations[key] = value.slice(0, longestAnnotation);
}

function lightenPodSpec(spec: Json | undefined): void {
  if (spec === undefined) return;
  drop(spec, podBulk);
  for (const list of containerLists) {
    const containers = own(spec, list);
    if (!Array.isArray(containers)) continue;
    for (const container of containers as unknown[]) if (isObject(container)) drop(container, containerBulk);
  }
}

function drop(from: Json, keys: readonly string[]): void {
  for (const key of keys) if (Object.hasOwn(from, key)) delete from[key];
}

function own(of: Json, key: string): unknown {
  return Object.hasOwn(of, key) ? of[key] : undefined;
}

function member(of: unknown, key: string): Json | undefined {
  if (!isObject(of)) return undefined;
  const value = own(of, key);
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
