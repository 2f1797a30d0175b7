import type { ProfileSubject } from '../../policy/match/profile-reference.js';
import { judgeProfile, judgesProfiles, type Requirement } from '../../policy/rules/requirement.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import { ALL_TYPES } from '../../policy/values/container-type.js';
import { type AssignmentOutcome, assign } from '../assign/assign.js';
import { type ContainerState, readingOf } from '../assign/container-state.js';
import type { PodReview } from '../request/pod-review.js';
import { type ProfileField, RUNTIME_DEFAULT, UNSET } from '../request/profile-field.js';
import type { ProfileSetting } from './profile-setting.js';

/** What comes of a repair; `awaited`: it is allowed as soon as the assigned profile is on the nodes. */
type Result = 'allowed' | 'awaited' | 'refused';

/** What can be done about a field that is refused, so that no requirement refuses it again. */
export interface Repairs {
  readonly removal: Result;
  readonly runtimeDefault: boolean;
  /** Other profiles that may be set instead, as policies name them; looked for when they are asked for. */
  others(): readonly string[];
}

/** So many containers that inherit a field are looked at, of those that differ in what they would get. */
const MOST_CONTAINERS = 64;
/** So many names are told, or one more where there are more. */
const MOST_OTHERS = 5;
/** So many catalogue profiles are tried, of those whose name is allowed: each may have to be compared with what a rule assigns. */
const MOST_TRIED = 32;
/** Judgements by a requirement, in one decision: what is not tried is not advised. */
const MOST_STEPS = 100_000;

/**
 * Tries what advice would say before it is said: each repair as `/mutate` would answer it, by every requirement that refuses.
 * Exemptions are left out, so one that is found holds without them.
 */
export class RepairFinder {
  readonly #rules: RuleSet;
  readonly #review: PodReview;
  #known: Map<ProfileSetting, Repairs> | undefined;
  #enforced: readonly Requirement[] | undefined;
  #isPodFieldAllowed: boolean | undefined;
  #steps = MOST_STEPS;

  constructor(rules: RuleSet, review: PodReview) {
    this.#rules = rules;
    this.#review = review;
  }

  /** @param asking a requirement that has to hold, too, where it only warns or records */
  for(setting: ProfileSetting, asking: Requirement | undefined): Repairs {
    const isExtra = asking !== undefined && asking.mode !== 'Enforce';
    const known = isExtra ? undefined : this.#known?.get(setting);
    if (known !== undefined) return known;
    this.#enforced ??= enforcedRequirements(this.#rules, this.#review);
    const repairs = this.#find(setting, isExtra ? [...this.#enforced, asking] : this.#enforced);
    if (!isExtra) {
      this.#known ??= new Map();
      this.#known.set(setting, repairs);
    }
    return repairs;
  }

