import { ALL_TYPES } from '../../policy/match/container-type.js';
import type { ProfileSubject } from '../../policy/match/profile-reference.js';
import type { CompiledPolicy } from '../../policy/rules/compiled-policy.js';
import { coveredBySome, judgeProfile, judgesProfiles, type Requirement } from '../../policy/rules/requirement.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { PolicyMode, RequirementSeverity } from '../../policy/schema/policy-schema.js';
import type { Catalogue } from '../../profile/catalogue.js';
import { oneLine, quotedList } from '../../text/quoted.js';
import type { Absence } from '../assign/assign.js';
import { type ContainerState, type FieldReading, gives, readingOf } from '../assign/container-state.js';
import type { Finding } from '../decision.js';
import type { ContainerView } from '../request/container-view.js';
import type { PodReview } from '../request/pod-review.js';
import { fieldText, type ProfileField, sameField } from '../request/profile-field.js';
import { type Exempting, exempting, exemptionOf, timeLeft } from './exempting.js';
import { containerName, type ViolationText } from './finding-list.js';
import { type HostAccess, hostAccessOf } from './host-access.js';
import type { Judgement } from './judgement.js';

const UNCONFINED_SUBJECT: ProfileSubject = { kind: 'Unconfined' };
const SECCOMP = 'securityContext.seccompProfile';

/** One field that sets a profile, or a container that has none; what a person reads of it is made only when it is told. */
abstract class Judged {
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

/**
 * Judges the object as it will be by every requirement: each field that sets a profile, the pod's once with who inherits it, and
 * each container that has none; then what no profile helps against.
 * @param settersOnly for pods without seccomp (Windows): only what is written is judged
 */
export function judge(judgement: Judgement, settersOnly: boolean): void {
  const { rules, review, states } = judgement;
  const judged = judgedFields(judgement, settersOnly);
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
    if (requirement !== undefined) judgeBy(requirement, judgement, judged, settersOnly, refused, hostAccess);
  if (rules.builtIn !== undefined) judgeBy(rules.builtIn, judgement, judged, settersOnly, refused, hostAccess);
  if (settersOnly) return;
  for (const one of judged) if (one.field.kind === 'Unconfined') judgeUnconfined(judgement, one, refused);
  for (const state of states) {
    const { outcome } = state;
    if (outcome === undefined || outcome.action === 'leave') continue;
    if (outcome.action === 'refuse') judgeUnavailable(judgement, state, outcome.target.absence);
    else if (outcome.action === 'write' && !sameField(state.after, fieldOf(outcome)))
      judgeInjection(judgement, state, refused);
    else if (outcome.target.kind === 'field' && outcome.result !== 'kept') tellAvailability(judgement, state);
  }
}

/**
 * Whether `unconfined: Replace` repairs a container's own Unconfined: not where exemptions lift every requirement that refuses
 * it, since then nothing is wrong.
 */
export function mayReplaceUnconfined(
  rules: RuleSet,
  review: PodReview,
  policy: CompiledPolicy,
  view: ContainerView,
  now: number,
): boolean {
  const clock = { now, longest: rules.longestExemption };
  const isExempt = (name: string): boolean =>
    exempting(review.exemptionsLifting(name, UNCONFINED_SUBJECT), view, clock).ok;
  let refusing = 0;
  for (const requirement of enforcedOf(rules, review)) {
    if ((requirement.types & view.bit) === 0 || !judgesProfiles(requirement)) continue;
    if (judgeProfile(requirement, UNCONFINED_SUBJECT, rules.catalogue) === 'satisfied') continue;
    if (!isExempt(requirement.policy.name)) return true;
    refusing += 1;
  }
  return refusing === 0 && !isExempt(policy.reference.name);
}

function* enforcedOf(rules: RuleSet, { policies }: PodReview): Generator<Requirement> {
  for (const { mode, requirement } of policies) if (mode === 'Enforce' && requirement !== undefined) yield requirement;
  if (rules.builtIn !== undefined) yield rules.builtIn;
}

function judgedFields({ rules, review, states }: Judgement, settersOnly: boolean): readonly Judged[] {
  const { podField, target } = review;
  const judged: Judged[] = [];
  if (podField.kind !== 'Unset') {
    const heirs = states.filter(({ after }) => after.kind === 'Unset');
    if (heirs.length > 0 || target.form === 'create' || target.form === 'template')
      judged.push(new PodJudged(podField, heirs, target.path, rules));
  }
  for (const state of states) {
    if (state.after.kind === 'Unset' && (podField.kind !== 'Unset' || settersOnly)) continue;
    judged.push(new ContainerJudged(state, rules));
  }
  return judged;
}

class PodJudged extends Judged {
  override readonly isPod = true;
  readonly #fieldPath: string;

