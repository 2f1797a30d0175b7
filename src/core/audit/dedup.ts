import { hash } from 'node:crypto';
import type { AdmissionEntry } from './admission-entry.js';
import type { FoldedEntry } from './log-entries.js';
import { formatMicroseconds } from './record-time.js';

/**
 * What makes two admissions the same to an auditor: who asked, for which owner and container, with which finding under which
 * policy text, as a hash, since thousands of keys are kept. Undefined where each one counts by itself: every use of an exemption
 * is on record.
 */
export function dedupKeyOf(entry: AdmissionEntry): string | undefined {
  if (entry.recordType === 'exemption') return undefined;
  const same = JSON.stringify([
    entry.recordType,
    entry.request.namespace,
    entry.request.dryRun,
    entry.request.operation,
    entry.actor.username,
    entry.workload?.kind,
    entry.workload?.name,
    entry.workload?.uid,
    entry.container?.name,
    entry.container?.image,
    entry.finding?.code,
    entry.finding?.requested,
    entry.policy?.contentSha256,
    entry.finding === undefined ? entry.decision.message : undefined,
    entry.otherFindings?.map((other) => [other.container.name, other.finding.code, other.policy.contentSha256]),
  ]);
  return hash('sha256', same, 'base64');
}

interface Window {
  /** What the count will say of the first record. Thousands of windows stay open for a minute: the entry itself would be much to keep. */
  readonly of: Omit<FoldedEntry['folded'], 'count' | 'firstTime' | 'lastTime'>;
  readonly opened: number;
  count: number;
  first: number;
  last: number;
}

interface DedupOptions {
  /** Microseconds a window stays open after its first record. */
  readonly window: number;
  /** Windows at a time; past it the oldest is closed early. */
  readonly limit: number;
}

/** Windows in which a record stands for its repeats. Times are microseconds since 1970, handed in. */
export class Dedup {
  readonly #options: DedupOptions;
  /** In the order they were opened. */
  readonly #windows = new Map<string, Window>();

  constructor(options: DedupOptions) {
    this.#options = options;
  }

  /** The id of the record that stands for this one too; undefined when it is the first and `open` has to follow. */
  repeat(key: string, now: number): string | undefined {
    const window = this.#windows.get(key);
    if (window === undefined || now >= window.opened + this.#options.window) return undefined;
    if (window.count === 0) window.first = now;
    window.count += 1;
    window.last = now;
    return window.of.recordId;
  }

  /** Opens a window for a first record; returns the counts of windows that had to close for it. */
  open(key: string, entry: AdmissionEntry, recordId: string, now: number): readonly FoldedEntry[] {
    const closed = [...this.#close(key)];
    while (this.#windows.size >= this.#options.limit) {
      const [oldest] = this.#windows.keys();
      if (oldest === undefined) break;
      closed.push(...this.#close(oldest));
    }
    this.#windows.set(key, { of: firstOf(entry, recordId), opened: now, count: 0, first: now, last: now });
    return closed;
  }

  /** Forgets a window whose first record never reached the disk. */
  forget(key: string, recordId: string): void {
    if (this.#windows.get(key)?.of.recordId === recordId) this.#windows.delete(key);
  }

  /** Closes the windows that are over and returns the counts of those that saw repeats. */
  due(now: number): readonly FoldedEntry[] {
    const closed: FoldedEntry[] = [];
    for (const [key, window] of this.#windows) {
      if (now < window.opened + this.#options.window) break;
      closed.push(...this.#close(key));
    }
    return closed;
  }

  closeAll(): readonly FoldedEntry[] {
    return [...this.#windows.keys()].flatMap((key) => this.#close(key));
  }

  #close(key: string): readonly FoldedEntry[] {
    const window = this.#windows.get(key);
    this.#windows.delete(key);
    if (window === undefined || window.count === 0) return [];
    return [
      {
        recordType: 'folded',
        folded: {
          ...window.of,
          count: window.count,
          firstTime: formatMicroseconds(window.first),
          lastTime: formatMicroseconds(window.last),
        },
      },
    ];
  }
}

function firstOf(entry: AdmissionEntry, recordId: string): Window['of'] {
  const owner = entry.workload;
  return {
    recordId,
    foldedType: entry.recordType,
    ...(entry.request.namespace === undefined ? {} : { namespace: entry.request.namespace }),
    ...(owner === undefined ? {} : { workload: `${owner.kind}/${owner.name ?? '?'}` }),
    ...(entry.container === undefined ? {} : { container: entry.container.name }),
    ...(entry.finding === undefined ? {} : { findingCode: entry.finding.code }),
    ...(entry.policy === undefined ? {} : { policy: entry.policy.name }),
  };
}
