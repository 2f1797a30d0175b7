import type { DocumentNode } from '../../document/document-node.js';
import type { Place, Problem } from '../../problem/problem.js';
import type { Profile } from '../model.js';
import type { MistakeDetail } from './mistake-detail.js';

export type ProfileFormat = 'oci' | 'docker' | 'containers-common' | 'spo';

/** `seccomply` and `spo`: the SeccompProfile objects of the two, which make a file of it. */
export type ProfileCarrier = 'file' | 'spo' | 'seccomply' | 'ConfigMap';

export interface ParsedProfile {
  /** The profile; undefined when a mistake leaves its meaning open. */
  readonly profile: Profile | undefined;
  /** What could be read in spite of mistakes: good for finding more of them, never for use on a node. */
  readonly partial: Profile | undefined;
  readonly format: ProfileFormat;
  /** Of the object that holds it; the key without its ending where it is one of a ConfigMap's files. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** What of a file it is: the whole of it, or part of an object that a cluster keeps. */
  readonly carrier: ProfileCarrier;
  /** Where the profile stands in its document: `spec`, `items[2].spec`; empty for a document that is a profile. */
  readonly path: string;
  /** Of its document, in characters. */
  readonly length: number;
  /** In the order of the document. */
  readonly problems: readonly Problem[];
  /** What some of `problems` are, for programs. */
  readonly details: ReadonlyMap<Problem, MistakeDetail>;
  /** For each rule of `profile` and `partial` its path in the document; its arguments follow as `.args[0]`, … */
  readonly rulePaths: readonly string[];
  /** For each rule the paths of its `names`. */
  readonly namePaths: readonly (readonly string[])[];
  /** The paths of rules that have no `names` at all, or null: crun refuses a profile with one, runc passes over it. */
  readonly rulesWithoutNames: readonly string[];
  /** Whether the text has U+FFFD in it, which stands for bytes that were no UTF-8. */
  readonly mayBeNotUtf8: boolean;
  /** The document itself, with what readers mended; undefined where there was nothing to read. */
  readonly root: DocumentNode | undefined;
  /** Whether the document has something at this path, were it null. */
  has(path: string): boolean;
  /** The place of a path such as `syscalls[3].args[0].value`, or of the deepest part of it that exists. */
  placeOf(path: string): Place;
}
