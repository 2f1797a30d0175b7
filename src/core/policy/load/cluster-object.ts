import { pathText } from '../../document/path-text.js';
import type { Place, Problem } from '../../problem/problem.js';
import { documentKind } from './document-kind.js';
import { checkValue, contentSha256 } from './document-value.js';
import type { LoadedExemption, LoadedPolicy } from './loaded-document.js';

/** A custom resource that was read: the document, unless a problem is an error. */
export interface ClusterDocument {
  readonly document: LoadedPolicy | LoadedExemption | undefined;
  readonly problems: readonly Problem[];
}

const PLURALS = { SeccompPolicy: 'seccomppolicies', SeccompExemption: 'seccompexemptions' } as const;

/** Reads a `SeccompPolicy` or `SeccompExemption` as the API server sends it; the places of its problems are paths. Never throws. */
export function fromClusterObject(object: unknown): ClusterDocument {
  const raw = (typeof object === 'object' && object !== null ? object : {}) as Readonly<Record<string, unknown>>;
  const kind = documentKind(raw);
  if (kind.is !== 'policy' && kind.is !== 'exemption') {
    const message = kind.is === 'mistake' ? kind.message : 'this is neither a SeccompPolicy nor a SeccompExemption';
    const advice = kind.is === 'mistake' ? kind.advice : 'hand in objects of these two kinds';
    return { document: undefined, problems: [{ code: 'PD005', severity: 'error', message, advice }] };
  }
  const name = kind.is === 'policy' ? 'SeccompPolicy' : 'SeccompExemption';
  const file = originOf(raw, PLURALS[name]);
  const placeOf = (path: string): Place => (path === '' ? { file } : { file, path });
  if (hasPrototypeKey(raw)) {
    const problem = {
      code: 'PD001',
      severity: 'error',
      message: 'a key cannot be called "__proto__"',
      advice: 'remove it',
    } as const;
    return { document: undefined, problems: [{ ...problem, place: placeOf('') }] };
  }
  const { value, problems } = checkValue(name, raw, (path) => placeOf(pathText(path)));
  if (value === undefined) return { document: undefined, problems };
  const reference = { name: value.metadata.name, contentSha256: contentSha256(value), origin: file };
  const common = { reference, home: 'cluster', placeOf } as const;
  const document: LoadedPolicy | LoadedExemption =
    value.kind === 'SeccompPolicy' ? { kind: value.kind, value, ...common } : { kind: value.kind, value, ...common };
  return { document, problems };
}

/** `cluster:seccomppolicies/web@42`, with the generation, which counts changes of the spec. */
function originOf(raw: Readonly<Record<string, unknown>>, plural: string): string {
  const metadata = (typeof raw.metadata === 'object' && raw.metadata !== null ? raw.metadata : {}) as Record<
    string,
    unknown
  >;
  const version = metadata.generation ?? metadata.resourceVersion;
  const suffix = typeof version === 'number' || typeof version === 'string' ? `@${version}` : '';
  return `cluster:${plural}/${typeof metadata.name === 'string' ? metadata.name : ''}${suffix}`;
}

/** zod's records pass over such a key without a word, and a label that a selector asks for must not vanish. */
function hasPrototypeKey(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > 20) return false;
  if (Object.hasOwn(value, '__proto__')) return true;
  return Object.values(value).some((member) => hasPrototypeKey(member, depth + 1));
}