  #find(setting: ProfileSetting, requirements: readonly Requirement[]): Repairs {
    // The field of a pod that runs stays, and a debug container may have its own beside it.
    const changesPod = setting.isPod && this.#review.target.form !== 'ephemeral';
    const states = distinct(changesPod ? setting.heirs : setting.states);
    const tried = (field: ProfileField): Result =>
      changesPod ? this.#asPodField(field, states, requirements) : this.#asOwnField(field, states, requirements);
    return {
      removal: this.#staysInherited(setting, requirements) ? tried(UNSET) : 'refused',
      runtimeDefault: tried(RUNTIME_DEFAULT) === 'allowed',
      others: () => this.#others(states, requirements, (field) => tried(field) === 'allowed'),
    };
  }

  /** A container that loses its own field inherits the pod's, which is told to change where it is refused itself. */
  #staysInherited({ isPod, heirs }: ProfileSetting, requirements: readonly Requirement[]): boolean {
    const { podField, target } = this.#review;
    if (isPod || podField.kind === 'Unset' || target.form === 'ephemeral') return true;
    this.#isPodFieldAllowed ??= this.#asPodField(podField, distinct(heirs), requirements) === 'allowed';
    return this.#isPodFieldAllowed;
  }

  #asOwnField(field: ProfileField, states: readonly ContainerState[], requirements: readonly Requirement[]): Result {
    return worstOf(states.map((state) => this.#outcome(state, field, this.#review.podField, requirements).result));
  }

  #asPodField(field: ProfileField, heirs: readonly ContainerState[], requirements: readonly Requirement[]): Result {
    const outcomes = heirs.map((state) => this.#outcome(state, UNSET, field, requirements));
    const isJudgedAlone = field.kind !== 'Unset' && outcomes.every(({ isWritten }) => isWritten);
    const alone = isJudgedAlone ? this.#judged(field, undefined, requirements) : 'allowed';
    return worstOf([alone, ...outcomes.map(({ result }) => result)]);
  }

  #outcome(
    state: ContainerState,
    own: ProfileField,
    podField: ProfileField,
    requirements: readonly Requirement[],
  ): { readonly result: Result; readonly isWritten: boolean } {
    const { view, winner } = state;
    const container = { own, type: view.type, addedCapabilities: () => view.addedCapabilities() };
    const outcome = winner === undefined ? undefined : assign(winner, container, podField, this.#rules.catalogue, true);
    if (outcome?.action === 'refuse') return { result: this.#whenThere(state, outcome, requirements), isWritten: true };
    const isWritten = outcome?.action === 'write';
    const after = isWritten && outcome.target.kind === 'field' ? outcome.target.field : own;
    const effective = after.kind === 'Unset' ? podField : after;
    const changed = { ...state, outcome, after, rolloutGrace: undefined };
    return { result: this.#judged(effective, changed, requirements), isWritten };
  }

  #judged(
    field: ProfileField,
    state: ContainerState | undefined,
    requirements: readonly Requirement[],
  ): 'allowed' | 'refused' {
    const reading = readingOf(field, state, this.#rules.catalogue);
    if (!reading.ok || reading.subject.kind === 'Unconfined') return 'refused';
    return this.#satisfies(reading.subject, state, requirements) ? 'allowed' : 'refused';
  }

  #satisfies(
    subject: ProfileSubject,
    state: ContainerState | undefined,
    requirements: readonly Requirement[],
  ): boolean {
    const types = state?.view.bit ?? ALL_TYPES;
    this.#steps -= requirements.length;
    if (this.#steps < 0) return false;
    return requirements.every(
      (one) => (one.types & types) === 0 || judgeProfile(one, subject, this.#rules.catalogue) === 'satisfied',
    );
  }

  /** Where the policy refuses until its profile is on the nodes: whether the profile is allowed then. */
  #whenThere(
    state: ContainerState,
    { target }: Extract<AssignmentOutcome, { action: 'refuse' }>,
    requirements: readonly Requirement[],
  ): Result {
    const rule = state.winner?.rule;
    if (rule?.profile.kind !== 'Catalogue' || target.absence !== 'not on the nodes yet') return 'refused';
    const isUnconfined =
      rule.stage === 'Enforce' && this.#rules.catalogue.get(rule.profile.name)?.refusesNothing === true;
    const subject = { ...rule.profile, stage: rule.stage };
    return !isUnconfined && this.#satisfies(subject, state, requirements) ? 'awaited' : 'refused';
  }

  #others(
    states: readonly ContainerState[],
    requirements: readonly Requirement[],
    isAllowed: (field: ProfileField) => boolean,
  ): readonly string[] {
    const { catalogue } = this.#rules;
    const first = states[0];
    const capabilities = first?.view.addedCapabilities() ?? [];
    const found: string[] = [];
    let tried = 0;
    for (const name of ceilingOf(requirements) ?? catalogue.names()) {
      if (found.length > MOST_OTHERS) return found;
      if (tried >= MOST_TRIED || this.#steps < 0) break;
      const entry = catalogue.get(name);
      const path = catalogue.pathOf(name, 'Enforce', capabilities);
      if (entry?.available !== true || path === undefined) continue;
      if (!this.#satisfies({ kind: 'Catalogue', name }, first, requirements)) continue;
      tried += 1;
      if (isAllowed({ kind: 'Localhost', path })) found.push(name);
    }
    for (const text of filePatterns(requirements)) {
      if (found.length > MOST_OTHERS) return found;
      // A file that the pattern covers, for all of them.
      if (isAllowed({ kind: 'Localhost', path: text.replace(/\*+/g, 'any') })) found.push(`Localhost/${text}`);
    }
    return found;
  }
}

function enforcedRequirements({ builtIn }: RuleSet, { policies }: PodReview): readonly Requirement[] {
  const all = [
    ...policies.flatMap(({ requirement }) => requirement ?? []),
    ...(builtIn === undefined ? [] : [builtIn]),
  ];
  return all.filter((one) => one.mode === 'Enforce' && judgesProfiles(one));
}

/** Under a catalogue profile as the ceiling that one is tried alone: what else lies below it would have to be compared. */
function ceilingOf(requirements: readonly Requirement[]): readonly string[] | undefined {
  for (const { ceiling } of requirements) if (ceiling?.kind === 'Catalogue') return [ceiling.name];
  return undefined;
}

function filePatterns(requirements: readonly Requirement[]): ReadonlySet<string> {
  return new Set(
    requirements.flatMap(({ profiles = [] }) =>
      profiles.flatMap((one) => (one.kind === 'Localhost' ? [one.text] : [])),
    ),
  );
}

/** One of those that get the same whatever their field says. */
function distinct(states: readonly ContainerState[]): readonly ContainerState[] {
  if (states.length < 2) return states;
  const kept = new Map<string, ContainerState>();
  for (const state of states) {
    const { view, winner } = state;
    const rule = winner === undefined ? '' : `${winner.policy.rank} ${winner.rule.index}`;
    const key = `${view.bit} ${rule} ${view.addedCapabilities().slice(0, 64).join()}`;
    if (!kept.has(key)) kept.set(key, state);
    if (kept.size === MOST_CONTAINERS) break;
  }
  return [...kept.values()];
}

function worstOf(results: readonly Result[]): Result {
  if (results.includes('refused')) return 'refused';
  return results.includes('awaited') ? 'awaited' : 'allowed';
}
