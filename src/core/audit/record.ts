import type { Webhook } from '../admission/decision.js';
import type { ContainerType } from '../policy/match/container-type.js';

/**
 * The audit record, version 1. Everything a caller says is an `AuditEntry`; the log adds what makes it evidence (`Seal`).
 * Environment, arguments and secrets never get in: entries are built field by field, an object is never copied.
 */
export type AuditRecord = AuditEntry & Seal;

/** What the log adds: identity, order, time and the chain. */
export interface Seal {
  /** Marks the line in a log stream that carries other lines too. */
  readonly stream: 'audit';
  readonly version: 1;
  /** UUID version 7. */
  readonly recordId: string;
  /** From 1, without gaps, per instance. */
  readonly seq: number;
  /** UTC with microseconds: when the record was made. */
  readonly time: string;
  readonly source: RecordSource;
  readonly cluster?: ClusterIdentity;
  /** `hash` of the record before, 64 zeros for the first. */
  readonly prevHash: string;
  /** SHA-256 over the canonical JSON (RFC 8785) of the record without this field. */
  readonly hash: string;
}

export interface RecordSource {
  /** `webhook`, `serve`, `controller`, `agent`. */
  readonly component: string;
  /** One per start of a process. */
  readonly instance: string;
  readonly version: string;
  readonly imageDigest?: string;
  readonly node?: string;
}

export interface ClusterIdentity {
  readonly name?: string;
  /** The uid of the namespace `kube-system`. */
  readonly uid?: string;
}

export type AuditEntry =
  | AdmissionEntry
  | FoldedEntry
  | OverQuotaEntry
  | PolicySetEntry
  | RegistrationEntry
  | StoreEntry
  | StartEntry
  | StopEntry
  | InstanceEndedEntry
  | SegmentEntry
  | CheckpointEntry;

export type RecordType = AuditEntry['recordType'];

/** One admission: a refusal, or what else an auditor wants to see of one that went through. */
export interface AdmissionEntry {
  /** By weight: a refusal, else the use of an exemption, else a violation in Warn or Audit mode, else a fallback, else a warning. */
  readonly recordType: 'denial' | 'exemption' | 'violation' | 'fallback' | 'warning';
  /** When the request came in, where that is not `time`. */
  readonly observedTime?: string;
  readonly request: RecordedRequest;
  readonly actor: RecordedActor;
  readonly workload?: RecordedWorkload;
  readonly decision: RecordedDecision;
  /** The weightiest finding with its container; absent where a request was refused unread. */
  readonly container?: RecordedContainer;
  readonly finding?: RecordedFinding;
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

/** How often what `recordId` says happened again within the folding window. */
export interface FoldedEntry {
  readonly recordType: 'folded';
  readonly folded: {
    readonly recordId: string;
    readonly foldedType: AdmissionEntry['recordType'];
    /** Repeats, the first not counted. */
    readonly count: number;
    readonly firstTime: string;
    readonly lastTime: string;
    readonly namespace?: string;
    readonly workload?: string;
    readonly container?: string;
    readonly findingCode?: string;
    readonly policy?: string;
  };
}

/** A namespace is past its share of records: `reached` says so when it starts, `count` how many were only counted. */
export interface OverQuotaEntry {
  readonly recordType: 'over-quota';
  readonly overQuota: {
    readonly namespace: string;
    readonly state: 'reached' | 'count';
    readonly count: number;
    readonly firstTime: string;
    readonly lastTime: string;
  };
}

/** The policies in force changed, or a change was refused. */
export interface PolicySetEntry {
  readonly recordType: 'policy-set';
  readonly policySet: {
    readonly result: 'in-force' | 'refused';
    readonly contentSha256?: string;
    readonly previousSha256?: string;
    readonly policies: number;
    readonly exemptions: number;
    readonly added?: readonly RecordedDocument[];
    readonly changed?: readonly RecordedDocument[];
    readonly removed?: readonly RecordedDocument[];
    /** How many documents the lists above leave out. */
    readonly omitted?: number;
    readonly problems?: readonly string[];
  };
}

/** The webhook configurations changed: without them, or with others, the API server does not ask us. Written by the controller. */
export interface RegistrationEntry {
  readonly recordType: 'registration';
  readonly registration: {
    /** `MutatingWebhookConfiguration` or `ValidatingWebhookConfiguration`. */
    readonly kind: string;
    /** `written`: by us. `deleted`, `changed`: by somebody else, which the API server's own audit log names. */
    readonly change: 'written' | 'deleted' | 'changed';
    readonly detail: string;
  };
}

/** Trouble with the record store, and its end. */
export interface StoreEntry {
  readonly recordType: 'store';
  readonly store: {
    readonly state: 'failing' | 'recovered';
    readonly code: string;
    readonly message: string;
    /** Records that could not be written, and whose requests were answered all the same. */
    readonly unrecorded: number;
  };
}

export interface StartEntry {
  readonly recordType: 'start';
  readonly start: {
    /** Ed25519, SPKI DER in base64; the private half is never written anywhere. */
    readonly publicKey: string;
    readonly durability: Durability;
    readonly pid: number;
    readonly host: string;
  };
}

/** What the folder of records survives: nothing but the process's own crash with its pod, a node, or whatever the collector keeps. */
export type Durability = 'disk' | 'pod' | 'volume' | 'collector';

export interface StopEntry {
  readonly recordType: 'stop';
  readonly stop: { readonly reason: string };
}

/** How the chain of an earlier instance in the same folder ended, written by the next one. */
export interface InstanceEndedEntry {
  readonly recordType: 'instance-ended';
  readonly ended: {
    readonly endedInstance: string;
    readonly how: 'stopped' | 'crashed';
    readonly lastSeq: number;
    readonly lastHash: string;
    /** An unfinished last line, moved to a file beside the segment. */
    readonly torn?: { readonly file: string; readonly bytes: number; readonly sha256: string };
  };
}

/** First record of each file. */
export interface SegmentEntry {
  readonly recordType: 'segment';
  readonly segment: {
    readonly number: number;
    readonly previous: {
      readonly number: number;
      readonly lastSeq: number;
      readonly lastHash: string;
      /** Bytes of the file before that count; what follows them was never acknowledged. */
      readonly bytes: number;
    } | null;
  };
}

/** A signature over the chain so far; worth most where a copy of it is kept elsewhere. */
export interface CheckpointEntry {
  readonly recordType: 'checkpoint';
  readonly checkpoint: {
    readonly lastSeq: number;
    readonly lastHash: string;
    readonly publicKey: string;
    /** Ed25519 over `seccomply-checkpoint-v1\n<instance>\n<lastSeq>\n<lastHash>\n`, base64. */
    readonly signature: string;
  };
}
