import type { DocumentReference } from '../../policy/load/loaded-document.js';
import type { Labels } from '../../policy/match/label-selector.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import type { ContainerType } from '../../policy/values/container-type.js';
import type { Place } from '../../problem/problem.js';
import type { Assignment, Decision, PatchOperation } from '../decision.js';

/** Everything about the decision on one object: what was decided, by what, and why everything else did not count. */
export interface Explanation {
  readonly subject: {
    /** `Pod`, `Deployment`, …; what the object calls itself. */
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly labels: Labels;
    /** `CREATE`, `UPDATE`. */
    readonly operation: string;
  };
  readonly namespaceLabels: {
    /** `given`: by the caller (the cluster); `documents`: a Namespace document; `name-only`: only `kubernetes.io/metadata.name` is known. */
    readonly source: 'given' | 'documents' | 'name-only';
    readonly labels: Labels;
    /** Whether a policy or exemption asks for labels that are not known. */
    readonly missing: boolean;
  };
  /** Why no rule is asked: a Windows pod, a mirror pod, a kind that is not ours. */
  readonly skipped?: string;
  /** Whether what the object says is judged: of a Windows pod it is, though nothing is assigned to it. */
  readonly isJudged: boolean;
  readonly containers: readonly ExplainedContainer[];
  readonly requirements: readonly ExplainedRequirement[];
  readonly exemptions: readonly ExplainedExemption[];
  readonly mutate: Decision;
  /** Absent when mutate refused. */
  readonly validate?: Decision;
  readonly patch: readonly PatchOperation[];
  /** `mutate`'s when it refused, else `validate`'s. */
  readonly decision: Decision;
  /** The object with the patch applied. */
  readonly object: unknown;
}

export interface ExplainedContainer {
  readonly name: string;
  readonly containerType: ContainerType;
  /** e.g. `spec.containers[0]`. */
  readonly path: string;
  readonly image?: string;
  /** The image as it is matched: `docker.io/library/nginx:1.27`; absent when it is no image reference. */
  readonly imageRead?: string;
  /** Effective before and after: `Unset`, `Unconfined`, `RuntimeDefault`, `Localhost/…`. */
  readonly before: string;
  readonly after: string;
  /** Whether `before` comes from the pod's field. */
  readonly inherited: boolean;
  /** As `/mutate` has it; of a template what its pods will get. */
  readonly assignment?: Assignment;
  /** Every rule of every policy that matches the pod, in order of precedence; policies that do not match the pod as one entry without rule. */
  readonly candidates: readonly ExplainedCandidate[];
}

export interface ExplainedCandidate {
  readonly policy: DocumentReference;
  readonly mode: PolicyMode;
  readonly priority: number;
  /** The rule's name, else its index; absent where the policy as a whole does not match. */
  readonly rule?: string;
  readonly ruleIndex?: number;
  /** As written in the rule. */
  readonly profile?: string;
  readonly place: Place;
  /** `would-have`: a rule of a Warn or Audit policy that would have won. */
  readonly outcome: 'won' | 'would-have' | 'lost' | 'no-match';
  /** One clause: `an earlier rule won: web-by-image/nginx`, `images: none matches docker.io/library/redis:7`. */
  readonly reason: string;
}

export interface ExplainedRequirement {
  readonly policy: DocumentReference;
  readonly mode: PolicyMode;
  readonly place?: Place;
  /** `not-matching`: the policy is for other pods. */
  readonly outcome: 'satisfied' | 'violated' | 'exempted' | 'not-matching';
  /** What it allows, in words. */
  readonly allows: string;
  readonly reason: string;
}

export interface ExplainedExemption {
  readonly exemption: DocumentReference;
  readonly place: Place;
  readonly expires: string;
  readonly outcome: 'applied' | 'not-needed' | 'not-matching' | 'expired' | 'too-far';
  readonly reason: string;
}
