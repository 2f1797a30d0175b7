import type { AuditEntry } from '../../core/audit/record.js';
import { randomDigits, recordIdOf } from '../../core/audit/record-id.js';
import { formatMicroseconds } from '../../core/audit/record-time.js';
import type { Clock } from '../../system/clock.js';
import { RandomPool } from './random-pool.js';

/** An entry with its identity and time; the chain adds the rest. */
export interface StampedEntry {
  readonly entry: AuditEntry;
  readonly recordId: string;
  readonly time: string;
}

/** Gives entries their ids and times. */
export class RecordStamps {
  readonly #clock: Clock;
  readonly #random = new RandomPool();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  newRecordId(microseconds = this.#clock.microseconds()): string {
    return recordIdOf(microseconds / 1000, this.#random.take(randomDigits));
  }

  now(): string {
    return formatMicroseconds(this.#clock.microseconds());
  }

  stamp(entry: AuditEntry): StampedEntry {
    return { entry, recordId: this.newRecordId(), time: this.now() };
  }
}
