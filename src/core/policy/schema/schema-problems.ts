import { z } from 'zod';
import { pathText } from '../../document/path-text.js';
import type { Place, Problem } from '../../problem/problem.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { inShort } from '../../text/in-short.js';
import { shown } from '../../text/parsed.js';
import { oneLine } from '../../text/quoted.js';
import { capitalized } from '../../text/words.js';
import type { IssueParams } from './text-schemas.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
type Find = (path: Path, atKey?: boolean) => Place;

const MAX_PROBLEMS = 100;

/** Turns what zod says about a document into sentences for people, each with its place and what to write instead. */
export function schemaProblems(schema: z.ZodType, value: unknown, issues: readonly Issue[], find: Find): Problem[] {
  const problems: Problem[] = [];
  for (const issue of issues) {
    if (problems.length >= MAX_PROBLEMS) break;
    for (const problem of problemsOf(schema, value, issue, find)) problems.push(inShort(problem));
  }
  return problems.slice(0, MAX_PROBLEMS);
}

function problemsOf(schema: z.ZodType, root: unknown, issue: Issue, find: Find): Problem[] {
  const { path } = issue;
  const name = nameOf(path);
  const value = valueAt(root, path);
  const one = (code: string, message: string, advice: string, place = find(path)): Problem[] => [
    { code, severity: 'error', message, advice, place },
  ];
  const placeOfMissing = (): Place => ({ ...find(path.slice(0, -1), true), path: pathText(path) });
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, MAX_PROBLEMS).map((key) => unknownKey(schema, path, key, find));
    case 'invalid_type':
      if (value === undefined) return one('PD008', `${name} is missing`, missingAdvice(schema, path), placeOfMissing());
      return one(
        'PD009',
        `${name} must be ${wanted(issue.expected)}, and is ${kindOf(value)}`,
        typeAdvice(issue.expected, value),
      );
    case 'invalid_value': {
      const options = issue.values.map(String);
      if (value === undefined) return one('PD008', `${name} is missing`, `write ${listed(options)}`, placeOfMissing());
      if (typeof value !== 'string')
        return one('PD009', `${name} must be ${listed(options)}, and is ${kindOf(value)}`, `write ${listed(options)}`);
      const meant = didYouMean(value, options);
      const choice = `write ${listed(options)}`;
      return one(
        'PD009',
        `${name} cannot be ${shown(value)}`,
        meant === undefined ? choice : `did you mean ${meant}? ${capitalized(choice)}`,
      );
    }
    case 'too_small':
      if (issue.origin === 'array')
        return one(
          'PD009',
          `${name} is an empty list, which matches nothing`,
          isOptional(schemaAt(schema, path)) ? 'add an entry, or remove the key' : 'add an entry',
        );
      if (issue.origin === 'string') return one('PD009', `${name} is empty`, 'fill it in, or remove it');
      return one('PD009', `${name} must be at least ${issue.minimum}`, `write a number from ${issue.minimum}`);
    case 'too_big':
      if (issue.origin === 'array')
        return one(
          'PD009',
          `${name} has more than ${issue.maximum} entries`,
          'split it over several rules or policies',
        );
      if (issue.origin === 'string')
        return one('PD009', `${name} has more than ${issue.maximum} characters`, 'shorten it');
      return one('PD009', `${name} must be at most ${issue.maximum}`, `write a number up to ${issue.maximum}`);
    case 'custom': {
      const params = issue.params as IssueParams | undefined;
      return one(
        params?.problem ?? 'PD009',
        issue.message.startsWith('is ') ? `${name} ${issue.message}` : issue.message,
        params?.advice ?? 'correct it',
      );
    }
    default:
      return one('PD009', `${name}: ${issue.message}`, 'correct it');
  }
}

