import type { ContainerFacts } from '../../policy/match/container-match.js';
import type { ExemptionSubject } from '../../policy/match/exemption-pattern.js';
import { EXPIRY_WARNING, isFor } from '../../policy/rules/compiled-exemption.js';
import type { ExemptionGroup, GroupMember } from '../../policy/rules/exemption-group.js';
import type { LazyPicks } from '../../policy/rules/lazy-picks.js';
import { oneLine } from '../../text/quoted.js';
import type { ContainerState } from '../assign/container-state.js';
import type { Finding } from '../decision.js';
import type { PodEvaluation } from './pod-evaluation.js';

/** Whether an exemption lifts a requirement, or why one that was meant for it does not. */
export type ExemptionResult =
  | { readonly ok: true; readonly exemption: GroupMember }
  | { readonly ok: false; readonly note: string | undefined };

export const NOT_EXEMPT: ExemptionResult = { ok: false, note: undefined };

interface ExemptionTerm {
  readonly now: number;
  /** The longest term of an exemption, milliseconds. */
  readonly longest: number;
}

/** Asks those that lift the requirement, in the order of names, for one container; without a container, for the pod as a whole. */
export function exemptionFor(
  groups: LazyPicks<ExemptionGroup>,
  container: ContainerFacts | undefined,
  { now, longest }: ExemptionTerm,
): ExemptionResult {
  let exemption: GroupMember | undefined;
  let idle: GroupMember | undefined;
  for (let index = 0; ; index += 1) {
    const group = groups.at(index);
    if (group === undefined || (exemption !== undefined && exemption.rank < group.firstRank)) break;
    if (!isFor(group.terms, container)) continue;
    const { inForce, other } = group.standingAt(now, longest);
    exemption = firstOf(exemption, inForce);
    idle = firstOf(idle, other);
  }
  if (exemption !== undefined) return { ok: true, exemption };
  return { ok: false, note: idle === undefined ? undefined : noteOf(idle, now, longest) };
}

function firstOf(one: GroupMember | undefined, other: GroupMember | undefined): GroupMember | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.rank < other.rank ? one : other;
}

/** For the pod's field every container that it is for has to be exempt; where it is for none, the pod as a whole. */
export function exemptionForAll(
  { rules, review, context }: PodEvaluation,
  policy: string,
  subject: ExemptionSubject,
  concerned: readonly ContainerState[],
  isPod: boolean,
): ExemptionResult {
  const exemptions = review.exemptionsLifting(policy, subject);
  const term = { now: context.now, longest: rules.longestExemption };
  if (isPod && concerned.length === 0) return exemptionFor(exemptions, undefined, term);
  let first: ExemptionResult | undefined;
  for (const { view } of concerned) {
    const one = exemptionFor(exemptions, view, term);
    if (!one.ok) return one;
    first ??= one;
  }
  return first ?? NOT_EXEMPT;
}

/** Finds what an exemption lets through, and warns where it ends soon. */
export function addExempted(
  { findings, context }: PodEvaluation,
  finding: Omit<Finding, 'kind' | 'message'>,
  { exemption }: Extract<ExemptionResult, { ok: true }>,
  who: string,
): void {
  const { expires } = exemption.document.value.spec;
  const { name } = exemption.document.reference;
  const value = oneLine(finding.requested, 200);
  const [may, be] = finding.code === 'host-access' ? [value, 'reach its node'] : [`may be ${value}`, `be ${value}`];
  findings.add({
    kind: 'exempted',
    exemption: exemptionReference(exemption),
    message: `${who} ${may} in spite of policy ${finding.policy.name}: exemption ${name} allows it until ${expires}`,
    ...finding,
  });
  const left = timeLeft(exemption, context.now);
  if (left !== undefined) findings.warn(`exemption ${name} lets ${who} ${be}`, ` only until ${expires}: ${left}`);
}

function exemptionReference({ document }: GroupMember): NonNullable<Finding['exemption']> {
  const { expires, owner, reason, ticket } = document.value.spec;
  return { ...document.reference, expires, owner, reason, ...(ticket === undefined ? {} : { ticket }) };
}

/** `3 days left`, where every use has to warn. */
function timeLeft({ expires }: GroupMember, now: number): string | undefined {
  const left = expires - now;
  if (left > EXPIRY_WARNING) return undefined;
  const days = Math.floor(left / 86_400_000);
  return days === 0 ? 'less than a day left' : `${days} day${days === 1 ? '' : 's'} left`;
}

function noteOf({ document, expires: end }: GroupMember, now: number, longest: number): string {
  const { name } = document.reference;
  const { expires } = document.value.spec;
  return end <= now
    ? `exemption ${name} expired at ${expires}`
    : `exemption ${name} does nothing yet: it expires at ${expires}, more than ${Math.floor(longest / 86_400_000)} days ahead`;
}
