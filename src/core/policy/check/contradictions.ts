import type { Problem } from '../../problem/problem.js';
import type { Catalogue } from '../../profile/catalogue.js';
import {
  coversProfile,
  formatProfileReference,
  type ProfilePattern,
  type ProfileSubject,
  parseProfilePattern,
} from '../match/profile-reference.js';
import { isUnderCeiling } from '../rules/requirement.js';
import { pairsAmong } from './candidate-pairs.js';
import { type CheckContext, documentText, problemAt } from './check-context.js';
import {
  type CheckedPolicy,
  type CheckedRequirement,
  type CheckedRule,
  ruleText,
  targetCovers,
  targetsMeet,
} from './checked-policy.js';

const PAIR_BUDGET = 1_000_000;

/** Rules that assign what a requirement, on the same pods, does not allow: such pods are refused whatever their authors do. */
export function checkContradictions(
  policies: readonly CheckedPolicy[],
  unreachable: ReadonlySet<CheckedRule>,
  context: CheckContext,
): { readonly problems: readonly Problem[]; readonly isBounded: boolean } {
  const enforced = policies.filter(({ loaded }) => loaded.value.spec.mode === 'Enforce');
  const requirements = enforced.flatMap(({ requirement }) => requirement ?? []);
  const pairs = pairsAmong(requirements, context.pairBudget ?? PAIR_BUDGET);
  const builtIn = context.baseline === 'off' ? undefined : context.baseline.flatMap(patternOf);
  const problems: Problem[] = [];
  for (const rule of enforced.flatMap(({ rules }) => rules)) {
    if (unreachable.has(rule)) continue;
    const subject = subjectOf(rule, context.catalogue);
    const isRefusedByBuiltIn = builtIn?.every((pattern) => !coversProfile(pattern, subject)) === true;
    if (builtIn !== undefined && isRefusedByBuiltIn) problems.push(contradictsBuiltIn(rule, subject, builtIn));
    let found: { readonly requirement: CheckedRequirement; readonly why: Refusal } | undefined;
    let fallback: { readonly requirement: CheckedRequirement; readonly why: Refusal } | undefined;
    pairs.candidates(rule, (requirement) => {
      if (found !== undefined || !targetsMeet(requirement, rule)) return;
      const why = refusal(requirement, subject, context.catalogue);
      if (why !== undefined) found = { requirement, why };
      else {
        const meanwhile = refusedMeanwhile(rule, requirement, context.catalogue);
        if (meanwhile !== undefined) fallback ??= { requirement, why: meanwhile };
      }
    });
    if (found !== undefined)
      problems.push(contradiction(rule, subject, found.requirement, found.why, context.catalogue));
    else if (fallback !== undefined) problems.push(contradictsMeanwhile(rule, fallback.requirement, fallback.why));
    if (subject.kind === 'Unconfined' && found === undefined && !isRefusedByBuiltIn) problems.push(givesNoFilter(rule));
  }
  return { problems, isBounded: pairs.isExhausted };
}

type Refusal = 'profiles' | 'ceiling' | 'unknown-content';

/** What a rule assigns, as requirements see it: at stage Enforce a profile that refuses nothing is Unconfined. */
function subjectOf({ profile, rule }: CheckedRule, catalogue: Catalogue): ProfileSubject {
  if (profile.kind !== 'Catalogue') return profile;
  const isUnconfined = rule.stage === 'Enforce' && catalogue.get(profile.name)?.refusesNothing === true;
  return isUnconfined ? { kind: 'Unconfined' } : { ...profile, stage: rule.stage };
}

/** Why a requirement refuses what a rule assigns; undefined when it does not, or when that is not known. */
function refusal(requirement: CheckedRequirement, profile: ProfileSubject, catalogue: Catalogue): Refusal | undefined {
  const { profiles, ceiling } = requirement;
  if (profiles !== undefined && !profiles.some((pattern) => coversProfile(pattern, profile))) return 'profiles';
  if (ceiling === undefined) return undefined;
  if (profile.kind === 'Localhost') return 'unknown-content';
  if (profile.kind === 'Unconfined') return 'ceiling';
  if (profile.kind === 'Catalogue' && catalogue.get(profile.name) === undefined) return undefined;
  if (ceiling.kind === 'Catalogue' && catalogue.get(ceiling.name) === undefined) return undefined;
  return isUnderCeiling(ceiling, profile, catalogue) ? undefined : 'ceiling';
}

