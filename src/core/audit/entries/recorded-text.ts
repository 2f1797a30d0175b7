/** Longest text of a field in a record; names in Kubernetes have at most 253 characters, image references rarely over 512. */
const textLimit = 512;
/** Longest sentence in a record. */
export const messageLimit = 1_024;
/** Longest list in a record. */
export const listLimit = 32;

/** A string fit for a record: cut at the limit, half characters replaced. Undefined for anything but a non-empty string. */
export function recordedText(value: unknown, limit: number = textLimit): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const cut = value.length > limit ? `${value.slice(0, limit - 1)}…` : value;
  return cut.toWellFormed();
}

/** The strings of a list, cut at the limit with a word on how many more there are. Undefined for anything but a list. */
export function recordedTexts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value
    .slice(0, listLimit)
    .map((item: unknown) => recordedText(item))
    .filter((item) => item !== undefined);
  return value.length > listLimit ? [...texts, `… and ${value.length - listLimit} more`] : texts;
}

export function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
