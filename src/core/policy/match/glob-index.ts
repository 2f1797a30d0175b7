/** A place in an order. */
export type Rank = number;

/** What was found under several keys, each list ascending. */
export type RankLists = (readonly Rank[])[];

/** How a glob is filed: by all of it, by what stands before its only star, or by what stands behind it. */
export type GlobKey = { readonly by: 'name' | 'prefix' | 'suffix'; readonly text: string };

/** Undefined: nothing at either end of the glob is fixed. */
export function globKey(glob: string): GlobKey | undefined {
  const star = glob.indexOf('*');
  if (star < 0) return { by: 'name', text: glob };
  if (star > 0) return { by: 'prefix', text: glob.slice(0, star) };
  const last = glob.lastIndexOf('*');
  return last < glob.length - 1 ? { by: 'suffix', text: glob.slice(last + 1) } : undefined;
}

/** Finds the globs that could match a name by their fixed ends, with one look for each length of end in use. */
export class GlobIndex {
  readonly #byName = new Map<string, Rank[]>();
  readonly #byPrefix = new Map<string, Rank[]>();
  readonly #bySuffix = new Map<string, Rank[]>();
  readonly #prefixLengths: number[] = [];
  readonly #suffixLengths: number[] = [];

  get isEmpty(): boolean {
    return this.#byName.size === 0 && this.#byPrefix.size === 0 && this.#bySuffix.size === 0;
  }

  add({ by, text }: GlobKey, rank: Rank): void {
    if (by === 'name') {
      append(this.#byName, text, rank);
      return;
    }
    const [map, lengths] =
      by === 'prefix' ? [this.#byPrefix, this.#prefixLengths] : [this.#bySuffix, this.#suffixLengths];
    append(map, text, rank);
    if (!lengths.includes(text.length)) lengths.push(text.length);
  }

  /** Adds the ranks of all that could match to `found`. */
  collect(name: string, found: RankLists): void {
    addRanks(found, this.#byName.get(name));
    for (const length of this.#prefixLengths)
      if (length <= name.length) addRanks(found, this.#byPrefix.get(name.slice(0, length)));
    for (const length of this.#suffixLengths)
      if (length <= name.length) addRanks(found, this.#bySuffix.get(name.slice(name.length - length)));
  }
}

export function append(map: Map<string, Rank[]>, key: string, rank: Rank): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [rank]);
  else if (list[list.length - 1] !== rank) list.push(rank);
}

export function addRanks(found: RankLists, ranks: readonly Rank[] | undefined): void {
  if (ranks !== undefined && ranks.length > 0) found.push(ranks);
}
