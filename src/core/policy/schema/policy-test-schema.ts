import { z } from 'zod';
import { bad, type Parsed, shown } from '../../text/parsed.js';
import type { DeepReadonly } from '../../text/readonly.js';
import { parseProfilePattern } from '../match/profile-reference.js';
import { parseTime } from '../values/parse-time.js';
import { metadataSchema } from './metadata-schema.js';
import { API_VERSION } from './policy-schema.js';
import { alternatives, parsedText } from './text-schemas.js';
import { profilePatternShape, timeShape } from './text-shape.js';

const labels = z.record(z.string(), z.string());
const text = z.string().min(1).max(1024);
const time = parsedText('PD015', 40, timeShape, parseTime);

const containerExpectation = z.strictObject({
  profile: parsedText('PD013', 1034, profilePatternShape, parseExpectedProfile)
    .optional()
    .describe('What it ends up with: `RuntimeDefault`, a catalogue name, `Localhost/<path>`, `Unconfined` or `Unset`.'),
  stage: z.enum(['Record', 'Complain', 'Enforce']).optional().describe('The stage of the catalogue profile.'),
  policy: text.optional().describe('The policy whose rule decided.'),
  rule: text.optional().describe('That rule: its name, or its index for one without a name.'),
  exemption: text.optional().describe('The exemption that let it through.'),
});

const denialExpectation = z.strictObject({
  container: text.optional().describe('The container that is refused; `pod` for the field of the pod.'),
  policy: text.optional().describe('The policy that refuses; `built-in` for the requirement that always applies.'),
  code: text.optional().describe('The code of the finding, such as `unconfined`.'),
  message: text.optional().describe('A part of the message, in upper or lower case.'),
});

const profileOf = parsedText('PD013', 1034, profilePatternShape, parseExpectedProfile);

/**
 * A `PolicyTest`: pods, and what the policies beside it must make of them. In this form every expectation about a container is
 * an object; `parsePolicyTests` makes one of the short form, a bare profile.
 */
export const policyTestLongSchema = schemaWith(containerExpectation);

/** The same for editors, with the short form. */
export const policyTestSchema = schemaWith(z.union([profileOf, containerExpectation]));

function schemaWith<Container extends z.ZodType>(container: Container) {
  const expectation = z
    .strictObject({
      allowed: z.boolean().optional().describe('Whether the pod is let in.'),
      containers: z
        .record(z.string(), container)
        .optional()
        .describe('By container: its profile, or an object with profile, stage, policy, rule and exemption.'),
      denials: z
        .array(denialExpectation)
        .max(1000)
        .optional()
        .describe('Each must be among the reasons for the refusal; an empty list: there are none.'),
      warnings: z
        .array(text)
        .max(1000)
        .optional()
        .describe('Each must be a part of a warning; an empty list: there are none.'),
    })
    .describe('What must come of it.');

  const testSchema = z.strictObject({
    name: text.describe('What is tried, in words.'),
    now: time.optional().describe('The time at which it is tried, instead of that of the file.'),
    pod: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('The pod. With a `kind`, a Deployment or any other object that holds one.'),
    file: text
      .optional()
      .describe('A file with the pod, instead of `pod`; its path starts at the folder of this file.'),
    expect: expectation,
  });

  return z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('PolicyTest'),
    metadata: metadataSchema.optional().describe('What the tests go by; absent: the name of the file.'),
    now: time.optional().describe('The time at which they are tried; absent: now. Exemptions end, so fix it.'),
    namespaces: z.record(z.string(), labels).optional().describe('Labels of namespaces, by name.'),
    policies: alternatives(text, 100)
      .optional()
      .describe('Files and folders of policies; their paths start at the folder of this file. Absent: that folder.'),
    tests: z.array(testSchema).min(1).max(10_000).describe('The tests.'),
  });
}

export type PolicyTestDocument = DeepReadonly<z.output<typeof policyTestLongSchema>>;
export type PolicyTestEntry = PolicyTestDocument['tests'][number];
export type TestExpectation = PolicyTestEntry['expect'];
export type ContainerExpectation = NonNullable<TestExpectation['containers']>[string];
export type DenialExpectation = NonNullable<TestExpectation['denials']>[number];

function parseExpectedProfile(profile: string): Parsed<unknown> {
  if (profile.includes('*'))
    return bad(`a container ends up with one profile, and ${shown(profile)} is a pattern`, 'write the one it must get');
  return parseProfilePattern(profile);
}
