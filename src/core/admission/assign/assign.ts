import { type CompiledPolicy, type CompiledRule, ruleFor } from '../../policy/rules/compiled-policy.js';
import type { Catalogue } from '../../profile/catalogue.js';
import type { ContainerView } from '../request/container-view.js';
import { type ProfileField, RUNTIME_DEFAULT, sameField } from '../request/profile-field.js';
import { catalogueFile, isCatalogueFile, isUnconfinedField } from './catalogue-file.js';

/** What of a container decides on what a rule gives it. */
export type AssignedContainer = Pick<ContainerView, 'own' | 'type' | 'addedCapabilities'>;

/** The rule that a container gets its profile from. */
export interface Winner {
  readonly policy: CompiledPolicy;
  readonly rule: CompiledRule;
}

/** What a rule gives a container, given what there is. */
export type AssignmentOutcome =
  | { readonly target: AssignmentTarget; readonly action: 'write'; readonly result: 'injected' | 'replaced' }
  /** Nothing to write: it has the profile already, or what it has stays. */
  | { readonly target: AssignmentTarget; readonly action: 'none'; readonly result: 'unchanged' | 'kept' }
  /** The profile cannot be given, and the policy refuses the pod until it can. */
  | { readonly target: Unavailable; readonly action: 'refuse' }
  /** What is there is for the requirements to judge: Unconfined, or nothing that could be read. */
  | { readonly target: AssignmentTarget; readonly action: 'leave' };

export type AssignmentTarget =
  /** `fallback`: why it is the runtime default and not what the rule names. */
  | {
      readonly kind: 'field';
      readonly field: ProfileField;
      readonly fallback: Absence | undefined;
      readonly missing: boolean;
    }
  | Unavailable;

interface Unavailable {
  readonly kind: 'unavailable';
  readonly absence: Absence;
}

/** Why a profile cannot be given. */
export type Absence = 'not in the catalogue' | 'not on the nodes yet';

/** The first rule of the first policy, of those in Enforce mode, that matches. */
export function winnerOf(policies: readonly CompiledPolicy[], container: ContainerView): Winner | undefined {
  for (const policy of policies) {
    if (policy.mode !== 'Enforce' || policy.rules.length === 0) continue;
    const rule = ruleFor(policy, container);
    if (rule !== undefined) return { policy, rule };
  }
  return undefined;
}

/**
 * @param inherited what the pod's field says
 * @param repairs whether an Unconfined, or a profile that refuses nothing, may be repaired where the policy says so
 */
export function assign(
  { policy, rule }: Winner,
  container: AssignedContainer,
  inherited: ProfileField,
  catalogue: Catalogue,
  repairs: boolean,
): AssignmentOutcome {
  const { own } = container;
  const target = targetFor(policy, rule, container, catalogue);
  const effective = own.kind === 'Unset' ? inherited : own;
  if (effective.kind === 'malformed') return { target, action: 'leave' };
  const isRepaired =
    policy.unconfined === 'Replace' && repairs && (own.kind !== 'Unset' || container.type === 'Ephemeral');
  if (effective.kind === 'Unconfined') return isRepaired ? replaced(target) : { target, action: 'leave' };
  if (effective.kind === 'Unset')
    return target.kind === 'field' ? { target, action: 'write', result: 'injected' } : { target, action: 'refuse' };
  const { existing } = policy;
  const isItself = target.kind === 'field' && sameField(effective, target.field);
  if (!isItself && isUnconfinedField(effective, container, catalogue)) {
    if (existing === 'Override' || isRepaired || (existing === 'Tighten' && repairs)) return replaced(target);
    return { target, action: 'leave' };
  }
  if (target.kind === 'unavailable') {
    const wanted = fieldOf(rule, container, catalogue);
    const isWanted = wanted !== undefined && sameField(effective, wanted);
    const tightens = existing === 'Tighten' && isTighter(rule, effective, container, catalogue);
    return isWanted || existing === 'Override' || tightens
      ? { target, action: 'refuse' }
      : { target, action: 'none', result: 'kept' };
  }
  if (isItself) return { target, action: 'none', result: 'unchanged' };
  const replaces =
    existing === 'Override' ||
    (existing === 'Tighten' && target.fallback === undefined && isTighter(rule, effective, container, catalogue));
  return replaces ? replaced(target) : { target, action: 'none', result: 'kept' };
}

function replaced(target: AssignmentTarget): AssignmentOutcome {
  return target.kind === 'field' ? { target, action: 'write', result: 'replaced' } : { target, action: 'refuse' };
}

function targetFor(
  { unavailable }: CompiledPolicy,
  rule: CompiledRule,
  container: AssignedContainer,
  catalogue: Catalogue,
): AssignmentTarget {
  const { profile } = rule;
  if (profile.kind === 'RuntimeDefault') return RUNTIME_DEFAULT_TARGET;
  const field = fieldOf(rule, container, catalogue);
  if (profile.kind === 'Localhost' && field !== undefined)
    return { kind: 'field', field, fallback: undefined, missing: false };
  const entry = profile.kind === 'Catalogue' ? catalogue.get(profile.name) : undefined;
  if (entry?.available === true && field !== undefined)
    return { kind: 'field', field, fallback: undefined, missing: false };
  const absence = entry === undefined ? 'not in the catalogue' : 'not on the nodes yet';
  if (unavailable === 'RuntimeDefault')
    return { kind: 'field', field: RUNTIME_DEFAULT, fallback: absence, missing: false };
  if (unavailable === 'Inject' && field !== undefined)
    return { kind: 'field', field, fallback: undefined, missing: true };
  return { kind: 'unavailable', absence };
}

const RUNTIME_DEFAULT_TARGET: AssignmentTarget = {
  kind: 'field',
  field: RUNTIME_DEFAULT,
  fallback: undefined,
  missing: false,
};

/** What the rule names, whether or not it is on the nodes; undefined for a name that is not listed. */
function fieldOf(rule: CompiledRule, container: AssignedContainer, catalogue: Catalogue): ProfileField | undefined {
  const { profile, stage } = rule;
  if (profile.kind === 'RuntimeDefault') return RUNTIME_DEFAULT;
  if (profile.kind === 'Localhost') return { kind: 'Localhost', path: profile.path };
  const path = catalogue.pathOf(profile.name, stage, container.addedCapabilities());
  return path === undefined ? undefined : { kind: 'Localhost', path };
}

/**
 * Whether the assigned profile is known to allow less than, or be within, what there is. A logging stage is within the runtime
 * default whatever its profile allows, so it may take the place of RuntimeDefault, but of no catalogue profile.
 */
function isTighter(
  { profile, stage }: CompiledRule,
  existing: ProfileField,
  container: AssignedContainer,
  catalogue: Catalogue,
): boolean {
  if (profile.kind !== 'Catalogue') return false;
  if (existing.kind === 'RuntimeDefault') {
    const entry = catalogue.get(profile.name);
    return entry !== undefined && (stage !== 'Enforce' || entry.withinRuntimeDefault);
  }
  if (existing.kind !== 'Localhost' || !isCatalogueFile(existing.path) || stage !== 'Enforce') return false;
  const found = catalogueFile(existing.path, container, catalogue);
  if (found === undefined) return false;
  const { name } = found.entry;
  if (name === profile.name) return found.stage !== 'Enforce';
  return catalogue.within(profile.name, name) && !catalogue.within(name, profile.name);
}
