import { type ContainerFacts, matchesContainer } from '../../policy/match/container-match.js';
import { coversSubject, type ExemptionSubject, formatSubject } from '../../policy/match/exemption-pattern.js';
import type { ExemptionTerm, ExemptionTerms } from '../../policy/rules/compiled-exemption.js';
import { compileScope, isInScope } from '../../policy/rules/pod-scope.js';
import { ALL_TYPES } from '../../policy/values/container-type.js';
import type { PodReview } from '../request/pod-review.js';

/** An exemption that was probably meant and does not lift what is refused. */
export interface PassedExemption {
  readonly name: string;
  /** `is for other containers`, `expired at …`. */
  readonly why: string;
}

/** Names an exemption in a refusal. */
export interface ExemptionNote extends PassedExemption {
  /** The containers that it is missing for, where it or others lift the rest. */
  readonly missing: readonly string[];
}

/** Undefined is the pod as a whole. */
type Container = ContainerFacts | undefined;

/** What an exemption would have to lift. */
interface Wanted {
  readonly review: PodReview;
  readonly policy: string;
  readonly subject: ExemptionSubject;
  /** Those that are not exempt, at least one. */
  readonly containers: readonly Container[];
}

/** In what an exemption differs from what was wanted: `exemption tracer` and this text. Smaller distances are nearer. */
interface Miss {
  readonly distance: number;
  readonly text: string;
}

/**
 * An exemption in force that was probably meant: it differs in one thing only. One for other pods counts where its images or
 * container names match, one for other namespaces where its images do. The nearest, then the first by name.
 */
export function nearExemption(wanted: Wanted, { now, longest }: ExemptionTerm): PassedExemption | undefined {
  let nearest: (Miss & { readonly name: string }) | undefined;
  for (const group of wanted.review.exemptionsNear(wanted.policy, wanted.subject)) {
    const miss = missOfAll(group.terms, wanted);
    if (miss === undefined || miss === FAR || (nearest !== undefined && nearest.distance <= miss.distance)) continue;
    const { inForce } = group.standingAt(now, longest);
    if (inForce !== undefined) nearest = { ...miss, name: inForce.document.reference.name };
  }
  return nearest && { name: nearest.name, why: nearest.text };
}

/** As many of those that inherit a field are looked at. */
const MOST_CONTAINERS = 16;

/** The same for all of them, so that their order does not matter. */
function missOfAll(terms: ExemptionTerms, wanted: Wanted): Miss | undefined {
  let common: Miss | undefined;
  for (const container of wanted.containers.slice(0, MOST_CONTAINERS)) {
    const miss = onlyMiss(terms, wanted, container);
    if (miss === undefined || (common !== undefined && common.text !== miss.text)) return undefined;
    common = miss;
  }
  return common;
}

/** Undefined also where it differs in more than one thing. */
function onlyMiss(terms: ExemptionTerms, wanted: Wanted, container: Container): Miss | undefined {
  let only: Miss | undefined;
  for (const check of CHECKS) {
    const miss = check(terms, wanted, container);
    if (miss === undefined) continue;
    if (only !== undefined) return undefined;
    only = miss;
  }
  return only;
}

const EVERYWHERE = compileScope(undefined);
/** For so many other pods that nobody meant it. */
const FAR: Miss = { distance: Number.POSITIVE_INFINITY, text: '' };

/** The cheap ones first. */
const CHECKS: readonly ((terms: ExemptionTerms, wanted: Wanted, container: Container) => Miss | undefined)[] = [
  ({ policies }, { policy }) =>
    policies === undefined || policies.has(policy) ? undefined : { distance: 1, text: `is not for policy ${policy}` },
  ({ allow }, { subject }) =>
    allow.some((pattern) => coversSubject(pattern, subject))
      ? undefined
      : { distance: 2, text: `does not allow ${formatSubject(subject)}` },
  ({ wholePod }, _, container) =>
    container !== undefined || wholePod ? undefined : { distance: 0, text: 'is not for all containers of the pod' },
  ({ match: { types } }, _, container) =>
    container === undefined || (types & container.bit) !== 0
      ? undefined
      : { distance: 0, text: 'is for other container types' },
  ({ match: { containers } }, _, container) =>
    container === undefined || matchesContainer({ types: ALL_TYPES, containers, images: undefined }, container)
      ? undefined
      : { distance: 0, text: 'is for other containers' },
  ({ scope, match }, { review: { facts } }) => {
    if (isInScope(scope, facts)) return undefined;
    const { namespaces, namespaceSelector } = scope;
    const isHere = isInScope({ ...EVERYWHERE, namespaces, namespaceSelector }, facts);
    if (match.images === undefined && (!isHere || match.containers === undefined)) return FAR;
    return isHere ? { distance: 3, text: 'is for other pods' } : { distance: 4, text: 'is for other namespaces' };
  },
  ({ match: { images } }, _, container) =>
    container === undefined || matchesContainer({ types: ALL_TYPES, containers: undefined, images }, container)
      ? undefined
      : { distance: 0, text: 'is for other images' },
];
