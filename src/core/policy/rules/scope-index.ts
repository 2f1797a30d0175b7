import { append, appendAll, GlobIndex, type GlobKey, globKey, type Rank } from '../match/glob-index.js';
import { parseImagePattern } from '../match/image-pattern.js';
import type { LabelSelector, Labels } from '../match/label-selector.js';
import type { PodFacts } from '../match/pod-facts.js';
import type { PolicyMatch } from '../schema/policy-schema.js';

/** What a document is found by. */
export interface Filed {
  readonly match: PolicyMatch | undefined;
  /** Where it only ever concerns containers with certain images: all the patterns; else undefined. */
  readonly images: readonly string[] | undefined;
}

/** One way to file a document: it counts for a pod only if the pod has one of these keys. */
type Way =
  | { readonly by: 'namespace' | 'account-namespace' | 'account-name'; readonly keys: readonly GlobKey[] }
  | {
      readonly by: 'namespace-label' | 'pod-label';
      readonly key: string;
      readonly values: readonly string[] | undefined;
    }
  | { readonly by: 'image'; readonly keys: readonly string[] };

/** Below this, trying each document is as fast as looking it up. */
const CROWD = 16;
/** How many documents are filed between two pauses. */
const SLICE = 256;

/**
 * Finds the documents that could be for a pod. Each is filed under that one of its conditions that it shares with the fewest
 * others, so that 10,000 documents cost a call as little as ten, whichever condition tells them apart. What is found
 * still has to be asked whether it matches.
 */
export class ScopeIndex {
  /** Documents that nothing narrows down, in order. */
  readonly #everywhere: Rank[] = [];
  readonly #namespaces = new GlobIndex();
  readonly #accountNamespaces = new GlobIndex();
  readonly #accountNames = new GlobIndex();
  readonly #namespaceLabels = new LabelIndex();
  readonly #podLabels = new LabelIndex();
  readonly #images = new Map<string, Rank[]>();
  #onlyEverywhere = true;

  /** `documents` are in order; their places are the ranks. Yields between slices of the work. */
  *build(count: number, filedAt: (rank: Rank) => Filed): Generator<void, void, void> {
    const crowds = new Map<string, number>();
    for (let rank = 0; rank < count; rank += 1) {
      for (const way of waysOf(filedAt(rank).match)) countIn(crowds, way);
      if (rank % SLICE === SLICE - 1) yield;
    }
    const crowded: Rank[] = [];
    for (let rank = 0; rank < count; rank += 1) {
      const filed = filedAt(rank);
      const [way, crowd] = leastCrowded(waysOf(filed.match), crowds);
      if (crowd > CROWD && filed.images !== undefined) crowded.push(rank);
      else this.#file(way, rank);
      if (rank % SLICE === SLICE - 1) yield;
    }
    if (crowded.length > CROWD) yield* this.#fileByImage(crowded, filedAt, crowds);
    else for (const rank of crowded) this.#file(leastCrowded(waysOf(filedAt(rank).match), crowds)[0], rank);
    this.#everywhere.sort((a, b) => a - b);
  }

  /** Whether `candidates` looks at images. */
  get asksImages(): boolean {
    return this.#images.size > 0;
  }

