import type { KubeObject } from './kube-object.js';

export type ObjectChange<V> =
  | { readonly type: 'added'; readonly key: string; readonly value: V }
  | { readonly type: 'updated'; readonly key: string; readonly value: V; readonly before: V }
  | { readonly type: 'deleted'; readonly key: string; readonly before: V };

/** What is kept of each object of a kind, by name or `namespace/name`. A version that is there already changes nothing. */
export class ObjectStore<T extends KubeObject, V> {
  readonly #kept = new Map<string, { readonly version: string; readonly value: V }>();
  readonly #keep: (object: T, before: V | undefined) => V | undefined;
  readonly #onChange: (change: ObjectChange<V>) => void;

  /** @param keep what to keep of an object, given what is kept of the version before; undefined: nothing, as if it were not there */
  constructor(keep: (object: T, before: V | undefined) => V | undefined, onChange: (change: ObjectChange<V>) => void) {
    this.#keep = keep;
    this.#onChange = onChange;
  }

  get(key: string): V | undefined {
    return this.#kept.get(key)?.value;
  }

  *values(): IterableIterator<V> {
    for (const { value } of this.#kept.values()) yield value;
  }

  *entries(): IterableIterator<readonly [string, V]> {
    for (const [key, { value }] of this.#kept) yield [key, value];
  }

  get size(): number {
    return this.#kept.size;
  }

  put(object: T): void {
    const key = objectKey(object);
    const version = object.metadata.resourceVersion ?? '';
    const known = this.#kept.get(key);
    if (known !== undefined && known.version === version) return;
    const value = this.#keep(object, known?.value);
    if (value === undefined) {
      this.delete(key);
      return;
    }
    this.#kept.set(key, { version, value });
    this.#onChange(
      known === undefined ? { type: 'added', key, value } : { type: 'updated', key, value, before: known.value },
    );
  }

  delete(key: string): void {
    const known = this.#kept.get(key);
    if (known === undefined) return;
    this.#kept.delete(key);
    this.#onChange({ type: 'deleted', key, before: known.value });
  }

  /** Deletes what is not among these. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#kept.keys()) if (!keys.has(key)) this.delete(key);
  }
}

export function objectKey({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? (metadata.name ?? '') : `${metadata.namespace}/${metadata.name ?? ''}`;
}
