import { z } from 'zod';
import { bad, good, type Parsed, shown } from '../../text/parsed.js';
import type { DeepReadonly } from '../../text/readonly.js';
import { parseProfileReference } from '../match/profile-reference.js';
import { matchSchema } from './match-schema.js';
import { metadataSchema } from './metadata-schema.js';
import {
  alternatives,
  boundedText,
  containerPattern,
  containerTypes,
  imagePattern,
  parsedText,
  profilePattern,
  profileReference,
} from './text-schemas.js';
import { ceilingShape, ruleNameShape } from './text-shape.js';

export const API_VERSION = 'seccomply.dev/v1alpha1';

const severity = z.enum(['Ignore', 'Warn', 'Deny']);

const ruleSchema = z.strictObject({
  name: parsedText('PD014', 63, ruleNameShape, parseRuleName)
    .optional()
    .describe('What messages, records and metrics call the rule; absent: its index.'),
  images: alternatives(imagePattern, 1000)
    .optional()
    .describe('Images the rule is for: `nginx:1.*`, `ghcr.io/acme/**/edge@sha256:*`, `**/redis`. Absent: any image.'),
  containers: alternatives(containerPattern, 1000)
    .optional()
    .describe('Containers by name: `nginx-*`. Absent: any name.'),
  containerTypes: alternatives(containerTypes, 4)
    .default(['Container', 'Sidecar'])
    .describe('Types of container the rule is for.'),
  profile: profileReference.describe(
    'What they get: `RuntimeDefault`, a catalogue name such as `web-static`, or `Localhost/<path>`.',
  ),
  stage: z
    .enum(['Record', 'Complain', 'Enforce'])
    .default('Enforce')
    .describe(
      'How hard a catalogue profile bites: `Record` logs every syscall, `Complain` logs what it would block, `Enforce` blocks.',
    ),
});

const requireSchema = z.strictObject({
  profiles: alternatives(profilePattern, 1000)
    .optional()
    .describe(
      'What a container may end up with: `RuntimeDefault`, `Unconfined`, `Unset`, catalogue names (`"*"` for any), `"Localhost/team/**"`. A profile that refuses nothing counts as Unconfined, whatever its name. Absent: the built-in requirement only.',
    ),
  ceiling: parsedText('PD013', 63, ceilingShape, parseCeiling)
    .optional()
    .describe(
      '`RuntimeDefault` or a catalogue name. Judged by content: nothing that this profile refuses may be allowed, whatever the container adds and the node is.',
    ),
  containerTypes: alternatives(containerTypes, 4)
    .default(['Container', 'Sidecar', 'Init', 'Ephemeral'])
    .describe('Types of container the requirement is for.'),
  hostAccess: severity
    .default('Warn')
    .describe(
      'Ways to the node around every profile: host paths that root of the node runs, that hold its credentials or a socket, capabilities that give the node, hostPID and mounts of /proc for root.',
    ),
  privileged: severity.default('Warn').describe('Privileged containers, which run unconfined whatever the field says.'),
  templates: severity
    .default('Warn')
    .describe('The same requirement on the pod templates of Deployments, Jobs and the like.'),
});

/** A `SeccompPolicy`: which containers are assigned which profile, and which profiles they are required to keep to. */
export const policySchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('SeccompPolicy'),
  metadata: metadataSchema.describe('The name goes in here.'),
  spec: z
    .strictObject({
      description: boundedText(1024).optional().describe('What the policy is for, for people.'),
      mode: z
        .enum(['Enforce', 'Warn', 'Audit'])
        .default('Enforce')
        .describe('`Enforce` changes and refuses pods; `Warn` only warns; `Audit` only records.'),
      priority: z
        .int()
        .min(-1_000_000_000)
        .max(1_000_000_000)
        .default(0)
        .describe('Policies with a higher number are looked at first; among equals the name decides.'),
      match: matchSchema.optional().describe('Which pods the policy is for. Absent: every pod.'),
      assign: z
        .array(ruleSchema)
        .max(256)
        .optional()
        .describe('What each container gets: the first rule that matches it.'),
      existing: z
        .enum(['Tighten', 'Keep', 'Override'])
        .default('Tighten')
        .describe(
          'What to do where the container already has a profile: replace it if the assigned one is known to be tighter (within every runtime default that the nodes may have, or within the other catalogue profile), keep it, or always replace it.',
        ),
      unconfined: z
        .enum(['Deny', 'Replace'])
        .default('Deny')
        .describe(
          'What to do where the container says Unconfined and a rule matches it: refuse the pod, or replace the field.',
        ),
      unavailable: z
        .enum(['RuntimeDefault', 'Inject', 'Deny'])
        .default('RuntimeDefault')
        .describe(
          'What to do while the catalogue profile is not on the nodes: assign RuntimeDefault instead, assign it all the same, or refuse the pod.',
        ),
      require: requireSchema.optional().describe('What every container must end up with, whoever set it.'),
    })
    .describe('What the policy says.'),
});

export type SeccompPolicy = DeepReadonly<z.output<typeof policySchema>>;
export type PolicySpec = SeccompPolicy['spec'];
export type PolicyMode = PolicySpec['mode'];
export type PolicyMatch = NonNullable<PolicySpec['match']>;
export type PolicyExclusion = NonNullable<PolicyMatch['exclude']>[number];
export type AssignRule = NonNullable<PolicySpec['assign']>[number];
export type PolicyRequirement = NonNullable<PolicySpec['require']>;
export type RequirementSeverity = PolicyRequirement['privileged'];

function parseRuleName(text: string): Parsed<unknown> {
  if (/^\d+$/.test(text))
    return bad(
      `a rule cannot be called ${shown(text)}: a rule without a name goes by its index`,
      'use a name with a letter',
    );
  if (/^[\p{L}\p{N}](?:[\p{L}\p{N} ._/-]*[\p{L}\p{N}])?$/u.test(text)) return good(text);
  return bad(
    `${shown(text)} cannot be the name of a rule`,
    'use letters, digits, blanks, ".", "_", "/" and "-", with a letter or digit at both ends',
  );
}

function parseCeiling(text: string): Parsed<unknown> {
  if (text.startsWith('Localhost/'))
    return bad(
      `${shown(text)} cannot be a ceiling: nobody knows what that file allows`,
      'write RuntimeDefault or the name of a catalogue profile',
    );
  if (text === 'Unconfined' || text === 'Unset')
    return bad(
      `${text} cannot be a ceiling: nothing would be over it`,
      'remove the key, or write RuntimeDefault or the name of a catalogue profile',
    );
  return parseProfileReference(text);
}