  constructor(field: ProfileField, heirs: readonly ContainerState[], path: string, { catalogue }: RuleSet) {
    super(field, readingForAll(field, heirs, catalogue), heirs);
    this.#fieldPath = `${path}.${SECCOMP}`;
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

class ContainerJudged extends Judged {
  override readonly isPod = false;
  readonly #state: ContainerState;

  constructor(state: ContainerState, { catalogue }: RuleSet) {
    super(state.after, readingOf(state.after, state, catalogue), [state]);
    this.#state = state;
  }

  override place() {
    return { fieldPath: `${this.#state.path}.${SECCOMP}`, ...placeOf(this.#state) };
  }

  override who(): string {
    return containerName(this.#state.view.name, this.#state.path);
  }

  override where(): string {
    const whose = this.field.kind === 'Unset' ? "neither its own nor the pod's" : 'its own field';
    return `${this.#state.path}.${SECCOMP}, ${whose}`;
  }
}

/** A pod's field has to be readable for every container that inherits it. */
function readingForAll(field: ProfileField, heirs: readonly ContainerState[], catalogue: Catalogue): FieldReading {
  let reading = readingOf(field, heirs[0], catalogue);
  for (const heir of heirs) {
    if (!reading.ok) break;
    reading = readingOf(field, heir, catalogue);
  }
  return reading;
}

/** To be spread last: the engine takes many times as long for an object when members are added after a spread. */
function placeOf({ view }: ContainerState): Pick<Finding, 'container' | 'containerType' | 'image'> {
  return {
    container: view.name,
    containerType: view.type,
    ...(view.imageText === undefined ? {} : { image: view.imageText }),
  };
}

function judgeBy(
  requirement: Requirement,
  judgement: Judgement,
  judged: readonly Judged[],
  settersOnly: boolean,
  refused: Set<ContainerState>,
  hostAccess: () => readonly HostAccess[],
): void {
  const mode = modeFor(requirement, judgement);
  if (mode === undefined) return;
  if (judgesProfiles(requirement)) {
    for (const one of judged) {
      const concerned = concernedBy(requirement, one);
      if (concerned !== undefined) judgeField(requirement, mode, judgement, one, concerned, refused);
    }
  }
  if (settersOnly) return;
  const privileged = capped(mode, requirement.privileged);
  if (privileged !== undefined)
    for (const state of judgement.states)
      if ((requirement.types & state.view.bit) !== 0 && state.view.isPrivileged())
        judgePrivileged(requirement, privileged, judgement, state);
  const access = capped(mode, requirement.hostAccess);
  if (access !== undefined)
    for (const one of hostAccess())
      if ((requirement.types & one.container.bit) !== 0) judgeHostAccess(requirement, access, judgement, one);
}

/** The containers that a field concerns under the requirement's types; undefined when it does not. */
function concernedBy({ types }: Requirement, { isPod, states }: Judged): readonly ContainerState[] | undefined {
  if (types === ALL_TYPES) return states;
  const concerned = states.filter(({ view }) => (types & view.bit) !== 0);
  return concerned.length > 0 || (isPod && states.length === 0) ? concerned : undefined;
}

/** Undefined: the requirement is not judged on templates. A template that stays as it was is only warned of, so that it can be edited. */
function modeFor({ mode, templates }: Requirement, { review }: Judgement): PolicyMode | undefined {
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

function judgeField(
  requirement: Requirement,
  mode: PolicyMode,
  judgement: Judgement,
  judged: Judged,
  concerned: readonly ContainerState[],
  refused: Set<ContainerState>,
): void {
  const { reading, field } = judged;
  const verdict = reading.ok ? judgeProfile(requirement, reading.subject, judgement.rules.catalogue) : reading.code;
  if (verdict === 'satisfied') return;
  const refuses = mode === 'Enforce' || (mode === 'Warn' && judgement.review.target.form === 'template');
  if (refuses) for (const state of judged.states) refused.add(state);
  const lifted = reading.ok
    ? liftedBy(judgement, requirement.policy.name, reading.subject, concerned, judged.isPod)
    : NOT_LIFTED;
  if (judgement.findings.onlyCounts(lifted.ok ? undefined : mode)) return;
  const requested = judged.isPod ? fieldText(field) : requestedOf(judged);
  const finding = {
    code: codeOf(verdict, field),
    mode,
    requested,
    effective: effectiveOf(judgement, judged),
    expected: requirement.allows,
    policy: requirement.policy,
    ...judged.place(),
  };
  if (lifted.ok) {
    exempted(judgement, finding, lifted, judged.who());
    return;
  }
  const story: ViolationText = {
    who: judged.who(),
    where: judged.where(),
    note: lifted.note,
    ...tellOf(requirement, judged, verdict),
  };
  judgement.findings.violation(finding, story);
}

const NOT_LIFTED: Exempting = { ok: false, note: undefined };

function codeOf(verdict: string, field: ProfileField): string {
  if (field.kind === 'Unconfined') return 'unconfined';
  return field.kind === 'Unset' ? 'unset' : verdict;
}

/** What was asked for, before a rule gave it something. */
function requestedOf({ states: [state], field }: Judged): string {
  return fieldText(state === undefined ? field : state.view.own);
}

function effectiveOf({ review }: Judgement, { field }: Judged): string {
  return fieldText(field.kind === 'Unset' ? review.podField : field);
}

function tellOf(requirement: Requirement, judged: Judged, verdict: string): Pick<ViolationText, 'what' | 'advice'> {
  const { reading, field, isPod, states } = judged;
  if (!reading.ok) return { what: oneLine(reading.what, 300), advice: reading.advice };
  const state = isPod ? undefined : states[0];
  const { winner, outcome } = state ?? {};
  if (winner !== undefined && outcome !== undefined && outcome.action !== 'leave' && gives(outcome, field)) {
    const { policy, rule } = winner;
    const isOwn = policy.reference.name === requirement.policy.name;
    return {
      what: `gets ${rule.profileText} from policy ${policy.reference.name} (rule ${rule.label})`,
      advice: isOwn
        ? 'the policy assigns what it does not allow, so change its assign or its require'
        : `policies ${policy.reference.name} and ${requirement.policy.name} contradict each other, so change one of them`,
    };
  }
  const value = oneLine(fieldText(field));
  const way = wayTo(requirement);
  if (field.kind === 'Unset') return { what: 'has no seccompProfile', advice: way };
  const remove = isPod ? "remove it from the pod's securityContext" : 'remove it';
  if (field.kind === 'Unconfined')
    return { what: 'has seccompProfile Unconfined', advice: `${remove} or ${way}, or ask for a SeccompExemption` };
  if (verdict === 'over-ceiling') {
    const ceiling = requirement.ceiling === undefined ? '' : ceilingText(requirement);
    return { what: `has seccompProfile ${value}, which may allow what ${ceiling} refuses`, advice: way };
  }
  return { what: `has seccompProfile ${value}`, advice: way };
}

function ceilingText({ ceiling }: Requirement): string {
  return ceiling?.kind === 'Catalogue' ? ceiling.name : 'RuntimeDefault';
}

function wayTo({ profiles, ceiling, allows }: Requirement): string {
  const allowsDefault =
    (profiles === undefined || coveredBySome(profiles, { kind: 'RuntimeDefault' })) &&
    (ceiling === undefined || ceiling.kind === 'RuntimeDefault');
  return allowsDefault ? 'set type RuntimeDefault' : `allowed is ${oneLine(allows)}`;
}

/** For the pod's field every container that it is for has to be exempt; where it is for none, the pod as a whole. */
function liftedBy(
  { rules, review, context }: Judgement,
  policy: string,
  subject: ProfileSubject,
  concerned: readonly ContainerState[],
  isPod: boolean,
): Exempting {
  const exemptions = review.exemptionsLifting(policy, subject);
  if (exemptions.length === 0) return NOT_LIFTED;
  const clock = { now: context.now, longest: rules.longestExemption };
  if (isPod && concerned.length === 0) return exempting(exemptions, undefined, clock);
  let first: Exempting | undefined;
  for (const { view } of concerned) {
    const one = exempting(exemptions, view, clock);
    if (!one.ok) return one;
    first ??= one;
  }
  return first ?? NOT_LIFTED;
}

function exempted(
  { findings, context }: Judgement,
  finding: Omit<Finding, 'kind' | 'message'>,
  { exemption }: Extract<Exempting, { ok: true }>,
  who: string,
): void {
  const { expires } = exemption.document.value.spec;
  const { name } = exemption.document.reference;
  const value = oneLine(finding.requested);
  findings.add({
    kind: 'exempted',
    exemption: exemptionOf(exemption),
    message: `${who} may be ${value} in spite of policy ${finding.policy.name}: exemption ${name} allows it until ${expires}`,
    ...finding,
  });
  const left = timeLeft(exemption, context.now);
  if (left !== undefined) findings.warn(`exemption ${name} lets ${who} be ${value}`, ` only until ${expires}: ${left}`);
}

function judgePrivileged(
  { policy, allows }: Requirement,
  mode: PolicyMode,
  judgement: Judgement,
  state: ContainerState,
): void {
  const lifted = liftedBy(judgement, policy.name, UNCONFINED_SUBJECT, [state], false);
  if (judgement.findings.onlyCounts(lifted.ok ? undefined : mode)) return;
  const who = containerName(state.view.name, state.path);
  const finding = {
    code: 'privileged',
    mode,
    fieldPath: `${state.path}.securityContext.privileged`,
    requested: 'privileged',
    effective: 'Unconfined',
    expected: `not privileged; ${allows}`,
    policy,
    ...placeOf(state),
  };
  if (lifted.ok) exempted(judgement, finding, lifted, who);
  else
    judgement.findings.violation(finding, {
      who,
      what: 'is privileged and so runs unconfined whatever its seccompProfile says',
      advice: 'remove privileged: true and add the capabilities that it needs',
      where: finding.fieldPath,
      note: lifted.note,
    });
}

function judgeHostAccess(
  { policy }: Requirement,
  mode: PolicyMode,
  { findings, states }: Judgement,
  { container, index, at, what, advice }: HostAccess,
): void {
  const state = states[index];
  if (state === undefined || findings.onlyCounts(mode)) return;
  findings.violation(
    {
      code: 'host-access',
      mode,
      fieldPath: `${state.path}.${at}`,
      requested: what,
      effective: what,
      expected: 'no way around the profile through the node',
      policy,
      ...placeOf(state),
    },
    {
      who: containerName(container.name, state.path),
      what: oneLine(what, 200),
      advice: `${advice}, or have the policy exclude this pod`,
      where: `${state.path}.${at}`,
    },
  );
}

/** `unconfined: Deny` refuses where a rule matches, even where no requirement does. */
function judgeUnconfined(judgement: Judgement, judged: Judged, refused: ReadonlySet<ContainerState>): void {
  const { review } = judgement;
  if (judged.states.every((state) => refused.has(state))) return;
  for (const state of judged.states) {
    const policy = state.winner?.policy;
    if (policy === undefined || refused.has(state)) continue;
    const profiles = policy.requirement?.profiles;
    if (profiles !== undefined && coveredBySome(profiles, UNCONFINED_SUBJECT)) continue;
    const mode = review.target.form === 'template' ? 'Warn' : 'Enforce';
    const { name } = policy.reference;
    const finding = {
      code: 'unconfined',
      mode,
      requested: 'Unconfined',
      effective: 'Unconfined',
      expected: state.winner?.rule.profileText ?? '',
      policy: policy.reference,
      ...judged.place(),
    } as const;
    const lifted = liftedBy(judgement, name, UNCONFINED_SUBJECT, judged.states, judged.isPod);
    if (lifted.ok) exempted(judgement, finding, lifted, judged.who());
    else
      judgement.findings.violation(finding, {
        who: judged.who(),
        what: 'has seccompProfile Unconfined',
        advice: `remove it, and the policy gives ${finding.expected}`,
        where: judged.where(),
        note: lifted.note,
      });
    return;
  }
}

function judgeUnavailable(judgement: Judgement, state: ContainerState, absence: Absence): void {
  const { review, findings } = judgement;
  const { winner, view, path, grace } = state;
  if (winner === undefined || review.target.form === 'update' || grace !== undefined) return;
  const { policy, rule } = winner;
  findings.violation(
    {
      code: 'unavailable',
      mode: review.target.form === 'template' ? 'Warn' : 'Enforce',
      fieldPath: `${path}.${SECCOMP}`,
      requested: fieldText(view.own),
      effective: fieldText(view.own.kind === 'Unset' ? review.podField : view.own),
      expected: rule.profileText,
      policy: policy.reference,
      ...placeOf(state),
    },
    {
      who: containerName(view.name, path),
      what: `is to get ${rule.profileText} from rule ${rule.label}, which is ${absence}`,
      relation: 'refused by',
      advice:
        absence === 'not in the catalogue'
          ? 'add the profile to the catalogue, or correct its name in the policy'
          : 'try again when it is, or set unavailable: RuntimeDefault in the policy',
      where: `${path}.${SECCOMP}`,
    },
  );
}

/**
 * `/validate` sees a container that `/mutate` would have changed. A pod that runs is past that: whoever gives one of its containers
 * an image that would get another profile is told, since the field cannot follow.
 */
function judgeInjection(judgement: Judgement, state: ContainerState, refused: ReadonlySet<ContainerState>): void {
  const { review, findings, rules, webhook } = judgement;
  const { winner, view, path, grace, after } = state;
  const { form } = review.target;
  if (webhook !== 'validate' || form === 'template' || winner === undefined || grace !== undefined) return;
  if (refused.has(state) && (form === 'update' || view.own.kind === 'Unconfined')) return;
  const effective = after.kind === 'Unset' ? review.podField : after;
  const { policy, rule } = winner;
  const finding = {
    code: 'not-injected',
    mode: form === 'update' ? 'Warn' : 'Enforce',
    fieldPath: `${path}.${SECCOMP}`,
    requested: fieldText(view.own),
    effective: fieldText(effective),
    expected: rule.profileText,
    policy: policy.reference,
    ...placeOf(state),
  } as const;
  const who = containerName(view.name, path);
  const reading = readingOf(effective, state, rules.catalogue);
  const lifted = reading.ok ? liftedBy(judgement, policy.reference.name, reading.subject, [state], false) : NOT_LIFTED;
  if (lifted.ok) {
    exempted(judgement, finding, lifted, who);
    return;
  }
  const has = effective.kind === 'Unset' ? 'no seccompProfile' : `seccompProfile ${oneLine(fieldText(effective))}`;
  if (form === 'update') {
    if (findings.onlyCounts(undefined)) return;
    const keeps = `${who} keeps ${has}`;
    const message = `${keeps}, and its new image would get ${rule.profileText} from policy ${policy.reference.name} (rule ${rule.label}): a pod that runs cannot be changed, so create it again`;
    findings.add({ ...finding, kind: 'warning', message });
    findings.warn(keeps, ` and not ${rule.profileText}: create the pod again`);
    return;
  }
  findings.violation(finding, {
    who,
    what: `has ${has}`,
    relation: `and not ${rule.profileText} as assigned by`,
    advice:
      'not injected: the mutating webhook did not run, or another webhook changed it after ours; create the pod again',
    where: `${path}.${SECCOMP}`,
    note: lifted.note,
  });
}

/** Says where a container got RuntimeDefault in place of a profile, or a profile that is not there yet. */
function tellAvailability({ findings, review }: Judgement, state: ContainerState): void {
  const { winner, outcome, view, path } = state;
  if (winner === undefined || outcome?.target.kind !== 'field' || review.target.form === 'update') return;
  const { fallback, missing } = outcome.target;
  if ((fallback === undefined && !missing) || findings.onlyCounts(undefined)) return;
  const { policy, rule } = winner;
  const who = containerName(view.name, path);
  const told =
    fallback !== undefined
      ? `${who} gets RuntimeDefault instead of ${rule.profileText}`
      : `${who} gets ${rule.profileText}, and cannot start before it is on its node`;
  findings.add({
    kind: fallback === undefined ? 'warning' : 'fallback',
    code: 'unavailable',
    mode: 'Warn',
    fieldPath: `${path}.${SECCOMP}`,
    requested: fieldText(view.own),
    effective: fieldText(state.after),
    expected: rule.profileText,
    policy: policy.reference,
    message: `${told}: the profile is ${fallback ?? 'not on the nodes yet'} (policy ${policy.reference.name}, rule ${rule.label})`,
    ...placeOf(state),
  });
  findings.warn(told, fallback === undefined ? '' : `, which is ${fallback}`);
}

function fieldOf({ target }: NonNullable<ContainerState['outcome']>): ProfileField {
  return target.kind === 'field' ? target.field : { kind: 'Unset' };
}
