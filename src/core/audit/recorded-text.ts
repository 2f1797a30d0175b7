/** Longest text of a field in a record; names in Kubernetes have at most 253 characters, image references rarely over 512. */
export const textLimit = 512;

/** A string fit for a record: cut at the limit, half characters replaced. Undefined for anything but a non-empty string. */
export function recordedText(value: unknown, limit: number = textLimit): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const cut = value.length > limit ? `${value.slice(0, limit - 1)}…` : value;
  return cut.toWellFormed();
}
