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
  readonly reading: FieldReading;
  /** Whose profile it is; more than one only for the pod's field. */
  readonly states: readonly ContainerState[];
  abstract readonly isPod: boolean;

  constructor(field: ProfileField, reading: FieldReading, states: readonly ContainerState[]) {
    this.field = field;
    this.reading = reading;
    this.states = states;
  }

  abstract place(): Pick<Finding, 'container' | 'containerType' | 'image' | 'fieldPath' | 'inheritedBy'>;
  abstract who(): string;
  abstract where(): string;
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

  constructor(field: ProfileField, inheriting: readonly ContainerState[], path: string, { catalogue }: RuleSet) {
    super(field, readingForAll(field, inheriting, catalogue), inheriting);
    this.#fieldPath = `${path}.${PROFILE_FIELD}`;
  }

  override place() {
    return {
      container: 'pod',
      containerType: 'Pod',
      fieldPath: this.#fieldPath,
      inheritedBy: this.states.map(({ view }) => view.name),
    } as const;
  }

  override who(): string {
    return 'the pod';
  }

  override where(): string {
    if (this.states.length === 0) return `${this.#fieldPath}, inherited by no container`;
    return `${this.#fieldPath}, inherited by ${quotedList(this.states.map(({ view }) => view.name))}`;
  }
}

class ContainerSetting extends ProfileSetting {
  override readonly isPod = false;
  readonly #state: ContainerState;

  constructor(state: ContainerState, { catalogue }: RuleSet) {
    super(state.after, readingOf(state.after, state, catalogue), [state]);
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

/** A pod's field has to be readable for every container that inherits it. */
function readingForAll(field: ProfileField, inheriting: readonly ContainerState[], catalogue: Catalogue): FieldReading {
  let reading = readingOf(field, inheriting[0], catalogue);
  for (const state of inheriting) {
    if (!reading.ok) break;
    reading = readingOf(field, state, catalogue);
  }
  return reading;
}

/** The container as a finding names it. To be spread last: the engine takes many times as long for an object when members are added after a spread. */
export function containerPlace({ view }: ContainerState): Pick<Finding, 'container' | 'containerType' | 'image'> {
  return {
    container: view.name,
    containerType: view.type,
    ...(view.imageText === undefined ? {} : { image: view.imageText }),
  };
}
