import { type DocumentSet, documentSet, type Unreadable } from '../../core/policy/load/document-set.js';
import type { Problem } from '../../core/problem/problem.js';
import { findPolicyFiles, type PolicyFile, type PolicyFiles } from './find-policy-files.js';
import { type ParsedFile, readPolicyFiles, type ThreadOptions } from './read-policy-files.js';

/** What the files say now: the documents in force, and everything a person should know about the others. */
export interface PolicyLoad {
  readonly documents: DocumentSet;
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
  /** Of the documents in force. */
  readonly contentSha256: string;
}

export interface LoadOptions extends ThreadOptions {
  /** Passed over wherever it is met: Seccomply writes there. */
  readonly dataFolder?: string | undefined;
  /** Whether a path may be a pipe, such as a shell's `<(command)`: only where it is read once. Default no. */
  readonly pipes?: boolean | undefined;
  /** Where bad documents take their last good version from. */
  readonly previous?: DocumentSet | undefined;
}

/** Reads policies, exemptions and namespaces from files and folders. Bad input gives problems; it never throws for it. */
export async function loadPolicies(paths: readonly string[], options: LoadOptions = {}): Promise<PolicyLoad> {
  return new PolicyReader(paths, options).load(options.previous);
}

interface Stamped {
  readonly stamp: string;
  /** It was written to so shortly before it was read that a later write may have left the same stamp. */
  readonly uncertain: boolean;
}

/** What a file said when it was read last. One that took the thread minutes must not do so at every look. */
type CachedFile = Stamped & (ParsedFile | (Unreadable & { readonly until: number }));

/** Reads the same paths again and again, and parses only what has changed. */
export class PolicyReader {
  readonly #paths: readonly string[];
  readonly #options: LoadOptions;
  #cache: ReadonlyMap<string, CachedFile> = new Map();
  /** What could not be found at the last load. */
  #notFound = '';
  /** From the first load on there are policies to answer by. */
  #isLoaded = false;

  constructor(paths: readonly string[], options: LoadOptions = {}) {
    this.#paths = paths;
    this.#options = options;
  }

  find(): Promise<PolicyFiles> {
    return findPolicyFiles(this.#paths, this.#options);
  }

  async load(previous?: DocumentSet, found?: PolicyFiles): Promise<PolicyLoad> {
    const { files, unreadable } = found ?? (await this.find());
    const now = Date.now();
    const toRead = files.filter((file) => !this.#isCertain(file));
    const failures: Unreadable[] = [...unreadable];
    const parsed = new Map<string, ParsedFile>();
    const { pipes } = this.#options;
    const asked = toRead.map(({ path, bytes }) => {
      const cached = this.#cache.get(path);
      return {
        path,
        bytes,
        knownSha256: cached !== undefined && 'parsed' in cached ? cached.sha256 : undefined,
        pipes,
      };
    });
    for (const result of await readPolicyFiles(asked, { ...this.#options, besideCalls: this.#isLoaded }))
      if ('problem' in result) failures.push(result);
      else if ('parsed' in result) parsed.set(result.path, result);
    const failed = new Map(failures.map((failure) => [failure.path, failure]));
    const next = new Map<string, CachedFile>();
    for (const file of files) {
      const { path, stamp } = file;
      const uncertain = this.#isCertain(file) ? false : Math.abs(now - file.modified) < CLOCK_STEP;
      const failure = failed.get(path);
      const result = parsed.get(path) ?? this.#cache.get(path);
      if (failure?.lasting === true) next.set(path, { ...failure, stamp, uncertain, until: now + RETRY });
      else if (failure === undefined && result !== undefined) next.set(path, { ...result, stamp, uncertain });
      if (failure === undefined && result !== undefined && 'problem' in result) failures.push(result);
    }
    this.#cache = next;
    this.#isLoaded = true;
    this.#notFound = JSON.stringify(unreadable);
    const set = documentSet(
      [...next.values()].flatMap((file) => ('parsed' in file ? [file.parsed] : [])),
      previous,
      failures,
    );
    return { ...set, contentSha256: set.documents.contentSha256 };
  }

  /** Whether the file is as it was when it was read last, by its stamp alone. */
  #isCertain({ path, stamp }: PolicyFile): boolean {
    const cached = this.#cache.get(path);
    if (cached === undefined || cached.stamp !== stamp || cached.uncertain) return false;
    return 'parsed' in cached || Date.now() < cached.until;
  }

  /** Whether reading again could bring anything new. */
  needsLoad({ files, unreadable }: PolicyFiles): boolean {
    if (JSON.stringify(unreadable) !== this.#notFound || files.length !== this.#cache.size) return true;
    return !files.every((file) => this.#isCertain(file));
  }
}

/** File systems keep time in steps of up to two seconds. */
const CLOCK_STEP = 2000;
/** After so long a file that could not be read is tried again as it is, in ms: it may have been the memory that was short. */
const RETRY = 600_000;
