import { isAbsent, type Members, membersOf } from '../../document/members.js';
import type { ContainerFacts } from '../../policy/match/container-match.js';
import { type ImageReference, parseImageReference } from '../../policy/match/image-reference.js';
import type { ContainerType } from '../../policy/values/container-type.js';
import { type ContainerTypeSet, TYPE_BIT } from '../../policy/values/container-type.js';
import { below, type InputPath } from './input-path.js';
import { PROFILE_INPUTS, type ProfileField, readProfileField } from './profile-field.js';

export type ContainerList = 'initContainers' | 'containers' | 'ephemeralContainers';

/** In the order in which containers start. */
export const CONTAINER_LISTS: readonly ContainerList[] = ['initContainers', 'containers', 'ephemeralContainers'];

/** Of a container. */
export const CONTAINER_INPUTS: readonly InputPath[] = [
  'name',
  'image',
  'securityContext.privileged',
  'securityContext.capabilities.add[]',
  ...below('securityContext', PROFILE_INPUTS),
];

/** Of an init container, besides. */
export const INIT_CONTAINER_INPUTS: readonly InputPath[] = ['restartPolicy'];

/** A container as it was sent, read as far as a decision needs it. */
export class ContainerView implements ContainerFacts {
  readonly list: ContainerList;
  readonly index: number;
  readonly raw: Members;
  /** Empty when it has none. */
  readonly name: string;
  readonly type: ContainerType;
  readonly bit: ContainerTypeSet;
  readonly imageText: string | undefined;
  readonly own: ProfileField;
  #image: ImageReference | undefined;
  #added: readonly string[] | undefined;

  constructor(list: ContainerList, index: number, raw: Members) {
    this.list = list;
    this.index = index;
    this.raw = raw;
    this.name = typeof raw.name === 'string' ? raw.name : '';
    this.type = typeIn(list, raw);
    this.bit = TYPE_BIT[this.type];
    this.imageText = typeof raw.image === 'string' ? raw.image : undefined;
    this.own = readProfileField(raw.securityContext);
  }

  image(): ImageReference {
    this.#image ??= parseImageReference(this.imageText ?? '');
    return this.#image;
  }

  /** `capabilities.add`, as far as it is text. */
  addedCapabilities(): readonly string[] {
    this.#added ??= capabilitiesOf(this.raw);
    return this.#added;
  }

  /** Anything but an absent or false `privileged` counts: what the API server would make of other values is not ours to guess. */
  isPrivileged(): boolean {
    const value = membersOf(this.raw.securityContext)?.privileged;
    return !isAbsent(value) && value !== false;
  }
}

const NONE: readonly string[] = [];

function typeIn(list: ContainerList, raw: Members): ContainerType {
  if (list === 'containers') return 'Container';
  if (list === 'ephemeralContainers') return 'Ephemeral';
  return raw.restartPolicy === 'Always' ? 'Sidecar' : 'Init';
}

function capabilitiesOf(raw: Members): readonly string[] {
  const added = membersOf(membersOf(raw.securityContext)?.capabilities)?.add;
  if (!Array.isArray(added) || added.length === 0) return NONE;
  return added.filter((name): name is string => typeof name === 'string');
}
