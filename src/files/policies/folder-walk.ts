import type { Dirent } from 'node:fs';
import { opendir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UnfitFile } from '../../system/read-bounded.js';

/** Folders inside each other. */
const MAX_DEPTH = 32;
/** Folders that are looked into, and watched. */
export const MAX_FOLDERS = 1000;
/** Names in all of them; a file for each of ten thousand policies is far below. */
const MAX_NAMES = 100_000;

/**
 * A look through a folder and what is below it. A link can lead to a whole disk, and back to where it stands: every folder is looked
 * into once, and there is an end to their number.
 */
export class FolderWalk {
  readonly #seen = new Set<string>();
  #folders = 0;
  #names = 0;

  /** Whether there was more than is looked at. */
  get isOver(): boolean {
    return this.#folders > MAX_FOLDERS || this.#names > MAX_NAMES;
  }

  /** Whether a file or folder, by its real path, is met for the first time. */
  isNew(real: string): boolean {
    if (this.#seen.has(real)) return false;
    this.#seen.add(real);
    return true;
  }

  /** Begins to count anew, for another folder that was asked for. */
  restart(): void {
    this.#folders = 0;
    this.#names = 0;
  }

  /**
   * What is in a folder that is `depth` folders below the one that was asked for, by name, without the names that start with a dot.
   * @throws UnfitFile past the limits, and the error of the system
   */
  async entries(path: string, depth: number): Promise<readonly Dirent[]> {
    if (depth > MAX_DEPTH) throw new UnfitFile('too-large', `folders are nested more than ${MAX_DEPTH} deep`);
    this.#folders += 1;
    if (this.#folders > MAX_FOLDERS) throw tooMuch(`more than ${MAX_FOLDERS} folders`);
    const entries: Dirent[] = [];
    for await (const entry of await opendir(path, { bufferSize: 1024 })) {
      this.#names += 1;
      if (this.#names > MAX_NAMES) throw tooMuch(`more than ${MAX_NAMES.toLocaleString('en')} names`);
      if (!entry.name.startsWith('.')) entries.push(entry);
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function tooMuch(what: string): UnfitFile {
  return new UnfitFile('too-large', `it has ${what} in it`);
}

/** Where a path leads, links followed; the path itself where that cannot be told. */
export async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return resolve(path);
  }
}
