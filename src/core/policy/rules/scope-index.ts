import { addRanks, append, GlobIndex, type GlobKey, globKey, type Rank, type RankLists } from '../match/glob-index.js';
import { parseImagePattern } from '../match/image-pattern.js';
import type { LabelSelector, Labels } from '../match/label-selector.js';
import type { PodFacts } from '../match/pod-facts.js';
import type { PolicyMatch } from '../schema/policy-schema.js';

/** What a document is found by. */
export interface IndexEntry {
  readonly match: PolicyMatch | undefined;
  /** Where it only ever concerns containers with certain images: all the patterns; else undefined. */
  readonly images: readonly string[] | undefined;
  /** Where it only ever concerns containers with certain names: all the patterns. */
  readonly containers?: readonly string[] | undefined;
  /** Where it only ever concerns certain policies: their names. */
  readonly policies?: readonly string[] | undefined;
  /** Where it only ever concerns containers that run with certain profiles: all the patterns. */
  readonly profiles?: readonly string[] | undefined;
}

/** What documents are looked for by. */
export interface IndexQuery {
  readonly pod: PodFacts;
  /** Of all its images (`imageIndexKeys`); may be empty unless `asksImages`. */
  readonly imageKeys: readonly string[];
  /** Of all its containers. */
  readonly containers?: readonly string[];
  readonly policy?: string;
  /** As it is written. */
  readonly profile?: string;
}

/** A condition under which a document is indexed: it counts for a pod only if the pod has one of these keys. */
type IndexCondition =
  | { readonly by: GlobBy; readonly keys: readonly GlobKey[] }
  | {
      readonly by: 'namespace-label' | 'pod-label';
      readonly key: string;
      readonly values: readonly string[] | undefined;
    }
  | { readonly by: 'image' | 'policy' | 'profile'; readonly keys: readonly string[] };

type GlobBy = 'namespace' | 'account-namespace' | 'account-name' | 'container';

/** Below this, trying each document is as fast as looking it up. */
const SCAN_LIMIT = 16;
/** How many documents are indexed between two pauses. */
const SLICE = 256;

