import { DECISION_INPUTS } from '../../core/admission/decide/decision-inputs.js';
import { below, type InputPath, isRead, stepsOf } from '../../core/admission/request/input-path.js';
import { belowEachList } from '../../core/admission/request/pod-containers.js';
import { RECORD_INPUTS } from '../../core/audit/entries/records-of.js';
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

/**
 * The text of a review without what is ignored of its pod: managed fields, environments, probes, the status. That is most of a
 * usual pod, and finding its ends takes a third of the time of parsing it. The text is JSON exactly where the body is; pod
 * templates, of which a decision may compare every member, are left whole. Overwrites the body.
 */
export function pruneReview(body: Buffer, depthLimit: number): PrunedReview {
  const pruner = new Pruner(body);
  const start = skipWhitespace(body, 0);
  const end = pruner.walk(REVIEW, start, depthLimit);
  if (end === TOO_DEEP) return { error: 'json-too-deep', head: pruner.head(reviewHeadBytes) };
  if (end < 0 || skipWhitespace(body, end) !== body.length) return { error: 'malformed-json' };
  return { text: pruner.text() };
}

/** Members of a review that are large or many, and say nothing about seccomp. What is not named here stays in the text. */
const CANDIDATES: readonly InputPath[] = [
  ...['requestKind', 'requestResource', 'options'],
  ...['object', 'oldObject'].flatMap((object) => below(object, ['status', 'metadata.managedFields'])),
  ...['object.spec', 'oldObject.spec'].flatMap((spec) =>
    below(spec, [
      ...['nodeSelector', 'affinity', 'tolerations', 'topologySpreadConstraints'],
      ...['hostAliases', 'dnsConfig', 'imagePullSecrets'],
      ...belowEachList([
        ...['imagePullPolicy', 'command', 'args', 'workingDir', 'env', 'envFrom', 'lifecycle'],
        ...['livenessProbe', 'readinessProbe', 'startupProbe', 'resources', 'ports'],
        ...['terminationMessagePath', 'terminationMessagePolicy'],
      ]),
    ]),
  ),
];

const INPUTS: readonly InputPath[] = [...DECISION_INPUTS, ...RECORD_INPUTS];

/** What is dropped of a request: of the candidates those that no decision reads and no record shows. */
export const IGNORED: readonly InputPath[] = CANDIDATES.filter((path) => !isRead(INPUTS, stepsOf(path)));

/** Members whose strings are cut: longer than any profile's path (4096) by far, only whether such a value is there could matter. */
const SHORTENED: readonly InputPath[] = ['object.metadata.annotations', 'oldObject.metadata.annotations'];
const LONGEST = 16_384;

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

const REVIEW = placeOf(below('request', IGNORED).map(stepsOf), below('request', SHORTENED).map(stepsOf));

function placeOf(ignored: readonly (readonly string[])[], shortened: readonly (readonly string[])[]): Place {
  const keys: Key[][] = [];
  let entries: Place | undefined;
  for (const key of new Set([...ignored, ...shortened].flatMap(([first]) => first ?? []))) {
    const rest = [ignored, shortened].map((paths) =>
      paths.filter(([first]) => first === key).map(([, ...more]) => more),
    );
    const [ignoredBelow = [], shortenedBelow = []] = rest;
    const leadsTo = ignoredBelow.some(({ length }) => length === 0) ? undefined : placeOf(ignoredBelow, shortenedBelow);
    if (key === '[]') entries = leadsTo;
    else {
      keys[key.length] ??= [];
      keys[key.length]?.push({ bytes: Buffer.from(key), leadsTo });
    }
  }
  const isShortened = shortened.some(({ length }) => length === 0);
  return { isList: entries !== undefined, keys, entries, longest: isShortened ? LONGEST : Number.POSITIVE_INFINITY };
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
      at = endOfText(body, key);
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

  /** Keeps the beginning of a text, up to where a character ends. */
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
