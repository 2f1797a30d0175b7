import type { ContainerType } from '../values/container-type.js';
import { ALL_TYPES, type ContainerTypeSet, containerTypeSet } from '../values/container-type.js';
import { compileGlob, type Glob, matchesGlob } from './glob.js';
import { compileImagePatterns, type ImagePatterns, matchesAnyImage } from './image-pattern-list.js';
import { formatImage, type ImageReference } from './image-reference.js';

/** What a rule or an exemption asks about a container. */
export interface ContainerFacts {
  readonly name: string;
  readonly bit: ContainerTypeSet;
  image(): ImageReference;
}

/** `images`, `containers` and `containerTypes`: all that is written must hold. */
export interface ContainerMatch {
  readonly types: ContainerTypeSet;
  readonly containers: readonly Glob[] | undefined;
  readonly images: ImagePatterns | undefined;
}

export function compileContainerMatch(source: {
  readonly images?: readonly string[] | undefined;
  readonly containers?: readonly string[] | undefined;
  readonly containerTypes?: readonly ContainerType[] | undefined;
}): ContainerMatch {
  return {
    types: source.containerTypes === undefined ? ALL_TYPES : containerTypeSet(source.containerTypes),
    containers: source.containers?.map(compileGlob),
    images: source.images === undefined ? undefined : compileImagePatterns(source.images),
  };
}

export function matchesContainer(match: ContainerMatch, container: ContainerFacts): boolean {
  if ((match.types & container.bit) === 0) return false;
  if (match.containers !== undefined && !matchesName(match.containers, container.name)) return false;
  return match.images === undefined || matchesAnyImage(match.images, container.image());
}

/** The clause that tells why it does not match, for a person; undefined when it does. */
export function whyNotContainer(
  match: ContainerMatch,
  container: ContainerFacts,
  type: ContainerType,
): string | undefined {
  if ((match.types & container.bit) === 0) return `containerTypes does not name ${type}`;
  if (match.containers !== undefined && !matchesName(match.containers, container.name))
    return `containers: none matches ${container.name}`;
  if (match.images === undefined) return undefined;
  const image = container.image();
  if (matchesAnyImage(match.images, image)) return undefined;
  return image.kind === 'invalid'
    ? `images: the image is no image reference (${image.reason})`
    : `images: none matches ${formatImage(image) ?? ''}`;
}

function matchesName(globs: readonly Glob[], name: string): boolean {
  for (const glob of globs) if (matchesGlob(glob, name)) return true;
  return false;
}
