import { applyPatch } from '../../../../src/core/admission/explain/apply-patch.js';

test('adds and replaces, and leaves the given object as it is', () => {
  const object = {
    spec: { containers: [{ name: 'a' }, { name: 'b', securityContext: { x: 1 } }] },
    metadata: { annotations: { 'a/~b': '1' } },
  };
  const before = JSON.stringify(object);
  const result = applyPatch(object, [
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
  const result = applyPatch(JSON.parse('{"a":{"__proto__":{"b":1}}}'), [
    { op: 'replace', path: '/a/__proto__/b', value: 2 },
  ]);
  expect(JSON.stringify(result)).toBe('{"a":{"__proto__":{"b":2}}}');
});
