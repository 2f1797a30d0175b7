import { hash } from 'node:crypto';

/** Longest text of a field in a record; names in Kubernetes have at most 253 characters, image references rarely over 512. */
const textLimit = 512;
/** Longest sentence in a record. */
export const messageLimit = 1_024;
/** Longest list in a record. */
export const listLimit = 32;

/**
 * A string fit for a record. Where it is longer than the limit, or holds half characters, it is cut and says of the whole how long it was and
 * its SHA-256, so that records of different texts differ. Undefined for anything but a non-empty string.
 */
export function recordedText(value: unknown, limit: number = textLimit): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.length <= limit && value.isWellFormed() ? value : cutText(value, limit);
}

/** The strings of a list, cut at the limit with a word on how many more there are. Undefined for anything but a list. */
export function recordedTexts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value
    .slice(0, listLimit)
    .map((item: unknown) => recordedText(item))
    .filter((item) => item !== undefined);
  return value.length > listLimit ? [...texts, restOfList(value.slice(listLimit))] : texts;
}

/** Stands for the end of a list that is left out: how many there were, and the SHA-256 of their JSON. */
export function restOfList(rest: readonly unknown[]): string {
  return `… and ${rest.length} more, SHA-256 ${hash('sha256', JSON.stringify(rest))}`;
}

/** A text cut to so many UTF-16 code units, the end included that says what the whole was. */
function cutText(text: string, units: number): string {
  const end = endOf(text);
  return `${text.slice(0, units - end.length).toWellFormed()}${end}`;
}

/** A well-formed text cut so that its JSON takes at most so many bytes (at least 128), with the same end. */
export function cutToBytes(text: string, bytes: number): string {
  // The quotation marks, and what the one character of the end that is not ASCII takes beyond its code unit.
  if (jsonBytesUpTo(text, bytes - 2) === text.length) return text;
  const end = endOf(text);
  return `${text.slice(0, jsonBytesUpTo(text, bytes - 2 - end.length - 2))}${end}`;
}

const cutEnd = /… \(\d+ characters, SHA-256 [0-9a-f]{64}\)$/;
const longestEnd = 110;

/** A text that was cut before keeps the end that speaks of the whole. */
function endOf(text: string): string {
  return cutEnd.exec(text.slice(-longestEnd))?.[0] ?? `… (${text.length} characters, SHA-256 ${digestOf(text)})`;
}

/** How many code units of a text, whole characters, have a JSON of at most so many bytes. */
function jsonBytesUpTo(text: string, bytes: number): number {
  let left = bytes;
  let units = 0;
  for (const character of text) {
    left -= jsonBytesOf(character);
    if (left < 0) return units;
    units += character.length;
  }
  return units;
}

function jsonBytesOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return '\b\t\n\f\r'.includes(character) ? 2 : 6;
  if (code < 0x80) return character === '"' || character === '\\' ? 2 : 1;
  return code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
}

export function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** The last few: one long text of a request may stand in each of its findings. */
const digests = new Map<string, string>();
const digestsKept = 4;

function digestOf(text: string): string {
  let digest = digests.get(text);
  if (digest === undefined) {
    if (digests.size >= digestsKept) digests.clear();
    // Half characters have no UTF-8: their JSON writes them as escapes.
    digest = hash('sha256', text.isWellFormed() ? text : JSON.stringify(text));
    digests.set(text, digest);
  }
  return digest;
}

/** Called at the end of a record: the texts of a request are not kept for longer. */
export function forgetCutTexts(): void {
  if (digests.size > 0) digests.clear();
}
