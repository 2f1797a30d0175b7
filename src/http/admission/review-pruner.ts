import { below, type InputPath, inputSteps } from '../../core/admission/request/input-path.js';
import {
  afterColon,
  endOfJson,
  endOfString,
  escapeLength,
  MALFORMED,
  skipWhitespace,
  TOO_DEEP,
} from '../../core/document/json-scanner.js';
import { exceedsParsedSize } from './parsed-size-bound.js';
import { reviewHeadBytes } from './review-head.js';

export type PrunedReview =
  | { readonly text: string }
  | { readonly error: 'malformed-json' }
  /** With the beginning of the text, as far as `readReviewHead` needs it. */
  | { readonly error: 'json-too-deep' | 'too-many-values'; readonly head: string };

/** What is left of a request's members; plain data, since a thread is given it. */
export interface PruningPlan {
  readonly kept: readonly InputPath[];
  /** Objects whose strings are cut. */
  readonly shortened: readonly InputPath[];
  /** How many bytes are left of such a string. */
  readonly longest: number;
  /** Of an object: values that are left of `oldObject` only where they are, byte for byte, those of `object`, which stands before it. */
  readonly compared: readonly InputPath[];
  /** Bytes of memory that what is left may come to when it is parsed (`exceedsParsedSize`). */
  readonly parsedLimit: number;
}

/**
 * What makes the text of a review with only what is kept of it. Finding the ends of values takes a third of the time of parsing
 * them, and what is left can be no more than a few thousand values. The text is JSON exactly where the body is. Overwrites the body.
 */
export function reviewPruner(plan: PruningPlan): (body: Buffer, depthLimit: number) => PrunedReview {
  const review = placeOf(plan);
  return (body, depthLimit) => {
    const pruner = new Pruner(body);
    const start = skipWhitespace(body, 0);
    const end = pruner.walk(review, start, depthLimit);
    if (end === TOO_DEEP) return { error: 'json-too-deep', head: pruner.head(reviewHeadBytes) };
    if (end < 0 || skipWhitespace(body, end) !== body.length) return { error: 'malformed-json' };
    // Whatever else it is, it is no review.
    if (body[start] !== 0x7b) return { text: 'null' };
    const text = pruner.text();
    if (!exceedsParsedSize(text, plan.parsedLimit)) return { text };
    return { error: 'too-many-values', head: text.slice(0, reviewHeadBytes) };
  };
}

/** An object or list of a review of which not everything is kept. */
interface Place {
  readonly isList: boolean;
  /** What is known of its members, by the length of their keys. */
  readonly keys: readonly (readonly Key[] | undefined)[];
  /** Of a list: what is known of every entry. */
  readonly entries: Place | undefined;
  /** Whether members that are not known are kept, too. */
  readonly isOpen: boolean;
  /** How many bytes a string in it can have. */
  readonly longest: number;
}

interface Key {
  readonly bytes: Uint8Array;
  /** Undefined: all of it is kept. */
  readonly leadsTo: Place | undefined;
  /** For a value that is compared with that of the other object. */
  readonly compared: { readonly by: string; readonly isOld: boolean } | undefined;
}

function placeOf({ kept, shortened, longest, compared }: PruningPlan): Place {
  const paths = [...below('request', kept).map(inputSteps), ['kind'], ['apiVersion']];
  const cut = new Set(below('request', shortened));
  const sides: ReadonlyMap<string, Key['compared']> = new Map(
    compared.flatMap((by) =>
      ['object', 'oldObject'].map((side) => [`request.${side}.${by}`, { by, isOld: side === 'oldObject' }] as const),
    ),
  );
  const placeAt = (path: string, steps: readonly (readonly string[])[]): Place => {
    const keys: Key[][] = [];
    let entries: Place | undefined;
    for (const key of new Set(steps.flatMap(([first]) => first ?? []))) {
      if (key === '*') continue;
      const own = path === '' ? key : `${path}.${key}`;
      const further = steps.filter(([first]) => first === key).map(([, ...rest]) => rest);
      const isWhole = further.some(([next]) => next === undefined || next === '**');
      const leadsTo = isWhole ? undefined : placeAt(own, further);
      if (key === '[]') entries = leadsTo;
      else {
        keys[key.length] ??= [];
        keys[key.length]?.push({ bytes: Buffer.from(key), leadsTo, compared: sides.get(own) });
      }
    }
    return {
      isList: steps.some(([first]) => first === '[]'),
      keys,
      entries,
      isOpen: steps.some(([first]) => first === '*'),
      longest: cut.has(path) ? longest : Number.POSITIVE_INFINITY,
    };
  };
  return placeAt('', paths);
}

class Pruner {
  readonly #body: Buffer;
  /** What is kept of the body so far has been moved up to here, */
  #kept = 0;
  /** and what is before this has been looked at. */
  #seen = 0;
  /** What `object` has at the places that are compared. */
  #compared: Map<string, Buffer> | undefined;

