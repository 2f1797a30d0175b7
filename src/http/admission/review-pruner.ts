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
import { reviewHeadBytes } from './review-head.js';

export type PrunedReview =
  | { readonly text: string }
  | { readonly error: 'malformed-json' }
  /** With the beginning of the text, as far as `readReviewHead` needs it. */
  | { readonly error: 'json-too-deep'; readonly head: string };

/** What is dropped of a request's members; plain data, since a thread is given it. */
export interface PruningPlan {
  readonly ignored: readonly InputPath[];
  /** Members whose strings are cut. */
  readonly shortened: readonly InputPath[];
  /** How many bytes are left of such a string. */
  readonly longest: number;
}

/**
 * What makes the text of a review without what is ignored of it. Finding the ends of values takes a third of the time of parsing
 * them. The text is JSON exactly where the body is. Overwrites the body.
 */
export function reviewPruner(plan: PruningPlan): (body: Buffer, depthLimit: number) => PrunedReview {
  const inReview = (paths: readonly InputPath[]): Paths => below('request', paths).map(inputSteps);
  const review = placeOf(inReview(plan.ignored), inReview(plan.shortened), plan.longest);
  return (body, depthLimit) => {
    const pruner = new Pruner(body);
    const start = skipWhitespace(body, 0);
    const end = pruner.walk(review, start, depthLimit);
    if (end === TOO_DEEP) return { error: 'json-too-deep', head: pruner.head(reviewHeadBytes) };
    if (end < 0 || skipWhitespace(body, end) !== body.length) return { error: 'malformed-json' };
    return { text: pruner.text() };
  };
}

/** An object or list of a review in which there is something to drop. */
interface Place {
  readonly isList: boolean;
  /** What is known of its members, by the length of their keys. */
  readonly keys: readonly (readonly Key[] | undefined)[];
  /** Of a list: what is known of every entry. */
  readonly entries: Place | undefined;
  /** How many bytes a string in it can have. */
  readonly longest: number;
}

interface Key {
  readonly bytes: Uint8Array;
  /** Undefined: ignored. */
  readonly leadsTo: Place | undefined;
}

type Paths = readonly (readonly string[])[];

function placeOf(ignored: Paths, shortened: Paths, longest: number): Place {
  const keys: Key[][] = [];
  let entries: Place | undefined;
  for (const key of new Set([...ignored, ...shortened].flatMap(([first]) => first ?? []))) {
    const ignoredBelow = pathsBelow(key, ignored);
    const shortenedBelow = pathsBelow(key, shortened);
    const leadsTo = ignoredBelow.some(({ length }) => length === 0)
      ? undefined
      : placeOf(ignoredBelow, shortenedBelow, longest);
    if (key === '[]') entries = leadsTo;
    else {
      keys[key.length] ??= [];
      keys[key.length]?.push({ bytes: Buffer.from(key), leadsTo });
    }
  }
  const isShortened = shortened.some(({ length }) => length === 0);
  return { isList: entries !== undefined, keys, entries, longest: isShortened ? longest : Number.POSITIVE_INFINITY };
}

function pathsBelow(key: string, paths: Paths): Paths {
  return paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
}

class Pruner {
  readonly #body: Buffer;
  /** What is kept of the body so far has been moved up to here, */
  #kept = 0;
  /** and what is before this has been looked at. */
  #seen = 0;

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

  #walkObject({ keys, longest }: Place, start: number, levels: number): number {
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
      const value = afterColon(body, at);
      if (value < 0) return value;
      const leadsTo = found?.leadsTo;
      if (found !== undefined && leadsTo === undefined) {
        if (run < 0) run = comma < 0 ? key : comma;
        at = endOfJson(body, value, levels);
      } else {
        if (run >= 0) {
          this.#drop(run, body[run] === 0x2c ? comma : key);
          run = -1;
        }
        at = leadsTo === undefined ? endOfJson(body, value, levels) : this.walk(leadsTo, value, levels);
        if (at - value > longest) this.#shorten(value, longest, at);
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
