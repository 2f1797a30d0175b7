import { z } from 'zod';
import { parseLabelKey, parseLabelValue } from '../values/kubernetes-name.js';
import {
  alternatives,
  type IssueParams,
  namespacePattern,
  parsedText,
  runtimeClassPattern,
  serviceAccountPattern,
  shapeMeta,
} from './text-schemas.js';
import { labelKeyShape, labelValueShape } from './text-shape.js';

const MAX_LABELS = 64;

const labelKey = parsedText('PD012', 317, labelKeyShape, parseLabelKey);
const labelValue = z
  .string()
  .max(63)
  .superRefine((text, context) => {
    const result = parseLabelValue(text);
    if (!result.ok)
      context.addIssue({
        code: 'custom',
        message: result.message,
        params: { problem: 'PD012', advice: result.advice },
      });
  })
  .meta(shapeMeta(63, labelValueShape));

const requirement = z
  .strictObject({
    key: labelKey.describe('The label.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe(
        '`In` and `NotIn` need `values`, the others must have none. `NotIn` holds where the label is absent, too.',
      ),
    values: z.array(labelValue).max(1000).optional().describe('What the label may be (`In`) or not be (`NotIn`).'),
  })
  .superRefine(({ operator, values }, context) => {
    const wantsValues = operator === 'In' || operator === 'NotIn';
    const hasValues = (values ?? []).length > 0;
    if (wantsValues === hasValues) return;
    const params: IssueParams = {
      problem: 'PD012',
      advice: wantsValues
        ? 'list at least one value, for example values: [web]'
        : `remove values, or use ${operator === 'Exists' ? 'In' : 'NotIn'}`,
    };
    context.addIssue({
      code: 'custom',
      path: ['values'],
      message: wantsValues ? `the operator ${operator} needs values` : `the operator ${operator} takes no values`,
      params,
    });
  });

const selector = z.strictObject({
  matchLabels: z
    .record(z.string(), labelValue)
    .superRefine((labels, context) => {
      const keys = Object.keys(labels);
      if (keys.length > MAX_LABELS)
        context.addIssue({
          code: 'custom',
          message: `names more than ${MAX_LABELS} labels`,
          params: { problem: 'PD012', advice: 'remove some: all of them must hold' },
        });
      for (const key of keys) {
        const result = parseLabelKey(key);
        if (!result.ok)
          context.addIssue({
            code: 'custom',
            path: [key],
            message: result.message,
            params: { problem: 'PD012', advice: result.advice },
          });
      }
    })
    .meta({ maxProperties: MAX_LABELS })
    .optional()
    .describe('Labels that must all be there, with these values.'),
  matchExpressions: z.array(requirement).max(64).optional().describe('Conditions that must all hold.'),
});

const scope = {
  namespaces: alternatives(namespacePattern, 1000)
    .optional()
    .describe('Namespaces by name; `*` stands for any characters: `team-*`.'),
  namespaceSelector: selector
    .optional()
    .describe('Namespaces by their labels, with the exact meaning of a Kubernetes label selector.'),
  podSelector: selector
    .optional()
    .describe(
      "Pods by their labels. Labels belong to the pod's author: good to choose a profile by, not to require one by.",
    ),
  serviceAccounts: alternatives(serviceAccountPattern, 1000)
    .optional()
    .describe(
      'Service accounts as `namespace/name`, each part with `*`: `shop/*`. A pod that names none has `default`.',
    ),
};

const exclusion = z
  .strictObject({
    ...scope,
    runtimeClassNames: alternatives(runtimeClassPattern, 100)
      .optional()
      .describe('Runtime classes by name, for sandboxed runtimes: `kata-*`.'),
  })
  .superRefine((block, context) => {
    if (Object.keys(block).length > 0) return;
    const params: IssueParams = { problem: 'PD009', advice: 'remove the block, or say what it excludes' };
    context.addIssue({ code: 'custom', message: 'an empty block excludes every pod', params });
  });

/** Which pods. All keys must hold; the entries of a list are alternatives. */
export const matchSchema = z.strictObject({
  ...scope,
  exclude: z.array(exclusion).max(100).optional().describe('A pod is out when one of these blocks holds in full.'),
});
