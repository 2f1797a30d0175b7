import { shortened } from '../text/quoted.js';
import type { AdmissionEntry } from './admission-entry.js';
import type { FoldedEntry } from './log-entries.js';
import { formatMicroseconds } from './record-time.js';

/** What stands for the repeats of one admission. `T` is what the owner of the windows wants to know of each. */
export interface Window<T> {
  readonly key: string;
  /** What the count will say of the first record. Thousands of windows stay open for a minute: the entry itself would be much to keep. */
  readonly of: Omit<FoldedEntry['folded'], 'count' | 'firstTime' | 'lastTime'>;
  readonly opened: number;
  readonly owned: T;
  readonly repeats: Repeats;
  isOpen: boolean;
  /** The windows opened before and after this one, while it is open. */
  earlier: Window<T> | undefined;
  later: Window<T> | undefined;
}

/** How many, and when the first and the last of them came. */
export class Repeats {
  count = 0;
  #first = 0;
  #last = 0;

  /** `wall`: what the wall clock says, in microseconds. */
  add(wall: number): void {
    if (this.count === 0) this.#first = wall;
    this.count += 1;
    this.#last = wall;
  }

  /** The record that counts them. */
  entryOf({ of }: Pick<Window<unknown>, 'of'>): FoldedEntry {
    const folded = {
      ...of,
      count: this.count,
      firstTime: formatMicroseconds(this.#first),
      lastTime: formatMicroseconds(this.#last),
    };
    return { recordType: 'folded', folded };
  }
}

interface DedupOptions {
  /** Microseconds a window stays open after its first record. */
  readonly window: number;
  /** Windows at a time; past it the oldest is closed early. */
  readonly limit: number;
}

/** Windows in which a record stands for its repeats. `now` are microseconds of a clock that only goes forward. Every call takes the same short time. */
export class Dedup<T> {
  readonly #options: DedupOptions;
  readonly #windows = new Map<string, Window<T>>();
  #oldest: Window<T> | undefined;
  #newest: Window<T> | undefined;

  constructor(options: DedupOptions) {
    this.#options = options;
  }

  /** The window that an admission falls into; undefined when it is the first and `open` has to follow. */
  find(key: string, now: number): Window<T> | undefined {
    const window = this.#windows.get(key);
    return window === undefined || now >= window.opened + this.#options.window ? undefined : window;
  }

  /** Opens a window for a first record. `closed` are those that had to close for it. */
  open(
    key: string,
    of: Window<T>['of'],
    owned: T,
    now: number,
  ): { readonly window: Window<T>; readonly closed: readonly Window<T>[] } {
    const closed: Window<T>[] = [];
    const before = this.#windows.get(key);
    if (before !== undefined) closed.push(this.close(before));
    if (this.#oldest !== undefined && this.#windows.size >= this.#options.limit) closed.push(this.close(this.#oldest));
    const window: Window<T> = {
      key,
      of,
      opened: now,
      owned,
      repeats: new Repeats(),
      isOpen: true,
      earlier: this.#newest,
      later: undefined,
    };
    if (this.#newest === undefined) this.#oldest = window;
    else this.#newest.later = window;
    this.#newest = window;
    this.#windows.set(key, window);
    return { window, closed };
  }

  /** Closes the windows that are over, and returns them. */
  due(now: number): readonly Window<T>[] {
    const closed: Window<T>[] = [];
    while (this.#oldest !== undefined && now >= this.#oldest.opened + this.#options.window)
      closed.push(this.close(this.#oldest));
    return closed;
  }

  closeAll(): readonly Window<T>[] {
    return this.due(Number.POSITIVE_INFINITY);
  }

  /** What is handed over is closed, whether it was or not. */
  close(window: Window<T>): Window<T> {
    if (!window.isOpen) return window;
    const { earlier, later } = window;
    if (earlier === undefined) this.#oldest = later;
    else earlier.later = later;
    if (later === undefined) this.#newest = earlier;
    else later.earlier = earlier;
    window.isOpen = false;
    window.earlier = undefined;
    window.later = undefined;
    this.#windows.delete(window.key);
    return window;
  }
}

/** Of its texts no more than tells a person what it is about: `recordId` names the record that has them whole. */
const longestText = 256;

/** What a count says of the record that it goes with. */
export function countedRecord(entry: AdmissionEntry, recordId: string): Window<unknown>['of'] {
  const { container, exemption, finding, policy, request, workload } = entry;
  return {
    recordId,
    foldedType: entry.recordType,
    ...(request.namespace === undefined ? {} : { namespace: shortened(request.namespace, longestText) }),
    ...(workload === undefined ? {} : { workload: shortened(`${workload.kind}/${workload.name ?? '?'}`, longestText) }),
    ...(container === undefined ? {} : { container: shortened(container.name, longestText) }),
    ...(finding === undefined ? {} : { findingCode: finding.code }),
    ...(policy === undefined ? {} : { policy: shortened(policy.name, longestText) }),
    ...(exemption === undefined ? {} : { exemption: shortened(exemption.name, longestText) }),
  };
}
