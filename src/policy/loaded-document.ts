import type { DocumentReference } from '../admission/decision.js';
import type { Place } from '../problem.js';
import type { SeccompExemption } from './exemption-schema.js';
import type { SeccompPolicy } from './policy-schema.js';

/** Where a document lives. Of a file and a custom resource with the same name, the file comes first. */
export type Home = 'file' | 'cluster';

interface Loaded<Kind extends string, Value> {
  readonly kind: Kind;
  readonly value: Value;
  /** Name, SHA-256 of the content (defaults filled in, metadata but the name left out), `file:line` or `cluster:…`. */
  readonly reference: DocumentReference;
  readonly home: Home;
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
