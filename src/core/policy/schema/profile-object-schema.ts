import { z } from 'zod';
import { MAX_PROFILE_OBJECT } from '../../document/limits.js';
import { isCatalogueName } from '../../profile/logical-name.js';
import { bad, good, shown } from '../../text/parsed.js';
import type { DeepReadonly } from '../../text/readonly.js';
import { metadataSchema } from './metadata-schema.js';
import { API_VERSION } from './policy-schema.js';
import { boundedText, isTooLong, parsedText } from './text-schemas.js';
import type { TextShape } from './text-shape.js';

const capabilityShape: TextShape = {
  pattern: '^[A-Z][A-Z0-9_]*$',
  not: '^CAP_',
  must: 'a capability as a pod writes it, without CAP_: SYS_CHROOT',
};
const capability = parsedText('PD009', 63, capabilityShape, (text) =>
  /^(?!CAP_)[A-Z][A-Z0-9_]*$/.test(text)
    ? good(text)
    : bad(`${shown(text)} is not a capability as a pod writes it`, 'write it without CAP_, for example SYS_CHROOT'),
);

const digestShape: TextShape = { pattern: '^[0-9a-f]{64}$', must: '64 lower case hexadecimal digits' };
const digest = parsedText('PD009', 64, digestShape, (text) =>
  /^[0-9a-f]{64}$/.test(text)
    ? good(text)
    : bad(`${shown(text)} is not a digest`, 'write the 64 hexadecimal digits that status.digest gives'),
);

const catalogueNameShape: TextShape = {
  pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$',
  must: 'the name of a catalogue profile: at most 63 lower case letters, digits and "-"',
};

/**
 * A `SeccompProfile`: a catalogue profile as a custom resource. The object's name is the profile's name. The seccomp document stands in
 * it as text, so that 64-bit numbers, lines and columns survive.
 */
export const profileObjectSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('SeccompProfile'),
  metadata: metadataSchema
    .extend({
      name: parsedText('PD014', 63, catalogueNameShape, (text) =>
        isCatalogueName(text)
          ? good(text)
          : bad(
              `${shown(text)} cannot be the name of a catalogue profile`,
              'use lower case letters, digits and "-", at most 63, and none of "-" at the ends',
            ),
      ).describe('The name that policies call the profile by.'),
    })
    .describe('The name goes in here.'),
  spec: z
    .strictObject({
      description: boundedText(1024).optional().describe('What the profile is for, for people.'),
      profile: z
        .string()
        .min(2)
        .superRefine((text, context) => void isTooLong(text, MAX_PROFILE_OBJECT, context))
        .meta({ maxLength: MAX_PROFILE_OBJECT })
        .describe('The seccomp document, as text: OCI or Docker JSON. Lines and columns of problems count in it.'),
      stages: z
        .array(z.enum(['Record', 'Complain', 'Enforce']))
        .min(1)
        .max(3)
        .default(['Enforce'])
        .describe('The stages that are kept on every node.'),
      capabilities: z
        .array(z.array(capability).max(64))
        .max(16)
        .optional()
        .describe(
          'Capability classes that are kept on every node beside the one without: lists of what a container adds. Only profiles that ask about capabilities have any.',
        ),
      approval: z
        .strictObject({
          digest: digest.describe('What was approved: `status.digest`. Another content needs another approval.'),
          reason: boundedText(1024).optional().describe('Why it may allow more than the runtime default.'),
        })
        .optional()
        .describe(
          'Lets a profile be used that allows more than the runtime default. Setting it takes the verb `approve`.',
        ),
    })
    .describe('What the profile says.'),
});

export type SeccompProfileObject = DeepReadonly<z.output<typeof profileObjectSchema>>;
