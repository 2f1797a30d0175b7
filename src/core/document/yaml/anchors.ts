import { type Alias, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';

/** A string that an alias stands for counts as one more value for every so many characters. */
const VALUE_LENGTH = 100;

/** By how much a node that an alias stands for counts as more than one value. */
export function extraValues(node: unknown): number {
  return isScalar(node) && typeof node.value === 'string' ? Math.floor(node.value.length / VALUE_LENGTH) : 0;
}

/**
 * What the aliases (`*name`) of a document stand for. The package looks through the whole document for each of them, and goes down into
 * it; this needs every node once, in the order of the text and a collection before what is in it.
 */
export class Anchors {
  readonly #latest = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node | undefined>();

  /** Takes note of a node that stands in the text, and not for the sake of an alias. */
  see(node: unknown): void {
    if (isAlias(node)) this.#targets.set(node, this.#latest.get(node.source));
    else if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined)
      this.#latest.set(node.anchor, node);
  }

  targetOf(alias: Alias): Node | undefined {
    return this.#targets.get(alias);
  }
}
