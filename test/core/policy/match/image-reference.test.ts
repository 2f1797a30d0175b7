import fc from 'fast-check';
import { formatImage, imageName, parseImageReference } from '../../../../src/core/policy/match/image-reference.js';
import { runs } from '../../../support/require.js';

const HEX = 'a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
const HEX_512 = HEX + HEX;

/** The whole reference with its defaults written out, or why it is none. */
const read = (text: string): string => {
  const image = parseImageReference(text);
  return image.kind === 'invalid' ? `invalid: ${image.reason}` : `${formatImage(image)}`;
};

describe('what is written short', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['grafana/grafana', 'docker.io/grafana/grafana:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['docker.io/library/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
    ['Index.Docker.IO/nginx', 'docker.io/library/nginx:latest'],
    ['DOCKER.IO/nginx', 'docker.io/library/nginx:latest'],
    ['registry-1.docker.io/library/nginx', 'registry-1.docker.io/library/nginx:latest'],
    ['ghcr.io/nginx', 'ghcr.io/nginx:latest'],
    ['a/b/c/d/e', 'docker.io/a/b/c/d/e:latest'],
  ])('%s', (text, expected) => expect(read(text)).toBe(expected));
});

describe('a first component is a registry with a dot, a port or an upper case letter, or when it is localhost', () => {
  test.each([
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['localhost5000/app', 'docker.io/localhost5000/app:latest'],
    ['localhost', 'docker.io/library/localhost:latest'],
    ['localhost:5000', 'docker.io/library/localhost:5000'],
    ['registry:5000/app', 'registry:5000/app:latest'],
    ['registry/app', 'docker.io/registry/app:latest'],
    ['gcr.io/a/b', 'gcr.io/a/b:latest'],
    ['GCR.io/a/b', 'gcr.io/a/b:latest'],
    ['LOCALHOST/app', 'localhost/app:latest'],
    ['Team/app', 'team/app:latest'],
    ['192.168.0.1:5000/app', '192.168.0.1:5000/app:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    ['[2001:db8::1]/app', '[2001:db8::1]/app:latest'],
    ['xn--7o8h.com/app', 'xn--7o8h.com/app:latest'],
    ['foo_bar.com:8080', 'docker.io/library/foo_bar.com:8080'],
    ['foo/foo_bar.com:8080', 'docker.io/foo/foo_bar.com:8080'],
    ['registry.example.com:5000/mirror/nginx', 'registry.example.com:5000/mirror/nginx:latest'],
  ])('%s', (text, expected) => expect(read(text)).toBe(expected));
});

describe('tags and digests', () => {
  test.each([
    [`nginx@sha256:${HEX}`, `docker.io/library/nginx@sha256:${HEX}`],
    [`nginx:1@sha256:${HEX}`, `docker.io/library/nginx:1@sha256:${HEX}`],
    [`localhost:5000/app:2@sha256:${HEX}`, `localhost:5000/app:2@sha256:${HEX}`],
    [`app@sha512:${HEX_512}`, `docker.io/library/app@sha512:${HEX_512}`],
    ['nginx:v1.2_x-3', 'docker.io/library/nginx:v1.2_x-3'],
    ['nginx:_x', 'docker.io/library/nginx:_x'],
    ['nginx:V1', 'docker.io/library/nginx:V1'],
    [`nginx:${'a'.repeat(128)}`, `docker.io/library/nginx:${'a'.repeat(128)}`],
    [HEX, `sha256:${HEX}`],
    [`sha256:${HEX}`, `sha256:${HEX}`],
    [`sha256:${HEX.slice(1)}`, `docker.io/library/sha256:${HEX.slice(1)}`],
    ['a__b/c--d', 'docker.io/a__b/c--d:latest'],
    ['a-----b', 'docker.io/library/a-----b:latest'],
  ])('%s', (text, expected) => expect(read(text)).toBe(expected));
});

describe('what no runtime could pull', () => {
  test.each([
    ['', 'it is empty'],
    [' nginx', 'its repository is not a path of names'],
    ['nginx ', 'its repository is not a path of names'],
    ['nginx:', 'its tag is not one'],
    ['nginx:.x', 'its tag is not one'],
    ['nginx:1:2', 'its tag is not one'],
    [`nginx:${'a'.repeat(129)}`, 'its tag is not one'],
    ['Nginx', 'a repository is written in lower case'],
    ['ghcr.io/Acme/app', 'a repository is written in lower case'],
    ['ghcr.io/acme/App:1', 'a repository is written in lower case'],
    ['a//b', 'its repository is not a path of names'],
    ['/a', 'its repository is not a path of names'],
    ['a/', 'its repository is not a path of names'],
    ['ghcr.io/', 'its repository is not a path of names'],
    ['a___b', 'its repository is not a path of names'],
    ['a..b', 'its repository is not a path of names'],
    ['a._b', 'its repository is not a path of names'],
    ['-a/b', 'its repository is not a path of names'],
    ['a-/b', 'its repository is not a path of names'],
    ['.a', 'its repository is not a path of names'],
    ['nginx@', 'its digest is not sha256: and 64 lower case hexadecimal digits'],
    ['nginx@sha256:abc', 'its digest is not sha256: and 64 lower case hexadecimal digits'],
    [`nginx@sha256:${HEX.toUpperCase()}`, 'its digest is not sha256: and 64 lower case hexadecimal digits'],
    [`nginx@md5:${HEX.slice(0, 32)}`, 'its digest is not sha256: and 64 lower case hexadecimal digits'],
    [`nginx@sha256:${HEX}@sha256:${HEX}`, 'its digest is not sha256: and 64 lower case hexadecimal digits'],
    [`nginx@__proto__:${HEX}`, 'its digest is not sha256: and 64 lower case hexadecimal digits'],
    ['https://ghcr.io/a', 'its registry is not a host name'],
    ['a_b.c/d', 'its registry is not a host name'],
    ['-.com/a', 'its registry is not a host name'],
    ['reg.example.com-/a', 'its registry is not a host name'],
    ['[::1/a', 'its registry is not a host name'],
    ['[fe80::1%25eth0]:5000/a', 'its registry is not a host name'],
    ['reg.example.com:/a', 'its registry is not a host name'],
    ['reg.example.com:50x/a', 'its registry is not a host name'],
    ['nginx\n', 'its repository is not a path of names'],
    ['nginx\u0000', 'its repository is not a path of names'],
    ['ñginx', 'its repository is not a path of names'],
  ])('%j', (text, reason) => expect(read(text)).toBe(`invalid: ${reason}`));

  test('what is too long', () => {
    expect(read(`a/${'b'.repeat(254)}`)).toBe('invalid: its repository has more than 255 characters');
    expect(read('a'.repeat(1025))).toBe('invalid: it has more than 1024 characters');
  });

  test('a repository of 255 characters is one', () => {
    expect(read(`a/${'b'.repeat(253)}`)).toBe(`docker.io/a/${'b'.repeat(253)}:latest`);
  });
});

test('what is written out in full says the same when it is read again', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
  const registry = fc.constantFrom(
    '',
    'ghcr.io/',
    'localhost/',
    'reg:5000/',
    'Reg.Example:80/',
    '[::1]:5000/',
    'docker.io/',
  );
  const tag = fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/), { nil: undefined });
  const digest = fc.constantFrom('', `@sha256:${HEX}`);
  fc.assert(
    fc.property(
      registry,
      fc.array(component, { minLength: 1, maxLength: 4 }),
      tag,
      digest,
      (host, path, version, sha) => {
        const text = `${host}${path.join('/')}${version === undefined ? '' : `:${version}`}${sha}`;
        const image = parseImageReference(text);
        if (image.kind !== 'named') {
          // A bare id, or a first component that is a registry by its dot and no host name by its "_".
          expect(image.kind === 'id' || /^[^/]*_[^/]*\//.test(text)).toBe(true);
          return;
        }
        const whole = formatImage(image) ?? '';
        expect(formatImage(parseImageReference(whole))).toBe(whole);
        expect(whole.startsWith(imageName(image))).toBe(true);
      },
    ),
    { numRuns: runs(500) },
  );
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(['named', 'id', 'invalid']).toContain(parseImageReference(text).kind);
    }),
    { numRuns: runs(1000) },
  );
});
