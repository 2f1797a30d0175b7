/** A part of a record that is being put together. */
export type Draft<T> = { -readonly [K in keyof T]?: T[K] };

/** Sets a member that there is something to say for. */
export function put<T, K extends keyof T>(part: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) part[key] = value;
}
