import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { Catalogue } from '../../profile/catalogue.js';
import { quotedList } from '../../text/quoted.js';
import { type ContainerState, type FieldReading, readingOf } from '../assign/container-state.js';
import type { Finding } from '../decision.js';
import type { PodReview } from '../request/pod-review.js';
import type { ProfileField } from '../request/profile-field.js';
import { containerName } from './finding-list.js';

/** Below a pod spec or a container. */
export const PROFILE_FIELD = 'securityContext.seccompProfile';

/** What a field means to some of those that have it. */
export interface Meaning {
  readonly reading: FieldReading;
  readonly states: readonly ContainerState[];
}

/** One field that sets a profile, or a container that has none; its text is made only when it is needed. */
export abstract class ProfileSetting {
  readonly field: ProfileField;
  /** Whose profile it is; more than one only for the pod's field. */
  readonly states: readonly ContainerState[];
  /** All containers without a field of their own: they inherit the pod's, or a rule gives them another profile. */
  readonly heirs: readonly ContainerState[];
  abstract readonly isPod: boolean;
  readonly #catalogue: Catalogue;
  #meanings: readonly Meaning[] | undefined;

  constructor(
    field: ProfileField,
    states: readonly ContainerState[],
    heirs: readonly ContainerState[],
    { catalogue }: RuleSet,
  ) {
    this.field = field;
    this.states = states;
    this.heirs = heirs;
    this.#catalogue = catalogue;
  }

  /** One for all of them, but where they inherit a catalogue file: what that means goes by their rules and capabilities. */
  get meanings(): readonly Meaning[] {
    this.#meanings ??= this.#grouped();
    return this.#meanings;
  }

  /** For whom it means Unconfined. */
  get unconfined(): Meaning | undefined {
    return this.meanings.find(
      ({ reading, states }) => states.length > 0 && reading.ok && reading.subject.kind === 'Unconfined',
    );
  }

  #grouped(): readonly Meaning[] {
    const { field, states } = this;
    if (field.kind !== 'Localhost' || states.length < 2)
      return [{ reading: readingOf(field, states[0], this.#catalogue), states }];
    const groups = new Map<string, { readonly reading: FieldReading; readonly states: ContainerState[] }>();
    for (const state of states) {
      const reading = readingOf(field, state, this.#catalogue);
      const key = reading.ok ? reading.subject.kind : reading.what;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { reading, states: [state] });
      else group.states.push(state);
    }
    // Whatever the order of the containers.
    return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  }

  abstract place(
    concerned: readonly ContainerState[],
  ): Pick<Finding, 'container' | 'containerType' | 'image' | 'fieldPath' | 'inheritedBy'>;
  abstract who(): string;
  abstract where(concerned: readonly ContainerState[]): string;
}

/** @param settersOnly without the containers that have no profile */
export function profileSettings(
  rules: RuleSet,
  review: PodReview,
  states: readonly ContainerState[],
  settersOnly: boolean,
): readonly ProfileSetting[] {
  const { podField, target } = review;
  const settings: ProfileSetting[] = [];
  const heirs = podField.kind === 'Unset' ? NONE : states.filter(({ view }) => view.own.kind === 'Unset');
  if (podField.kind !== 'Unset') {
    const inheriting = states.filter(({ after }) => after.kind === 'Unset');
    if (inheriting.length > 0 || target.form === 'create' || target.form === 'template')
      settings.push(new PodSetting(podField, inheriting, heirs, target.path, rules));
  }
  for (const state of states) {
    if (state.after.kind === 'Unset' && (podField.kind !== 'Unset' || settersOnly)) continue;
    settings.push(new ContainerSetting(state, heirs, rules));
  }
  return settings;
}

const NONE: readonly never[] = [];

class PodSetting extends ProfileSetting {
  override readonly isPod = true;
  readonly #fieldPath: string;

  constructor(
    field: ProfileField,
    inheriting: readonly ContainerState[],
    heirs: readonly ContainerState[],
    path: string,
    rules: RuleSet,
  ) {
    super(field, inheriting, heirs, rules);
    this.#fieldPath = `${path}.${PROFILE_FIELD}`;
  }

  override place(concerned: readonly ContainerState[]) {
    return {
      container: 'pod',
      containerType: 'Pod',
      fieldPath: this.#fieldPath,
      inheritedBy: concerned.map(({ view }) => view.name),
    } as const;
  }

  override who(): string {
    return 'the pod';
  }

  override where(concerned: readonly ContainerState[]): string {
    if (concerned.length === 0) return `${this.#fieldPath}, inherited by no container`;
    return `${this.#fieldPath}, inherited by ${quotedList(concerned.map(({ view }) => view.name))}`;
  }
}

class ContainerSetting extends ProfileSetting {
  override readonly isPod = false;
  readonly #state: ContainerState;

  constructor(state: ContainerState, heirs: readonly ContainerState[], rules: RuleSet) {
    super(state.after, [state], heirs, rules);
    this.#state = state;
  }

  override place() {
    return { fieldPath: `${this.#state.path}.${PROFILE_FIELD}`, ...containerPlace(this.#state) };
  }

  override who(): string {
    return containerName(this.#state.view.name, this.#state.path);
  }

  override where(): string {
    const whose = this.field.kind === 'Unset' ? "neither its own nor the pod's" : 'its own field';
    return `${this.#state.path}.${PROFILE_FIELD}, ${whose}`;
  }
}

/** The container as a finding names it. To be spread last: the engine takes many times as long for an object when members are added after a spread. */
export function containerPlace({ view }: ContainerState): Pick<Finding, 'container' | 'containerType' | 'image'> {
  return {
    container: view.name,
    containerType: view.type,
    ...(view.imageText === undefined ? {} : { image: view.imageText }),
  };
}
