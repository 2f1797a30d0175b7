import { z } from 'zod';
import type { JsonSchema } from '../schema/json-schema.js';

/** A rule in CEL, as `x-kubernetes-validations` has it. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** Rules by where they stand: `spec.assign[]` is each entry of that list, the empty text the object itself. */
export type CelRules = Readonly<Record<string, readonly CelRule[]>>;

type Mutable = Record<string, unknown>;

// The API server refuses a rule whose estimated cost is above 10,000,000; all rules of a kind together may have ten times that.
const MOST_COST = 8_000_000;

/**
 * The structural schema of a custom resource: what JSON Schema says, without what the API server does not take. Where it costs little
 * enough, the shape of a text is a rule with a sentence instead of a pattern.
 */
export function structuralSchema(schema: z.ZodType, rules: CelRules): JsonSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
  }) as Mutable;
  delete json.$schema;
  const left = new Set(Object.keys(rules));
  const root = structural(json, '', 1, { rules, left });
  if (left.size > 0) throw new Error(`no such place in the schema: ${[...left].join(', ')}`);
  const { properties, required } = root as { properties: Mutable; required: readonly string[] };
  const { apiVersion: _, kind: __, metadata, ...own } = properties;
  return {
    ...root,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', ...nameOf(metadata) },
      ...own,
    },
    required: required.filter((key) => key === 'spec'),
  };
}

interface Walk {
  readonly rules: CelRules;
  readonly left: Set<string>;
}

function structural(node: unknown, path: string, times: number, walk: Walk): Mutable {
  const {
    additionalProperties,
    propertyNames: _,
    properties,
    items,
    const: constant,
    'x-must': must,
    ...rest
  } = node as Mutable;
  const result: Mutable = rest;
  if (constant !== undefined) result.enum = [constant];
  if (properties !== undefined)
    result.properties = Object.fromEntries(
      Object.entries(properties as Mutable).map(([key, child]) => [
        key,
        structural(child, path === '' ? key : `${path}.${key}`, times, walk),
      ]),
    );
  else if (typeof additionalProperties === 'object')
    result.additionalProperties = structural(
      additionalProperties,
      `${path}{}`,
      times * Number(rest.maxProperties ?? 1000),
      walk,
    );
  if (items !== undefined) {
    result.items = structural(items, `${path}[]`, times * Number(rest.maxItems ?? 1000), walk);
    result['x-kubernetes-list-type'] = 'atomic';
  }
  const own: CelRule[] = [...(walk.rules[path] ?? [])];
  walk.left.delete(path);
  if (typeof must === 'string') own.unshift(...shapeRule(result, must, times));
  if (own.length > 0) result['x-kubernetes-validations'] = own;
  return result;
}

function shapeRule(node: Mutable, must: string, times: number): readonly CelRule[] {
  const pattern = String(node.pattern);
  const not = (node.not as { readonly pattern?: string } | undefined)?.pattern;
  const length = Number(node.maxLength);
  const cost = times * matchCost(length, pattern.length + (not?.length ?? 0));
  if (cost > MOST_COST) return [];
  delete node.pattern;
  delete node.not;
  const rule = `self.matches(${celText(pattern)})${not === undefined ? '' : ` && !self.matches(${celText(not)})`}`;
  return [{ rule, message: `must be ${must}` }];
}

/** As the API server estimates `matches`: a character may be four bytes. */
function matchCost(length: number, pattern: number): number {
  return (Math.ceil((length * 4) / 10) + 1) * Math.ceil(pattern / 4);
}

/** A text literal of CEL. */
export function celText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) && !text.includes("'")
    ? `${text.includes('\\') ? 'r' : ''}'${text}'`
    : `'${[...text].map(escaped).join('')}'`;
}

function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return character;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Of the metadata a CRD may restrict the name and nothing else; that it is one which Kubernetes takes is not ours to say. */
function nameOf(metadata: unknown): Mutable {
  const { name } = (metadata as { properties: Record<string, Mutable> }).properties;
  if (name === undefined || Number(name.maxLength) >= 253) return {};
  const { maxLength, 'x-kubernetes-validations': _, ...rest } = name;
  return {
    properties: { name: { type: 'string', maxLength, pattern: rest.pattern ?? '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' } },
  };
}
