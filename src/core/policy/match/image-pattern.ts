import { bad, good, type Parsed, shown } from '../../text/parsed.js';
import { compileGlob, type Glob, literalOf, matchesGlob } from './glob.js';
import { type ImageReference, imageName, isRegistry, type NamedImage } from './image-reference.js';
import { compilePathGlob, matchesPathGlob, type PathGlob } from './path-glob.js';

/** A pattern over images, ready to match. */
export interface ImagePattern {
  readonly text: string;
  readonly name: NamePattern;
  readonly tag: Glob | undefined;
  readonly digest: Glob | undefined;
  /**
   * Where to file a rule with this pattern: whatever the pattern matches has this key among `imageIndexKeys(image)`.
   * Undefined: nothing in the pattern is fixed enough, so the rule has to be tried on every image.
   */
  readonly indexKey: string | undefined;
  /** The same of the name alone, whatever the pattern says of tag and digest. */
  readonly nameKey: string | undefined;
}

type NamePattern =
  /** `*`: every image, also a bare id and one that no runtime could pull. */
  | { readonly kind: 'anything' }
  | {
      readonly kind: 'name';
      /** Undefined: any registry. */
      readonly registry: Glob | undefined;
      readonly repository: PathGlob;
      /** The pattern for the last component of `library/…`, where a wildcard registry may stand for Docker Hub's short names. */
      readonly shortName: Glob | undefined;
    };

const MAX_LENGTH = 1024;

// Reads a pattern such as `ghcr.io/acme/**/edge:1.*@sha256:*`: `*` stays inside a component, `**` stands for whole
// components. No tag: any tag or digest. Without a registry it means Docker Hub, unless it is `*`, `**` or starts with `**/`.
export function parseImagePattern(text: string): Parsed<ImagePattern> {
  const mistake = mistakeIn(text);
  if (mistake !== undefined) return mistake;

  const at = text.indexOf('@');
  const digestText = at < 0 ? undefined : text.slice(at + 1);
  const beforeDigest = at < 0 ? text : text.slice(0, at);
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1);
  const tagText = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  const nameText = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);

  const name = parseName(nameText, text);
  if (!name.ok) return name;
  if (tagText !== undefined) {
    if (tagText === '')
      return bad(`there is no tag behind the ":" of ${shown(text)}`, 'remove the ":", or write the tag');
    if (tagText.includes('**')) return bad(`"**" has no meaning in a tag: ${shown(text)}`, 'write a single "*"');
    if (!/^[\w.*-]{1,128}$/.test(tagText) || /^[.-]/.test(tagText))
      return bad(
        `${shown(tagText)} cannot be the tag of an image`,
        'a tag has letters, digits, "_", "." and "-", at most 128; "*" is the only wildcard',
      );
  }
  if (digestText !== undefined && !isDigestPattern(digestText))
    return bad(
      `${shown(digestText)} cannot be the digest of an image`,
      'write "@sha256:*" for any digest, or "@sha256:" and the 64 lower case hexadecimal digits',
    );
  const { pattern, nameKey } = name.value;
  const tag = tagText === undefined ? undefined : compileGlob(tagText);
  const digest = digestText === undefined ? undefined : compileGlob(digestText);
  return good({ text, name: pattern, tag, digest, indexKey: fullKey(nameKey, tag, digest), nameKey });
}

/** Where the whole name is fixed, by the digest or tag as well: thousands of rules can be for one repository. */
function fullKey(nameKey: string | undefined, tag: Glob | undefined, digest: Glob | undefined): string | undefined {
  if (nameKey?.startsWith('=') !== true) return nameKey;
  const onlyDigest = digest === undefined ? undefined : literalOf(digest);
  if (onlyDigest !== undefined) return `${nameKey}@${onlyDigest}`;
  const onlyTag = tag === undefined ? undefined : literalOf(tag);
  return onlyTag === undefined ? nameKey : `${nameKey}:${onlyTag}`;
}

/** Whether the image is one that the pattern means. Takes time in proportion to the reference times the pattern's components. */
export function matchesImage(pattern: ImagePattern, image: ImageReference): boolean {
  const { name, tag, digest } = pattern;
  if (image.kind !== 'named') return name.kind === 'anything' && tag === undefined && digest === undefined;
  if (tag !== undefined && (image.tag === undefined || !matchesGlob(tag, image.tag))) return false;
  if (digest !== undefined && (image.digest === undefined || !matchesGlob(digest, image.digest))) return false;
  return name.kind === 'anything' || matchesName(name, image);
}

/** References are kept for the images that are asked about again and again, and with them their keys. */
const knownKeys = new WeakMap<NamedImage, readonly string[]>();

/** Every key under which a pattern that matches this image can be filed; patterns without a key have to be tried as well. */
export function imageIndexKeys(image: ImageReference): readonly string[] {
  if (image.kind !== 'named') return [];
  let keys = knownKeys.get(image);
  if (keys === undefined) {
    keys = keysOf(image);
    knownKeys.set(image, keys);
  }
  return keys;
}

function keysOf(image: NamedImage): readonly string[] {
  const name = imageName(image);
  const keys = [`=${name}`, `$${name.slice(name.lastIndexOf('/') + 1)}`];
  for (let slash = image.registry.length; slash >= 0; slash = name.indexOf('/', slash + 1))
    keys.push(`^${name.slice(0, slash)}`);
  if (image.tag !== undefined) keys.push(`=${name}:${image.tag}`);
  if (image.digest !== undefined) keys.push(`=${name}@${image.digest}`);
  return keys;
}

