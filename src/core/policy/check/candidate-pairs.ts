import { type ContainerTarget, imageKeysOf, namespacesOf } from './checked-policy.js';

export interface Pairs<T extends ContainerTarget> {
  /** Calls back for the others that could be for the same containers, by namespace and by image; most others are never looked at. */
  candidates(of: ContainerTarget, visit: (other: T) => void): void;
  /** How many others were handed out at most; once `budget` is used up, later calls hand out none. */
  readonly isExhausted: boolean;
}

/** Files targets so that 10,000 policies, each for its own namespace or image, are not compared each with each. */
export function pairsAmong<T extends ContainerTarget>(targets: readonly T[], budget: number): Pairs<T> {
  const byNamespace = new Buckets<T>(targets, namespacesOf);
  const byImage = new Buckets<T>(targets, imageKeysOf);
  let left = budget;
  return {
    candidates(of, visit) {
      const found = [byNamespace.near(namespacesOf(of)), byImage.near(imageKeysOf(of))].reduce((a, b) =>
        sizeOf(a) <= sizeOf(b) ? a : b,
      );
      for (const list of found)
        for (const other of list) {
          if (left <= 0) return;
          left -= 1;
          visit(other);
        }
    },
    get isExhausted() {
      return left <= 0;
    },
  };
}

class Buckets<T extends ContainerTarget> {
  readonly #all: readonly T[];
  /** For what is under no key. */
  readonly #wide: T[] = [];
  readonly #byKey = new Map<string, T[]>();

  constructor(all: readonly T[], keysOf: (target: ContainerTarget) => readonly string[] | undefined) {
    this.#all = all;
    for (const target of all) {
      const keys = keysOf(target);
      if (keys === undefined) this.#wide.push(target);
      for (const key of new Set(keys)) {
        const list = this.#byKey.get(key);
        if (list === undefined) this.#byKey.set(key, [target]);
        else list.push(target);
      }
    }
  }

  near(keys: readonly string[] | undefined): readonly (readonly T[])[] {
    if (keys === undefined) return [this.#all];
    const lists = [...new Set(keys)].map((key) => this.#byKey.get(key) ?? []);
    return [lists.length === 1 ? (lists[0] ?? []) : [...new Set(lists.flat())], this.#wide];
  }
}

function sizeOf(lists: readonly (readonly unknown[])[]): number {
  return lists.reduce((size, list) => size + list.length, 0);
}
