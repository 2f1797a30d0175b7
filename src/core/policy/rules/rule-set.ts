import type { Catalogue } from '../../profile/catalogue.js';
import type { DocumentSet } from '../load/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';
import { inPrecedence } from '../load/precedence.js';
import { type ExemptionSubject, subjectsAllowed } from '../match/exemption-pattern.js';
import type { Labels } from '../match/label-selector.js';
import type { PodFacts } from '../match/pod-facts.js';
import { type CompiledExemption, compileExemption, lifts } from './compiled-exemption.js';
import { type CompiledPolicy, compilePolicy } from './compiled-policy.js';
import { type ExemptionGroup, groupExemptions } from './exemption-group.js';
import { LazyPicks } from './lazy-picks.js';
import { NamespaceNeeds } from './namespace-needs.js';
import { isInScope } from './pod-scope.js';
import { builtInRequirement, type Requirement } from './requirement.js';
import { type IndexEntry, type IndexQuery, ScopeIndex } from './scope-index.js';

export interface RuleSetOptions {
  readonly catalogue: Catalogue;
  /** What the built-in requirement lets a container end up with, as in `require.profiles`; `off`: there is none. */
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds that an exemption may last from now. */
  readonly longestExemption: number;
}

/** The documents in force, ready to decide by. It never changes: a reload makes a new one. */
export interface RuleSet {
  readonly documents: DocumentSet;
  readonly catalogue: Catalogue;
  readonly contentSha256: string;
  readonly longestExemption: number;
  /** Absent with the baseline `off`. */
  readonly builtIn: Requirement | undefined;
  /** From the `Namespace` documents beside the policies. */
  namespaceLabels(name: string): Labels | undefined;
  /** Whether a decision on something in this namespace can depend on labels that only the cluster knows. */
  needsNamespaceLabels(namespace: string): boolean;
  /** Whether the next two want the keys of the pod's images (`imageIndexKeys`). */
  readonly asksImages: boolean;
  /** The policies whose `match` holds for the pod, of all modes, in order of precedence. */
  policiesFor(pod: PodFacts, imageKeys: readonly string[]): readonly CompiledPolicy[];
  /** The exemptions, in force or not, that lift a requirement for some container, in the order of their first names. */
  exemptionsFor(query: ExemptionQuery): LazyPicks<ExemptionGroup>;
  /** Those among which one that was meant for it is looked for: at most 64, whether or not they match. */
  exemptionsNear(query: ExemptionQuery): readonly ExemptionGroup[];
  /** Every policy, in order of precedence: for explaining, which looks at what did not match too. */
  allPolicies(): readonly CompiledPolicy[];
  allExemptions(): readonly CompiledExemption[];
}

export interface ExemptionQuery extends Required<IndexQuery> {
  /** What breaks the requirement of `policy` that is to be lifted; `profile` is the same as it is written. */
  readonly subject: ExemptionSubject;
}

