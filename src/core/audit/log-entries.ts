import type { AdmissionEntry } from './admission-entry.js';

/**
 * How often what `recordId` says happened again. Of denials, violations and the like one says it when the window is over; uses of exemptions
 * are each in one before they are answered, so that there may be several, which each count what they add.
 */
export interface FoldedEntry {
  readonly recordType: 'folded';
  readonly folded: {
    readonly recordId: string;
    readonly foldedType: AdmissionEntry['recordType'];
    /** Repeats, the first not counted, nor those of an earlier `folded` record. */
    readonly count: number;
    readonly firstTime: string;
    readonly lastTime: string;
    readonly namespace?: string;
    readonly workload?: string;
    readonly container?: string;
    readonly findingCode?: string;
    readonly policy?: string;
    readonly exemption?: string;
  };
}

/** A namespace is past its share of the record store: `reached` says so when it starts, `count` how many came after that. */
export interface OverQuotaEntry {
  readonly recordType: 'over-quota';
  readonly overQuota: {
    /** Empty for requests without one; `*` for all that are not told apart, since there are too many or the name is none. */
    readonly namespace: string;
    /** Its callers did not authenticate: they have a share of their own. */
    readonly unauthenticated?: true;
    readonly state: 'reached' | 'count';
    /** Admissions that were answered without a record of their own. */
    readonly count: number;
    /** Uses of exemptions that were refused, since there was no room to record them. */
    readonly refused?: number;
    readonly firstTime: string;
    readonly lastTime: string;
  };
}

/**
 * Uses of exemptions that earlier records tell or count as let through, and that were not: by the time they were on disk their callers had
 * been refused, or were gone. What `recordId` and the counts that go with it say, less what these say of it, was let through.
 */
export interface RefusedLateEntry {
  readonly recordType: 'refused-late';
  readonly refusedLate: {
    /** As in `over-quota`. */
    readonly namespace: string;
    readonly unauthenticated?: true;
    /** Of all of `uses`. */
    readonly count: number;
    readonly uses: readonly { readonly recordId: string; readonly count: number }[];
  };
}

/**
 * Trouble with the record store, and its end; its file was changed by somebody else while it was written to; or how an earlier instance ended
 * could not be told (`unreadable`).
 */
export interface StoreEntry {
  readonly recordType: 'store';
  readonly store: {
    readonly state: 'failing' | 'recovered' | 'changed' | 'unreadable';
    readonly code: string;
    readonly message: string;
    /** Records that could not be written since the last `recovered`, and whose requests were answered all the same. */
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
    /** Of a process that answers admission: whether callers are asked for a client certificate, and are refused without one. */
    readonly clientCertificates?: ClientCertificateMode;
  };
}

/** `none`: nobody is asked for a client certificate, and no caller is authenticated. */
export type ClientCertificateMode = 'none' | 'optional' | 'required';

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
    /** What `head.json` signed when the next start looked at it. Records of older versions do not say. */
    readonly head?: { readonly lastSeq: number; readonly lastHash: string } | 'missing' | 'unreadable';
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
    /** SHA-256 of this record without `hash`, `signature` and this. Checkpoints of older versions have none. */
    readonly recordSha256?: string;
    /**
     * Ed25519 over `seccomply-checkpoint-v2\n<instance>\n<lastSeq>\n<lastHash>\n<recordSha256>\n`, base64; without `recordSha256`, over
     * `seccomply-checkpoint-v1\n<instance>\n<lastSeq>\n<lastHash>\n`.
     */
    readonly signature: string;
  };
}
