import type { Problem } from '../../problem/problem.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';
import { compileGlob, matchesGlob } from '../match/glob.js';
import { matchesImage, parseImagePattern } from '../match/image-pattern.js';
import { type ImageReference, parseImageReference } from '../match/image-reference.js';
import { type CheckContext, problemAt, type TestedContainer } from './check-context.js';

interface Tested {
  readonly names: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
  readonly images: readonly ImageReference[];
}

/** Patterns that match nothing in the tests that stand beside their policy: misspelt, or never tried. */
export function checkTested(
  documents: readonly (LoadedPolicy | LoadedExemption)[],
  { testedWith }: CheckContext,
): readonly Problem[] {
  if (testedWith === undefined) return [];
  const known = new Map<readonly TestedContainer[], Tested>();
  return documents.flatMap((document) => {
    const containers = testedWith(document.reference.origin?.replace(/:\d+$/, '') ?? '');
    if (containers === undefined || containers.length === 0) return [];
    const tested = known.get(containers) ?? testedOf(containers);
    known.set(containers, tested);
    return patternsOf(document).flatMap(({ path, text, what }) =>
      isTried(what, text, tested)
        ? []
        : [
            problemAt(
              document,
              path,
              'PL006',
              'warning',
              `${JSON.stringify(text)} matches no ${what} in the tests beside this file`,
              `correct it, or add a test with ${what === 'image' ? 'an' : 'a'} ${what} that it should match`,
            ),
          ],
    );
  });
}

type What = 'image' | 'container' | 'namespace';

function isTried(what: What, text: string, { names, namespaces, images }: Tested): boolean {
  if (what === 'image') {
    const pattern = parseImagePattern(text);
    return !pattern.ok || images.some((image) => matchesImage(pattern.value, image));
  }
  const glob = compileGlob(text);
  return [...(what === 'container' ? names : namespaces)].some((name) => matchesGlob(glob, name));
}

function patternsOf(
  document: LoadedPolicy | LoadedExemption,
): readonly { readonly path: string; readonly text: string; readonly what: What }[] {
  const list = (what: What, path: string, texts: readonly string[] | undefined) =>
    (texts ?? []).map((text, index) => ({ path: `${path}[${index}]`, text, what }));
  const scope = list('namespace', 'spec.match.namespaces', document.value.spec.match?.namespaces);
  const targets =
    document.kind === 'SeccompPolicy'
      ? (document.value.spec.assign ?? []).map((rule, index) => ({ path: `spec.assign[${index}]`, ...rule }))
      : [{ path: 'spec', ...document.value.spec }];
  return [
    ...scope,
    ...targets.flatMap(({ path, images, containers }) => [
      ...list('image', `${path}.images`, images),
      ...list('container', `${path}.containers`, containers),
    ]),
  ];
}

function testedOf(containers: readonly TestedContainer[]): Tested {
  return {
    names: new Set(containers.map(({ name }) => name)),
    namespaces: new Set(containers.map(({ namespace }) => namespace)),
    images: [...new Set(containers.map(({ image }) => image))].map(parseImageReference),
  };
}
