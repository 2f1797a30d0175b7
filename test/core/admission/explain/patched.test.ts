import { patched } from '../../../../src/core/admission/explain/patched.js';
import { admitted, ask, policy, requestOf, rulesOf } from '../support.js';

test('adds and replaces, and leaves the given object as it is', () => {
  const object = {
    spec: { containers: [{ name: 'a' }, { name: 'b', securityContext: { x: 1 } }] },
    metadata: { annotations: { 'a/~b': '1' } },
  };
  const before = JSON.stringify(object);
  const result = patched(object, [
    { op: 'add', path: '/spec/containers/0/securityContext', value: { y: 2 } },
    { op: 'replace', path: '/spec/containers/1/securityContext/x', value: 3 },
    { op: 'replace', path: '/metadata/annotations/a~1~0b', value: '2' },
  ]);
  expect(result).toEqual({
    spec: {
      containers: [
        { name: 'a', securityContext: { y: 2 } },
        { name: 'b', securityContext: { x: 3 } },
      ],
    },
    metadata: { annotations: { 'a/~b': '2' } },
  });
  expect(JSON.stringify(object)).toBe(before);
});

test('a key called __proto__ is a plain key', () => {
  const result = patched(JSON.parse('{"a":{"__proto__":{"b":1}}}'), [
    { op: 'replace', path: '/a/__proto__/b', value: 2 },
  ]);
  expect(JSON.stringify(result)).toBe('{"a":{"__proto__":{"b":2}}}');
});

test.each(['/a/b/c', '/__proto__/b', '/constructor/prototype/b', '/text/b', '/nothing/b'])(
  'an operation at %s, where there is nothing, changes nothing',
  (path) => {
    const object = { a: {}, text: 'x', nothing: null };
    expect(patched(object, [{ op: 'add', path, value: 1 }])).toBe(object);
    expect('b' in {}).toBe(false);
  },
);

const everywhere = rulesOf(
  policy('all', { existing: 'Override', assign: [{ containerTypes: ['Container', 'Init'], profile: 'web-static' }] }),
);

test('names that JavaScript gives a meaning neither fail nor change', () => {
  const hostile = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"prototype":1,"toString":"x"';
  const named = (name: string, more = '') => `{"name":${JSON.stringify(name)},"image":"a:1",${hostile}${more}}`;
  const text = `{
    "apiVersion": "v1", "kind": "Pod", ${hostile},
    "metadata": {
      "name": "x", "namespace": "shop", ${hostile},
      "labels": {"__proto__": "x", "constructor": "y"},
      "annotations": {
        "__proto__": "x", "constructor": "y", "a/b~c": "z",
        "container.seccomp.security.alpha.kubernetes.io/__proto__": "unconfined",
        "container.seccomp.security.alpha.kubernetes.io/a~1b": "unconfined"
      }
    },
    "spec": {
      ${hostile},
      "initContainers": [${named('constructor')}],
      "containers": [
        ${named('__proto__')},
        ${named('a~1b', `,"securityContext":{${hostile}}`)},
        ${named('prototype', `,"securityContext":{${hostile},"seccompProfile":{"type":"RuntimeDefault",${hostile}}}`)}
      ]
    }
  }`;
  const pod: unknown = JSON.parse(text);
  const before = JSON.stringify(pod);
  const { object, mutate } = admitted(everywhere, pod);
  const localhost = (mutate?.patch.find(({ path }) => path.endsWith('/seccompProfile'))?.value ?? {}) as object;
  expect(localhost).toMatchObject({ type: 'Localhost' });

  // The same on the text, without any object that could be changed by a name.
  const expected = JSON.parse(text, function (this: Record<string, unknown>, key, value: unknown) {
    if (key.startsWith('container.seccomp.'))
      return `localhost/${(localhost as { localhostProfile: string }).localhostProfile}`;
    return value;
  }) as { spec: Record<string, Record<string, unknown>[]> };
  for (const list of ['initContainers', 'containers'])
    for (const container of expected.spec[list] ?? [])
      container.securityContext = { ...(container.securityContext as object), seccompProfile: localhost };
  expect(JSON.stringify(object)).toBe(JSON.stringify(expected));
  expect(JSON.stringify(pod)).toBe(before);
  expect('polluted' in {}).toBe(false);
});

test('a part that stands in several places, as YAML aliases make it, is changed in one', () => {
  const securityContext = { runAsNonRoot: true };
  const rules = rulesOf(
    policy('one', {
      assign: [{ containers: ['a'], profile: 'web-static' }, { profile: 'net-service' }],
    }),
  );
  const containers = ['a', 'b'].map((name) => ({ name, image: 'x:1', securityContext }));
  const { profiles } = admitted(rules, { kind: 'Pod', metadata: { name: 'x' }, spec: { containers } });
  expect(profiles).toEqual({
    a: expect.stringMatching('web-static') as string,
    b: expect.stringMatching('net-service') as string,
  });
  expect(securityContext).toEqual({ runAsNonRoot: true });
});

test('a pod that is nested as deep as a file is long', () => {
  const deep = JSON.parse(`${'{"a":['.repeat(20_000)}${']}'.repeat(20_000)}`) as unknown;
  const pod = { kind: 'Pod', metadata: { name: 'x', deep }, spec: { containers: [{ name: 'a', image: 'a', deep }] } };
  const { patch } = ask(everywhere, 'mutate', requestOf(pod));
  expect(patch).toHaveLength(1);
  expect(patched(pod, patch)).toMatchObject({ spec: { containers: [{ securityContext: { seccompProfile: {} } }] } });
});
