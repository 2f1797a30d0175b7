import { didYouMean } from '../../text/did-you-mean.js';
import { shown } from '../../text/parsed.js';
import { API_VERSION } from '../schema/policy-schema.js';

/** What a document is, by its `apiVersion` and `kind`. */
export type DocumentKind =
  | { readonly is: 'policy' | 'exemption' | 'namespace' | 'list' }
  /** Of another kind: left alone. */
  | { readonly is: 'other'; readonly label: string; readonly advice?: string }
  | {
      readonly is: 'mistake';
      readonly code: string;
      readonly at: 'apiVersion' | 'kind' | 'document';
      readonly message: string;
      readonly advice: string;
    };

const OURS = ['SeccompPolicy', 'SeccompExemption'];
/** Kinds of our own group that live in other files. */
const SIBLINGS = new Set(['SeccompProfile', 'PolicyTest']);

export function documentKind(value: Readonly<Record<string, unknown>>): DocumentKind {
  const { apiVersion, kind } = value;
  const isOurGroup = typeof apiVersion === 'string' && /^seccomply\.dev(?:\/|$)/i.test(apiVersion);
  if (typeof kind !== 'string' || kind === '') return withoutKind(value, isOurGroup);
  if (OURS.includes(kind)) {
    if (apiVersion === API_VERSION) return { is: kind === 'SeccompPolicy' ? 'policy' : 'exemption' };
    const written =
      apiVersion === undefined
        ? 'apiVersion is missing'
        : `${shown(String(apiVersion))} is not the apiVersion of a ${kind}`;
    return {
      is: 'mistake',
      code: 'PD005',
      at: 'apiVersion',
      message: written,
      advice: `write apiVersion: ${API_VERSION}`,
    };
  }
  if (kind === 'Namespace' && (apiVersion === 'v1' || apiVersion === undefined)) return { is: 'namespace' };
  if (kind.endsWith('List') && Array.isArray(value.items)) return { is: 'list' };
  const meant = SIBLINGS.has(kind) ? undefined : didYouMean(kind, OURS);
  const isMisspelt = meant !== undefined && (isOurGroup || meant.toLowerCase() === kind.toLowerCase());
  if (isMisspelt)
    return {
      is: 'mistake',
      code: 'PD005',
      at: 'kind',
      message: `there is no kind ${shown(kind)}`,
      advice: `did you mean ${meant}?`,
    };
  if (kind === 'PolicyTest' && isOurGroup)
    return { is: 'other', label: kind, advice: 'tests of policies stand in files that end in .test.yaml' };
  return { is: 'other', label: kind };
}

function withoutKind(value: Readonly<Record<string, unknown>>, isOurGroup: boolean): DocumentKind {
  const spec = value.spec;
  const keys = typeof spec === 'object' && spec !== null ? Object.keys(spec) : [];
  const looksLike = ['assign', 'require'].some((key) => keys.includes(key))
    ? 'SeccompPolicy'
    : ['allow', 'expires'].every((key) => keys.includes(key))
      ? 'SeccompExemption'
      : undefined;
  if (!isOurGroup && looksLike === undefined) return { is: 'other', label: 'no kind' };
  return {
    is: 'mistake',
    code: 'PD008',
    at: 'document',
    message: 'kind is missing',
    advice: `write kind: ${looksLike ?? 'SeccompPolicy or kind: SeccompExemption'}`,
  };
}
