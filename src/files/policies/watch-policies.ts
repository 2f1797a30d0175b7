import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PolicyFile, PolicyFiles } from './find-policy-files.js';
import { type LoadOptions, type PolicyLoad, PolicyReader } from './load-policies.js';

export interface PolicyWatchOptions extends LoadOptions {
  /** How long files must be left alone before they are read, in ms. Default 100. */
  readonly settle?: number;
  /** How often everything is looked at whether or not a folder has told of a change, in ms. Default 10,000. */
  readonly poll?: number;
  /** Told when `onLoad` throws for a change. Without it that ends the process, as any defect does. */
  readonly onError?: (error: unknown) => void;
}

export interface PolicyWatch {
  /** Looks at the files now; resolves when what they say has been handed on. */
  refresh(): Promise<void>;
  close(): void;
}

/** Until then files that keep changing are waited for; then they are read as they are. */
const LONGEST_SETTLE = 3000;
const MAX_WATCHERS = 1000;

/**
 * Loads the policies, hands them to `onLoad`, and again whenever what the files say has changed: the documents in force or the
 * problems. Loads never overlap, and each waits for what `onLoad` returns.
 *
 * Folders are watched, not files: an editor that renames its copy into place, and a ConfigMap that swaps its `..data` link,
 * put another file under the same name. What the system does not tell (a network file system, a folder that was deleted
 * and made again) is found by looking at all files from time to time.
 */
export async function watchPolicies(
  paths: readonly string[],
  onLoad: (load: PolicyLoad) => void | Promise<void>,
  options: PolicyWatchOptions = {},
): Promise<PolicyWatch> {
  const watching = new Watching(paths, onLoad, options);
  try {
    await watching.start();
  } catch (error) {
    watching.close();
    throw error;
  }
  return watching;
}

class Watching implements PolicyWatch {
  readonly #reader: PolicyReader;
  readonly #onLoad: (load: PolicyLoad) => void | Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #settle: number;
  readonly #poll: number;
  readonly #watchers = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  #last: PolicyLoad | undefined;
  #lastSaid = '';
  #queue: Promise<void> = Promise.resolve();
  #debounce: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    paths: readonly string[],
    onLoad: (load: PolicyLoad) => void | Promise<void>,
    options: PolicyWatchOptions,
  ) {
    this.#reader = new PolicyReader(paths, options);
    this.#onLoad = onLoad;
    this.#onError = options.onError ?? rethrow;
    this.#settle = options.settle ?? 100;
    this.#poll = options.poll ?? 10_000;
    this.#last = options.previous === undefined ? undefined : { ...EMPTY, documents: options.previous };
  }

  async start(): Promise<void> {
    const found = await this.#reader.find();
    this.#watch(found);
    await this.#load(found);
    this.#timer = setInterval(() => this.#enqueue().catch(this.#onError), this.#poll).unref();
  }

  refresh(): Promise<void> {
    return this.#enqueue();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#debounce);
    clearInterval(this.#timer);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #enqueue(): Promise<void> {
    const look = this.#queue.then(() => this.#look());
    this.#queue = look.catch(() => undefined);
    return look;
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    let found = await this.#reader.find();
    if (this.#reader.needsLoad(found)) found = await this.#settled(found);
    this.#watch(found);
    if (!this.#closed && this.#reader.needsLoad(found)) await this.#load(found);
  }

  /** Waits until nothing changes any more: half a file, or a folder half copied, is not what anyone meant. */
  async #settled(first: PolicyFiles): Promise<PolicyFiles> {
    const end = Date.now() + LONGEST_SETTLE;
    let found = first;
    for (;;) {
      await pause(this.#settle);
      const again = await this.#reader.find();
      const isQuiet = fingerprint(again) === fingerprint(found) && !again.files.some(isJustEmptied);
      if (isQuiet || Date.now() > end || this.#closed) return again;
      found = again;
    }
  }

  async #load(first: PolicyFiles): Promise<void> {
    let found = first;
    let load = await this.#reader.load(this.#last?.documents, found);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const now = await this.#reader.find();
      if (fingerprint(now) === fingerprint(found)) break;
      // Written to while they were read: what was read may be half of each.
      found = now;
      load = await this.#reader.load(this.#last?.documents, found);
    }
    const said = whatItSays(load);
    if (this.#closed || said === this.#lastSaid) return;
    this.#last = load;
    this.#lastSaid = said;
    await this.#onLoad(load);
  }

  #watch({ folders, parents }: PolicyFiles): void {
    if (this.#closed) return;
    for (const [path, { identity, watcher }] of this.#watchers)
      if ((folders.get(path) ?? parents.get(path)?.identity) !== identity) {
        watcher.close();
        this.#watchers.delete(path);
      }
    for (const [path, identity] of folders) this.#watchFolder(path, identity, () => true);
    for (const [path, { identity, names }] of parents)
      this.#watchFolder(path, identity, (name) => names.has(name) || name.startsWith('..'));
  }

  #watchFolder(path: string, identity: string, concernsUs: (name: string) => boolean): void {
    if (this.#watchers.has(path) || this.#watchers.size >= MAX_WATCHERS) return;
    try {
      const watcher = watch(path, { persistent: false }, (event, name) => {
        if (event === 'rename' && name === basename(path)) this.#forget(path, watcher);
        else if (name !== null && !concernsUs(name)) return;
        this.#debounce ??= setTimeout(() => {
          this.#debounce = undefined;
          this.#enqueue().catch(this.#onError);
        }, this.#settle).unref();
      });
      watcher.on('error', () => this.#forget(path, watcher));
      this.#watchers.set(path, { identity, watcher });
    } catch {
      // Gone already, or the system has no watches left: looking from time to time finds its changes.
    }
  }

  /** The folder itself was moved or deleted: should it come back, it is another one. */
  #forget(path: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(path)?.watcher === watcher) this.#watchers.delete(path);
  }
}

const EMPTY: PolicyLoad = {
  documents: { policies: [], exemptions: [], namespaces: [], contentSha256: '' },
  problems: [],
  notes: [],
  contentSha256: '',
};

function rethrow(error: unknown): never {
  throw error;
}

function isJustEmptied({ bytes, modified }: PolicyFile): boolean {
  return bytes === 0 && Math.abs(Date.now() - modified) < 1000;
}

function fingerprint({ files, unreadable }: PolicyFiles): string {
  return [...files.map(({ path, stamp }) => `${path} ${stamp}`), ...unreadable.map(({ path }) => path)].join('\n');
}

/** Everything that a load tells: the documents with their places, and the problems. */
function whatItSays({ documents, problems, contentSha256 }: PolicyLoad): string {
  const origins = [...documents.policies, ...documents.exemptions].map(({ reference }) => reference.origin);
  return `${contentSha256}\n${origins.join('\n')}\n${JSON.stringify(problems)}`;
}
