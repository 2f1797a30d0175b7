import { canonicalJson } from '../../document/canonical-json.js';
import type { LoadedExemption } from '../load/loaded-document.js';
import type { Rank } from '../match/glob-index.js';
import { compileTerms, type ExemptionTerms, expiryOf, stateOf } from './compiled-exemption.js';

/** One exemption of a group. */
export interface GroupMember {
  readonly document: LoadedExemption;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** Its place in the order of names, among all exemptions. */
  readonly rank: Rank;
}

/** The first by name of those that are in force, and of those that are not. */
export interface Standing {
  readonly inForce: GroupMember | undefined;
  readonly other: GroupMember | undefined;
}

interface TimedStanding extends Standing {
  /** When it was found, and when the first member's state changes after that. */
  readonly from: number;
  readonly until: number;
  readonly longest: number;
}

/**
 * Exemptions that are for the same and lift the same; they differ in their terms, and in who answers for them. Which of them
 * counts changes only when a term begins or ends, so ten thousand of them cost a call no more than one.
 */
export class ExemptionGroup {
  readonly first: LoadedExemption;
  readonly firstRank: Rank;
  readonly #documents: LoadedExemption[] = [];
  readonly #ranks: Rank[] = [];
  #terms: ExemptionTerms | undefined;
  #members: readonly GroupMember[] | undefined;
  #standing: TimedStanding | undefined;

  constructor(first: LoadedExemption, rank: Rank) {
    this.first = first;
    this.firstRank = rank;
    this.add(first, rank);
  }

  /** In the order of names. */
  add(document: LoadedExemption, rank: Rank): void {
    this.#documents.push(document);
    this.#ranks.push(rank);
  }

  get terms(): ExemptionTerms {
    this.#terms ??= compileTerms(this.first);
    return this.#terms;
  }

  standingAt(now: number, longest: number): Standing {
    const known = this.#standing;
    if (known !== undefined && known.longest === longest && known.from <= now && now < known.until) return known;
    this.#members ??= this.#documents.map((document, at) => ({
      document,
      expires: expiryOf(document),
      rank: this.#ranks[at] ?? 0,
    }));
    this.#standing = standing(this.#members, now, longest);
    return this.#standing;
  }
}

/** `exemptions` in the order of their names, which is that of the groups' first ones too. */
export function* groupExemptions(
  exemptions: readonly LoadedExemption[],
  slice: number,
): Generator<void, readonly ExemptionGroup[], void> {
  const groups = new Map<string, ExemptionGroup>();
  for (const [rank, exemption] of exemptions.entries()) {
    const { expires, reason, owner, ticket, ...same } = exemption.value.spec;
    const key = canonicalJson(same);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, new ExemptionGroup(exemption, rank));
    else group.add(exemption, rank);
    if (rank % slice === slice - 1) yield;
  }
  return [...groups.values()];
}

function standing(members: readonly GroupMember[], now: number, longest: number): TimedStanding {
  let inForce: GroupMember | undefined;
  let other: GroupMember | undefined;
  let until = Number.POSITIVE_INFINITY;
  for (const member of members) {
    const state = stateOf(member, now, longest);
    if (state === 'in-force') {
      inForce ??= member;
      until = Math.min(until, member.expires);
    } else {
      other ??= member;
      if (state === 'too-far') until = Math.min(until, member.expires - longest);
    }
  }
  return { inForce, other, from: now, until, longest };
}
