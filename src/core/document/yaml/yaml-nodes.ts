import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { DocumentNode, Member } from '../document-node.js';
import type { ProfileTextProblem } from '../document-problem.js';
import { MAX_PROFILE_LEVELS, MAX_YAML, sizeText } from '../limits.js';
import type { NodeDocument } from '../node-document.js';
import { memberPath } from '../path-text.js';
import { Anchors, extraValues } from './anchors.js';
import { isMergeKey, lateMerge, NO_MERGE, NO_MERGE_ADVICE } from './merge-key.js';
import { yamlDocuments } from './yaml-documents.js';
import { shortMessage, startOf } from './yaml-package.js';

const MAX_NODES = 200_000;
const MAX_PROBLEMS = 1000;

/** Reads YAML into the same nodes as JSON; of a text that is not read at all, one document with the reason. Never throws. */
export function readYamlNodes(text: string): readonly NodeDocument[] {
  let problems: ProfileTextProblem[] = [];
  let told = 0;
  const add = (problem: ProfileTextProblem): void => {
    told += 1;
    if (told <= MAX_PROBLEMS) problems.push(problem);
  };
  const report = (offset: number, message: string, advice: string): void =>
    add({ code: 'SP001', offset, message, advice });
  if (text.length > MAX_YAML) {
    report(
      0,
      `this YAML file is larger than ${sizeText(MAX_YAML)}`,
      'a profile needs a few kilobytes; split a file of many objects, or write it as JSON',
    );
    return [{ root: undefined, problems }];
  }
  const tooDeep = (offset: number): void =>
    report(
      offset,
      `values are nested more than ${MAX_PROFILE_LEVELS} deep`,
      'a profile needs no more than five levels',
    );
  const parsed = yamlDocuments(text, MAX_PROFILE_LEVELS, {
    intAsBigInt: true,
    keepSourceTokens: false,
    uniqueKeys: false,
  });
  if ('tooDeepAt' in parsed) {
    tooDeep(parsed.tooDeepAt);
    return [{ root: undefined, problems }];
  }
  const documents: NodeDocument[] = [];
  let nodes = 0;
  for (const document of parsed) {
    problems = [];
    for (const error of document.errors.slice(0, MAX_PROBLEMS))
      report(
        error.pos[0],
        `this is not YAML: ${shortMessage(error.message)}`,
        'correct the line; mind the indentation',
      );
    const anchors = new Anchors();
    let aliasDepth = 0;
    let isTooDeep = false;
    const convert = (node: unknown, path: string, depth: number): DocumentNode | undefined => {
      nodes += 1 + (aliasDepth === 0 ? 0 : extraValues(node));
      isTooDeep ||= depth > MAX_PROFILE_LEVELS;
      if (nodes > MAX_NODES || isTooDeep) return undefined;
      if (aliasDepth === 0) anchors.see(node);
      if (isAlias(node)) {
        aliasDepth += 1;
        const target = convert(anchors.targetOf(node), path, depth + 1);
        aliasDepth -= 1;
        return target;
      }
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
      /** Where in `members` those of merges are. */
      const merged = new Map<string, number>();
      for (const pair of pairs) {
        if (!isScalar(pair.key)) {
          report(
            startOf(pair.key) || span.offset,
            'a key of YAML must be a text here, this is a list, a map or an alias',
            'write a plain key; a text that begins with "{", "[" or "*" needs quotes',
          );
          continue;
        }
        if (aliasDepth === 0) anchors.see(pair.key);
        const key = String(pair.key.value);
        const keyOffset = spanOf(pair.key.range).offset;
        if (isMergeKey(pair.key)) {
          const sources = mergeSources(convert(pair.value, memberPath(path, key), depth + 1));
          if (sources === undefined) report(keyOffset, NO_MERGE, NO_MERGE_ADVICE);
          for (const member of sources ?? []) {
            const at = merged.get(member.key);
            if (at !== undefined) members[at] = member;
            else if (seen.has(member.key))
              add({ code: 'SP002', offset: keyOffset, path: memberPath(path, member.key), ...lateMerge(member.key) });
            else merged.set(member.key, members.push(member) - 1);
          }
          continue;
        }
        if (seen.has(key))
          add({
            code: 'SP002',
            offset: keyOffset,
            path: memberPath(path, key),
            message: `the key "${key}" stands here for the second time`,
            advice: 'keep one of the two',
          });
        seen.add(key);
        const value = convert(pair.value, memberPath(path, key), depth + 1) ?? nullAt(keyOffset + key.length);
        const at = merged.get(key);
        if (at === undefined) members.push({ key, keyOffset, value });
        else members[at] = { key, keyOffset, value };
        merged.delete(key);
      }
      return { kind: 'object', ...span, members };
    };
    const root = convert(document.contents, '', 0);
    if (isTooDeep) tooDeep(spanOf(document.contents?.range).offset);
    if (nodes > MAX_NODES) {
      // Nothing of what could not be read whole is to be taken for sound.
      report(0, 'this YAML file has too many values', 'a profile needs a few hundred, without aliases (*name)');
      return [{ root: undefined, problems }];
    }
    documents.push({ root, problems });
  }
  return documents;
}

/** The members that a merge brings, what counts last at the end; undefined where its value cannot be merged. */
function mergeSources(value: DocumentNode | undefined): readonly Member[] | undefined {
  const sources = value?.kind === 'array' ? value.items.toReversed() : [value];
  const members: Member[] = [];
  for (const source of sources) {
    if (source?.kind !== 'object') return undefined;
    for (const member of source.members) members.push(member);
  }
  return members;
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
