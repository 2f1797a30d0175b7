import fc from 'fast-check';
import { imageExpression } from '../../../../src/core/policy/export/cel-image.js';
import { matchesImage, parseImagePattern } from '../../../../src/core/policy/match/image-pattern.js';
import { formatImage, parseImageReference } from '../../../../src/core/policy/match/image-reference.js';
import { runs } from '../../../support/require.js';

const digest = `sha256:${'0a'.repeat(32)}`;
const patternPieces = [
  ...'/:*-.',
  '**',
  '**/',
  'nginx',
  'library',
  'docker.io',
  'ghcr.io',
  'localhost',
  'acme',
  '1',
  '@sha256:*',
  `@${digest}`,
];
const imagePieces = [
  ...'/:-.',
  'nginx',
  'library',
  'docker.io',
  'index.docker.io',
  'GHCR.io',
  'ghcr.io',
  'localhost',
  'acme',
  '1',
  ':5000',
  `@${digest}`,
];
const textOf = (pieces: readonly string[]) =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));

test('the regular expression of an image pattern matches what the pattern matches', () => {
  let matched = 0;
  fc.assert(
    fc.property(
      textOf(patternPieces),
      fc.array(textOf(imagePieces), { minLength: 5, maxLength: 5 }),
      (text, images) => {
        const parsed = parseImagePattern(text);
        if (!parsed.ok) return;
        const expression = imageExpression(parsed.value);
        const variants = [...images, ...likeThe(text)];
        for (const image of variants) {
          const reference = parseImageReference(image);
          const written = reference.kind === 'named' ? (formatImage(reference) ?? '') : '';
          const theirs = expression === undefined || new RegExp(`^${expression}$`, 'u').test(written);
          const ours = matchesImage(parsed.value, reference);
          if (ours) matched += 1;
          expect([text, image, theirs]).toEqual([text, image, ours]);
        }
      },
    ),
    { numRuns: runs(1000) },
  );
  expect(matched).toBeGreaterThan(300);
});

test('a short name is one of Docker Hub only where the pattern of the registry covers Docker Hub', () => {
  const expressionOf = (text: string): string | undefined => {
    const parsed = parseImagePattern(text);
    return parsed.ok ? imageExpression(parsed.value) : undefined;
  };
  const matches = (text: string): boolean =>
    new RegExp(`^${expressionOf(text)}$`, 'u').test('docker.io/library/nginx:1');
  expect(matches('*.io/nginx')).toBe(true);
  expect(matches('*ghcr.io/nginx')).toBe(false);
});

/** Images made from a pattern, so that many match. */
function likeThe(pattern: string): readonly string[] {
  return ['a', 'a/b', ''].map((filler) => pattern.replaceAll('**', filler).replaceAll('*', 'x'));
}
