import { matchesGlob } from '../match/glob.js';
import type { ImagePattern } from '../match/image-pattern.js';
import type { PathGlob } from '../match/path-glob.js';
import { celText, globExpression } from './cel.js';

const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const TAG = ':[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const DIGEST = '@(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})';
const FIRST_PART = '[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*';
const REFERENCE = `^(?:${HOST}/${PART}(?:/${PART})*|${FIRST_PART}(?:/${PART})+|${PART})(?:${TAG})?(?:${DIGEST})?$`;

/**
 * The image of an `image:` field with its registry, its tag and `library/` written out, as `formatImage` gives it; the empty text for
 * a bare id and for what no runtime could pull. `text` is an expression of CEL.
 */
export function celImage(text: string): string {
  const first = `${text}.substring(0, ${text}.indexOf('/'))`;
  const rest = `${text}.substring(${text}.indexOf('/') + 1)`;
  const onHub = (path: string) => `'docker.io/' + (${path}.contains('/') ? ${path} : 'library/' + ${path})`;
  const named = `(${text}.matches('^(?:localhost|[^/]*[.:A-Z][^/]*)/') ? (${text}.matches(${celText('^(?i:docker\\.io|index\\.docker\\.io)/')}) ? ${onHub(rest)} : ${first}.lowerAscii() + '/' + ${rest}) : ${onHub(text)})`;
  const tag = `(${text}.matches('@|:[^/]*$') ? '' : ':latest')`;
  const readable = `size(${text}) <= 1024 && ${text}.matches(${celText(REFERENCE)}) && !${text}.matches('^(?:sha256:)?[a-f0-9]{64}$')`;
  return `(${readable} && !${named}.matches('^[^/]+/[^:@]{256,}') ? ${named} + ${tag} : '')`;
}

/** The regular expression for what the pattern matches, over images written out; undefined for a pattern that matches whatever there is. */
export function imageExpression({ name, tag, digest }: ImagePattern): string | undefined {
  if (name.kind === 'anything' && tag === undefined && digest === undefined) return undefined;
  const tagPart = tag === undefined ? '(?::[^@/]*)?' : `:${globExpression(tag, '[^@/]*')}`;
  const digestPart = digest === undefined ? '(?:@.*)?' : `@${globExpression(digest)}`;
  return `${nameExpression(name)}${tagPart}${digestPart}`;
}

function nameExpression(name: ImagePattern['name']): string {
  if (name.kind === 'anything') return '[^/]+/[^:@]+';
  const registry = name.registry === undefined ? '[^/]+' : globExpression(name.registry, '[^/]*');
  const usual = `${registry}/${pathExpression(name.repository)}`;
  const isHub = name.registry === undefined || matchesGlob(name.registry, 'docker.io');
  return name.shortName === undefined || !isHub
    ? usual
    : `(?:${usual}|docker\\.io/library/${globExpression(name.shortName, '[^/:@]*')})`;
}

/** The runs of components, with any number of components between two runs. */
export function pathExpression({ runs }: PathGlob, component = '[^/:@]'): string {
  return runs
    .map((run, index) => {
      const here = run.map((glob) => globExpression(glob, `${component}*`)).join('/');
      const slash = here !== '' && index < runs.length - 1 ? '/' : '';
      return `${index === 0 ? '' : `(?:${component}+/)*`}${here}${slash}`;
    })
    .join('');
}