  constructor(body: Buffer) {
    this.#body = body;
  }

  text(): string {
    this.#keepTo(this.#body.length);
    return this.#body.toString('utf8', 0, this.#kept);
  }

  /** The first bytes of the text before the end is known. */
  head(most: number): string {
    this.#keepTo(Math.min(this.#body.length, this.#seen + most));
    return this.#body.toString('utf8', 0, Math.min(this.#kept, most));
  }

  /** The end of the value that begins at `at`, or why there is none. */
  walk(place: Place, at: number, levels: number): number {
    if (this.#body[at] !== (place.isList ? 0x5b : 0x7b)) return endOfJson(this.#body, at, levels);
    if (levels === 0) return TOO_DEEP;
    return place.isList ? this.#walkList(place, at, levels - 1) : this.#walkObject(place, at, levels - 1);
  }

  #walkList({ entries }: Place, start: number, levels: number): number {
    const body = this.#body;
    let at = skipWhitespace(body, start + 1);
    if (body[at] === 0x5d) return at + 1;
    for (;;) {
      at = entries === undefined ? endOfJson(body, at, levels) : this.walk(entries, at, levels);
      if (at < 0) return at;
      at = skipWhitespace(body, at);
      if (body[at] === 0x5d) return at + 1;
      if (body[at] !== 0x2c) return MALFORMED;
      at = skipWhitespace(body, at + 1);
    }
  }

  #walkObject({ keys, isOpen, longest }: Place, start: number, levels: number): number {
    const body = this.#body;
    let at = skipWhitespace(body, start + 1);
    if (body[at] === 0x7d) return at + 1;
    let comma = -1;
    /** Where members begin that are dropped, with the comma before them if there is one. */
    let run = -1;
    for (;;) {
      const key = at;
      at = endOfString(body, key);
      if (at < 0) return at;
      const found = keyAt(keys[at - key - 2], body, key + 1);
      // A key with an escape in it could be any.
      let isKept = found !== undefined || isOpen || hasEscape(body, key, at);
      const value = afterColon(body, at);
      if (value < 0) return value;
      if (found?.compared !== undefined) {
        const end = endOfJson(body, value, levels);
        if (end < 0) return end;
        isKept = this.#compare(found.compared, value, end);
      }
      if (isKept) {
        if (run >= 0) {
          this.#drop(run, body[run] === 0x2c ? comma : key);
          run = -1;
        }
        const leadsTo = found?.leadsTo;
        at = leadsTo === undefined ? endOfJson(body, value, levels) : this.walk(leadsTo, value, levels);
        if (at - value > longest) this.#shorten(value, longest, at);
      } else {
        if (run < 0) run = comma < 0 ? key : comma;
        at = endOfJson(body, value, levels);
      }
      if (at < 0) return at;
      at = skipWhitespace(body, at);
      if (body[at] === 0x7d) {
        if (run >= 0) this.#drop(run, at);
        return at + 1;
      }
      if (body[at] !== 0x2c) return MALFORMED;
      comma = at;
      at = skipWhitespace(body, at + 1);
    }
  }

  /** Whether the value stays. */
  #compare({ by, isOld }: NonNullable<Key['compared']>, value: number, end: number): boolean {
    const bytes = this.#body.subarray(value, end);
    if (isOld) return this.#compared?.get(by)?.equals(bytes) === true;
    this.#compared ??= new Map();
    this.#compared.set(by, Buffer.from(bytes));
    return true;
  }

  #drop(from: number, to: number): void {
    this.#keepTo(from);
    this.#seen = to;
  }

  /** Keeps the beginning of a string, up to where a character ends. */
  #shorten(from: number, most: number, to: number): void {
    const body = this.#body;
    if (body[from] !== 0x22) return;
    let end = from + 1;
    for (let at = end; at < from + most; at += body[at] === 0x5c ? escapeLength(body, at) : 1) end = at;
    while (((body[end] as number) & 0xc0) === 0x80) end -= 1;
    this.#drop(end, to - 1);
  }

  #keepTo(end: number): void {
    if (this.#kept !== this.#seen) this.#body.copyWithin(this.#kept, this.#seen, end);
    this.#kept += end - this.#seen;
    this.#seen = end;
  }
}

function keyAt(keys: readonly Key[] | undefined, body: Buffer, at: number): Key | undefined {
  if (keys === undefined) return undefined;
  for (const key of keys) {
    const { bytes } = key;
    let same = 0;
    while (same < bytes.length && bytes[same] === body[at + same]) same += 1;
    if (same === bytes.length) return key;
  }
  return undefined;
}

/** Six bytes for the only letter of a name, and the quotes. */
const shortestEscaped = 8;

/** Whether the string from `start` to `end` has an escape for a letter. */
function hasEscape(body: Buffer, start: number, end: number): boolean {
  if (end - start < shortestEscaped) return false;
  for (let at = start; at < end; at += 1) if (body[at] === 0x5c) return true;
  return false;
}
