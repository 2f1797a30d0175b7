import type { Severity } from '../../problem/problem.js';
import type { OtherObject } from '../../profile/read/yaml/profile-file.js';
import type { LintOptions } from './lint-options.js';
import type { LintSubject } from './lint-subject.js';
import type { PodSpec } from './pod-document.js';

/** One thing that a rule has found. Without an advice of its own the rule's `fix` is given. */
export interface LintFinding {
  /** The way through the document: `syscalls[3].args[0]`. */
  readonly path: string;
  readonly message: string;
  readonly advice?: string;
  readonly severity?: Severity;
}

/** A document that shows the rule, in the tests as on its documentation page. */
export interface LintExample {
  readonly text: string;
  readonly options?: LintOptions;
}

export interface LintRule {
  /** `SP016`; never given to another rule. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  /** The severity for profiles that are compiled before they reach a node, where compiling mends or softens it. */
  readonly compiled?: Severity | 'off';
  readonly failing: LintExample;
  readonly passing: LintExample;
  /** What a profile means. Absent as well as `checkPod`: the reader of documents finds it. */
  readonly check?: (subject: LintSubject) => Iterable<LintFinding>;
  /** What an object of a manifest says, whether it makes pods or not. */
  readonly checkObject?: (object: OtherObject) => Iterable<LintFinding>;
  /** How a pod names its profiles. Without a catalogue it is not known which there are. */
  readonly checkPod?: (pod: PodSpec, catalogue?: KnownProfiles) => Iterable<LintFinding>;
}

/** What there is in a catalogue. */
export interface KnownProfiles {
  readonly names: readonly string[];
  /** Whether nodes have a profile at this path, relative to the kubelet's seccomp directory. */
  isKnownPath(path: string): boolean;
}
