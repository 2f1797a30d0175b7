export type Members = Readonly<Record<string, unknown>>;

/** The value as an object whose members can be asked for, or undefined; a list is none. */
export function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}

/** The same, with no members at all where the value is no object. */
export function membersOrNone(value: unknown): Members {
  return membersOf(value) ?? NONE;
}

const NONE: Members = Object.freeze({});

/** What the API server takes for absent. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
