import { Command, Option } from 'commander';
import { jsonSchemaOf, jsonSchemaOfAll, type SchemaKind, schemaKinds } from '../../core/policy/schema/json-schema.js';
import { policyTestSchema } from '../../core/policy/schema/policy-test-schema.js';
import { writeOut } from '../output/write.js';

const examples = `
Examples:
  $ seccomply policy schema > seccomply.schema.json
  $ seccomply policy schema --kind SeccompExemption

The first line of a document tells editors with a YAML language server where its schema is:
  # yaml-language-server: $schema=./seccomply.schema.json
Without --kind the schema holds every document against the schema of its own kind, so one file serves a whole folder.
The same schemas are in docs/reference/schemas.`;

const all = 'all';

export function command(): Command {
  return new Command('schema')
    .description('print the JSON Schema of the documents, for editors')
    .addOption(
      new Option('--kind <kind>', 'the schema of one kind, or of all in one')
        .choices([all, ...schemaKinds])
        .default(all),
    )
    .addHelpText('after', examples)
    .action(({ kind }: { readonly kind: SchemaKind | typeof all }) => {
      const more = { PolicyTest: policyTestSchema };
      const schema = kind === all ? jsonSchemaOfAll(more) : jsonSchemaOf(kind, more);
      return writeOut(`${JSON.stringify(schema, null, 2)}\n`);
    });
}
