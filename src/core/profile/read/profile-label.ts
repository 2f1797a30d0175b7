import type { ParsedProfile } from './parsed-profile.js';

/** What one profile of several in a file is called: its name, or where it stands. */
export function labelOf({ name, placeOf, path }: ParsedProfile): string {
  return name ?? `the one in line ${placeOf(path).line}`;
}
