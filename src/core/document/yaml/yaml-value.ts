import { type Alias, isAlias, isMap, isScalar, isSeq, type Pair, type Scalar } from 'yaml';
import { shown } from '../../text/parsed.js';
import { shortened } from '../../text/quoted.js';
import { type PolicyTextProblem, tooManyProblems } from '../document-problem.js';
import { MAX_LEVELS, MAX_YAML, sizeText } from '../limits.js';
import { membersOf } from '../members.js';
import { memberPath } from '../path-text.js';
import type { Offsets } from '../text-span.js';
import { Anchors, extraValues } from './anchors.js';
import { isMergeKey, lateMerge, NO_MERGE, NO_MERGE_ADVICE } from './merge-key.js';
import { yamlDocuments } from './yaml-documents.js';
import { keyText, shortMessage, startOf, YAML_OPTIONS } from './yaml-package.js';

export interface YamlValue {
  /** As JSON would have it. With errors: as much as could be read, good enough to tell which document this is. */
  readonly value: unknown;
  /** Offset of the first key. */
  readonly start: number;
  /** Where the elements of the top-level `items` stand; undefined when there is no such list. */
  readonly items: readonly Offsets[] | undefined;
  readonly problems: readonly PolicyTextProblem[];
  /** The text breaks the grammar: it may have been read quite differently from what was meant. */
  readonly broken: boolean;
}

/** A list of a whole cluster's objects has so many values; only aliases and merges (`<<`) make more out of a small text. */
const MAX_VALUES_FROM_ALIASES = 10_000;
/** With more errors than this the document is refused as a whole; more warnings are left out. */
const MAX_PROBLEMS = 100;
const MAX_GRAMMAR_PROBLEMS = 3;

/** Reads one YAML document. Never throws. */
export function readYamlValue(text: string): YamlValue {
  if (text.length > MAX_YAML) return refused(tooLarge());
  const documents = yamlDocuments(text, MAX_LEVELS, YAML_OPTIONS);
  if ('tooDeepAt' in documents) return refused(tooDeep(documents.tooDeepAt));
  const [document] = documents;
  if (document === undefined) return { value: null, start: 0, items: undefined, problems: [], broken: false };
  const found = [...document.errors, ...document.warnings].map(({ code, pos, message }) =>
    textProblem(text, code, pos[0], message),
  );
  const grammar = found.filter(({ code }) => code === 'PD001');
  const reader = new Reader([
    // One slip makes the parser stumble several times behind it.
    ...grammar.slice(0, MAX_GRAMMAR_PROBLEMS),
    ...found.filter(({ code }) => code !== 'PD001').slice(0, MAX_PROBLEMS),
  ]);
  const { contents } = document;
  const value = reader.valueOf(contents, '', 0);
  const broken = grammar.length > 0 || reader.hasTooManyErrors;
  return { value, start: startOf(contents), items: itemOffsets(contents), problems: reader.problems, broken };
}

function refused(problem: PolicyTextProblem): YamlValue {
  return { value: undefined, start: 0, items: undefined, problems: [problem], broken: true };
}

class Reader {
  readonly problems: PolicyTextProblem[];
  readonly #anchors = new Anchors();
  #errors = 0;
  #warnings = 0;
  #valuesFromAliases = 0;
  #aliasDepth = 0;
  #merged = 0;

  constructor(problems: PolicyTextProblem[]) {
    this.problems = problems;
  }

  get hasTooManyErrors(): boolean {
    return this.#errors > MAX_PROBLEMS;
  }

