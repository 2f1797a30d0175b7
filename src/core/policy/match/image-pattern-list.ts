import { type ImagePattern, imageIndexKeys, matchesImage, parseImagePattern } from './image-pattern.js';
import type { ImageReference } from './image-reference.js';

/** A list of image patterns, of which one has to match. */
export interface ImagePatterns {
  readonly all: readonly ImagePattern[];
  /** For long lists: patterns by their index key, and those without one. */
  readonly index:
    | { readonly byKey: ReadonlyMap<string, readonly ImagePattern[]>; readonly rest: readonly ImagePattern[] }
    | undefined;
}

const SHORT = 8;

/** Prepares a list that the schema has accepted. */
export function compileImagePatterns(texts: readonly string[]): ImagePatterns {
  const all: ImagePattern[] = [];
  for (const text of texts) {
    const parsed = parseImagePattern(text);
    if (parsed.ok) all.push(parsed.value);
  }
  if (all.length <= SHORT) return { all, index: undefined };
  const byKey = new Map<string, ImagePattern[]>();
  const rest: ImagePattern[] = [];
  for (const pattern of all) {
    const list = pattern.indexKey === undefined ? rest : byKey.get(pattern.indexKey);
    if (list !== undefined) list.push(pattern);
    else if (pattern.indexKey !== undefined) byKey.set(pattern.indexKey, [pattern]);
  }
  return { all, index: { byKey, rest } };
}

export function matchesAnyImage({ all, index }: ImagePatterns, image: ImageReference): boolean {
  if (index === undefined) return someMatches(all, image);
  for (const key of imageIndexKeys(image)) {
    const list = index.byKey.get(key);
    if (list !== undefined && someMatches(list, image)) return true;
  }
  return someMatches(index.rest, image);
}

function someMatches(patterns: readonly ImagePattern[], image: ImageReference): boolean {
  for (const pattern of patterns) if (matchesImage(pattern, image)) return true;
  return false;
}
