import fc from 'fast-check';
import { imageIndexKeys, matchesImage, parseImagePattern } from '../../../../src/core/policy/match/image-pattern.js';
import { parseImageReference } from '../../../../src/core/policy/match/image-reference.js';
import { runs } from '../../../support/require.js';

const HEX = 'a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
const DIGEST = `@sha256:${HEX}`;

function matches(pattern: string, image: string): boolean {
  const parsed = parseImagePattern(pattern);
  if (!parsed.ok) throw new Error(`${pattern}: ${parsed.message}`);
  const reference = parseImageReference(image);
  const found = matchesImage(parsed.value, reference);
  // Whatever matches is found through the index.
  if (found && parsed.value.indexKey !== undefined) expect(imageIndexKeys(reference)).toContain(parsed.value.indexKey);
  return found;
}

describe('which images a pattern means', () => {
  test.each<[pattern: string, yes: readonly string[], no: readonly string[]]>([
    [
      'nginx',
      ['nginx', 'nginx:1', `nginx${DIGEST}`, `nginx:1${DIGEST}`, 'docker.io/library/nginx', 'index.docker.io/nginx'],
      ['nginx-x', 'xnginx', 'a/nginx', 'ghcr.io/nginx', 'ghcr.io/library/nginx', 'library/nginx/x'],
    ],
    ['library/nginx', ['nginx', 'docker.io/library/nginx'], ['ghcr.io/library/nginx']],
    [
      'nginx:1.*',
      ['nginx:1.27', 'nginx:1.', `nginx:1.27${DIGEST}`],
      ['nginx:1', 'nginx:2.1', 'nginx', `nginx${DIGEST}`],
    ],
    ['nginx:latest', ['nginx', 'nginx:latest'], [`nginx${DIGEST}`, 'nginx:1']],
    ['nginx:*', ['nginx', 'nginx:1', `nginx:1${DIGEST}`], [`nginx${DIGEST}`]],
    ['nginx@sha256:*', [`nginx${DIGEST}`, `nginx:1${DIGEST}`], ['nginx', 'nginx:1']],
    [`nginx${DIGEST}`, [`nginx${DIGEST}`, `nginx:9${DIGEST}`], [`nginx@sha256:${'0'.repeat(64)}`, 'nginx']],
    [`nginx:1${DIGEST}`, [`nginx:1${DIGEST}`], [`nginx${DIGEST}`, 'nginx:1']],
    ['*', ['nginx', 'ghcr.io/a/b:1', `sha256:${HEX}`, HEX, 'Not/An/Image', ''], []],
    ['**', ['nginx', 'ghcr.io/a/b', 'a/b'], [`sha256:${HEX}`, '']],
    ['*:1', ['nginx:1', 'ghcr.io/a/b:1'], ['nginx:2', `nginx${DIGEST}`, `sha256:${HEX}`]],
    ['*@sha256:*', [`nginx${DIGEST}`, `ghcr.io/a/b${DIGEST}`], ['nginx', `sha256:${HEX}`]],
    [
      '**/nginx',
      ['nginx', 'ghcr.io/nginx', 'ghcr.io/a/b/nginx', 'localhost:5000/nginx'],
      ['nginx/x', 'ghcr.io/a/nginx-x', 'ghcr.io/a/xnginx'],
    ],
    ['**/redis:7', ['redis:7', 'ghcr.io/a/redis:7'], ['redis', 'redis:7.1']],
    ['team/*', ['team/app', 'docker.io/team/app:1'], ['team/a/b', 'team-evil/app', 'ghcr.io/team/app', 'team']],
    ['team*', ['team', 'team-x'], ['team-evil/app', 'team/app']],
    ['team*/app', ['team/app', 'team-evil/app'], ['team/x/app']],
    ['team/**', ['team/app', 'team/a/b'], ['team', 'team-evil/app']],
    [
      'ghcr.io/acme/**/edge',
      ['ghcr.io/acme/edge', 'ghcr.io/acme/a/edge', 'ghcr.io/acme/a/b/edge'],
      ['ghcr.io/acme/edge/x', 'ghcr.io/acme-evil/edge', 'acme/edge', 'ghcr.io.evil.example/acme/edge'],
    ],
    ['ghcr.io/acme/**/edge@sha256:*', [`ghcr.io/acme/a/edge${DIGEST}`], ['ghcr.io/acme/a/edge:1']],
    ['ghcr.io/**', ['ghcr.io/a', 'ghcr.io/a/b'], ['ghcr.io.evil.example/a', 'a/b']],
    ['GHCR.io/a', ['ghcr.io/a', 'GHCR.IO/a'], ['ghcr.io/b']],
    [
      '*.example.com/app',
      ['a.example.com/app', 'a.b.example.com/app'],
      ['example.com/app', 'a.example.com.evil/app', 'a.example.com:5000/app'],
    ],
    ['*.example.com:*/app', ['a.example.com:5000/app'], ['a.example.com/app']],
    [
      '*.io/nginx',
      ['ghcr.io/nginx', 'nginx', 'docker.io/library/nginx'],
      ['quay.example/nginx', 'docker.io/team/nginx'],
    ],
    ['localhost/app', ['localhost/app'], ['app', 'docker.io/localhost/app']],
    ['localhost:5000/*', ['localhost:5000/app'], ['localhost/app', 'localhost:5001/app']],
    ['[::1]:5000/app', ['[::1]:5000/app'], ['[::2]:5000/app']],
    ['docker.io/nginx', ['nginx'], ['ghcr.io/nginx']],
    ['index.docker.io/team/app', ['team/app'], []],
    ['*/nginx', ['library/nginx', 'nginx', 'team/nginx'], ['ghcr.io/nginx', 'ghcr.io/team/nginx']],
    ['a/**/b/**/c', ['a/b/c', 'a/x/b/y/z/c'], ['a/c', 'a/b', 'a/b/c/d']],
  ])('%s', (pattern, yes, no) => {
    expect({
      yes: yes.filter((image) => matches(pattern, image)),
      no: no.filter((image) => matches(pattern, image)),
    }).toEqual({ yes, no: [] });
  });
});

