import type { Webhook } from '../admission/decision.js';
import type { ContainerType } from '../policy/values/container-type.js';

/** One admission: a refusal, or what else an auditor wants to see of one that went through. */
export interface AdmissionEntry {
  /** By weight: a refusal, else the use of an exemption, else a violation in Warn or Audit mode, else a fallback, else a warning. */
  readonly recordType: 'denial' | 'exemption' | 'violation' | 'fallback' | 'warning';
  /** When the request came in, where that is not `time`. */
  readonly observedTime?: string;
  readonly request: RecordedRequest;
  readonly actor: RecordedActor;
  readonly caller: RecordedCaller;
  readonly workload?: RecordedWorkload;
  readonly decision: RecordedDecision;
  /** The weightiest finding with its container; absent where a request was refused unread. */
  readonly container?: RecordedContainer;
  readonly finding?: RecordedFinding;
  /**
   * Where the record leaves findings out: SHA-256 over the JSON of all of them in the form of `otherFindings`, the weightiest first; of
   * several fallbacks without a finding, over the container and profile of each.
   */
  readonly findingsSha256?: string;
  readonly policy?: RecordedDocument;
  readonly exemption?: RecordedExemption;
  readonly controls?: readonly ControlReference[];
  readonly profile?: RecordedProfile;
  readonly otherFindings?: readonly OtherFinding[];
  /** How many more there were; lists in records are capped. */
  readonly otherFindingsOmitted?: number;
}

export interface RecordedRequest {
  readonly uid?: string;
  readonly webhook: Webhook;
  readonly operation?: string;
  readonly dryRun: boolean;
  /** `apps/v1/deployments`, `v1/pods`. */
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
}

export interface RecordedActor {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  /** Only the well-known keys of service-account tokens (pod, node and credential ids). */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Who told the webhook all the rest: the API server, as far as that is known. Who is not authenticated may have made up every word of the
 * request, its actor too. Records of versions before have no such member.
 */
export interface RecordedCaller {
  /** Whether a client certificate of --client-ca (and of a name in --client-names) was shown. */
  readonly authenticated: boolean;
  /** Its common name, where it has exactly one. */
  readonly name?: string;
}

export interface RecordedWorkload {
  readonly kind: string;
  readonly name?: string;
  readonly uid?: string;
  /** From the object up: `Pod/web-…`, `ReplicaSet/web-6d4cf56db6`, `Deployment/web` (the last by the pod-template-hash label). */
  readonly chain: readonly string[];
}

export interface RecordedDecision {
  readonly allowed: boolean;
  readonly outcome: 'allowed' | 'patched' | 'denied' | 'error';
  readonly mode: 'enforce' | 'warn' | 'audit';
  readonly code: number;
  readonly message?: string;
  readonly warnings?: readonly string[];
}

export interface RecordedContainer {
  readonly name: string;
  readonly type: ContainerType | 'Pod';
  readonly image?: string;
  readonly imageDigest?: string;
  readonly inheritedBy?: readonly string[];
}

export interface RecordedFinding {
  readonly kind: 'violation' | 'exempted' | 'warning' | 'fallback';
  readonly code: string;
  readonly mode: 'enforce' | 'warn' | 'audit';
  readonly requested: string;
  readonly effective: string;
  readonly expected: string;
  readonly fieldPath: string;
  readonly message: string;
}

export interface RecordedDocument {
  readonly name: string;
  readonly contentSha256: string;
  /** `policies/web.yaml:12`, `cluster:seccomppolicies/web@42`. */
  readonly origin?: string;
}

export interface RecordedExemption extends RecordedDocument {
  readonly owner: string;
  readonly reason: string;
  readonly expires: string;
  readonly ticket?: string;
}

export interface RecordedProfile {
  /** As the rule wrote it. */
  readonly reference: string;
  readonly effective: string;
  readonly stage: string;
  readonly result: string;
  /** First 32 hex digits of the profile's SHA-256, where the path carries them. */
  readonly digest?: string;
  readonly policy: RecordedDocument & { readonly rule: string };
}

export interface OtherFinding {
  readonly container: RecordedContainer;
  readonly finding: RecordedFinding;
  readonly policy: RecordedDocument;
  readonly exemption?: RecordedExemption;
}

/** A control of a published standard, in one version of it. */
export interface ControlReference {
  readonly standard: string;
  readonly version: string;
  readonly id: string;
}

/** Whether an entry is an admission; all others are about the log itself, or about what it is told to follow. */
export function isAdmissionEntry(entry: object): entry is AdmissionEntry {
  return 'decision' in entry;
}
