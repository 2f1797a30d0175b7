import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { Catalogue } from '../../profile/catalogue.js';
import { quotedList } from '../../text/quoted.js';
import { type ContainerState, type FieldReading, readingOf } from '../assign/container-state.js';
import type { Finding } from '../decision.js';
import type { ProfileField } from '../request/profile-field.js';
import { containerName } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';

/** Below a pod spec or a container. */
export const PROFILE_FIELD = 'securityContext.seccompProfile';

/** One field that sets a profile, or a container that has none; its text is made only when it is needed. */
export abstract class ProfileSetting {
  readonly field: ProfileField;
  /** Whose profile it is; more than one only for the pod's field. */
  readonly states: readonly ContainerState[];
  abstract readonly isPod: boolean;
  readonly #catalogue: Catalogue;
  #reading: FieldReading | undefined;

  constructor(field: ProfileField, states: readonly ContainerState[], { catalogue }: RuleSet) {
    this.field = field;
    this.states = states;
    this.#catalogue = catalogue;
  }

  /** What it means for some of `states`: the worst that it means for one of them, whatever their order. */
  readingFor(concerned: readonly ContainerState[]): FieldReading {
    if (concerned.length < this.states.length) return this.#worst(concerned);
    this.#reading ??= this.#worst(this.states);
    return this.#reading;
  }

  /** Whether it can mean Unconfined for one of `states`. */
  get mayBeUnconfined(): boolean {
    const reading = this.readingFor(this.states);
    return reading.ok ? reading.subject.kind === 'Unconfined' : this.states.length > 1;
  }

  isUnconfinedFor(state: ContainerState): boolean {
    const reading = readingOf(this.field, state, this.#catalogue);
    return reading.ok && reading.subject.kind === 'Unconfined';
  }

  #worst(states: readonly ContainerState[]): FieldReading {
    let worst = readingOf(this.field, states[0], this.#catalogue);
    for (let index = 1; index < states.length; index += 1)
      worst = worseOf(worst, readingOf(this.field, states[index], this.#catalogue));
    return worst;
  }

  abstract place(
    concerned: readonly ContainerState[],
  ): Pick<Finding, 'container' | 'containerType' | 'image' | 'fieldPath' | 'inheritedBy'>;
  abstract who(): string;
  abstract where(concerned: readonly ContainerState[]): string;
}

function worseOf(one: FieldReading, other: FieldReading): FieldReading {
  if (one.ok && other.ok) return other.subject.kind === 'Unconfined' ? other : one;
  if (one.ok || other.ok) return one.ok ? other : one;
  return one.what <= other.what ? one : other;
}

/** @param settersOnly without the containers that have no profile */
export function profileSettings(
  { rules, review, states }: PodEvaluation,
  settersOnly: boolean,
): readonly ProfileSetting[] {
  const { podField, target } = review;
  const settings: ProfileSetting[] = [];
  if (podField.kind !== 'Unset') {
    const inheriting = states.filter(({ after }) => after.kind === 'Unset');
    if (inheriting.length > 0 || target.form === 'create' || target.form === 'template')
      settings.push(new PodSetting(podField, inheriting, target.path, rules));
  }
  for (const state of states) {
    if (state.after.kind === 'Unset' && (podField.kind !== 'Unset' || settersOnly)) continue;
    settings.push(new ContainerSetting(state, rules));
  }
  return settings;
}

class PodSetting extends ProfileSetting {
  override readonly isPod = true;
  readonly #fieldPath: string;

  constructor(field: ProfileField, inheriting: readonly ContainerState[], path: string, rules: RuleSet) {
    super(field, inheriting, rules);
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

  constructor(state: ContainerState, rules: RuleSet) {
    super(state.after, [state], rules);
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
