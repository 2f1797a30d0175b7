import type { Place } from '../../problem/problem.js';
import type { SeccompExemption } from '../schema/exemption-schema.js';
import type { SeccompPolicy } from '../schema/policy-schema.js';

/** Where a document lives. Of a file and a custom resource with the same name, the file comes first. */
export type Home = 'file' | 'cluster';

interface Loaded<Kind extends string, Value> {
  readonly kind: Kind;
  readonly value: Value;
  /** Name, SHA-256 of the content (defaults filled in, metadata but the name left out), `file:line` or `cluster:…`. */
  readonly reference: DocumentReference;
  readonly home: Home;
  /** Characters that have to be read once more before anything in it can be placed. Absent: none. */
  readonly length?: number;
  /** Line and column of a value, for a path such as `spec.assign[0].images[1]`; the deepest part of the path that is written. */
  placeOf(path: string): Place;
}

export type LoadedPolicy = Loaded<'SeccompPolicy', SeccompPolicy>;
export type LoadedExemption = Loaded<'SeccompExemption', SeccompExemption>;

/** A `Namespace` that stands beside the policies: what its labels are, for selectors outside a cluster. */
export interface LoadedNamespace {
  readonly name: string;
  /** With `kubernetes.io/metadata.name`, which every namespace has. */
  readonly labels: Readonly<Record<string, string>>;
  readonly place: Place;
}

/** What a policy or exemption is called, which text it was, and where it stands. */
export interface DocumentReference {
  readonly name: string;
  /** SHA-256 of the document's canonical content. */
  readonly contentSha256: string;
  /** `policies/web.yaml:12`, or `cluster:seccomppolicies/web@42`; absent for the built-in requirement. */
  readonly origin?: string;
}
