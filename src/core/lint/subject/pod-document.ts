import type { DocumentNode } from '../../document/document-node.js';
import { memberOf, nodeAt } from '../../document/document-node.js';
import { readJsonNodes } from '../../document/lenient-json/json-nodes.js';
import { memberPath } from '../../document/path-text.js';
import { SourceText } from '../../document/source-text.js';
import { readYamlNodes } from '../../document/yaml/yaml-nodes.js';
import type { Place, Problem } from '../../problem/problem.js';

/** Where the pod's spec is in each kind of object that makes pods. */
const SPECS: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template.spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
  ...Object.fromEntries(
    ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'].map((kind) => [
      kind,
      'spec.template.spec',
    ]),
  ),
};

/** The spec of one pod in a manifest. */
export interface PodSpec {
  /** `Deployment web`. */
  readonly name: string;
  readonly spec: DocumentNode;
  /** The way to `spec` in its document. */
  readonly path: string;
  placeOf(path: string): Place;
}

/** Whether a text is a manifest of Kubernetes objects that make pods, rather than a profile. */
export function isPodDocument(text: string): boolean {
  const kinds = [...Object.keys(SPECS), 'List', 'PodList'].join('|');
  return new RegExp(`(?:^|[{,\\s])["']?kind["']?\\s*:\\s*["']?(?:${kinds})["']?\\s*(?:$|[,}#\\r\\n])`, 'm').test(text);
}

/** The pods of a manifest, YAML of several documents or JSON. */
export function readPods(
  text: string,
  file?: string,
): { readonly pods: readonly PodSpec[]; readonly problems: readonly Problem[] } {
  const source = new SourceText(text, file);
  const { documents, problems } = text.trimStart().startsWith('{') ? readJsonDocument(text) : readYamlNodes(text);
  const pods: PodSpec[] = [];
  const collect = (root: DocumentNode, node: DocumentNode, path: string): void => {
    const kind = textAt(node, 'kind');
    if (kind === 'List' || kind === 'PodList') {
      const items = at(node, 'items');
      if (items?.kind !== 'array') return;
      for (const [i, item] of items.items.entries()) collect(root, item, `${path === '' ? '' : `${path}.`}items[${i}]`);
      return;
    }
    const way = kind === undefined || !Object.hasOwn(SPECS, kind) ? undefined : SPECS[kind];
    const spec = way === undefined ? undefined : at(node, way);
    if (way === undefined || spec === undefined) return;
    pods.push({
      name: `${kind} ${textAt(node, 'metadata.name') ?? ''}`.trim(),
      spec,
      path: path === '' ? way : `${path}.${way}`,
      placeOf: (wanted) => source.placeAt(nodeAt(root, wanted).offset, wanted),
    });
  };
  for (const root of documents) collect(root, root, '');
  return {
    pods,
    problems: problems.map(({ code, offset, path, message, advice }) => ({
      code,
      severity: 'error',
      message,
      advice,
      place: source.placeAt(offset, path),
    })),
  };
}

function readJsonDocument(text: string): ReturnType<typeof readYamlNodes> {
  const { root, problems } = readJsonNodes(text);
  return { documents: root === undefined ? [] : [root], problems };
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
