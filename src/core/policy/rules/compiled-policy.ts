import type { Stage } from '../../profile/catalogue.js';
import type { DocumentReference, LoadedPolicy } from '../load/loaded-document.js';
import {
  type ContainerFacts,
  type ContainerMatch,
  compileContainerMatch,
  matchesContainer,
} from '../match/container-match.js';
import { type ProfileReference, parseProfileReference } from '../match/profile-reference.js';
import type { AssignRule, PolicyMode, PolicySpec } from '../schema/policy-schema.js';
import { compileScope, type PodScope } from './pod-scope.js';
import { compileRequirement, type Requirement } from './requirement.js';

export interface CompiledRule {
  readonly index: number;
  /** Its name, else its index. */
  readonly label: string;
  readonly match: ContainerMatch;
  readonly profile: ProfileReference;
  /** As written. */
  readonly profileText: string;
  readonly stage: Stage;
}

export interface CompiledPolicy {
  /** Place in the order of precedence, from 0. */
  readonly rank: number;
  readonly document: LoadedPolicy;
  readonly reference: DocumentReference;
  readonly mode: PolicyMode;
  readonly scope: PodScope;
  readonly rules: readonly CompiledRule[];
  readonly existing: PolicySpec['existing'];
  readonly unconfined: PolicySpec['unconfined'];
  readonly unavailable: PolicySpec['unavailable'];
  readonly requirement: Requirement | undefined;
}

export function compilePolicy(document: LoadedPolicy, rank: number): CompiledPolicy {
  const { reference, value } = document;
  const { mode, match, assign = [], existing, unconfined, unavailable, require } = value.spec;
  return {
    rank,
    document,
    reference,
    mode,
    scope: compileScope(match),
    rules: assign.map(compileRule),
    existing,
    unconfined,
    unavailable,
    requirement: require === undefined ? undefined : compileRequirement(reference, mode, require),
  };
}

/** The first rule, in the order written, that matches the container. */
export function ruleFor({ rules }: CompiledPolicy, container: ContainerFacts): CompiledRule | undefined {
  for (const rule of rules) if (matchesContainer(rule.match, container)) return rule;
  return undefined;
}

function compileRule(rule: AssignRule, index: number): CompiledRule {
  const profile = parseProfileReference(rule.profile);
  return {
    index,
    label: rule.name ?? String(index),
    match: compileContainerMatch(rule),
    // The schema has accepted the text; were it no reference after all, a name that nothing has is the safe reading.
    profile: profile.ok ? profile.value : { kind: 'Catalogue', name: rule.profile },
    profileText: rule.profile,
    stage: rule.stage,
  };
}
