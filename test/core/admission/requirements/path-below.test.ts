import { posix } from 'node:path';
import fc from 'fast-check';
import { pathBelow } from '../../../../src/core/admission/requirements/path-below.js';

test.each([
  ['', '', ''],
  ['', '/', ''],
  ['', '//etc/./cron.d/', '/etc/cron.d'],
  ['', '/..', ''],
  ['', '/../etc', '/etc'],
  ['', '/a/../../etc', '/etc'],
  ['', '/...', '/...'],
  ['', '/.a/..b', '/.a/..b'],
  ['/var', 'lib/kubelet', '/var/lib/kubelet'],
  ['/var', '/lib', '/var/lib'],
  ['/var/lib', '..', '/var'],
  ['/var/lib', 'a/../../log', '/var/log'],
  ['/var/lib', '../../../etc', '/etc'],
])('%j and %j: %j', (folder, path, expected) => {
  expect(pathBelow(folder, path)).toBe(expected);
});

test('is what path.join makes of it', () => {
  const path = fc.array(fc.constantFrom('a', 'b', '.', '..', ''), { maxLength: 8 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, path, (first, second) => {
      const joined = posix.join('/', pathBelow('', first), second).replace(/\/$/, '');
      expect(pathBelow(pathBelow('', first), second)).toBe(joined);
    }),
  );
});

test('reads what runtimes shorten, however much it is', () => {
  for (const blank of ['/', './', '/./', 'x/../']) expect(pathBelow('', `/${blank.repeat(5_000)}etc`)).toBe('/etc');
});

test('keeps no more than a path can have, and goes back from there', () => {
  const long = 'b/'.repeat(950_000);
  expect(pathBelow('', long)).toHaveLength(4_096);
  expect(pathBelow('', 'b'.repeat(5_000))).toBe('');
  expect(pathBelow('/srv', `${long}${'../'.repeat(950_000)}../etc`)).toBe('/etc');
});

test('copies each component once, however often it goes back', () => {
  const path = 'b/'.repeat(300_000) + '../b/'.repeat(250_000);
  const { slice } = String.prototype;
  let copied = 0;
  String.prototype.slice = function (this: string, ...how: Parameters<typeof slice>) {
    const text = slice.apply(this, how);
    copied += text.length;
    return text;
  } as typeof slice;
  const started = performance.now();
  try {
    pathBelow('/srv', path);
  } finally {
    String.prototype.slice = slice;
  }
  expect(copied).toBeLessThan(10_000);
  // It took two minutes when each `..` copied the path.
  expect(performance.now() - started).toBeLessThan(2_000);
});
