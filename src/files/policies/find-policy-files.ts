import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Unreadable } from '../../core/policy/load/document-set.js';
import type { Problem } from '../../core/problem/problem.js';
import { errnoOf, messageOf } from '../../system/errno.js';

/** One file to read, under the name that people know it by. */
export interface PolicyFile {
  readonly path: string;
  /** Changes whenever the file is another one or was written to. */
  readonly stamp: string;
  readonly bytes: number;
  /** When it was last written to, in milliseconds since 1970. */
  readonly modified: number;
}

export interface PolicyFiles {
  /** In the order of the paths given, within a folder by name. */
  readonly files: readonly PolicyFile[];
  /** The folders that were searched, each with what tells it from another folder of the same name. */
  readonly folders: ReadonlyMap<string, string>;
  /** The folders of the paths given, with the names in them that matter. */
  readonly parents: ReadonlyMap<string, ParentFolder>;
  readonly unreadable: readonly Unreadable[];
}

export interface ParentFolder {
  readonly identity: string;
  readonly names: ReadonlySet<string>;
}

const MAX_DEPTH = 32;

/**
 * Finds policy files. A path may be a file (of any name) or a folder, which is searched with all its subfolders for `*.yaml`,
 * `*.yml` and `*.json`, but not `*.test.yaml` and no names that start with a dot: so a ConfigMap's `..data` counts once, by the
 * links that show. A file reached twice counts once. `dataFolder` is passed over wherever it is met.
 */
export async function findPolicyFiles(paths: readonly string[], dataFolder?: string): Promise<PolicyFiles> {
  const search = new Search(dataFolder === undefined ? undefined : await realPathOf(resolve(dataFolder)));
  for (const path of paths) await search.root(path);
  return search;
}

class Search implements PolicyFiles {
  readonly files: PolicyFile[] = [];
  readonly folders = new Map<string, string>();
  readonly parents = new Map<string, { readonly identity: string; readonly names: Set<string> }>();
  readonly unreadable: Unreadable[] = [];
  readonly #seen = new Set<string>();
  readonly #dataFolder: string | undefined;

  constructor(dataFolder: string | undefined) {
    this.#dataFolder = dataFolder;
  }

  async root(given: string): Promise<void> {
    const path = given.length > 1 ? given.replace(/\/+$/, '') : given;
    await this.#parent(resolve(path));
    const entry = await this.#look(path, true);
    if (entry === undefined) return;
    if (entry.isDirectory()) await this.#folder(path, entry, await realPathOf(path), 0);
    else if (entry.isFile() || entry.isFIFO()) this.#file(path, entry, await realPathOf(path));
    else this.#fail(path, 'this is a device or a socket, and no file', 'give the path of a file or folder');
  }

  async #folder(path: string, folder: BigIntStats, real: string, depth: number): Promise<void> {
    if (real === this.#dataFolder) {
      if (depth === 0)
        this.#fail(path, 'this is the data folder, which Seccomply writes to', 'keep policies in another folder');
      return;
    }
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    if (depth > MAX_DEPTH)
      return this.#fail(path, `folders are nested more than ${MAX_DEPTH} deep`, 'move the policies up');
    this.folders.set(resolve(path), identityOf(folder));
    let entries: Dirent[];
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      return this.#failToRead(path, error, 'folder');
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const child = path === '/' ? `/${entry.name}` : `${path}/${entry.name}`;
      const isLink = entry.isSymbolicLink();
      if (!entry.isDirectory() && !isLink && !isPolicyFile(entry.name)) continue;
      const status = await this.#look(child, isPolicyFile(entry.name));
      if (status === undefined) continue;
      const realChild = isLink ? await realPathOf(child) : join(real, entry.name);
      if (status.isDirectory()) await this.#folder(child, status, realChild, depth + 1);
      else if (status.isFile() && isPolicyFile(entry.name)) this.#file(child, status, realChild);
    }
  }

  async #parent(path: string): Promise<void> {
    const parent = dirname(path);
    const known = this.parents.get(parent);
    if (known !== undefined) known.names.add(basename(path));
    else {
      const status = await this.#look(parent, false);
      if (status !== undefined)
        this.parents.set(parent, { identity: identityOf(status), names: new Set([basename(path)]) });
    }
  }

  #file(path: string, status: BigIntStats, real: string): void {
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    const { dev, ino, size, mtimeNs, ctimeNs } = status;
    this.files.push({
      path,
      stamp: [dev, ino, size, mtimeNs, ctimeNs].join(':'),
      bytes: Number(size),
      modified: Number(mtimeNs / 1_000_000n),
    });
  }

  async #look(path: string, isWanted: boolean): Promise<BigIntStats | undefined> {
    try {
      return await stat(path, { bigint: true });
    } catch (error) {
      if (isWanted) this.#failToRead(path, error, 'file or folder');
      return undefined;
    }
  }

  #failToRead(path: string, error: unknown, what: string): void {
    const { message, advice } = readFailure(error, what);
    this.#fail(path, message, advice);
  }

  #fail(path: string, message: string, advice: string): void {
    const problem: Problem = { code: 'PD020', severity: 'error', message, advice, place: { file: path } };
    this.unreadable.push({ path, problem });
  }
}

/** What to tell about a path that cannot be read. */
export function readFailure(error: unknown, what: string): { readonly message: string; readonly advice: string } {
  switch (errnoOf(error)) {
    case 'ENOENT':
      return {
        message: `there is no such ${what}`,
        advice: 'check the path; a link may point to something that is gone',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        message: `the user that Seccomply runs as has no permission to read this ${what}`,
        advice: 'allow reading it (chmod, or fsGroup in a pod)',
      };
    case 'ELOOP':
      return { message: 'this link leads back to itself', advice: 'remove the link' };
    case 'ENOTDIR':
      return { message: `there is no such ${what}: a part of the path is a file`, advice: 'check the path' };
    default:
      return { message: `this ${what} cannot be read: ${messageOf(error)}`, advice: 'check the path and the disk' };
  }
}

function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

function isPolicyFile(name: string): boolean {
  return /\.(?:ya?ml|json)$/.test(name) && !/\.test\.ya?ml$/.test(name);
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return resolve(path);
  }
}
