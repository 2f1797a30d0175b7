import { jsonSchemaOf } from '../../src/core/policy/schema/json-schema.js';

/** Every field that a document of the kind can have below `spec`, as `match.podSelector.matchLabels`. */
export function specFields(kind: 'SeccompPolicy' | 'SeccompExemption'): ReadonlySet<string> {
  const { properties } = jsonSchemaOf(kind) as Schema;
  return new Set(properties?.spec === undefined ? [] : fieldsOf(properties.spec, ''));
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

function fieldsOf({ properties, items, anyOf = [] }: Schema, path: string): readonly string[] {
  return [
    ...(path === '' ? [] : [path]),
    ...Object.entries(properties ?? {}).flatMap(([key, schema]) =>
      fieldsOf(schema, path === '' ? key : `${path}.${key}`),
    ),
    ...(items === undefined ? [] : fieldsOf(items, path)),
    ...anyOf.flatMap((schema) => fieldsOf(schema, path)),
  ];
}

/** The fields that documents use, written the same way; of a map (labels) only itself. */
export function usedFields(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => usedFields(entry, path));
  if (typeof value !== 'object' || value === null || path.endsWith('matchLabels')) return [path];
  return [
    ...(path === '' ? [] : [path]),
    ...Object.entries(value).flatMap(([key, member]) => usedFields(member, path === '' ? key : `${path}.${key}`)),
  ];
}