describe('patterns that are none', () => {
  test.each([
    '',
    ' ',
    'nginx ',
    'https://ghcr.io/a',
    'docker://nginx',
    '/nginx',
    'a//b',
    'a/',
    'nginx:',
    'nginx:**',
    'nginx:.1',
    'nginx:1 ',
    'nginx:a:b',
    'nginx@',
    'nginx@sha256:',
    'nginx@sha256:abc',
    'nginx@*:*:*',
    'nginx@@x',
    `nginx@sha256:${HEX.toUpperCase()}`,
    `sha256:${HEX}`,
    HEX,
    'Nginx',
    'ghcr.io/Acme/app',
    'a**/b',
    'nginx?',
    'nginx:{1,2}',
    '!nginx',
    '^nginx$',
    'a/-b',
    'a..b',
    'a___b',
    'gh_cr.io/a',
    'nginx\n',
  ])('%j', (pattern) => {
    const parsed = parseImagePattern(pattern);
    expect(parsed.ok ? 'ok' : `${parsed.message}\n    ${parsed.advice}`).toMatchSnapshot();
    expect(parsed.ok).toBe(false);
  });
});

test('a pattern without wildcards matches the image it spells, and only through its own key', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,5}(?:[._-][a-z0-9]{1,3})?$/);
  fc.assert(
    fc.property(
      fc.constantFrom('', 'ghcr.io/', 'reg:5000/'),
      fc.array(component, { minLength: 1, maxLength: 3 }),
      (host, path) => {
        const text = `${host}${path.join('/')}`;
        if (/^[a-f0-9]{64}$/.test(text)) return;
        expect(matches(text, text)).toBe(true);
        expect(matches(text, `${text}x`)).toBe(false);
        expect(matches(`${host}**/${path.at(-1)}`.replace(/^\*\*/, '**'), text)).toBe(true);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('many wildcards against a long name take no more time than few', () => {
  const image = `ghcr.io/${Array.from({ length: 60 }, () => 'aaa').join('/')}`;
  expect(matches(`ghcr.io/${Array.from({ length: 30 }, () => '**/a*a').join('/')}/b`, image)).toBe(false);
  expect(matches(`ghcr.io/${'*a'.repeat(300)}b`, `ghcr.io/${'a'.repeat(250)}`)).toBe(false);
});
