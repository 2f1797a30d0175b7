import type { ClientCertificateMode, Durability } from '../../core/audit/log-entries.js';
import type { ClusterIdentity, RecordSource } from '../../core/audit/record.js';
import type { Clock } from '../../system/clock.js';
import type { DurableFolder } from '../disk/durable-folder.js';

export interface AuditLogOptions {
  readonly source: Omit<RecordSource, 'instance'>;
  readonly cluster?: ClusterIdentity;
  /** What the folder survives; `disk` by default. */
  readonly durability?: Durability;
  /** For the record of the start, where admission is answered. */
  readonly clientCertificates?: ClientCertificateMode;
  /**
   * Gets the lines of records, with their ends, once they are on disk and before anyone is answered: standard output. Where it returns
   * true it still has the bytes, and they stay as they are; else they are written over.
   */
  readonly stream?: (lines: Buffer) => unknown;
  readonly hooks?: AuditLogHooks;
  /** Bytes after which the next file begins. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Bytes the whole folder may take; no limit of ours by default. */
  readonly maxBytes?: number;
  /** Bytes of disk kept back for the records that speak of trouble. Default 256 KiB. */
  readonly reserveBytes?: number;
  /** Seconds in which a record stands for its repeats. Default 60. */
  readonly dedupSeconds?: number;
  /**
   * Records of one namespace: at once, and how many a second come back. Default 50,000 and 5. Its share in bytes is a sixteenth of `maxBytes`,
   * or of what the disk had left where that is less.
   */
  readonly rateLimit?: { readonly burst: number; readonly perSecond: number };
  /** A signed checkpoint after so many records or seconds. Default 100 and 1. */
  readonly checkpoint?: { readonly records: number; readonly seconds: number };
  readonly clock?: Clock;
  readonly disk?: DurableFolder;
}

/** For metrics; called synchronously. */
interface AuditLogHooks {
  /** A batch is on disk; seconds from the start of the write to the end of the sync. */
  readonly written?: (records: number, seconds: number) => void;
  /** Records that could not be written. */
  readonly failed?: (code: string, records: number) => void;
  /** Admissions that the record of an earlier one and a count stand for. */
  readonly folded?: (admissions: number) => void;
  /** Admissions that were answered and are only counted, since their namespace is past its share. */
  readonly overQuota?: (admissions: number) => void;
  /** Uses of exemptions that were refused, since they could not be recorded. */
  readonly refused?: (code: string, uses: number) => void;
}
