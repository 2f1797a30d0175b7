import { stringify } from 'yaml';
import { customResourceDefinitions } from '../src/core/policy/crd/crd.js';
import { jsonSchemaOf, type SchemaKind } from '../src/core/policy/schema/json-schema.js';
import { policyTestSchema } from '../src/core/policy/schema/policy-test-schema.js';
import { fieldTable, rulesOf } from './reference-tables.js';

const generated = '<!-- Made by tools/generate-crd-reference.mjs; changes here are lost. -->\n';

const examples: Readonly<Record<string, object>> = {
  SeccompPolicy: {
    spec: {
      description: 'Web servers run with the web-static profile.',
      match: { namespaces: ['shop', 'team-*'], exclude: [{ runtimeClassNames: ['kata-*'] }] },
      assign: [{ name: 'nginx', images: ['nginx:1.*'], profile: 'web-static' }, { profile: 'RuntimeDefault' }],
      require: { profiles: ['RuntimeDefault', '*'], ceiling: 'RuntimeDefault' },
    },
  },
  SeccompExemption: {
    spec: {
      match: { namespaces: ['perf'] },
      images: ['ghcr.io/acme/profiler@sha256:*'],
      allow: ['Unconfined'],
      reason: 'perf_event_open needs it until the eBPF profiler ships.',
      owner: 'team-perf@acme.example',
      expires: '2027-01-31T00:00:00Z',
    },
  },
  SeccompProfile: {
    spec: {
      description: 'What our web servers call.',
      profile:
        '{\n  "defaultAction": "SCMP_ACT_ERRNO",\n  "syscalls": [{ "names": ["read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW" }]\n}\n',
    },
  },
};

const after: Readonly<Record<string, string>> = {
  SeccompPolicy: `Conditions: \`Ready\` (read and in force; the reason says what keeps it from being so), \`Conflicted\` (another policy assigns
or requires what this one refuses).`,
  SeccompExemption: `Conditions: \`Ready\` (read), \`Active\` (it works now: not expired, and not further ahead than an exemption may last).`,
  SeccompProfile: `Conditions: \`Ready\` (compiled and on the nodes), \`Approved\` (it may be used). A profile that allows more than the runtime default
is not used until somebody with the verb \`approve\` on it has set \`spec.approval.digest\` to its \`status.digest\`; another content needs
another approval.`,
};

/** docs/reference/crds.md. */
export function crdReference(): string {
  const sections = customResourceDefinitions().map(({ spec, metadata }) => {
    const { names, versions } = spec;
    const [{ schema, name, additionalPrinterColumns }] = versions;
    const { openAPIV3Schema } = schema;
    const example = {
      apiVersion: `${spec.group}/${name}`,
      kind: names.kind,
      metadata: { name: 'example' },
      ...examples[names.kind],
    };
    const rules = rulesOf(openAPIV3Schema);
    return [
      `## ${names.kind}`,
      `${String(openAPIV3Schema.description)} \`${metadata.name}\`, for the whole cluster; \`kubectl get ${names.shortNames.join(', ')}\`, and with all of ours \`kubectl get seccomp\`.`,
      `\`\`\`yaml\n${stringify(example, { lineWidth: 110 })}\`\`\``,
      fieldTable(openAPIV3Schema, ['spec']),
      ...(rules.length === 0
        ? []
        : [`What the API server checks beside that:\n${rules.map((rule) => `- ${rule}`).join('\n')}`]),
      `### Status of a ${names.kind}\n${after[names.kind] ?? ''}`,
      fieldTable(openAPIV3Schema, ['status']),
      `Columns: ${additionalPrinterColumns.map((column) => (column.priority === 1 ? `${column.name} (with \`-o wide\`)` : column.name)).join(', ')}.`,
    ].join('\n\n');
  });
  return `${generated}# Custom resources

The same documents stand in files and in a cluster; the kinds are made from the schemas that files are read with. Three things differ in a
cluster: the API server fills in the defaults before it looks, so a \`null\` where there is a default is as if the key were not there;
unknown keys are an error only for clients that ask for it, as kubectl does; and what needs the catalogue or other documents shows in the
status, not at \`kubectl apply\`.

${sections.join('\n\n')}
`;
}

/** docs/reference/policy-schema.md. */
export function schemaReference(): string {
  const kinds: readonly SchemaKind[] = ['PolicyTest'];
  const tests = kinds.map(
    (kind) =>
      `## ${kind}\n\n${fieldTable(jsonSchemaOf(kind, { PolicyTest: policyTestSchema }), ['now', 'policies', 'namespaces', 'tests'])}`,
  );
  return `${generated}# Schemas for editors

\`seccomply policy schema\` prints JSON Schema (draft 2020-12); the same files are in \`docs/reference/schemas\`. An editor with a YAML language
server completes keys, shows what they mean and marks mistakes. The first line of a document says where the schema is:

\`\`\`yaml
# yaml-language-server: $schema=./seccomply.schema.json
apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: everything }
spec:
  assign: [{ profile: RuntimeDefault }]
\`\`\`

| file | for |
|---|---|
| \`seccomply.generated.json\` | a folder with documents of any of our kinds: \`seccomply policy schema\` |
| \`SeccompPolicy.generated.json\` and the like | one kind: \`seccomply policy schema --kind SeccompPolicy\` |

The fields of policies, exemptions and profiles are in [Custom resources](crds.md). What a schema cannot say (two rules of one name, a
profile that is not in the catalogue, a requirement out of reach) \`seccomply policy check\` does.

${tests.join('\n\n')}
`;
}
