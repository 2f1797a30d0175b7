import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { DocumentNode, Member } from '../document-node.js';
import type { ProfileTextProblem } from '../document-problem.js';
import { memberPath } from '../path-text.js';
import { shortMessage } from './yaml-package.js';

const MAX_NODES = 200_000;
const MAX_LENGTH = 4 * 1024 * 1024;

/** Reads YAML into the same nodes as JSON; of several documents, one for each. Never throws. */
export function readYamlNodes(text: string): {
  readonly documents: readonly DocumentNode[];
  readonly problems: readonly ProfileTextProblem[];
} {
  const problems: ProfileTextProblem[] = [];
  const report = (offset: number, message: string, advice: string): void => {
    problems.push({ code: 'SP001', offset, message, advice });
  };
  if (text.length > MAX_LENGTH) {
    report(0, 'this YAML file is larger than 4 MiB', 'a profile needs a few kilobytes');
    return { documents: [], problems };
  }
  try {
    const parsed = parseAllDocuments(text, { intAsBigInt: true, keepSourceTokens: false, uniqueKeys: false });
    const documents: DocumentNode[] = [];
    if (!Array.isArray(parsed)) return { documents, problems };
    for (const document of parsed) {
      for (const error of document.errors)
        report(
          error.pos[0],
          `this is not YAML: ${shortMessage(error.message)}`,
          'correct the line; mind the indentation',
        );
      let nodes = 0;
      const convert = (node: unknown, path: string, depth: number): DocumentNode | undefined => {
        nodes += 1;
        if (nodes > MAX_NODES || depth > 64) return undefined;
        if (isAlias(node)) return convert(node.resolve(document), path, depth + 1);
        if (isMap(node)) return convertMap(node.items, spanOf(node.range), path, depth);
        if (isSeq(node)) {
          const items: DocumentNode[] = [];
          for (const child of node.items) {
            const item = convert(child, `${path}[${items.length}]`, depth + 1);
            if (item !== undefined) items.push(item);
          }
          return { kind: 'array', ...spanOf(node.range), items };
        }
        return isScalar(node) ? convertScalar(node.value, node.source, spanOf(node.range)) : undefined;
      };
      const convertMap = (
        pairs: readonly { key: unknown; value: unknown }[],
        span: { offset: number; end: number },
        path: string,
        depth: number,
      ): DocumentNode => {
        const members: Member[] = [];
        const seen = new Set<string>();
        for (const pair of pairs) {
          if (!isScalar(pair.key)) continue;
          const key = String(pair.key.value);
          const keyOffset = spanOf(pair.key.range).offset;
          if (seen.has(key))
            problems.push({
              code: 'SP002',
              offset: keyOffset,
              path: memberPath(path, key),
              message: `the key "${key}" stands here for the second time`,
              advice: 'keep one of the two',
            });
          seen.add(key);
          const value = convert(pair.value, memberPath(path, key), depth + 1) ?? nullAt(keyOffset + key.length);
          members.push({ key, keyOffset, value });
        }
        return { kind: 'object', ...span, members };
      };
      const root = convert(document.contents, '', 0);
      if (root !== undefined) documents.push(root);
      if (nodes > MAX_NODES) report(0, 'this YAML file expands to too many values', 'write it without aliases (*name)');
    }
    return { documents, problems };
  } catch (error) {
    report(0, `this is not YAML: ${shortMessage(String(error))}`, 'a profile needs no more than five levels');
    return { documents: [], problems };
  }
}

function convertScalar(
  value: unknown,
  source: string | undefined,
  span: { offset: number; end: number },
): DocumentNode {
  if (typeof value === 'bigint') return { kind: 'number', ...span, text: source ?? String(value), integer: value };
  if (typeof value === 'number') return { kind: 'number', ...span, text: source ?? String(value), integer: undefined };
  if (typeof value === 'boolean' || value === null) return { kind: 'literal', ...span, value };
  return { kind: 'string', ...span, value: String(value) };
}

function nullAt(offset: number): DocumentNode {
  return { kind: 'literal', offset, end: offset, value: null };
}

function spanOf(range: readonly [number, number, number] | null | undefined): { offset: number; end: number } {
  return { offset: range?.[0] ?? 0, end: range?.[1] ?? 0 };
}