function unknownKey(schema: z.ZodType, path: Path, key: string, find: Find): Problem {
  const allowed = keysOf(schemaAt(schema, path));
  const meant = didYouMean(key, allowed);
  const elsewhere = meant === undefined ? homeOf(schema, key) : undefined;
  const hint = hintFor(path, key) ?? (meant === undefined ? elsewhere : `did you mean ${shown(meant)}?`);
  const choice = `${path.length === 0 ? 'At the top' : `In ${pathText(path)}`} there can be: ${allowed.join(', ')}`;
  return {
    code: 'PD007',
    severity: 'error',
    message: `unknown key ${shown(key)}`,
    advice: hint === undefined ? choice : `${hint} ${choice}`,
    place: find([...path, key], true),
  };
}

function hintFor(path: Path, key: string): string | undefined {
  const last = path[path.length - 1];
  if (last === 'match' && key === 'runtimeClassNames')
    return 'Sandboxed runtimes are only ever excluded: move it to match.exclude.';
  if (last === 'metadata' && key === 'namespace')
    return 'These kinds belong to the cluster, not to a namespace: remove it; spec.match.namespaces says where it applies.';
  if (last === 'metadata' && key === 'generateName') return 'Give it a name.';
  return undefined;
}

/** "it belongs in spec.assign[]": where a key that is right elsewhere would have to stand. */
function homeOf(schema: z.ZodType, key: string): string | undefined {
  const homes: string[] = [];
  const visit = (node: z.ZodType | undefined, path: string): void => {
    const inner = unwrap(node);
    if (inner instanceof z.ZodArray) visit(inner.element as z.ZodType, `${path}[]`);
    if (!(inner instanceof z.ZodObject)) return;
    for (const [name, child] of Object.entries(inner.shape as Record<string, z.ZodType>)) {
      if (name === key) homes.push(path === '' ? 'the top of the document' : path);
      visit(child, path === '' ? name : `${path}.${name}`);
    }
  };
  visit(schema, '');
  return homes[0] === undefined ? undefined : `It belongs in ${homes[0]}.`;
}

function missingAdvice(schema: z.ZodType, path: Path): string {
  const description = descriptionOf(schemaAt(schema, path));
  const add = `add ${String(path[path.length - 1])}`;
  return description === undefined ? add : `${add}. ${description}`;
}

function typeAdvice(expected: string, value: unknown): string {
  if (value === null) return 'there is no value behind the ":"; fill it in, or remove the key';
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return `put it in quotes: "${String(value)}"`;
  if (expected === 'array' && typeof value === 'string') return `write a list: [${shown(value)}]`;
  if (expected === 'array') return 'write a list: [ … ], or lines that start with "- "';
  if (expected === 'object' || expected === 'record')
    return Array.isArray(value) ? 'remove the "- " before its keys' : 'write its keys below it, indented';
  if (expected === 'int' || expected === 'number') return 'write a whole number, without quotes';
  return 'correct it';
}

function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (const step of path) {
    const inner = unwrap(at);
    if (inner instanceof z.ZodObject) at = (inner.shape as Record<string, z.ZodType>)[String(step)];
    else if (inner instanceof z.ZodArray) at = inner.element as z.ZodType;
    else if (inner instanceof z.ZodRecord) at = inner.valueType as z.ZodType;
    else return undefined;
  }
  return at;
}

function isOptional(schema: z.ZodType | undefined): boolean {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.def.innerType as z.ZodType;
  return inner;
}

function descriptionOf(schema: z.ZodType | undefined): string | undefined {
  return schema?.description ?? unwrap(schema)?.description;
}

function keysOf(schema: z.ZodType | undefined): readonly string[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function nameOf(path: Path): string {
  const last = path[path.length - 1];
  if (last === undefined) return 'the document';
  if (typeof last !== 'number') return oneLine(String(last), 80);
  return `entry ${last + 1} of ${nameOf(path.slice(0, -1))}`;
}

function wanted(expected: string): string {
  switch (expected) {
    case 'string':
      return 'a text';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'an object with keys';
    case 'int':
    case 'number':
      return 'a whole number';
    default:
      return `a ${expected}`;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object with keys';
  if (typeof value === 'string') return `the text ${shown(value)}`;
  return `the ${typeof value} ${String(value)}`;
}

function listed(options: readonly string[]): string {
  return options.length < 2
    ? (options[0] ?? '')
    : `${options.slice(0, -1).join(', ')} or ${options[options.length - 1]}`;
}
