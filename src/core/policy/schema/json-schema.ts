import { z } from 'zod';
import { exemptionSchema } from './exemption-schema.js';
import { policySchema } from './policy-schema.js';
import { profileObjectSchema } from './profile-object-schema.js';

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The kinds of document that have a schema for editors. */
export const schemaKinds = ['SeccompPolicy', 'SeccompExemption', 'SeccompProfile', 'PolicyTest'] as const;
export type SchemaKind = (typeof schemaKinds)[number];

/** Of documents whose zod schema is not loaded with this module. */
export type MoreSchemas = Partial<Readonly<Record<SchemaKind, z.ZodType>>>;

const schemas: MoreSchemas = {
  SeccompPolicy: policySchema,
  SeccompExemption: exemptionSchema,
  SeccompProfile: profileObjectSchema,
};

/** JSON Schema (draft 2020-12) of one kind, for editors: what is written, before defaults are filled in. */
export function jsonSchemaOf(kind: SchemaKind, more: MoreSchemas = {}): JsonSchema {
  const schema = schemas[kind] ?? more[kind];
  if (schema === undefined) throw new RangeError(`there is no schema of ${kind}`);
  return { title: kind, ...editorSchema(schema) };
}

/** One schema for a folder of documents: each is held against the schema of its own kind, so that a mistake is shown where it is. */
export function jsonSchemaOfAll(more: MoreSchemas = {}): JsonSchema {
  const kinds = schemaKinds.filter((kind) => (schemas[kind] ?? more[kind]) !== undefined);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Documents of Seccomply',
    type: 'object',
    required: ['apiVersion', 'kind'],
    properties: { kind: { enum: [...kinds] } },
    allOf: kinds.map((kind) => {
      const { $schema: _, ...schema } = jsonSchemaOf(kind, more);
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      return { if: { properties: { kind: { const: kind } }, required: ['kind'] }, then: schema };
    }),
  };
}

function editorSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const { 'x-must': must } = jsonSchema as { 'x-must'?: string };
      if (must === undefined) return;
      delete (jsonSchema as Record<string, unknown>)['x-must'];
      // What the language server of YAML shows instead of the expression.
      Object.assign(jsonSchema, { patternErrorMessage: `must be ${must}` });
    },
  }) as JsonSchema;
}