function matchesName(name: Extract<NamePattern, { kind: 'name' }>, image: NamedImage): boolean {
  if (name.registry !== undefined && !matchesGlob(name.registry, image.registry)) return false;
  const components = image.repository.split('/');
  if (matchesPathGlob(name.repository, components)) return true;
  return (
    name.shortName !== undefined &&
    image.registry === 'docker.io' &&
    components.length === 2 &&
    components[0] === 'library' &&
    matchesGlob(name.shortName, components[1] ?? '')
  );
}

function parseName(
  text: string,
  whole: string,
): Parsed<{ readonly pattern: NamePattern; readonly nameKey: string | undefined }> {
  if (text === '*') return good({ pattern: { kind: 'anything' }, nameKey: undefined });
  const components = text.split('/');
  const first = components[0] ?? '';
  for (const [index, component] of components.entries()) {
    if (component === '')
      return bad(
        `a part of the image name is empty in ${shown(whole)}`,
        index === 0 ? 'remove the "/" at the start' : 'write one "/" between two parts, and none at the end',
      );
    if (component !== '**' && component.includes('**'))
      return bad(
        `"**" stands for whole parts of a name, and cannot be mixed with other characters: ${shown(component)}`,
        `write "*" for the rest of one part, for example ${shown(component.replace(/\*+/g, '*'))}, or "**" between two "/"`,
      );
  }
  const anyRegistry = first === '**';
  const registry = !anyRegistry && components.length > 1 && isRegistry(first) ? first.toLowerCase() : undefined;
  const path = registry === undefined ? components : components.slice(1);
  if (registry !== undefined && !/^[a-z0-9.*:[\]-]+$/.test(registry))
    return bad(
      `${shown(first)} is not the host name of a registry`,
      'a host name has letters, digits, "-" and ".", and a port behind ":"',
    );
  for (const component of path) {
    if (component !== '**' && !isComponentPattern(component)) {
      return /[A-Z]/.test(component)
        ? bad(`image names are lower case: ${shown(component)} matches none`, `write ${shown(component.toLowerCase())}`)
        : bad(
            `${shown(component)} cannot be a part of an image name`,
            'parts have lower case letters, digits, and single ".", "_" or "-" between them; "*" is the only wildcard',
          );
    }
  }
  return good(anyRegistry ? inAnyRegistry(path) : inRegistry(registry, path));
}

function inAnyRegistry(path: readonly string[]): { pattern: NamePattern; nameKey: string | undefined } {
  return {
    pattern: { kind: 'name', registry: undefined, repository: compilePathGlob(path), shortName: undefined },
    nameKey: lastComponentKey(path),
  };
}

function inRegistry(
  written: string | undefined,
  path: readonly string[],
): { pattern: NamePattern; nameKey: string | undefined } {
  const host = written === undefined || written === 'index.docker.io' ? 'docker.io' : written;
  const registry = compileGlob(host);
  const only = path.length === 1 && path[0] !== '**' ? path[0] : undefined;
  const repository = host === 'docker.io' && only !== undefined ? ['library', only] : path;
  const wildcardHost = literalOf(registry) === undefined;
  return {
    pattern: {
      kind: 'name',
      registry,
      repository: compilePathGlob(repository),
      shortName: wildcardHost && only !== undefined ? compileGlob(only) : undefined,
    },
    nameKey: wildcardHost ? lastComponentKey(path) : keyOfName(host, repository),
  };
}

/** By the whole name where it has no wildcard; else by its fixed beginning. */
function keyOfName(host: string, repository: readonly string[]): string {
  const wild = repository.findIndex((component) => component.includes('*'));
  return wild < 0 ? `=${[host, ...repository].join('/')}` : `^${[host, ...repository.slice(0, wild)].join('/')}`;
}

function lastComponentKey(path: readonly string[]): string | undefined {
  const last = path[path.length - 1] ?? '*';
  return last.includes('*') ? undefined : `$${last}`;
}

function mistakeIn(text: string): Parsed<never> | undefined {
  if (text === '') return bad('an empty text matches no image', 'write a pattern, or "*" for every image');
  if (text.length > MAX_LENGTH) return bad(`a pattern has at most ${MAX_LENGTH} characters`, 'shorten it');
  if (/\s/.test(text)) return bad(`an image name has no blanks: ${shown(text)}`, 'remove the blank');
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(text)?.[0];
  if (scheme !== undefined)
    return bad(
      `an image name does not start with ${shown(scheme)}`,
      `write it as in a pod: ${shown(text.slice(scheme.length))}`,
    );
  if (/^(?:sha256:)?[a-f0-9]{64}$/.test(text))
    return bad(
      'a bare image id has no registry and no name to match, and says nothing of where the image came from',
      'write the name and its digest: "registry/name@sha256:…"',
    );
  const odd = /[^\w./:@*[\]-]/.exec(text)?.[0];
  if (odd !== undefined)
    return bad(
      `an image name cannot have the character ${shown(odd)}: ${shown(text)}`,
      '"*" and "**" are the only wildcards',
    );
  return undefined;
}

/** Whether some well-formed component could match: separators must not stand at an end or side by side, except as `__` and `--…`. */
function isComponentPattern(component: string): boolean {
  if (!/^[a-z0-9._*-]+$/.test(component)) return false;
  if (/^[._-]|[._-]$/.test(component)) return false;
  return component.split(/[a-z0-9*]+/).every((separators) => /^(?:|\.|_|__|-+)$/.test(separators));
}

function isDigestPattern(text: string): boolean {
  if (text.includes('**')) return false;
  if (/^[a-z0-9:*]+$/.test(text) && text.includes('*'))
    return text.indexOf(':') === text.lastIndexOf(':') && !text.startsWith(':');
  return /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/.test(text);
}
