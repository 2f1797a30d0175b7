import type { AuditEntry } from '../../core/audit/record.js';
import { randomDigits, recordIdOf } from '../../core/audit/record-id.js';
import { formatMicroseconds } from '../../core/audit/record-time.js';
import type { Clock } from '../../system/clock.js';
import { RandomPool } from './random-pool.js';

/** The identity and time of a record. */
export interface Stamp {
  readonly recordId: string;
  readonly time: string;
}

/** An entry with its identity and time; the chain adds the rest. */
export interface StampedEntry extends Stamp {
  readonly entry: AuditEntry;
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

  next(): Stamp {
    return { recordId: this.newRecordId(), time: this.now() };
  }
}
