import type { DocumentNode } from '../../document/document-node.js';
import { memberOf } from '../../document/document-node.js';
import { memberPath } from '../../document/path-text.js';
import { type OtherObject, readProfileFile } from '../../profile/read/yaml/profile-file.js';

/** Where the pod's spec is in each kind of object that makes pods. */
const SPECS: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template.spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
};

/** Where other kinds have it, those of other projects among them (Argo's Rollout, Knative's Service). */
const TEMPLATES = ['spec.template.spec', 'spec.podTemplate.spec', 'spec.jobTemplate.spec.template.spec'];

/** The spec of one pod in a manifest. */
export interface PodSpec {
  /** `Deployment web`. */
  readonly name: string;
  readonly spec: DocumentNode;
  /** The way to `spec` in its document. */
  readonly path: string;
  /** What it is part of. */
  readonly object: OtherObject;
}

/** The pod that an object is, or makes; undefined where it makes none. */
export function podMadeBy(object: OtherObject): PodSpec | undefined {
  const { node, path, identity } = object;
  const { kind = '', name = '' } = identity;
  const own = Object.hasOwn(SPECS, kind) ? SPECS[kind] : undefined;
  const way =
    own ??
    TEMPLATES.find((template) =>
      ['containers', 'initContainers'].some((key) => isList(at(node, `${template}.${key}`))),
    );
  const spec = way === undefined ? undefined : at(node, way);
  if (way === undefined || spec === undefined) return undefined;
  return { name: `${kind} ${name}`.trim(), spec, path: path === '' ? way : `${path}.${way}`, object };
}

/** The pods of a manifest. */
export function readPods(text: string): readonly PodSpec[] {
  return readProfileFile(text).others.flatMap((object) => podMadeBy(object) ?? []);
}

function isList(node: DocumentNode | undefined): boolean {
  return node?.kind === 'array';
}

/** The value at a path of keys. */
export function at(node: DocumentNode | undefined, path: string): DocumentNode | undefined {
  let found = node;
  for (const key of path.split('.')) found = found?.kind === 'object' ? memberOf(found, key)?.value : undefined;
  return found;
}

export function textAt(node: DocumentNode | undefined, path: string): string | undefined {
  const found = at(node, path);
  return found?.kind === 'string' ? found.value : undefined;
}

export function isTrueAt(node: DocumentNode | undefined, path: string): boolean {
  const found = at(node, path);
  return found?.kind === 'literal' && found.value === true;
}

/** A container with the path to it, of all three lists. */
export interface PodContainer {
  readonly name: string;
  readonly node: DocumentNode;
  readonly path: string;
}

export function profiledContainersOf({ spec, path }: PodSpec): readonly PodContainer[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((key) => {
    const list = at(spec, key);
    if (list?.kind !== 'array') return [];
    return list.items.map((node, i) => ({
      name: textAt(node, 'name') ?? `${key}[${i}]`,
      node,
      path: `${memberPath(path, key)}[${i}]`,
    }));
  });
}
