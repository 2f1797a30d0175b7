import type { Decision } from '../admission/decision.js';
import type { Explanation } from '../admission/explain.js';
import type { Catalogue } from './catalogue.js';
import { profileText } from './profile-text.js';

/** What policies make of one object. */
export interface Outcome {
  readonly allowed: boolean;
  /** Why it is refused: the messages, one a finding. */
  readonly refusals: readonly string[];
  /** By container: what it ends up with, `web-static`. */
  readonly profiles: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

export interface Change {
  /** `pod` for what concerns all of it. */
  readonly container: string;
  readonly what: 'decision' | 'profile' | 'warnings';
  readonly from: string;
  readonly to: string;
}

export function outcomeOf({ containers, decision, mutate }: Explanation, catalogue: Catalogue): Outcome {
  return {
    allowed: decision.allowed,
    refusals: refusalsOf(decision),
    profiles: new Map(
      containers.map(({ name, after }) => {
        const { reference, stage } = profileText(after, catalogue);
        return [name, stage === undefined || stage === 'Enforce' ? reference : `${reference} (${stage})`];
      }),
    ),
    warnings: [...new Set([...mutate.warnings, ...decision.warnings])],
  };
}

/** What is another outcome under the second policies. A pod that both refuse gets no profile that could differ. */
export function changesBetween(before: Outcome, after: Outcome): readonly Change[] {
  const changes: Change[] = [];
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

function decisionText({ allowed, refusals }: Outcome): string {
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
