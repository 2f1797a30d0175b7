import type { BigIntStats, Dirent } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MAX_FILE, sizeText } from '../../core/document/limits.js';
import type { Unreadable } from '../../core/policy/load/document-set.js';
import type { Problem } from '../../core/problem/problem.js';
import { errnoOf, messageOf } from '../../system/errno.js';
import { UnfitFile } from '../../system/read-bounded.js';
import { FolderWalk, realPathOf } from './folder-walk.js';

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

/** Bytes of all the files of one folder. */
const MAX_BYTES = 2 * MAX_FILE;

export interface FindOptions {
  /** Passed over wherever it is met. */
  readonly dataFolder?: string | undefined;
  /** Whether a path may be a pipe, which can be read once. */
  readonly pipes?: boolean | undefined;
}

/**
 * Finds policy files. A path may be a file (of any name) or a folder, which is searched with all its subfolders for `*.yaml`,
 * `*.yml` and `*.json`, but not `*.test.yaml` and no names that start with a dot: so a ConfigMap's `..data` counts once, by the
 * links that show. A file reached twice counts once. A folder with too much in it is not read at all.
 */
export async function findPolicyFiles(paths: readonly string[], options: FindOptions = {}): Promise<PolicyFiles> {
  const { dataFolder, pipes = false } = options;
  const search = new Search(dataFolder === undefined ? undefined : await realPathOf(resolve(dataFolder)), pipes);
  for (const path of paths) await search.root(path);
  return search;
}

class Search implements PolicyFiles {
  readonly files: PolicyFile[] = [];
  readonly folders = new Map<string, string>();
  readonly parents = new Map<string, { readonly identity: string; readonly names: Set<string> }>();
  readonly unreadable: Unreadable[] = [];
  readonly #walk = new FolderWalk();
  readonly #dataFolder: string | undefined;
  readonly #pipes: boolean;
  /** The real path of the folder that is searched now. */
  #root = '';
  #bytes = 0;

  constructor(dataFolder: string | undefined, pipes: boolean) {
    this.#dataFolder = dataFolder;
    this.#pipes = pipes;
  }

  async root(given: string): Promise<void> {
    const path = given.length > 1 ? given.replace(/(?<!\/)\/+$/, '') : given;
    await this.#parent(resolve(path));
    const entry = await this.#look(path, true);
    if (entry === undefined) return;
    const real = await realPathOf(path);
    if (entry.isDirectory()) await this.#rootFolder(path, entry, real);
    else if (entry.isFile() || (entry.isFIFO() && this.#pipes)) this.#file(path, entry, real);
    else this.#fail(path, 'this is a device, a socket or a pipe, and no file', 'give the path of a file or folder');
  }

  async #rootFolder(path: string, entry: BigIntStats, real: string): Promise<void> {
    const before = this.files.length;
    this.#root = real;
    this.#bytes = 0;
    this.#walk.restart();
    try {
      await this.#folder(path, entry, real, 0);
    } catch (error) {
      if (!(error instanceof UnfitFile)) throw error;
      // A part of the policies, chosen by how far the search came, is not what anyone meant.
      this.files.length = before;
      this.#failToRead(path, error, 'folder');
    }
  }

  async #folder(path: string, folder: BigIntStats, real: string, depth: number): Promise<void> {
    if (real === this.#dataFolder) {
      if (depth === 0)
        this.#fail(path, 'this is the data folder, which Seccomply writes to', 'keep policies in another folder');
      return;
    }
    if (!this.#walk.isNew(real)) return;
    let entries: readonly Dirent[];
    try {
      entries = await this.#walk.entries(path, depth);
    } catch (error) {
      if (this.#walk.isOver) throw error;
      return this.#failToRead(path, error, 'folder');
    } finally {
      if (!this.#walk.isOver) this.folders.set(resolve(path), identityOf(folder));
    }
    for (const entry of entries) {
      const child = path === '/' ? `/${entry.name}` : `${path}/${entry.name}`;
      const isLink = entry.isSymbolicLink();
      if (!entry.isDirectory() && !isLink && !isPolicyFile(entry.name)) continue;
      const status = await this.#look(child, isPolicyFile(entry.name));
      if (status === undefined) continue;
      const realChild = isLink ? await realPathOf(child) : join(real, entry.name);
      if (status.isDirectory()) {
        if (isLink && isAbove(realChild, this.#root)) this.#failLink(child);
        else await this.#folder(child, status, realChild, depth + 1);
      } else if (!isPolicyFile(entry.name)) continue;
      else if (status.isFile()) this.#file(child, status, realChild);
      else this.#fail(child, 'this is a device, a socket or a pipe, and no file', 'remove it, or give it another name');
    }
  }

  #failLink(path: string): void {
    const message = 'this link leads to a folder in which the policies themselves stand';
    this.#fail(path, message, 'remove the link, or let it lead to a folder that has policies in it and nothing else');
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

  /** @throws UnfitFile where there are too many bytes */
  #file(path: string, status: BigIntStats, real: string): void {
    if (!this.#walk.isNew(real)) return;
    // One that is larger than any is not read, and told by whoever would.
    if (status.size <= MAX_FILE) this.#bytes += Number(status.size);
    if (this.#bytes > MAX_BYTES) throw new UnfitFile('too-large', `it has more than ${sizeText(MAX_BYTES)} in it`);
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

const TOO_MUCH = 'keep nothing but policies in it, and no links to anything else';

/** What to tell about a path that cannot be read. */
export function readFailure(error: unknown, what: string): { readonly message: string; readonly advice: string } {
  if (error instanceof UnfitFile) {
    const message = `this ${what} is not read: ${error.message}`;
    if (error.reason === 'no-file') return { message, advice: 'give the path of a file' };
    return { message, advice: what === 'file' ? 'split it' : TOO_MUCH };
  }
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

/** Whether one real path is a folder around the other. */
function isAbove(real: string, other: string): boolean {
  return real !== other && (real === '/' || other.startsWith(`${real}/`));
}
