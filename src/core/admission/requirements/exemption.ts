import type { ContainerFacts } from '../../policy/match/container-match.js';
import type { ExemptionSubject } from '../../policy/match/exemption-pattern.js';
import { EXPIRY_WARNING, type ExemptionTerm, isFor } from '../../policy/rules/compiled-exemption.js';
import type { ExemptionGroup, GroupMember } from '../../policy/rules/exemption-group.js';
import type { LazyPicks } from '../../policy/rules/lazy-picks.js';
import { oneLine } from '../../text/quoted.js';
import type { ContainerState } from '../assign/container-state.js';
import type { Finding } from '../decision.js';
import { type ExemptionNote, nearExemption, type PassedExemption } from './near-exemption.js';
import type { PodEvaluation } from './pod-evaluation.js';

/** Whether exemptions lift a requirement, or why one that was meant for it does not. */
export type ExemptionResult =
  /** In the order of names, each once. */
  | { readonly ok: true; readonly exemptions: readonly GroupMember[] }
  /** `note` looks further where the answer is a refusal. */
  | { readonly ok: false; readonly note: (refuses: boolean) => ExemptionNote | undefined };

export const NOT_EXEMPT: ExemptionResult = { ok: false, note: () => undefined };

/** The first by name that is for a container and in force, and the first that is not in force. */
interface FoundExemptions {
  readonly inForce: GroupMember | undefined;
  readonly idle: GroupMember | undefined;
}

/** Asks those that lift the requirement for one container; without a container, for the pod as a whole. */
export function exemptionFor(
  groups: LazyPicks<ExemptionGroup>,
  container: ContainerFacts | undefined,
  { now, longest }: ExemptionTerm,
): FoundExemptions {
  let inForce: GroupMember | undefined;
  let idle: GroupMember | undefined;
  for (let index = 0; ; index += 1) {
    const group = groups.at(index);
    if (group === undefined || (inForce !== undefined && inForce.rank < group.firstRank)) break;
    if (!isFor(group.terms, container)) continue;
    const standing = group.standingAt(now, longest);
    inForce = firstOf(inForce, standing.inForce);
    idle = firstOf(idle, standing.other);
  }
  return { inForce, idle };
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
  const groups = review.exemptionsLifting(policy, subject);
  const term = { now: context.now, longest: rules.longestExemption };
  const containers = isPod && concerned.length === 0 ? [undefined] : concerned.map(({ view }) => view);
  const exemptions = new Set<GroupMember>();
  let idle: GroupMember | undefined;
  const open: (ContainerFacts | undefined)[] = [];
  for (const container of containers) {
    const found = exemptionFor(groups, container, term);
    if (found.inForce !== undefined) exemptions.add(found.inForce);
    else {
      open.push(container);
      idle = firstOf(idle, found.idle);
    }
  }
  if (open.length === 0) return { ok: true, exemptions: [...exemptions].sort((a, b) => a.rank - b.rank) };
  const missing = open.length < containers.length ? open.flatMap((one) => one?.name ?? []).sort() : [];
  const note = (refuses: boolean): ExemptionNote | undefined => {
    if (idle !== undefined) return { ...whyIdle(idle, term), missing };
    const near = refuses ? nearExemption({ review, policy, subject, containers: open }, term) : undefined;
    return near && { ...near, missing };
  };
  return { ok: false, note };
}

/** Finds what exemptions let through, and warns where one ends soon. */
export function addExempted(
  { findings, context }: PodEvaluation,
  finding: Omit<Finding, 'kind' | 'message'>,
  { exemptions }: Extract<ExemptionResult, { ok: true }>,
  who: string,
): void {
  const value = oneLine(finding.requested, 200);
  const [may, be] = finding.code === 'host-access' ? [value, 'reach its node'] : [`may be ${value}`, `be ${value}`];
  for (const exemption of exemptions) {
    const { expires } = exemption.document.value.spec;
    const { name } = exemption.document.reference;
    findings.add({
      kind: 'exempted',
      exemption: exemptionReference(exemption),
      message: `${who} ${may} in spite of policy ${finding.policy.name}: exemption ${name} allows it until ${expires}`,
      ...finding,
    });
    const left = timeLeft(exemption, context.now);
    if (left !== undefined) findings.warn(`exemption ${name} lets ${who} ${be}`, ` only until ${expires}: ${left}`);
  }
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

/** Why one that is for it does not count. */
export function whyIdle({ document, expires: end }: GroupMember, { now, longest }: ExemptionTerm): PassedExemption {
  const { name } = document.reference;
  const { expires } = document.value.spec;
  return end <= now
    ? { name, why: `expired at ${expires}` }
    : {
        name,
        why: `does nothing yet: it expires at ${expires}, more than ${Math.floor(longest / 86_400_000)} days ahead`,
      };
}