  /** The ranks of all that could be for the pod, ascending, each once. `imageKeys`: of all its images; may be empty unless `asksImages`. */
  candidates(pod: PodFacts, imageKeys: readonly string[]): readonly Rank[] {
    if (this.#onlyEverywhere) return this.#everywhere;
    const found: Rank[] = [];
    this.#namespaces.collect(pod.namespace, found);
    if (!this.#accountNamespaces.isEmpty) this.#accountNamespaces.collect(pod.namespace, found);
    if (!this.#accountNames.isEmpty) this.#accountNames.collect(pod.serviceAccount, found);
    this.#namespaceLabels.collect(pod.namespaceLabels, found);
    this.#podLabels.collect(pod.labels, found);
    for (const key of imageKeys) appendAll(found, this.#images.get(key));
    if (found.length === 0) return this.#everywhere;
    appendAll(found, this.#everywhere);
    return ascending(found);
  }

  #file(way: Way | undefined, rank: Rank): void {
    if (way === undefined) {
      this.#everywhere.push(rank);
      return;
    }
    this.#onlyEverywhere = false;
    switch (way.by) {
      case 'namespace':
        for (const key of way.keys) this.#namespaces.add(key, rank);
        return;
      case 'account-namespace':
        for (const key of way.keys) this.#accountNamespaces.add(key, rank);
        return;
      case 'account-name':
        for (const key of way.keys) this.#accountNames.add(key, rank);
        return;
      case 'namespace-label':
        this.#namespaceLabels.add(way.key, way.values, rank);
        return;
      case 'pod-label':
        this.#podLabels.add(way.key, way.values, rank);
        return;
      case 'image':
        for (const key of way.keys) append(this.#images, key, rank);
    }
  }

  /** For documents that share every other condition with many: reading patterns costs more, so only they are asked. */
  *#fileByImage(
    ranks: readonly Rank[],
    filedAt: (rank: Rank) => Filed,
    crowds: Map<string, number>,
  ): Generator<void, void, void> {
    const ways = new Map<Rank, Way>();
    for (const [done, rank] of ranks.entries()) {
      const keys = imageKeysOf(filedAt(rank).images ?? []);
      if (keys !== undefined) {
        const way: Way = { by: 'image', keys };
        ways.set(rank, way);
        countIn(crowds, way);
      }
      if (done % SLICE === SLICE - 1) yield;
    }
    for (const [done, rank] of ranks.entries()) {
      const byImage = ways.get(rank);
      const all = [...waysOf(filedAt(rank).match), ...(byImage === undefined ? [] : [byImage])];
      this.#file(leastCrowded(all, crowds)[0], rank);
      if (done % SLICE === SLICE - 1) yield;
    }
  }
}

/** Documents by a label of which they need some value, or one of a few. */
class LabelIndex {
  readonly #byKey = new Map<string, { readonly any: Rank[]; readonly byValue: Map<string, Rank[]> }>();

  add(key: string, values: readonly string[] | undefined, rank: Rank): void {
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { any: [], byValue: new Map() };
      this.#byKey.set(key, entry);
    }
    if (values === undefined) entry.any.push(rank);
    else for (const value of values) append(entry.byValue, value, rank);
  }

  collect(labels: Labels, found: Rank[]): void {
    if (this.#byKey.size === 0) return;
    for (const key in labels) {
      const entry = this.#byKey.get(key);
      if (entry === undefined || !Object.hasOwn(labels, key)) continue;
      const value = labels[key];
      if (typeof value !== 'string') continue;
      appendAll(found, entry.any);
      appendAll(found, entry.byValue.get(value));
    }
  }
}

function waysOf(match: PolicyMatch | undefined): readonly Way[] {
  if (match === undefined) return [];
  const { namespaces, namespaceSelector, podSelector, serviceAccounts } = match;
  const ways: Way[] = [];
  if (namespaces !== undefined) addGlobWay(ways, 'namespace', namespaces);
  if (serviceAccounts !== undefined) {
    addGlobWay(
      ways,
      'account-namespace',
      serviceAccounts.map((text) => text.slice(0, text.indexOf('/'))),
    );
    addGlobWay(
      ways,
      'account-name',
      serviceAccounts.map((text) => text.slice(text.indexOf('/') + 1)),
    );
  }
  if (podSelector !== undefined) addLabelWays(ways, 'pod-label', podSelector);
  if (namespaceSelector !== undefined) addLabelWays(ways, 'namespace-label', namespaceSelector);
  return ways;
}

function addGlobWay(
  ways: Way[],
  by: 'namespace' | 'account-namespace' | 'account-name',
  globs: readonly string[],
): void {
  const keys: GlobKey[] = [];
  for (const glob of globs) {
    const key = globKey(glob);
    if (key === undefined) return;
    keys.push(key);
  }
  ways.push({ by, keys });
}

function addLabelWays(ways: Way[], by: 'namespace-label' | 'pod-label', selector: LabelSelector): void {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  for (const key of Object.keys(matchLabels)) ways.push({ by, key, values: [matchLabels[key] ?? ''] });
  for (const { key, operator, values } of matchExpressions) {
    if (operator === 'In') ways.push({ by, key, values: values ?? [] });
    else if (operator === 'Exists') ways.push({ by, key, values: undefined });
  }
}

function imageKeysOf(texts: readonly string[]): readonly string[] | undefined {
  const keys: string[] = [];
  for (const text of texts) {
    const parsed = parseImagePattern(text);
    if (!parsed.ok) continue;
    if (parsed.value.indexKey === undefined) return undefined;
    keys.push(parsed.value.indexKey);
  }
  return keys;
}

function countIn(crowds: Map<string, number>, way: Way): void {
  for (const key of crowdKeys(way)) crowds.set(key, (crowds.get(key) ?? 0) + 1);
}

/** The way under which the fewest others stand, at the fullest of its keys; and how many those are. */
function leastCrowded(ways: readonly Way[], crowds: ReadonlyMap<string, number>): [Way | undefined, number] {
  let best: Way | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const way of ways) {
    let crowd = 0;
    for (const key of crowdKeys(way)) crowd = Math.max(crowd, crowds.get(key) ?? 0);
    if (crowd < fewest) [best, fewest] = [way, crowd];
  }
  return [best, fewest];
}

function crowdKeys(way: Way): readonly string[] {
  switch (way.by) {
    case 'namespace-label':
    case 'pod-label':
      return way.values === undefined
        ? [`${way.by} ${way.key}`]
        : way.values.map((value) => `${way.by} ${way.key}=${value}`);
    case 'image':
      return way.keys.map((key) => `image ${key}`);
    default:
      return way.keys.map(({ by, text }) => `${way.by} ${by} ${text}`);
  }
}

/** Sorted, doubles taken out, in place: mostly a handful. */
function ascending(ranks: Rank[]): readonly Rank[] {
  ranks.sort((a, b) => a - b);
  let kept = 0;
  for (let at = 0; at < ranks.length; at += 1) {
    const rank = ranks[at];
    if (rank !== undefined && (at === 0 || rank !== ranks[kept - 1])) {
      ranks[kept] = rank;
      kept += 1;
    }
  }
  ranks.length = kept;
  return ranks;
}
