import { judgesProfiles, type Requirement } from '../../policy/rules/requirement.js';
import type { PolicyMode, RequirementSeverity } from '../../policy/schema/policy-schema.js';
import { ALL_TYPES } from '../../policy/values/container-type.js';
import type { ContainerState } from '../assign/container-state.js';
import { sameField } from '../request/profile-field.js';
import { addAvailability, refuseUnavailable } from './availability.js';
import { checkSetting } from './check-setting.js';
import { checkHostAccess, type HostAccess, hostAccessOf } from './host-access.js';
import { checkInjection } from './injection.js';
import type { PodEvaluation } from './pod-evaluation.js';
import { checkPrivileged } from './privileged.js';
import { type Meaning, type ProfileSetting, profileSettings } from './profile-setting.js';
import { checkUnconfined } from './unconfined.js';

/**
 * Judges the object as it will be by every requirement: each field that sets a profile, the pod's once with who inherits it, and
 * each container that has none; then what no profile helps against.
 * @param settersOnly for pods without seccomp (Windows): only what is written is settings
 */
export function enforceRequirements(evaluation: PodEvaluation, settersOnly: boolean): void {
  const { rules, review, states } = evaluation;
  const settings = profileSettings(rules, review, states, settersOnly);
  const refused = new Set<ContainerState>();
  let access: readonly HostAccess[] | undefined;
  const hostAccess = (): readonly HostAccess[] => {
    access ??= hostAccessOf(
      review.target.spec,
      states.map(({ view }) => view),
    );
    return access;
  };
  for (const { requirement } of review.policies)
    if (requirement !== undefined)
      checkRequirement(requirement, evaluation, settings, settersOnly, refused, hostAccess);
  if (rules.builtIn !== undefined)
    checkRequirement(rules.builtIn, evaluation, settings, settersOnly, refused, hostAccess);
  if (settersOnly) return;
  for (const state of unconfinedRefused(evaluation, settings, refused)) refused.add(state);
  for (const state of states) {
    const { outcome } = state;
    if (outcome === undefined || outcome.action === 'leave') continue;
    if (outcome.action === 'refuse') refuseUnavailable(evaluation, state, outcome.target.absence);
    else if (
      outcome.action === 'write' &&
      !(outcome.target.kind === 'field' && sameField(state.after, outcome.target.field))
    )
      checkInjection(evaluation, state, refused);
    else if (outcome.target.kind === 'field' && outcome.result !== 'kept') addAvailability(evaluation, state);
  }
}

/** The containers that policies refuse for an Unconfined that no requirement refuses. */
function unconfinedRefused(
  evaluation: PodEvaluation,
  settings: readonly ProfileSetting[],
  refused: ReadonlySet<ContainerState>,
): readonly ContainerState[] {
  const unconfined = settings.filter((one) => one.unconfined !== undefined);
  if (unconfined.length === 0) return NONE;
  return evaluation.review.policies
    .filter(({ rules }) => rules.length > 0)
    .flatMap((policy) => unconfined.flatMap((one) => checkUnconfined(policy, evaluation, one, refused)));
}

const NONE: readonly never[] = [];

function checkRequirement(
  requirement: Requirement,
  evaluation: PodEvaluation,
  settings: readonly ProfileSetting[],
  settersOnly: boolean,
  refused: Set<ContainerState>,
  hostAccess: () => readonly HostAccess[],
): void {
  const mode = modeFor(requirement, evaluation);
  if (mode === undefined) return;
  if (judgesProfiles(requirement)) {
    for (const one of settings)
      for (const meaning of one.meanings) {
        const states = concernedBy(requirement, one, meaning);
        if (states !== undefined) checkSetting(requirement, mode, evaluation, one, { ...meaning, states }, refused);
      }
  }
  if (settersOnly) return;
  const privileged = capped(mode, requirement.privileged);
  if (privileged !== undefined)
    for (const state of evaluation.states)
      if ((requirement.types & state.view.bit) !== 0 && state.view.isPrivileged())
        checkPrivileged(requirement, privileged, evaluation, state);
  const access = capped(mode, requirement.hostAccess);
  if (access !== undefined)
    for (const one of hostAccess())
      if ((requirement.types & one.container.bit) !== 0) checkHostAccess(requirement, access, evaluation, one);
}

/** The containers that a field concerns under the requirement's types; undefined when it does not. */
function concernedBy(
  { types }: Requirement,
  { isPod }: ProfileSetting,
  { states }: Meaning,
): readonly ContainerState[] | undefined {
  if (types === ALL_TYPES) return states;
  const concerned = states.filter(({ view }) => (types & view.bit) !== 0);
  return concerned.length > 0 || (isPod && states.length === 0) ? concerned : undefined;
}

/** Undefined: the requirement is not settings on templates. A template that stays as it was is only warned of, so that it can be edited. */
function modeFor({ mode, templates }: Requirement, { review }: PodEvaluation): PolicyMode | undefined {
  return review.target.form === 'template'
    ? capped(mode, review.isUnchangedTemplate() ? warnAtMost(templates) : templates)
    : mode;
}

function warnAtMost(severity: RequirementSeverity): RequirementSeverity {
  return severity === 'Deny' ? 'Warn' : severity;
}

function capped(mode: PolicyMode, severity: RequirementSeverity): PolicyMode | undefined {
  if (severity === 'Ignore') return undefined;
  return severity === 'Warn' && mode === 'Enforce' ? 'Warn' : mode;
}
