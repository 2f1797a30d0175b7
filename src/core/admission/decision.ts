import type { DocumentReference } from '../policy/load/loaded-document.js';
import type { ContainerType } from '../policy/values/container-type.js';
import type { Stage } from '../profile/catalogue.js';

export type Webhook = 'mutate' | 'validate';

/** One RFC 6902 operation. Only these two are ever written. */
export interface PatchOperation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

/** One container getting one profile from one rule. */
export interface Assignment {
  readonly container: string;
  readonly containerType: ContainerType;
  readonly policy: DocumentReference;
  /** The rule's name, else its index in `assign`. */
  readonly rule: string;
  readonly stage: Stage;
  /** Reference as written in the rule, e.g. `web-static`. */
  readonly profile: string;
  /** What is (or already was) in the container's field: `RuntimeDefault` or `Localhost/<path>`. */
  readonly effective: string;
  /** `kept`: an existing profile stays. `fallback`: the catalogue has no such profile, or it is not on the nodes yet. */
  readonly result: 'injected' | 'replaced' | 'unchanged' | 'kept' | 'fallback';
}

/** Something that is not as a requirement wants it, or that a person should know. */
export interface Finding {
  readonly kind: 'violation' | 'exempted' | 'warning' | 'fallback';
  /** Stable, e.g. `unconfined`, `unset`, `unknown-type`, `not-allowed`, `over-ceiling`, `not-injected`, `privileged`, `host-access`. */
  readonly code: string;
  /** Enforce denies (an exempted one does not), Warn warns, Audit only records. */
  readonly mode: 'Enforce' | 'Warn' | 'Audit';
  /** `pod` for the pod-level field. */
  readonly container: string;
  readonly containerType: ContainerType | 'Pod';
  readonly image?: string;
  /** e.g. `spec.containers[0].securityContext.seccompProfile`. */
  readonly fieldPath: string;
  /** As asked: `Unconfined`, `Unset`, `RuntimeDefault`, `Localhost/…` or what was found instead. */
  readonly requested: string;
  readonly effective: string;
  /** What would have been fine. */
  readonly expected: string;
  /** Containers that inherit a pod-level value. */
  readonly inheritedBy?: readonly string[];
  readonly policy: DocumentReference;
  readonly exemption?: DocumentReference & {
    readonly expires: string;
    readonly owner: string;
    readonly reason: string;
    readonly ticket?: string;
  };
  /** Of a violation: an exemption that was probably meant for it, and why it does not lift it (`is for other containers`). */
  readonly passedExemption?: { readonly name: string; readonly why: string };
  /** The sentence a person reads: container, field, value, policy and what to do about it. */
  readonly message: string;
}

/** The answer for one admission request, with everything that led to it. */
export interface Decision {
  readonly webhook: Webhook;
  readonly outcome: 'allowed' | 'patched' | 'denied' | 'error';
  readonly allowed: boolean;
  /** HTTP-like status of a refusal: 403 for a denial, 500 for an internal error. */
  readonly code: number;
  /** One line; present when not allowed. */
  readonly message?: string;
  readonly patch: readonly PatchOperation[];
  readonly warnings: readonly string[];
  readonly assignments: readonly Assignment[];
  readonly findings: readonly Finding[];
}
