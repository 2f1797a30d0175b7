import { createHash } from 'node:crypto';
import { canonicalJson } from '../../document/canonical-json.js';
import { pathText } from '../../document/path-text.js';
import type { Place, Problem } from '../../problem/problem.js';
import { exemptionSchema, type SeccompExemption } from '../schema/exemption-schema.js';
import { SERVER_METADATA } from '../schema/metadata-schema.js';
import { policySchema, type SeccompPolicy } from '../schema/policy-schema.js';
import { schemaProblems } from '../schema/schema-problems.js';
import { checkDocument } from './document-checks.js';

export interface CheckedValue {
  /** Undefined when a problem is an error. */
  readonly value: SeccompPolicy | SeccompExemption | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Holds a policy or an exemption, read from a file or come from a cluster, against its schema and fills in the defaults.
 * `status` and what an API server adds to the metadata are left out.
 */
export function checkValue(
  kind: 'SeccompPolicy' | 'SeccompExemption',
  raw: Readonly<Record<string, unknown>>,
  find: (path: readonly PropertyKey[], atKey?: boolean) => Place,
): CheckedValue {
  const schema = kind === 'SeccompPolicy' ? policySchema : exemptionSchema;
  const own = withoutServerFields(raw);
  const parsed = schema.safeParse(own);
  if (!parsed.success) return { value: undefined, problems: schemaProblems(schema, own, parsed.error.issues, find) };
  const value: SeccompPolicy | SeccompExemption = parsed.data;
  const problems = checkDocument(value).map(
    ({ code, severity, path, message, advice }): Problem => ({
      code,
      severity,
      message,
      advice,
      place: { ...find(path), path: pathText(path) },
    }),
  );
  return { value: problems.some(({ severity }) => severity === 'error') ? undefined : value, problems };
}

/**
 * SHA-256 of what a document means: kind, name and spec with the defaults filled in. A file and a custom resource of the
 * same content agree, whatever the API server has added.
 */
export function contentSha256({ kind, metadata, spec }: SeccompPolicy | SeccompExemption): string {
  return createHash('sha256')
    .update(canonicalJson({ kind, name: metadata.name, spec }))
    .digest('hex');
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function withoutServerFields(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { status: _, ...own } = raw;
  const { metadata } = own;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return own;
  const kept = Object.entries(metadata).filter(([key]) => !SERVER_METADATA.has(key));
  const result: Record<string, unknown> = Object.fromEntries(kept);
  const { annotations } = result;
  if (typeof annotations === 'object' && annotations !== null && Object.hasOwn(annotations, LAST_APPLIED)) {
    const { [LAST_APPLIED]: __, ...others } = annotations as Record<string, unknown>;
    result.annotations = others;
  }
  return { ...own, metadata: result };
}
