import {
  coversProfile,
  formatProfileReference,
  normalizeLocalhostPath,
  type ProfileSubject,
  parseProfilePattern,
  parseProfileReference,
} from '../../../../src/core/policy/match/profile-reference.js';

const said = (parsed: ReturnType<typeof parseProfileReference> | ReturnType<typeof parseProfilePattern>): string =>
  parsed.ok ? 'ok' : `${parsed.message}\n    ${parsed.advice}`;

test.each([
  'RuntimeDefault',
  'web-static',
  'runtimedefault',
  'a',
  '9',
  'Localhost/app.json',
  'Localhost/team/a b.json',
  'Localhost/seccomply-x/f',
])('%s is a reference', (text) => {
  const parsed = parseProfileReference(text);
  if (!parsed.ok) throw new Error(parsed.message);
  expect(formatProfileReference(parsed.value)).toBe(text);
});

test.each([
  '',
  'Unconfined',
  'Unset',
  'runtime/default',
  'docker/default',
  'RuntimeDefualt',
  'Web-Static',
  '-web',
  'web_static',
  'a'.repeat(64),
  'web-*',
  '*',
  'localhost/app.json',
  'Localhost',
  'Localhost/',
  'Localhost//etc/x',
  'Localhost/../x',
  'Localhost/a/../x',
  'Localhost/./x',
  'Localhost/a//x',
  'Localhost/a/',
  'Localhost/seccomply/web.json',
  'Localhost/seccomply',
  'Localhost/a\nb',
  'Localhost/a\u0000b',
])('%j is no reference', (text) => {
  const parsed = parseProfileReference(text);
  expect(said(parsed)).toMatchSnapshot();
  expect(parsed.ok).toBe(false);
});

test.each(['Unconfined', 'Unset', '*', 'web-*', '*-static', 'web-static', 'Localhost/**', 'Localhost/team/*.json'])(
  '%s is a pattern',
  (text) => expect(said(parseProfilePattern(text))).toBe('ok'),
);

test.each([
  '',
  '**',
  'web-**',
  'Web-*',
  'web/*',
  'Localhost/a**',
  'Localhost/',
  'Localhost/seccomply/**',
  'RuntimeDefault*',
])('%j is no pattern', (text) => {
  const parsed = parseProfilePattern(text);
  expect(said(parsed)).toMatchSnapshot();
  expect(parsed.ok).toBe(false);
});

describe('what a pattern covers', () => {
  const subjects: Readonly<Record<string, ProfileSubject>> = {
    RuntimeDefault: { kind: 'RuntimeDefault' },
    Unconfined: { kind: 'Unconfined' },
    Unset: { kind: 'Unset' },
    'web-static': { kind: 'Catalogue', name: 'web-static' },
    cache: { kind: 'Catalogue', name: 'cache' },
    'Localhost/app.json': { kind: 'Localhost', path: 'app.json' },
    'Localhost/team/a/b.json': { kind: 'Localhost', path: 'team/a/b.json' },
    'Localhost/seccomply/web-static.0123.json': { kind: 'Localhost', path: 'seccomply/web-static.0123.json' },
  };

  test.each<[pattern: string, covered: readonly string[]]>([
    ['RuntimeDefault', ['RuntimeDefault']],
    ['Unconfined', ['Unconfined']],
    ['Unset', ['Unset']],
    ['*', ['web-static', 'cache']],
    ['web-*', ['web-static']],
    ['cache', ['cache']],
    ['Localhost/**', ['Localhost/app.json', 'Localhost/team/a/b.json']],
    ['Localhost/*', ['Localhost/app.json']],
    ['Localhost/team/**', ['Localhost/team/a/b.json']],
    ['Localhost/*/**', ['Localhost/team/a/b.json']],
  ])('%s', (text, covered) => {
    const pattern = parseProfilePattern(text);
    if (!pattern.ok) throw new Error(pattern.message);
    const found = Object.keys(subjects).filter((name) =>
      coversProfile(pattern.value, subjects[name] as ProfileSubject),
    );
    expect(found).toEqual(covered);
  });
});

test.each<[value: unknown, path: string | undefined, normal: boolean | undefined]>([
  ['a.json', 'a.json', true],
  ['team/a.json', 'team/a.json', true],
  ['./a.json', 'a.json', false],
  ['seccomply//a.json', 'seccomply/a.json', false],
  ['./seccomply/a.json', 'seccomply/a.json', false],
  ['a/', 'a', false],
  ['a/./b', 'a/b', false],
  ['...', '...', true],
  ['a..b/c', 'a..b/c', true],
  ['', undefined, undefined],
  ['/', undefined, undefined],
  ['/etc/a', undefined, undefined],
  ['..', undefined, undefined],
  ['a/../b', undefined, undefined],
  ['.', undefined, undefined],
  ['./.', undefined, undefined],
  ['a\u0000', undefined, undefined],
  [undefined, undefined, undefined],
  [null, undefined, undefined],
  [7, undefined, undefined],
  [['a'], undefined, undefined],
])('the file that %j opens', (value, path, normal) => {
  expect(normalizeLocalhostPath(value)).toEqual(path === undefined ? undefined : { path, normal });
});
