import fc from 'fast-check';
import { globCovers, globsMeet, pathGlobCovers, pathGlobsMeet } from '../../../../src/core/policy/check/glob-cover.js';
import { compileGlob, literalOf, matchesGlob, parseGlob } from '../../../../src/core/policy/match/glob.js';
import { compilePathGlob, matchesPathGlob } from '../../../../src/core/policy/match/path-glob.js';
import { runs } from '../../../support/require.js';

const asRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split('*')
      .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

const text = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 8 });
const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });

test('a pattern matches what a regular expression with .* for * matches', () => {
  fc.assert(
    fc.property(glob, text, (pattern, name) => {
      expect(matchesGlob(compileGlob(pattern), name)).toBe(asRegExp(pattern).test(name));
    }),
    { numRuns: runs(3000) },
  );
});

test.each([
  ['nginx-*', 'nginx-', true],
  ['nginx-*', 'nginx', false],
  ['*', '', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['*a*b*', 'ba', false],
  ['a*ab*b', 'aabb', true],
  ['a*ab*b', 'aab', false],
])('%s and %s: %s', (pattern, name, expected) => {
  expect(matchesGlob(compileGlob(pattern), name)).toBe(expected);
});

test('a name without a star is a literal', () => {
  expect(literalOf(compileGlob('web'))).toBe('web');
  expect(literalOf(compileGlob('web*'))).toBeUndefined();
});

test.each([
  ['', 'an empty text'],
  ['a**b', 'two stars'],
  ['Web', 'upper case'],
  ['a?b', 'another wildcard'],
  ['a b', 'a blank'],
  ['a/b', 'a slash'],
  ['ä', 'no ASCII'],
  ['a'.repeat(254), 'too long'],
])('%j is no pattern: %s', (pattern) => {
  const parsed = parseGlob(pattern, 'namespace', /[a-z0-9-]/);
  expect(parsed.ok ? 'ok' : `${parsed.message}\n    ${parsed.advice}`).toMatchSnapshot();
  expect(parsed.ok).toBe(false);
});

describe('paths', () => {
  const pathMatches = (pattern: string, path: string): boolean =>
    matchesPathGlob(compilePathGlob(pattern.split('/')), path.split('/'));

  test.each<[pattern: string, yes: readonly string[], no: readonly string[]]>([
    ['team/app.json', ['team/app.json'], ['team/app.jsonx', 'app.json', 'x/team/app.json']],
    ['team/*', ['team/a'], ['team', 'team/a/b']],
    ['team/**', ['team/a', 'team/a/b/c'], ['team', 'teams/a']],
    ['**', ['a', 'a/b'], []],
    ['**/a', ['a', 'b/a', 'c/b/a'], ['a/b']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a', 'b', 'a/x']],
    ['**/a/**', ['a/x', 'y/a/x'], ['a', 'x/a']],
    ['a/**/**/b', ['a/b', 'a/x/b'], ['a']],
    ['**/x*/**/y', ['x/y', 'a/x1/b/c/y'], ['y/x']],
  ])('%s', (pattern, yes, no) => {
    expect(yes.filter((path) => pathMatches(pattern, path))).toEqual(yes);
    expect(no.filter((path) => pathMatches(pattern, path))).toEqual([]);
  });

  const component = fc.constantFrom('a', 'b', 'ab');
  const step = fc.constantFrom('a', 'b', 'a*', '*', '**', '**');
  const pattern = fc.array(step, { minLength: 1, maxLength: 4 });
  const path = fc.array(component, { minLength: 1, maxLength: 6 });

  test('matching agrees with trying every way', () => {
    const tryAll = (steps: readonly string[], components: readonly string[]): boolean => {
      const [first, ...rest] = steps;
      if (first === undefined) return components.length === 0;
      if (first !== '**') {
        const [head, ...tail] = components;
        return head !== undefined && asRegExp(first).test(head) && tryAll(rest, tail);
      }
      // At the end it stands for at least one component.
      const fewest = rest.every((one) => one === '**') ? 1 : 0;
      return (
        components.some((_, taken) => taken >= fewest && tryAll(rest, components.slice(taken))) ||
        (rest.length === 0 && components.length >= 1) ||
        (components.length === 0 && fewest === 0 && tryAll(rest, []))
      );
    };
    fc.assert(
      fc.property(pattern, path, (steps, components) => {
        const single = steps.filter((one, index) => one !== '**' || steps[index - 1] !== '**');
        expect(matchesPathGlob(compilePathGlob(steps), components)).toBe(tryAll(single, components));
      }),
      { numRuns: runs(3000) },
    );
  });

  test('a pattern that covers another matches all that it matches, and patterns that match one path meet', () => {
    fc.assert(
      fc.property(pattern, pattern, path, (first, second, components) => {
        const [a, b] = [compilePathGlob(first), compilePathGlob(second)];
        const [inA, inB] = [matchesPathGlob(a, components), matchesPathGlob(b, components)];
        if (pathGlobCovers(a, b) && inB) expect(inA).toBe(true);
        if (inA && inB) expect(pathGlobsMeet(a, b)).toBe(true);
        expect(pathGlobsMeet(a, b)).toBe(pathGlobsMeet(b, a));
      }),
      { numRuns: runs(3000) },
    );
  });

  test.each([
    ['**', 'a/**', true],
    ['a/**', '**', false],
    ['a/**/b', 'a/x/b', true],
    ['a/**/b', 'a/*/b', true],
    ['a/*/b', 'a/**/b', false],
    ['**/nginx', 'library/nginx', true],
    ['**/a/**', '**/a/b/**', true],
  ])('%s covers %s: %s', (first, second, expected) => {
    expect(pathGlobCovers(compilePathGlob(first.split('/')), compilePathGlob(second.split('/')))).toBe(expected);
  });

  test.each([
    ['a/**', '**/b', true],
    ['a/*', 'b/*', false],
    ['a/**/c', 'a/b', false],
    ['**/x', '**/y', false],
    ['**/x*', '**/*y', true],
  ])('%s and %s meet: %s', (first, second, expected) => {
    expect(pathGlobsMeet(compilePathGlob(first.split('/')), compilePathGlob(second.split('/')))).toBe(expected);
  });
});

test('a name pattern that covers another matches all that it matches, and patterns that match one name meet', () => {
  fc.assert(
    fc.property(glob, glob, text, (first, second, name) => {
      const [a, b] = [compileGlob(first), compileGlob(second)];
      const [inA, inB] = [matchesGlob(a, name), matchesGlob(b, name)];
      if (globCovers(a, b) && inB) expect(inA).toBe(true);
      if (inA && inB) expect(globsMeet(a, b)).toBe(true);
      // Two patterns that meet do so in a name made of what both ask for.
      if (globsMeet(a, b)) expect(globsMeet(b, a)).toBe(true);
    }),
    { numRuns: runs(3000) },
  );
});

test.each([
  ['*', 'a*', true],
  ['a*', '*', false],
  ['*-*', 'a-b-*', true],
  ['team-*', 'team-a', true],
  ['*a*', 'b*b', false],
])('%s covers %s: %s', (first, second, expected) => {
  expect(globCovers(compileGlob(first), compileGlob(second))).toBe(expected);
});

test.each([
  ['a*', '*b', true],
  ['a*', 'b*', false],
  ['a*c', 'ab*c', true],
  ['ab', 'a*', true],
  ['ab', 'b*', false],
  ['*a', '*b', false],
])('%s and %s meet: %s', (first, second, expected) => {
  expect(globsMeet(compileGlob(first), compileGlob(second))).toBe(expected);
});
