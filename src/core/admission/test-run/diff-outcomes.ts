import { membersOrNone } from '../../document/members.js';
import { profileText } from '../../policy/rules/profile-text.js';
import type { Catalogue } from '../../profile/catalogue.js';
import type { Decision } from '../decision.js';
import type { Admission } from '../explain/admit.js';
import { podSpecOf } from './policy-test-pod.js';

/** What policies make of one object. */
export interface PodOutcome {
  readonly allowed: boolean;
  /** Why it is refused: the messages, one a finding. */
  readonly refusals: readonly string[];
  /** By container: what it ends up with, `web-static`. */
  readonly profiles: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

export interface DecisionChange {
  /** `pod` for what concerns all of it. */
  readonly container: string;
  readonly what: 'decision' | 'profile' | 'warnings';
  readonly from: string;
  readonly to: string;
}

export function podOutcomeOf({ decision, mutate, object }: Admission, catalogue: Catalogue): PodOutcome {
  return {
    allowed: decision.allowed,
    refusals: refusalsOf(decision),
    profiles: profilesIn(object, catalogue),
    warnings: [...new Set([...(mutate?.warnings ?? []), ...decision.warnings])],
  };
}

/** By container: its own profile, else the pod's. */
function profilesIn(object: unknown, catalogue: Catalogue): Map<string, string> {
  const spec = podSpecOf(object);
  const profiles = new Map<string, string>();
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    const containers = spec[list];
    if (!Array.isArray(containers)) continue;
    for (const container of containers) {
      const { name } = membersOrNone(container);
      const effective = fieldText(container) ?? fieldText(spec) ?? 'Unset';
      const { reference, stage } = profileText(effective, catalogue);
      profiles.set(String(name), stage === undefined || stage === 'Enforce' ? reference : `${reference} (${stage})`);
    }
  }
  return profiles;
}

function fieldText(holder: unknown): string | undefined {
  const { seccompProfile } = membersOrNone(membersOrNone(holder).securityContext);
  if (seccompProfile === undefined || seccompProfile === null) return undefined;
  const { type, localhostProfile } = membersOrNone(seccompProfile);
  return type === 'Localhost' ? `Localhost/${String(localhostProfile)}` : String(type);
}

/** What is another outcome under the second policies. A pod that both refuse gets no profile that could differ. */
export function changesBetween(before: PodOutcome, after: PodOutcome): readonly DecisionChange[] {
  const changes: DecisionChange[] = [];
  if (before.allowed !== after.allowed)
    changes.push({ container: 'pod', what: 'decision', from: decisionText(before), to: decisionText(after) });
  else if (!before.allowed) return changes;
  for (const name of new Set([...before.profiles.keys(), ...after.profiles.keys()])) {
    const from = before.profiles.get(name) ?? 'none';
    const to = after.profiles.get(name) ?? 'none';
    if (from !== to && before.allowed && after.allowed) changes.push({ container: name, what: 'profile', from, to });
  }
  const gone = before.warnings.filter((warning) => !after.warnings.includes(warning));
  const came = after.warnings.filter((warning) => !before.warnings.includes(warning));
  if ((gone.length > 0 || came.length > 0) && before.allowed === after.allowed)
    changes.push({
      container: 'pod',
      what: 'warnings',
      from: gone.length === 0 ? 'none' : gone.join('; '),
      to: came.length === 0 ? 'none' : came.join('; '),
    });
  return changes;
}

function decisionText({ allowed, refusals }: PodOutcome): string {
  if (allowed) return 'allowed';
  return refusals.length === 0 ? 'refused' : `refused: ${refusals.join('; ')}`;
}

function refusalsOf({ allowed, findings, message }: Decision): string[] {
  if (allowed) return [];
  const messages = findings
    .filter(({ kind, mode }) => kind === 'violation' && mode === 'Enforce')
    .map((one) => one.message);
  return messages.length > 0 || message === undefined ? messages : [message];
}
