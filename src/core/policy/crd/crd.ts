import type { z } from 'zod';
import { exemptionSchema } from '../schema/exemption-schema.js';
import type { JsonSchema } from '../schema/json-schema.js';
import { policySchema } from '../schema/policy-schema.js';
import { profileObjectSchema } from '../schema/profile-object-schema.js';
import { labelKeyShape } from '../schema/text-shape.js';
import { BUILT_IN } from '../values/built-in.js';
import { type CelRules, celText, structuralSchema } from './crd-schema.js';
import { documentStatus, profileStatus } from './crd-status.js';

export const GROUP = 'seccomply.dev';
export const VERSION = 'v1alpha1';

/** A `CustomResourceDefinition`, as much of it as we write. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Cluster';
    readonly names: Names;
    readonly versions: readonly [
      {
        readonly name: string;
        readonly served: true;
        readonly storage: true;
        readonly schema: { readonly openAPIV3Schema: JsonSchema };
        readonly subresources: { readonly status: Readonly<Record<string, never>> };
        readonly additionalPrinterColumns: readonly PrinterColumn[];
      },
    ];
  };
}

interface Names {
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority?: 0 | 1;
}

interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly schema: z.ZodType;
  readonly rules: CelRules;
  readonly status: JsonSchema;
  readonly columns: readonly PrinterColumn[];
}

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const blockRules: CelRules = matchRules('spec.match');

const kinds: readonly Kind[] = [
  {
    kind: 'SeccompPolicy',
    plural: 'seccomppolicies',
    shortName: 'secpol',
    description:
      'Which containers are assigned which seccomp profile, and which profiles they are required to keep to.',
    schema: policySchema,
    rules: {
      '': [
        {
          rule: `self.metadata.name != '${BUILT_IN}'`,
          message: `${BUILT_IN} is the name of the requirement that always applies: choose another name`,
        },
      ],
      spec: [
        {
          rule: '!has(self.assign) || self.assign.all(r, !has(r.name) || self.assign.exists_one(o, has(o.name) && o.name == r.name))',
          message: 'two rules have the same name: messages and records tell rules apart by it',
          fieldPath: '.assign',
        },
      ],
      'spec.assign[]': [
        {
          rule: "self.stage == 'Enforce' || !(self.profile == 'RuntimeDefault' || self.profile.startsWith('Localhost/'))",
          message: 'only catalogue profiles come in stages: remove stage, or assign a catalogue profile',
          fieldPath: '.stage',
        },
      ],
      ...blockRules,
    },
    status: documentStatus(
      'Ready: the policy is in force. Conflicted: another policy assigns or requires what this one refuses.',
    ),
    columns: [
      { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
      { name: 'Priority', type: 'integer', jsonPath: '.spec.priority' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
      age,
      {
        name: 'Assigns',
        type: 'string',
        jsonPath: '.spec.assign[*].profile',
        description: 'The profile of its first rule.',
        priority: 1,
      },
      {
        name: 'Message',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Ready")].message',
        priority: 1,
      },
    ],
  },
  {
    kind: 'SeccompExemption',
    plural: 'seccompexemptions',
    shortName: 'secex',
    description: 'Who may break a requirement, why, who owns that, until when.',
    schema: exemptionSchema,
    rules: {
      ...blockRules,
      'spec.match': [
        {
          rule: 'has(self.namespaces) || has(self.namespaceSelector)',
          message:
            'an exemption must name its namespaces: add namespaces or namespaceSelector; a pod could give itself any label, so labels alone are not a scope',
        },
      ],
    },
    status: documentStatus('Ready: the document is read. Active: it works now; the reason says why it does not.'),
    columns: [
      { name: 'Active', type: 'string', jsonPath: '.status.conditions[?(@.type=="Active")].status' },
      { name: 'Allows', type: 'string', jsonPath: '.spec.allow[*]', description: 'The first of what it allows.' },
      { name: 'Owner', type: 'string', jsonPath: '.spec.owner' },
      // A column of the type date shows the time since, and this one is ahead.
      { name: 'Expires', type: 'string', jsonPath: '.spec.expires' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      { name: 'Ticket', type: 'string', jsonPath: '.spec.ticket', priority: 1 },
      { name: 'Reason', type: 'string', jsonPath: '.spec.reason', priority: 1 },
      {
        name: 'Message',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Active")].message',
        priority: 1,
      },
    ],
  },
  {
    kind: 'SeccompProfile',
    plural: 'seccompprofiles',
    shortName: 'secprof',
    description: 'A catalogue profile: a seccomp document that is compiled for every node and put there.',
    schema: profileObjectSchema,
    rules: {},
    status: profileStatus(),
    columns: [
      {
        name: 'Nodes',
        type: 'string',
        jsonPath: '.status.nodes',
        description: 'Nodes that have it, of all that count.',
      },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Approved', type: 'string', jsonPath: '.status.conditions[?(@.type=="Approved")].status' },
      { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
      age,
      { name: 'Path', type: 'string', jsonPath: '.status.path', priority: 1 },
      {
        name: 'Message',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Ready")].message',
        priority: 1,
      },
    ],
  },
];

/** The three kinds, for a cluster. Made from the schemas that files are read with. */
export function customResourceDefinitions(): readonly CustomResourceDefinition[] {
  return kinds.map(definitionOf);
}

function definitionOf({
  kind,
  plural,
  shortName,
  description,
  schema,
  rules,
  status,
  columns,
}: Kind): CustomResourceDefinition {
  const structural = structuralSchema(schema, rules);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['seccomp'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              ...structural,
              description,
              properties: { ...(structural.properties as object), status },
            },
          },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

function matchRules(path: string): CelRules {
  // JSON Schema would say it by propertyNames, which the API server does not take.
  const labelKeys = {
    rule: `self.all(key, key.matches(${celText(labelKeyShape.pattern)}) && !key.matches(${celText(labelKeyShape.not ?? '$^')}))`,
    message: `each key must be ${labelKeyShape.must}`,
  };
  const expression = {
    rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
    message: 'the operators In and NotIn need values, Exists and DoesNotExist take none',
    fieldPath: '.values',
  };
  const rules: Record<string, readonly { rule: string; message: string; fieldPath?: string }[]> = {
    [`${path}.exclude[]`]: [
      {
        rule: 'has(self.namespaces) || has(self.namespaceSelector) || has(self.podSelector) || has(self.serviceAccounts) || has(self.runtimeClassNames)',
        message: 'an empty block excludes every pod: remove it, or say what it excludes',
      },
    ],
  };
  for (const block of [path, `${path}.exclude[]`])
    for (const selector of ['namespaceSelector', 'podSelector'])
      Object.assign(rules, {
        [`${block}.${selector}.matchLabels`]: [labelKeys],
        [`${block}.${selector}.matchExpressions[]`]: [expression],
      });
  return rules;
}