/** Compiles in one go. */
export function compileRuleSet(documents: DocumentSet, options: RuleSetOptions): RuleSet {
  const steps = compiling(documents, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, with a `pause` after every millisecond or so of work. */
export async function compileRuleSetInSlices(
  documents: DocumentSet,
  options: RuleSetOptions,
  pause: () => Promise<void>,
): Promise<RuleSet> {
  const steps = compiling(documents, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pause();
  }
}

const SLICE = 256;

function* compiling(documents: DocumentSet, options: RuleSetOptions): Generator<void, RuleSet, void> {
  const policies = yield* inPrecedence(documents.policies);
  const exemptions = [...documents.exemptions].sort((a, b) => (a.reference.name < b.reference.name ? -1 : 1));
  yield;
  const needs = new NamespaceNeeds();
  for (const list of [policies, exemptions])
    for (const [done, { value }] of list.entries()) {
      needs.add(value.spec.match);
      if (done % SLICE === SLICE - 1) yield;
    }
  const policyIndex = new ScopeIndex();
  yield* policyIndex.build(policies.length, (rank) => policyEntry(policies[rank]));
  const groups = yield* groupExemptions(exemptions, SLICE);
  const exemptionIndex = new ScopeIndex();
  yield* exemptionIndex.build(groups.length, (rank) => exemptionEntry(groups[rank]?.first));
  return new IndexedRuleSet(documents, options, policies, policyIndex, exemptions, groups, exemptionIndex, needs);
}

const MOST_NEAR = 64;
const NO_EXEMPTIONS = new LazyPicks<ExemptionGroup>([], () => undefined);

class IndexedRuleSet implements RuleSet {
  readonly documents: DocumentSet;
  readonly catalogue: Catalogue;
  readonly contentSha256: string;
  readonly longestExemption: number;
  readonly builtIn: Requirement | undefined;
  readonly asksImages: boolean;
  readonly #namespaces: ReadonlyMap<string, Labels>;
  readonly #needs: NamespaceNeeds;
  readonly #policies: readonly LoadedPolicy[];
  readonly #policyIndex: ScopeIndex;
  /** Most of a large set is never asked about in one process, so each is compiled when it first is. */
  readonly #compiledPolicies: (CompiledPolicy | undefined)[];
  readonly #exemptions: readonly LoadedExemption[];
  readonly #exemptionGroups: readonly ExemptionGroup[];
  readonly #exemptionIndex: ScopeIndex;

  constructor(
    documents: DocumentSet,
    options: RuleSetOptions,
    policies: readonly LoadedPolicy[],
    policyIndex: ScopeIndex,
    exemptions: readonly LoadedExemption[],
    exemptionGroups: readonly ExemptionGroup[],
    exemptionIndex: ScopeIndex,
    needs: NamespaceNeeds,
  ) {
    this.documents = documents;
    this.catalogue = options.catalogue;
    this.contentSha256 = documents.contentSha256;
    this.longestExemption = options.longestExemption;
    this.builtIn = builtInRequirement(options.baseline);
    this.asksImages = policyIndex.asksImages || exemptionIndex.asksImages;
    this.#namespaces = new Map(documents.namespaces.map(({ name, labels }) => [name, labels]));
    this.#needs = needs;
    this.#policies = policies;
    this.#policyIndex = policyIndex;
    this.#compiledPolicies = new Array<CompiledPolicy | undefined>(policies.length).fill(undefined);
    this.#exemptions = exemptions;
    this.#exemptionGroups = exemptionGroups;
    this.#exemptionIndex = exemptionIndex;
  }

  namespaceLabels(name: string): Labels | undefined {
    return this.#namespaces.get(name);
  }

  needsNamespaceLabels(namespace: string): boolean {
    return this.#needs.includes(namespace);
  }

  policiesFor(pod: PodFacts, imageKeys: readonly string[]): readonly CompiledPolicy[] {
    const matching: CompiledPolicy[] = [];
    for (const rank of this.#policyIndex.candidates({ pod, imageKeys })) {
      const policy = this.#policyAt(rank);
      if (policy !== undefined && isInScope(policy.scope, pod)) matching.push(policy);
    }
    return matching;
  }

  exemptionsFor(query: ExemptionQuery): LazyPicks<ExemptionGroup> {
    const candidates = this.#exemptionIndex.candidates(query);
    if (candidates.length === 0) return NO_EXEMPTIONS;
    return new LazyPicks(candidates, (rank) => {
      const group = this.#exemptionGroups[rank];
      if (group === undefined || !lifts(group.terms, query.policy, query.subject)) return undefined;
      return isInScope(group.terms.scope, query.pod) ? group : undefined;
    });
  }

  exemptionsNear(query: ExemptionQuery): readonly ExemptionGroup[] {
    if (this.#exemptionGroups.length <= MOST_NEAR) return this.#exemptionGroups;
    return this.#exemptionIndex
      .candidates(query)
      .slice(0, MOST_NEAR)
      .flatMap((rank) => this.#exemptionGroups[rank] ?? []);
  }

  allPolicies(): readonly CompiledPolicy[] {
    return this.#policies.flatMap((_, rank) => this.#policyAt(rank) ?? []);
  }

  allExemptions(): readonly CompiledExemption[] {
    return this.#exemptions.map(compileExemption);
  }

  #policyAt(rank: number): CompiledPolicy | undefined {
    const known = this.#compiledPolicies[rank];
    if (known !== undefined) return known;
    const document = this.#policies[rank];
    if (document === undefined) return undefined;
    const compiled = compilePolicy(document, rank);
    this.#compiledPolicies[rank] = compiled;
    return compiled;
  }
}

/** A policy with a requirement is for every pod that it matches; one that only assigns, for the images of its rules. */
function policyEntry(policy: LoadedPolicy | undefined): IndexEntry {
  if (policy === undefined) return { match: undefined, images: undefined };
  const { match, require, assign = [] } = policy.value.spec;
  if (require !== undefined) return { match, images: undefined };
  const images: string[] = [];
  for (const rule of assign) {
    if (rule.images === undefined) return { match, images: undefined };
    images.push(...rule.images);
  }
  return { match, images };
}

function exemptionEntry(exemption: LoadedExemption | undefined): IndexEntry {
  if (exemption === undefined) return { match: undefined, images: undefined };
  const { match, images, containers, policies, allow } = exemption.value.spec;
  return { match, images, containers, policies, profiles: subjectsAllowed(allow) };
}
