import type { AdmissionEntry } from './admission-entry.js';
import type { PolicySetEntry, RegistrationEntry } from './configuration-entries.js';
import type {
  CheckpointEntry,
  FoldedEntry,
  InstanceEndedEntry,
  OverQuotaEntry,
  RefusedLateEntry,
  SegmentEntry,
  StartEntry,
  StopEntry,
  StoreEntry,
} from './log-entries.js';

/** Most bytes of a record on disk, its line end among them; container runtimes cut longer lines of a log in two. */
export const recordBytesLimit = 16 * 1024;

/**
 * The audit record, version 1. Everything a caller says is an `AuditEntry`; the log adds what makes it evidence (`Seal`).
 * Environment, arguments and secrets never get in: entries are built field by field, an object is never copied.
 */
export type AuditRecord = AuditEntry & Seal;

/** What the log adds: identity, order, time and the chain. */
interface Seal {
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
  | RefusedLateEntry
  | PolicySetEntry
  | RegistrationEntry
  | StoreEntry
  | StartEntry
  | StopEntry
  | InstanceEndedEntry
  | SegmentEntry
  | CheckpointEntry;
