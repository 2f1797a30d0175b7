import { compileGlob, type Glob } from '../match/glob.js';
import type { ImagePattern } from '../match/image-pattern.js';
import { compilePathGlob, type PathGlob } from '../match/path-glob.js';
import { globCovers, globsMeet, pathGlobCovers, pathGlobsMeet } from './glob-cover.js';

/** Whether every image that `b` matches, `a` matches too; false where that is not certain. */
export function imagePatternCovers(a: ImagePattern, b: ImagePattern): boolean {
  if (a.text === b.text) return true;
  if (a.tag !== undefined && (b.tag === undefined || !globCovers(a.tag, b.tag))) return false;
  if (a.digest !== undefined && (b.digest === undefined || !globCovers(a.digest, b.digest))) return false;
  if (a.name.kind === 'anything') return true;
  if (b.name.kind === 'anything') return false;
  return namesOf(b).every((name) => namesOf(a).some((other) => nameCovers(other, name)));
}

/** Whether some image matches both. */
export function imagePatternsMeet(a: ImagePattern, b: ImagePattern): boolean {
  if (a.tag !== undefined && b.tag !== undefined && !globsMeet(a.tag, b.tag)) return false;
  if (a.digest !== undefined && b.digest !== undefined && !globsMeet(a.digest, b.digest)) return false;
  if (a.name.kind === 'anything' || b.name.kind === 'anything') return true;
  return namesOf(a).some((name) => namesOf(b).some((other) => namesMeet(name, other)));
}

interface Name {
  readonly registry: Glob;
  readonly repository: PathGlob;
}

const ANY = compileGlob('*');
const DOCKER_HUB = compileGlob('docker.io');

/** The names that a pattern stands for: itself, and with a wildcard registry the short name on Docker Hub. */
function namesOf({ name }: ImagePattern): readonly Name[] {
  if (name.kind === 'anything') return [];
  const { registry = ANY, repository, shortName } = name;
  const own = { registry, repository };
  if (shortName === undefined || !globsMeet(registry, DOCKER_HUB)) return [own];
  return [own, { registry: DOCKER_HUB, repository: compilePathGlob(['library', shortName.text]) }];
}

function nameCovers(a: Name, b: Name): boolean {
  return globCovers(a.registry, b.registry) && pathGlobCovers(a.repository, b.repository);
}

function namesMeet(a: Name, b: Name): boolean {
  return globsMeet(a.registry, b.registry) && pathGlobsMeet(a.repository, b.repository);
}
