import { isAbsent, type Members, membersOf } from '../../document/members.js';
import {
  CONTAINER_INPUTS,
  CONTAINER_LISTS,
  type ContainerList,
  ContainerView,
  INIT_CONTAINER_INPUTS,
} from './container-view.js';
import { below, type InputPath } from './input-path.js';
import type { PodTarget } from './review-target.js';

export interface PodContainers {
  /** Those that the request brings: all of a new pod, else the new and the changed ones. */
  readonly judged: readonly ContainerView[];
  /** Something that is no list, or no container; nothing behind it was read. */
  readonly malformed?: { readonly path: string; readonly why: string };
}

/** Of a pod's spec. */
export const CONTAINERS_INPUTS: readonly InputPath[] = [
  ...belowEachList(CONTAINER_INPUTS),
  ...below('initContainers[]', INIT_CONTAINER_INPUTS),
];
/** Of the spec before an update. */
export const CONTAINERS_BEFORE_INPUTS: readonly InputPath[] = belowEachList(['name', 'image']);

/**
 * Of a pod whose status is to be stored, too: with its entry in managedFields and its status a container comes to 1.5 KB and more, and etcd
 * takes 1.5 MiB of an object.
 */
const MOST_CONTAINERS = 1_000;

/** Reads the containers of all types. The API server takes null for an empty list and refuses every other shape, and so do we. */
export function containersOf(target: PodTarget): PodContainers {
  const before = target.form === 'update' || target.form === 'ephemeral' ? imagesBefore(target.oldSpec) : undefined;
  const judged: ContainerView[] = [];
  for (const list of CONTAINER_LISTS) {
    if (target.form === 'ephemeral' && list !== 'ephemeralContainers') continue;
    const entries = target.spec[list];
    if (isAbsent(entries)) continue;
    const path = `${target.path}.${list}`;
    if (!Array.isArray(entries)) return { judged, malformed: { path, why: 'it is not a list' } };
    if (judged.length + entries.length > MOST_CONTAINERS)
      return { judged, malformed: { path, why: `there are more than ${MOST_CONTAINERS} containers` } };
    for (let index = 0; index < entries.length; index += 1) {
      const raw = membersOf(entries[index]);
      if (raw === undefined) return { judged, malformed: { path: `${path}[${index}]`, why: 'it is not a container' } };
      const container = new ContainerView(list, index, raw);
      if (before === undefined || isNewOrChanged(container, before)) judged.push(container);
    }
  }
  return { judged };
}

export function belowEachList(paths: readonly InputPath[]): readonly InputPath[] {
  return CONTAINER_LISTS.flatMap((list) => below(`${list}[]`, paths));
}

export function containerPath(
  target: PodTarget,
  { list, index }: { readonly list: ContainerList; readonly index: number },
): string {
  return `${target.path}.${list}[${index}]`;
}

type ImagesBefore = ReadonlyMap<string, unknown>;

/** Image by list and name; of a name that stands twice nothing is known, so both count as new. */
function imagesBefore(spec: Members | undefined): ImagesBefore {
  const images = new Map<string, unknown>();
  const twice = new Set<string>();
  for (const list of CONTAINER_LISTS) {
    const entries = spec?.[list];
    if (!Array.isArray(entries)) continue;
    for (const entry of entries) {
      const raw = membersOf(entry);
      if (raw === undefined || typeof raw.name !== 'string') continue;
      const key = `${list}/${raw.name}`;
      if (images.has(key)) twice.add(key);
      images.set(key, raw.image);
    }
  }
  for (const key of twice) images.delete(key);
  return images;
}

function isNewOrChanged({ list, name, raw }: ContainerView, before: ImagesBefore): boolean {
  const key = `${list}/${name}`;
  return !before.has(key) || before.get(key) !== raw.image;
}