/**
 * Finds the documents that could be for a pod. Each is indexed under that one of its conditions that it shares with the fewest
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
  readonly #containers = new GlobIndex();
  readonly #images = new Map<string, Rank[]>();
  readonly #policies = new Map<string, Rank[]>();
  readonly #profiles = new Map<string, Rank[]>();
  #onlyEverywhere = true;

  /** `documents` are in order; their places are the ranks. Yields between slices of the work. */
  *build(count: number, entryAt: (rank: Rank) => IndexEntry): Generator<void, void, void> {
    const bucketSizes = new Map<string, number>();
    for (let rank = 0; rank < count; rank += 1) {
      for (const condition of conditionsOf(entryAt(rank))) countIn(bucketSizes, condition);
      if (rank % SLICE === SLICE - 1) yield;
    }
    const chosen: (IndexCondition | undefined)[] = [];
    const overfull: Rank[] = [];
    for (let rank = 0; rank < count; rank += 1) {
      const entry = entryAt(rank);
      const [condition, size] = mostSelective(conditionsOf(entry), bucketSizes);
      chosen.push(condition);
      if (size > SCAN_LIMIT && entry.images !== undefined) overfull.push(rank);
      if (rank % SLICE === SLICE - 1) yield;
    }
    if (overfull.length > SCAN_LIMIT) yield* chooseByImage(overfull, entryAt, bucketSizes, chosen);
    for (let rank = 0; rank < count; rank += 1) {
      this.#add(chosen[rank], rank);
      if (rank % SLICE === SLICE - 1) yield;
    }
  }

  /** Whether `candidates` looks at images. */
  get asksImages(): boolean {
    return this.#images.size > 0;
  }

  /** The ranks of all that could be for the pod, ascending, each once. */
  candidates({ pod, imageKeys, containers = NONE, policy, profile }: IndexQuery): readonly Rank[] {
    if (this.#onlyEverywhere) return this.#everywhere;
    const found: RankLists = [];
    this.#namespaces.collect(pod.namespace, found);
    if (!this.#accountNamespaces.isEmpty) this.#accountNamespaces.collect(pod.namespace, found);
    if (!this.#accountNames.isEmpty) this.#accountNames.collect(pod.serviceAccount, found);
    this.#namespaceLabels.collect(pod.namespaceLabels, found);
    this.#podLabels.collect(pod.labels, found);
    if (!this.#containers.isEmpty) for (const name of containers) this.#containers.collect(name, found);
    for (const key of imageKeys) addRanks(found, this.#images.get(key));
    if (policy !== undefined) addRanks(found, this.#policies.get(policy));
    if (profile !== undefined) addRanks(found, this.#profiles.get(profile));
    addRanks(found, this.#everywhere);
    return found.length > 1 ? ascending(found) : (found[0] ?? NONE);
  }

  #add(condition: IndexCondition | undefined, rank: Rank): void {
    if (condition === undefined) {
      this.#everywhere.push(rank);
      return;
    }
    this.#onlyEverywhere = false;
    switch (condition.by) {
      case 'namespace':
        for (const key of condition.keys) this.#namespaces.add(key, rank);
        return;
      case 'account-namespace':
        for (const key of condition.keys) this.#accountNamespaces.add(key, rank);
        return;
      case 'account-name':
        for (const key of condition.keys) this.#accountNames.add(key, rank);
        return;
      case 'namespace-label':
        this.#namespaceLabels.add(condition.key, condition.values, rank);
        return;
      case 'pod-label':
        this.#podLabels.add(condition.key, condition.values, rank);
        return;
      case 'container':
        for (const key of condition.keys) this.#containers.add(key, rank);
        return;
      case 'image':
        for (const key of condition.keys) append(this.#images, key, rank);
        return;
      case 'policy':
        for (const key of condition.keys) append(this.#policies, key, rank);
        return;
      case 'profile':
        for (const key of condition.keys) append(this.#profiles, key, rank);
    }
  }
}

const NONE: readonly never[] = [];

/** For documents that share every other condition with many: reading patterns costs more, so only they are asked. */
function* chooseByImage(
  ranks: readonly Rank[],
  entryAt: (rank: Rank) => IndexEntry,
  bucketSizes: Map<string, number>,
  chosen: (IndexCondition | undefined)[],
): Generator<void, void, void> {
  const conditions = new Map<Rank, IndexCondition>();
  for (const [done, rank] of ranks.entries()) {
    const keys = imageKeysOf(entryAt(rank).images ?? []);
    if (keys !== undefined) {
      const condition: IndexCondition = { by: 'image', keys };
      conditions.set(rank, condition);
      countIn(bucketSizes, condition);
    }
    if (done % SLICE === SLICE - 1) yield;
  }
  for (const [done, rank] of ranks.entries()) {
    const byImage = conditions.get(rank);
    const before = chosen[rank];
    if (byImage !== undefined)
      chosen[rank] = mostSelective(before === undefined ? [byImage] : [before, byImage], bucketSizes)[0];
    if (done % SLICE === SLICE - 1) yield;
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

  collect(labels: Labels, found: RankLists): void {
    if (this.#byKey.size === 0) return;
    for (const key in labels) {
      const entry = this.#byKey.get(key);
      if (entry === undefined || !Object.hasOwn(labels, key)) continue;
      const value = labels[key];
      if (typeof value !== 'string') continue;
      addRanks(found, entry.any);
      addRanks(found, entry.byValue.get(value));
    }
  }
}

function conditionsOf({ match = {}, containers, policies, profiles }: IndexEntry): readonly IndexCondition[] {
  const { namespaces, namespaceSelector, podSelector, serviceAccounts } = match;
  const conditions: IndexCondition[] = [];
  if (namespaces !== undefined) addGlobCondition(conditions, 'namespace', namespaces);
  if (serviceAccounts !== undefined) {
    addGlobCondition(
      conditions,
      'account-namespace',
      serviceAccounts.map((text) => text.slice(0, text.indexOf('/'))),
    );
    addGlobCondition(
      conditions,
      'account-name',
      serviceAccounts.map((text) => text.slice(text.indexOf('/') + 1)),
    );
  }
  if (podSelector !== undefined) addLabelConditions(conditions, 'pod-label', podSelector);
  if (namespaceSelector !== undefined) addLabelConditions(conditions, 'namespace-label', namespaceSelector);
  if (containers !== undefined) addGlobCondition(conditions, 'container', containers);
  if (policies !== undefined) conditions.push({ by: 'policy', keys: policies });
  if (profiles?.every((text) => !text.includes('*')) === true) conditions.push({ by: 'profile', keys: profiles });
  return conditions;
}

function addGlobCondition(conditions: IndexCondition[], by: GlobBy, globs: readonly string[]): void {
  const keys: GlobKey[] = [];
  for (const glob of globs) {
    const key = globKey(glob);
    if (key === undefined) return;
    keys.push(key);
  }
  conditions.push({ by, keys });
}

function addLabelConditions(
  conditions: IndexCondition[],
  by: 'namespace-label' | 'pod-label',
  selector: LabelSelector,
): void {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  for (const key of Object.keys(matchLabels)) conditions.push({ by, key, values: [matchLabels[key] ?? ''] });
  for (const { key, operator, values } of matchExpressions) {
    if (operator === 'In') conditions.push({ by, key, values: values ?? [] });
    else if (operator === 'Exists') conditions.push({ by, key, values: undefined });
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

function countIn(bucketSizes: Map<string, number>, condition: IndexCondition): void {
  for (const key of bucketNames(condition)) bucketSizes.set(key, (bucketSizes.get(key) ?? 0) + 1);
}

/** The condition under which the fewest others stand, at the fullest of its keys; and how many those are. */
function mostSelective(
  conditions: readonly IndexCondition[],
  bucketSizes: ReadonlyMap<string, number>,
): [IndexCondition | undefined, number] {
  let best: IndexCondition | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const condition of conditions) {
    let size = 0;
    for (const key of bucketNames(condition)) size = Math.max(size, bucketSizes.get(key) ?? 0);
    if (size < fewest) [best, fewest] = [condition, size];
  }
  return [best, fewest];
}

function bucketNames(condition: IndexCondition): readonly string[] {
  switch (condition.by) {
    case 'namespace-label':
    case 'pod-label':
      return condition.values === undefined
        ? [`${condition.by} ${condition.key}`]
        : condition.values.map((value) => `${condition.by} ${condition.key}=${value}`);
    case 'image':
    case 'policy':
    case 'profile':
      return condition.keys.map((key) => `${condition.by} ${key}`);
    default:
      return condition.keys.map(({ by, text }) => `${condition.by} ${by} ${text}`);
  }
}

/** All of them, sorted, doubles taken out: mostly a handful. */
function ascending(lists: RankLists): readonly Rank[] {
  const ranks: Rank[] = [];
  for (const list of lists) for (const rank of list) ranks.push(rank);
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
