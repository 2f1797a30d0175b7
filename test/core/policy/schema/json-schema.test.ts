import fc from 'fast-check';
import { customResourceDefinitions } from '../../../../src/core/policy/crd/crd.js';
import { fromClusterObject } from '../../../../src/core/policy/load/cluster-object.js';
import { jsonSchemaOf, jsonSchemaOfAll, schemaKinds } from '../../../../src/core/policy/schema/json-schema.js';
import { policyTestSchema } from '../../../../src/core/policy/schema/policy-test-schema.js';
import { profileObjectSchema } from '../../../../src/core/policy/schema/profile-object-schema.js';
import { runs } from '../../../support/require.js';
import { anyDocument } from '../random-document.js';

const more = { PolicyTest: policyTestSchema };

test('every kind has a schema that closes its objects and describes its fields', () => {
  for (const kind of schemaKinds) {
    const schema = jsonSchemaOf(kind, more) as { readonly properties: { readonly kind: unknown } };
    expect(schema.properties.kind).toEqual({ type: 'string', const: kind });
    expect(JSON.stringify(schema)).not.toContain('x-must');
  }
  expect((jsonSchemaOfAll(more) as { readonly allOf: readonly unknown[] }).allOf).toHaveLength(schemaKinds.length);
});

test('a schema of a kind that is not loaded is asked for in vain', () => {
  expect(() => jsonSchemaOf('PolicyTest')).toThrow('there is no schema of PolicyTest');
});

/** As much of JSON Schema as our schemas use. */
function accepts(schema: Readonly<Record<string, unknown>>, value: unknown): boolean {
  const { type, properties, required, additionalProperties, items, pattern, not } = schema as Schema;
  if (schema.const !== undefined && value !== schema.const) return false;
  if (schema.enum !== undefined && !(schema.enum as readonly unknown[]).includes(value)) return false;
  if (not?.pattern !== undefined && typeof value === 'string' && new RegExp(not.pattern, 'u').test(value)) return false;
  if (type === 'string') {
    if (typeof value !== 'string') return false;
    const length = [...value].length;
    if (length < Number(schema.minLength ?? 0) || length > Number(schema.maxLength ?? Infinity)) return false;
    return pattern === undefined || new RegExp(pattern, 'u').test(value);
  }
  if (type === 'integer')
    return (
      Number.isInteger(value) && Number(value) >= Number(schema.minimum) && Number(value) <= Number(schema.maximum)
    );
  if (type === 'array') {
    if (!Array.isArray(value)) return false;
    if (value.length < Number(schema.minItems ?? 0) || value.length > Number(schema.maxItems ?? Infinity)) return false;
    return value.every((item) => accepts(items ?? {}, item));
  }
  if (type === 'object') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    if (!(required ?? []).every((key) => Object.hasOwn(value, key))) return false;
    return Object.entries(value).every(([key, member]) => {
      const own = properties?.[key];
      if (own !== undefined) return accepts(own, member);
      return typeof additionalProperties === 'object'
        ? accepts(additionalProperties, member)
        : additionalProperties !== false;
    });
  }
  return true;
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Readonly<Record<string, unknown>> | boolean;
  readonly items?: Readonly<Record<string, unknown>>;
  readonly pattern?: string;
  readonly not?: { readonly pattern?: string };
}

const schemas = Object.fromEntries(
  schemaKinds.map((kind) => [kind, jsonSchemaOf(kind, more) as Readonly<Record<string, unknown>>]),
);

test('what our reader takes, the schema takes; it marks most of what the reader refuses', () => {
  let [refused, marked] = [0, 0];
  fc.assert(
    fc.property(anyDocument, (document) => {
      const kind = String(document.kind) as (typeof schemaKinds)[number];
      const ours =
        kind === 'SeccompProfile'
          ? profileObjectSchema.safeParse(document).success
          : fromClusterObject(document).document !== undefined;
      const schema = accepts(schemas[kind] ?? {}, document);
      if (ours) expect([document, schema]).toEqual([document, true]);
      else {
        refused += 1;
        if (!schema) marked += 1;
      }
    }),
    { numRuns: runs(1000) },
  );
  // The rest takes more than one field to see.
  expect(marked / refused).toBeGreaterThan(0.7);
});

test('the kinds of a cluster are structural, without a reference and without what an API server does not take', () => {
  for (const definition of customResourceDefinitions()) {
    const text = JSON.stringify(definition);
    expect(text).not.toMatch(/"\$ref"|"\$schema"|"propertyNames"|"const"|"x-must"|"additionalProperties":false/);
    expect(text.length).toBeLessThan(60_000);
  }
});