function contradiction(
  rule: CheckedRule,
  subject: ProfileSubject,
  requirement: CheckedRequirement,
  why: Refusal,
  catalogue: Catalogue,
): Problem {
  const { policy } = rule;
  const assigned = formatProfileReference(subject);
  const isOwn = requirement.policy === policy;
  const isAlways = targetCovers(requirement, rule);
  const other = isOwn ? 'this policy' : documentText(requirement.policy.loaded);
  const otherName = isOwn ? 'this policy' : requirement.policy.name;
  const ceiling = requirement.ceiling === undefined ? '' : formatProfileReference(requirement.ceiling);
  const { what, fix } = {
    profiles: {
      what: `and require.profiles of ${other} does not allow that`,
      fix: `${subject.kind === 'Unconfined' ? `give the rule ${LOGGING_STAGE}, ` : ''}add ${JSON.stringify(assigned)} to require.profiles of ${otherName}`,
    },
    ceiling: {
      what: `and that allows more than require.ceiling of ${other}, ${ceiling}`,
      fix: isUnderCeiling({ kind: 'RuntimeDefault' }, subject, catalogue)
        ? `write RuntimeDefault as require.ceiling of ${otherName}`
        : `choose a wider require.ceiling for ${otherName}`,
    },
    'unknown-content': {
      what: `a file whose content is not known, and so it is over require.ceiling of ${other}`,
      fix: `remove require.ceiling of ${otherName}`,
    },
  }[why];
  return problemAt(
    policy.loaded,
    `spec.assign[${rule.index}].profile`,
    'PL004',
    isAlways ? 'error' : 'warning',
    `${assignsText(rule, subject)}, ${what}: ${isAlways ? 'every container that the rule matches' : 'a container that both are for'} is refused`,
    `${fix}, ${isOwn ? 'or assign another profile' : 'assign another profile, or keep the two apart with spec.match'}`,
  );
}

function contradictsBuiltIn(rule: CheckedRule, subject: ProfileSubject, builtIn: readonly ProfilePattern[]): Problem {
  const allowed = builtIn.map(patternText).join(', ');
  return problemAt(
    rule.policy.loaded,
    `spec.assign[${rule.index}].profile`,
    'PL004',
    'error',
    `${assignsText(rule, subject)}, ${subject.kind === 'Unconfined' ? 'and the built-in requirement does not allow that' : 'which the built-in requirement does not allow'}: every container that the rule matches is refused`,
    `${subject.kind === 'Unconfined' ? `give the rule ${LOGGING_STAGE}, ` : ''}assign one of ${allowed}, or widen the built-in requirement with --baseline`,
  );
}

function assignsText(rule: CheckedRule, { kind }: ProfileSubject): string {
  const stage = rule.rule.stage === 'Enforce' ? '' : ` at stage ${rule.rule.stage}`;
  const text = `${ruleText(rule)} assigns ${formatProfileReference(rule.profile)}${stage}`;
  return kind === 'Unconfined' ? `${text}, which refuses nothing and so counts as Unconfined` : text;
}

const LOGGING_STAGE = 'stage: Record or Complain';

function givesNoFilter(rule: CheckedRule): Problem {
  return problemAt(
    rule.policy.loaded,
    `spec.assign[${rule.index}].profile`,
    'PL022',
    'warning',
    `${assignsText(rule, { kind: 'Unconfined' })}: its containers run as if they had no profile`,
    `assign another profile, or give the rule ${LOGGING_STAGE}, which keep within RuntimeDefault`,
  );
}

/** Why a requirement refuses the RuntimeDefault that a rule gives until its profile is on the nodes. */
function refusedMeanwhile(
  rule: CheckedRule,
  requirement: CheckedRequirement,
  catalogue: Catalogue,
): Refusal | undefined {
  if (rule.profile.kind !== 'Catalogue' || catalogue.get(rule.profile.name) === undefined) return undefined;
  if (rule.policy.loaded.value.spec.unavailable !== 'RuntimeDefault') return undefined;
  return refusal(requirement, { kind: 'RuntimeDefault' }, catalogue);
}

function contradictsMeanwhile(rule: CheckedRule, requirement: CheckedRequirement, why: Refusal): Problem {
  const { policy } = rule;
  const assigned = formatProfileReference(rule.profile);
  const who = requirement.policy === policy ? 'this policy itself' : documentText(requirement.policy.loaded);
  return problemAt(
    policy.loaded,
    `spec.assign[${rule.index}].profile`,
    'PL019',
    'info',
    `while ${assigned} is not on the nodes, ${ruleText(rule)} gives RuntimeDefault, which ${why === 'profiles' ? 'require.profiles' : 'require.ceiling'} does not allow (${who}): such pods are refused until the profile is there`,
    `write unavailable: Deny, which says so, or ${why === 'profiles' ? 'add RuntimeDefault to require.profiles' : 'choose a wider require.ceiling'}`,
  );
}

function patternOf(text: string): readonly ProfilePattern[] {
  const pattern = parseProfilePattern(text);
  return pattern.ok ? [pattern.value] : [];
}

function patternText(pattern: ProfilePattern): string {
  if (pattern.kind === 'Catalogue') return pattern.glob.text;
  return pattern.kind === 'Localhost' ? `Localhost/${pattern.text}` : pattern.kind;
}
