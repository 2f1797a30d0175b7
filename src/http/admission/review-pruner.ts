import {
  afterColon,
  endOfJson,
  endOfText,
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

/** An object or list of a review in which there is something to leave out. */
interface Place {
  readonly isList: boolean;
  /** What is known of its members, by the length of their keys; of a list, of every entry. */
  readonly keys: readonly (readonly Key[] | undefined)[];
  readonly entries: Place | undefined;
  /** How many bytes a text in it can have. */
  readonly longest: number;
}

interface Key {
  readonly bytes: Uint8Array;
  /** Undefined: bulk. */
  readonly leadsTo: Place | undefined;
}

/** Longer than any profile's path (4096) by far; only whether such a value is there could still matter. */
const longestAnnotation = 16_384;

/** What of a pod no decision reads and no record shows; what is not named stays. */
const bulk = undefined;
const container = place({
  imagePullPolicy: bulk,
  command: bulk,
  args: bulk,
  workingDir: bulk,
  env: bulk,
  envFrom: bulk,
  lifecycle: bulk,
  livenessProbe: bulk,
  readinessProbe: bulk,
  startupProbe: bulk,
  resources: bulk,
  ports: bulk,
  terminationMessagePath: bulk,
  terminationMessagePolicy: bulk,
});
const containers: Place = { ...place({}), isList: true, entries: container };
const spec = place({
  containers,
  initContainers: containers,
  ephemeralContainers: containers,
  nodeSelector: bulk,
  affinity: bulk,
  tolerations: bulk,
  topologySpreadConstraints: bulk,
  hostAliases: bulk,
  dnsConfig: bulk,
  imagePullSecrets: bulk,
});
const annotations: Place = { ...place({}), longest: longestAnnotation };
const metadata = place({ annotations, managedFields: bulk });
const object = place({ metadata, spec, status: bulk });
const review = place({
  request: place({ object, oldObject: object, requestKind: bulk, requestResource: bulk, options: bulk }),
});

function place(members: Readonly<Record<string, Place | undefined>>): Place {
  const keys: Key[][] = [];
  for (const [text, leadsTo] of Object.entries(members)) {
    keys[text.length] ??= [];
    keys[text.length]?.push({ bytes: Buffer.from(text), leadsTo });
  }
  return { isList: false, keys, entries: undefined, longest: Number.POSITIVE_INFINITY };
}

/**
 * The text of a review without the bulk of its pod: managed fields, environments, probes, the status. That is most of a usual
 * pod, and finding its ends takes a third of the time of parsing it. The text is JSON exactly where the body is; pod templates,
 * of which a decision may compare every member, are left whole. Overwrites the body.
 */
export function pruneReview(body: Buffer, depthLimit: number): PrunedReview {
  const cutter = new Cutter(body);
  const start = skipWhitespace(body, 0);
  const end = cutter.walk(review, start, depthLimit);
  if (end === TOO_DEEP) return { error: 'json-too-deep', head: cutter.head(reviewHeadBytes) };
  if (end < 0 || skipWhitespace(body, end) !== body.length) return { error: 'malformed-json' };
  return { text: cutter.text() };
}

class Cutter {
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
    /** Where members begin that are left out, with the comma before them if there is one. */
    let run = -1;
    for (;;) {
      const key = at;
      at = endOfText(body, key);
      if (at < 0) return at;
      const found = keyAt(keys[at - key - 2], body, key + 1);
      const value = afterColon(body, at);
      if (value < 0) return value;
      if (found !== undefined && found.leadsTo === bulk) {
        if (run < 0) run = comma < 0 ? key : comma;
        at = endOfJson(body, value, levels);
      } else {
        if (run >= 0) {
          this.#cut(run, body[run] === 0x2c ? comma : key);
          run = -1;
        }
        at = found === undefined ? endOfJson(body, value, levels) : this.walk(found.leadsTo as Place, value, levels);
        if (at - value > longest) this.#shorten(value, longest, at);
      }
      if (at < 0) return at;
      at = skipWhitespace(body, at);
      if (body[at] === 0x7d) {
        if (run >= 0) this.#cut(run, at);
        return at + 1;
      }
      if (body[at] !== 0x2c) return MALFORMED;
      comma = at;
      at = skipWhitespace(body, at + 1);
    }
  }

  #cut(from: number, to: number): void {
    this.#keepTo(from);
    this.#seen = to;
  }

  /** Keeps the beginning of a text, up to where a character ends. */
  #shorten(from: number, most: number, to: number): void {
    const body = this.#body;
    if (body[from] !== 0x22) return;
    let end = from + 1;
    for (let at = end; at < from + most; at += body[at] === 0x5c ? escapeLength(body, at) : 1) end = at;
    while (((body[end] as number) & 0xc0) === 0x80) end -= 1;
    this.#cut(end, to - 1);
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