  valueOf(node: unknown, path: string, depth: number): unknown {
    if (depth > MAX_LEVELS) {
      if (!this.problems.some(({ code }) => code === 'PD004')) this.problems.push(tooDeep(startOf(node)));
      return null;
    }
    if (this.#aliasDepth === 0) this.#anchors.see(node);
    else {
      this.#valuesFromAliases += 1 + extraValues(node);
      if (this.#valuesFromAliases > MAX_VALUES_FROM_ALIASES) return null;
    }
    if (isAlias(node)) return this.aliasValue(node, path, depth);
    if (isMap(node)) return this.mapValue(node.items, path, depth);
    if (isSeq(node)) return node.items.map((item, index) => this.valueOf(item, `${path}[${index}]`, depth + 1));
    return isScalar(node) ? this.scalarValue(node, path) : null;
  }

  private aliasValue(node: Alias, path: string, depth: number): unknown {
    const target = this.#anchors.targetOf(node);
    if (target === undefined) {
      const text = `*${node.source}`;
      const name = shortened(node.source, 80);
      const message = `a plain *${name} is an alias of YAML, and nothing in this document is called &${name}`;
      if (node.source !== '') this.report('PD001', startOf(node), message, `put it in quotes: ${shown(text)}`, path);
      return text;
    }
    this.#aliasDepth += 1;
    const value = this.valueOf(target, path, depth + 1);
    this.#aliasDepth -= 1;
    if (this.#aliasDepth === 0) this.#checkExpansion(this.#valuesFromAliases, startOf(node), path);
    return value;
  }

  #checkExpansion(values: number, offset: number, path: string): void {
    if (values <= MAX_VALUES_FROM_ALIASES || this.problems.some(({ code }) => code === 'PD004')) return;
    const message = 'the aliases (*name) of this document expand to too many values';
    this.report('PD004', offset, message, 'write the values out', path);
  }

  private mapValue(pairs: readonly Pair[], path: string, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const own = new Set<string>();
    for (const { key, value } of pairs) {
      if (!isScalar(key)) {
        this.report('PD001', startOf(key), 'a key must be a plain text', 'write the key as a single word', path);
        continue;
      }
      this.warnOfYaml11(key, path);
      if (this.#aliasDepth === 0) this.#anchors.see(key);
      const name = keyText(key);
      const memberAt = memberPath(path, name);
      if (own.has(name) && this.#aliasDepth === 0) {
        const message = `the key ${shown(name)} stands here for the second time`;
        this.report('PD002', startOf(key), message, 'keep one of the two', memberAt);
      }
      if (isMergeKey(key)) this.#merge(object, own, this.valueOf(value, memberAt, depth + 1), startOf(key), path);
      else if (name === '__proto__')
        this.report('PD001', startOf(key), 'a key cannot be called "__proto__"', 'remove it', memberAt);
      else object[name] = this.valueOf(value, memberAt, depth + 1);
      own.add(name);
    }
    return object;
  }

  /** Takes over the members of `source`, of several maps those of the first that has them. `own`: the keys that stand before. */
  #merge(
    object: Record<string, unknown>,
    own: ReadonlySet<string>,
    source: unknown,
    offset: number,
    path: string,
  ): void {
    if (this.#valuesFromAliases > MAX_VALUES_FROM_ALIASES) return;
    for (const each of Array.isArray(source) ? source.toReversed() : [source]) {
      const members = membersOf(each);
      if (members === undefined) {
        this.report('PD001', offset, NO_MERGE, NO_MERGE_ADVICE, path);
        return;
      }
      // Merges can stand in each other.
      this.#merged += Object.keys(members).length;
      if (this.#merged > MAX_VALUES_FROM_ALIASES) {
        this.#checkExpansion(this.#merged, offset, path);
        return;
      }
      for (const [key, value] of Object.entries(members)) {
        if (own.has(key) && this.#aliasDepth === 0) {
          const { message, advice } = lateMerge(key);
          this.report('PD002', offset, message, advice, memberPath(path, key));
        }
        object[key] = value;
      }
    }
  }

  private scalarValue(node: Scalar, path: string): unknown {
    this.warnOfYaml11(node, path);
    const { value } = node;
    if (typeof value === 'number' && !Number.isFinite(value)) return node.source ?? String(value);
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return value;
    return String(value);
  }

  /** `kubectl` reads YAML 1.1, where some plain words and numbers mean something else than here. */
  private warnOfYaml11(node: Scalar, path: string): void {
    if (node.type !== 'PLAIN' || node.source === undefined) return;
    const { source } = node;
    if (typeof node.value === 'string') {
      if (/^(?:y|yes|on|n|no|off)$/i.test(source))
        this.warn(
          node,
          path,
          `kubectl reads a plain ${source} as ${/^(?:y|yes|on)$/i.test(source) ? 'true' : 'false'}, not as text`,
          `put it in quotes: ${shown(source)}`,
        );
      else if (isYaml11Number(source))
        this.warn(
          node,
          path,
          `kubectl reads a plain ${shortened(source, 40)} as a number, not as text`,
          `put it in quotes: ${shown(source)}`,
        );
    } else if (typeof node.value === 'number' && /^[-+]?0[0-7]+$/.test(source))
      this.warn(
        node,
        path,
        `kubectl reads ${shortened(source, 40)} as an octal number (${Number.parseInt(source, 8)}), YAML 1.2 as ${node.value}`,
        `write ${node.value} without the zeros before it, or ${shown(source)} if it is a text`,
      );
  }

  private warn(node: Scalar, path: string, message: string, advice: string): void {
    this.#warnings += 1;
    if (this.#warnings <= MAX_PROBLEMS)
      this.problems.push({ code: 'PD017', severity: 'warning', offset: startOf(node), path, message, advice });
  }

  private report(code: PolicyTextProblem['code'], offset: number, message: string, advice: string, path: string): void {
    this.#errors += 1;
    if (this.#errors <= MAX_PROBLEMS) this.problems.push({ code, severity: 'error', offset, path, message, advice });
    else if (this.#errors === MAX_PROBLEMS + 1) this.problems.push(tooManyProblems(MAX_PROBLEMS, offset));
  }
}

/** With `_` between the digits, or binary. */
function isYaml11Number(source: string): boolean {
  if (/^[-+]?0b[01_]+$/i.test(source)) return true;
  return source.includes('_') && /^[-+]?(?:[0-9][0-9_]*|0x[0-9a-f_]*)$/i.test(source);
}

function itemOffsets(contents: unknown): Offsets[] | undefined {
  if (!isMap(contents)) return undefined;
  const items = contents.items.find(({ key }) => isScalar(key) && key.value === 'items')?.value;
  if (!isSeq(items)) return undefined;
  return items.items.map((item) => {
    const range = isMap(item) || isSeq(item) || isScalar(item) ? item.range : undefined;
    return { start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
  });
}

function textProblem(text: string, code: string, offset: number, message: string): PolicyTextProblem {
  const at = { severity: 'error', offset } as const;
  switch (code) {
    case 'TAB_AS_INDENT':
      return {
        ...at,
        code: 'PD001',
        message: 'a tab cannot stand in the indentation of YAML',
        advice: 'indent with blanks',
      };
    case 'TAG_RESOLVE_FAILED': {
      const tag = /![^\s,[\]{}]*/.exec(text.slice(offset, offset + 80))?.[0] ?? '';
      return { ...at, code: 'PD003', message: `the tag ${tag} has no meaning here`, advice: 'remove the tag' };
    }
    case 'BAD_ALIAS':
      return {
        ...at,
        code: 'PD001',
        message: 'a plain * starts an alias of YAML, and here stands no name for one',
        advice: 'put a pattern in quotes: "*"',
      };
    default:
      return {
        ...at,
        code: 'PD001',
        message: `this is not YAML: ${shortMessage(message)}`,
        advice: 'correct the line; mind the indentation, and put a text with ":" or "#" in quotes',
      };
  }
}

function tooDeep(offset: number): PolicyTextProblem {
  const message = `values are nested more than ${MAX_LEVELS} deep`;
  return { code: 'PD004', severity: 'error', offset, message, advice: 'a policy needs no more than eight levels' };
}

function tooLarge(): PolicyTextProblem {
  const message = `this YAML document has more than ${sizeText(MAX_YAML)} and is not in plain YAML, as policies are written`;
  const advice = 'split it with ---, leave out anchors, tags and escapes, or write it as JSON';
  return { code: 'PD004', severity: 'error', offset: 0, message, advice };
}
