import { z } from 'zod';
import { bad, good, type Parsed, shown } from '../../text/parsed.js';
import type { DeepReadonly } from '../../text/readonly.js';
import { BUILT_IN } from '../values/built-in.js';
import { parseObjectName } from '../values/kubernetes-name.js';
import { parseTime } from '../values/parse-time.js';
import { matchSchema } from './match-schema.js';
import { metadataSchema } from './metadata-schema.js';
import { API_VERSION } from './policy-schema.js';
import {
  alternatives,
  containerPattern,
  containerTypes,
  exemptionPattern,
  type IssueParams,
  imagePattern,
  isTooLong,
  parsedText,
  shapeMeta,
} from './text-schemas.js';
import { policyNameShape, sentenceShape, timeShape } from './text-shape.js';

/** A `SeccompExemption`: who may break a requirement, why, who owns that, until when. */
export const exemptionSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('SeccompExemption'),
  metadata: metadataSchema.describe('The name goes in here.'),
  spec: z
    .strictObject({
      match: matchSchema
        .superRefine((match, context) => {
          if (match.namespaces !== undefined || match.namespaceSelector !== undefined) return;
          const params: IssueParams = {
            problem: 'PD008',
            advice:
              'add namespaces or namespaceSelector: a pod could give itself any label, so labels alone are not a scope',
          };
          context.addIssue({ code: 'custom', message: 'an exemption must name its namespaces', params });
        })
        .describe('Which pods. `namespaces` or `namespaceSelector` is required.'),
      images: alternatives(imagePattern, 1000)
        .optional()
        .describe('Only containers with these images; best with a digest: `ghcr.io/acme/profiler@sha256:*`.'),
      containers: alternatives(containerPattern, 1000).optional().describe('Only containers with these names.'),
      containerTypes: alternatives(containerTypes, 4)
        .optional()
        .describe('Only containers of these types. Absent: all types.'),
      allow: alternatives(exemptionPattern, 100).describe(
        'What a matching container may be in spite of the requirements: `Unconfined` (and with it privileged), `Unset`, `"Localhost/team/app.json"`; `Privileged`: privileged, with a field that is allowed all the same; `HostAccess`: able to reach its node.',
      ),
      policies: alternatives(parsedText('PD014', 253, policyNameShape, parsePolicyName), 1000)
        .optional()
        .describe(
          'The policies whose requirements it lifts; `built-in` is the one that always applies. Absent: all of them.',
        ),
      reason: sentence(1024).describe('Why, for whoever reviews it.'),
      owner: sentence(253).describe('Who answers for it: a team or an address.'),
      ticket: sentence(253).optional().describe('Where it was agreed.'),
      expires: parsedText('PD015', 40, timeShape, parseTime).describe(
        'Until when, as 2027-01-31T00:00:00Z. It works only while this is ahead, and no further than the longest term (90 days unless configured).',
      ),
    })
    .describe('What the exemption says.'),
});

export type SeccompExemption = DeepReadonly<z.output<typeof exemptionSchema>>;
export type ExemptionSpec = SeccompExemption['spec'];

function parsePolicyName(text: string): Parsed<string> {
  if (text.includes('*'))
    return bad(
      `policies are named one by one, and ${shown(text)} is a pattern`,
      'list the names, or leave policies out for all of them',
    );
  return text === BUILT_IN ? good(text) : parseObjectName(text);
}

function sentence(maxLength: number) {
  return z
    .string()
    .superRefine((text, context) => {
      if (isTooLong(text, maxLength, context) || text.trim() !== '') return;
      const params: IssueParams = { problem: 'PD008', advice: 'fill it in' };
      context.addIssue({ code: 'custom', message: 'is empty', params });
    })
    .meta(shapeMeta(maxLength, sentenceShape));
}
