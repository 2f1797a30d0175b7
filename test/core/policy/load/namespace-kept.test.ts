import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';

const file = 'namespaces.yaml';
const shop = (labels: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: ${labels} }\n`;
const first = documentSet([parseDocuments(shop('{ tier: web }'), { file })]).documents;
const tierAfter = (text: string): string | undefined =>
  documentSet([parseDocuments(text, { file })], first).documents.namespaces[0]?.labels.tier;

test('a namespace whose document is broken keeps its last good labels', () => {
  expect(tierAfter(shop('{ tier: 5 }'))).toBe('web');
  expect(tierAfter('kind: [')).toBe('web');
});

test('one that is changed or taken out does not', () => {
  expect(tierAfter(shop('{ tier: db }'))).toBe('db');
  expect(tierAfter('')).toBeUndefined();
});

test('a file that cannot be read keeps them, too', () => {
  const problem = { code: 'PD002', severity: 'error', message: 'x', advice: 'y', place: { file } } as const;
  expect(documentSet([], first, [{ path: file, problem }]).documents.namespaces).toEqual(first.namespaces);
  expect(documentSet([], first).documents.namespaces).toEqual([]);
});
