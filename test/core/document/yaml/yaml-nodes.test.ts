import type { DocumentNode } from '../../../../src/core/document/document-node.js';
import { readYamlNodes } from '../../../../src/core/document/yaml/yaml-nodes.js';

function plain(node: DocumentNode | undefined): unknown {
  switch (node?.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
    case 'array':
      return node.items.map(plain);
    case 'number':
      return Number(node.text);
    case 'string':
    case 'literal':
      return node.value;
    default:
      return undefined;
  }
}

// What `kubectl label --local` makes of them.
test.each([
  ['{<<: {a: 1}, b: 2}', { a: 1, b: 2 }],
  ['{<<: {a: 1}, a: 2}', { a: 2 }],
  ['x: &x {a: 1}\ny: {<<: *x, b: 2}', { x: { a: 1 }, y: { a: 1, b: 2 } }],
  ['{<<: [{a: 1, b: 2}, {a: 3, c: 4}], b: 5}', { a: 1, b: 5, c: 4 }],
  ['{<<: {<<: {a: 1}, b: 1}, b: 4}', { a: 1, b: 4 }],
  ['{<<: {a: 1}, <<: {a: 2, c: 3}}', { a: 2, c: 3 }],
  ['"<<": {a: 1}', { '<<': { a: 1 } }],
  ['? a\n: 1\n? b\n', { a: 1, b: null }],
])('%j', (text, expected) => {
  const [document] = readYamlNodes(text);
  expect(plain(document?.root)).toEqual(expected);
  expect(document?.problems).toEqual([]);
});

test.each([
  ['{a: 2, <<: {a: 1}}', 'SP002', 'the key "a" stands before a merge (<<) that has it, too'],
  ['{<<: word}', 'SP001', 'a merge (<<) takes over a map or a list of maps, and this is none'],
  ['{<<: }', 'SP001', 'and this is none'],
  ['{<<: [{a: 1}, 2]}', 'SP001', 'and this is none'],
  ['{? [a] : 1}', 'SP001', 'a key of YAML must be a text here'],
  ['{x: &x a, *x : 1}', 'SP001', 'a key of YAML must be a text here'],
])('%j is refused with %s', (text, code, message) => {
  expect(readYamlNodes(text)[0]?.problems).toMatchObject([{ code, message: expect.stringContaining(message) }]);
});
