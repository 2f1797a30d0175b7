import type { JsonSchema } from '../schema/json-schema.js';

/** The status of policies and exemptions. `conditions` says what conditions there are. */
export function documentStatus(conditions: string): JsonSchema {
  return {
    type: 'object',
    description: 'Written by the controller.',
    properties: {
      observedGeneration: generation,
      contentSha256: {
        type: 'string',
        maxLength: 64,
        description: 'SHA-256 of what the document means, as records name it.',
      },
      conditions: { ...conditionList, description: conditions },
      problems: problemList,
    },
  };
}

export function profileStatus(): JsonSchema {
  const count = (description: string) => ({ type: 'integer', minimum: 0, description });
  return {
    type: 'object',
    description: 'Written by the controller.',
    properties: {
      observedGeneration: generation,
      digest: {
        type: 'string',
        maxLength: 64,
        description: 'SHA-256 of the logical profile: what its rules say, not how the text is laid out.',
      },
      path: {
        type: 'string',
        maxLength: 253,
        description:
          "What a container's localhostProfile becomes, at the stage Enforce and without added capabilities.",
      },
      withinRuntimeDefault: {
        type: 'boolean',
        description:
          "Whether everything that it allows, in whatever container and on whatever node, is allowed by every container runtime's default that the nodes may have, too.",
      },
      approved: {
        type: 'boolean',
        description: 'Whether it may be used: it is within the runtime default, or its digest was approved.',
      },
      nodes: { type: 'string', maxLength: 32, description: 'nodesReady/nodesTotal, for people.' },
      nodesReady: count('Nodes that have it, of all that count.'),
      nodesTotal: count('Nodes that count: ready, schedulable, Linux, and not behind the startup taint.'),
      files: {
        type: 'array',
        maxItems: 64,
        'x-kubernetes-list-type': 'atomic',
        description: 'Every form that is kept on the nodes.',
        items: {
          type: 'object',
          required: ['path', 'stage', 'capabilities', 'nodesReady'],
          properties: {
            path: { type: 'string', maxLength: 253, description: "Relative to the kubelet's seccomp folder." },
            stage: { type: 'string', enum: ['Record', 'Complain', 'Enforce'] },
            capabilities: {
              type: 'array',
              maxItems: 64,
              'x-kubernetes-list-type': 'atomic',
              items: { type: 'string', maxLength: 63 },
              description: 'The capability class; empty for containers that add none.',
            },
            nodesReady: count('Nodes that have this file.'),
          },
        },
      },
      conditions: {
        ...conditionList,
        description: 'Ready: it is compiled and on the nodes. Approved: it may be used.',
      },
      problems: problemList,
    },
  };
}

const generation = {
  type: 'integer',
  format: 'int64',
  description: 'The metadata.generation that this status is about.',
};

/** `metav1.Condition`. */
const conditionList = {
  type: 'array',
  maxItems: 16,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
    properties: {
      type: { type: 'string', maxLength: 316, pattern: '^[A-Za-z][A-Za-z0-9./-]*$' },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
      lastTransitionTime: { type: 'string', format: 'date-time' },
      reason: { type: 'string', minLength: 1, maxLength: 1024, pattern: '^[A-Za-z](?:[A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
      message: { type: 'string', maxLength: 32768 },
    },
  },
};

/** What is wrong with the document, each with its place: `Problem`, as the command line prints it. */
const problemList = {
  type: 'array',
  maxItems: 64,
  'x-kubernetes-list-type': 'atomic',
  description: 'What is wrong with it, or should be known.',
  items: {
    type: 'object',
    required: ['code', 'severity', 'message'],
    properties: {
      code: { type: 'string', maxLength: 64 },
      severity: { type: 'string', enum: ['error', 'warning', 'info'] },
      message: { type: 'string', maxLength: 4096 },
      advice: { type: 'string', maxLength: 4096 },
      path: { type: 'string', maxLength: 1024, description: 'The way through the document: spec.assign[0].images[1].' },
      line: { type: 'integer', minimum: 1, description: 'In the text of spec.profile.' },
      column: { type: 'integer', minimum: 1, description: 'In the text of spec.profile.' },
    },
  },
};
