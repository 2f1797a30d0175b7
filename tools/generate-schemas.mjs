// Makes docs/reference/schemas/*.generated.json from the zod schemas, or with --check says what is stale and exits 1.
import { generatedFiles } from './generated-files.mjs';
import { bundleAndImport } from './run-ts.mjs';

const { jsonSchemaOf, jsonSchemaOfAll, schemaKinds } = await bundleAndImport('src/core/policy/schema/json-schema.ts');
const { policyTestSchema } = await bundleAndImport('src/core/policy/schema/policy-test-schema.ts');
const more = { PolicyTest: policyTestSchema };
const files = new Map([['seccomply.generated.json', jsonSchemaOfAll(more)]]);
for (const kind of schemaKinds) files.set(`${kind}.generated.json`, jsonSchemaOf(kind, more));
generatedFiles(
  'docs/reference/schemas',
  new Map([...files].map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`])),
);
