import type { Problem } from '../../problem/problem.js';
import type { Catalogue } from '../../profile/catalogue.js';
import {
  coversProfile,
  formatProfileReference,
  type ProfilePattern,
  type ProfileReference,
  parseProfilePattern,
} from '../match/profile-reference.js';
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
    if (builtIn !== undefined && !builtIn.some((pattern) => coversProfile(pattern, rule.profile)))
      problems.push(contradictsBuiltIn(rule, builtIn));
    let found: { readonly requirement: CheckedRequirement; readonly why: Refusal } | undefined;
    let fallback: CheckedRequirement | undefined;
    pairs.candidates(rule, (requirement) => {
      if (found !== undefined || !targetsMeet(requirement, rule)) return;
      const why = refusal(requirement, rule.profile, context.catalogue);
      if (why !== undefined) found = { requirement, why };
      else if (isRefusedMeanwhile(rule, requirement, context.catalogue)) fallback ??= requirement;
    });
    if (found !== undefined) problems.push(contradiction(rule, found.requirement, found.why));
    else if (fallback !== undefined) problems.push(refusedMeanwhile(rule, fallback));
  }
  return { problems, isBounded: pairs.isExhausted };
}

type Refusal = 'profiles' | 'ceiling' | 'unknown-content';

/** Why a requirement refuses what a rule assigns; undefined when it does not, or when that is not known. */
function refusal(
  requirement: CheckedRequirement,
  profile: ProfileReference,
  catalogue: Catalogue,
): Refusal | undefined {
  const { profiles, ceiling } = requirement;
  if (profiles !== undefined && !profiles.some((pattern) => coversProfile(pattern, profile))) return 'profiles';
  if (ceiling === undefined) return undefined;
  if (profile.kind === 'Localhost') return 'unknown-content';
  if (profile.kind !== 'Catalogue') return undefined;
  const entry = catalogue.get(profile.name);
  if (entry === undefined) return undefined;
  const isWithin =
    ceiling.kind === 'RuntimeDefault'
      ? entry.withinRuntimeDefault
      : ceiling.kind !== 'Catalogue' ||
        catalogue.get(ceiling.name) === undefined ||
        catalogue.within(profile.name, ceiling.name);
  return isWithin ? undefined : 'ceiling';
}

function contradiction(rule: CheckedRule, requirement: CheckedRequirement, why: Refusal): Problem {
  const { policy } = rule;
  const assigned = formatProfileReference(rule.profile);
  const isOwn = requirement.policy === policy;
  const isAlways = targetCovers(requirement, rule);
  const other = isOwn ? 'this policy' : documentText(requirement.policy.loaded);
  const otherName = isOwn ? 'this policy' : requirement.policy.name;
  const ceiling = requirement.ceiling === undefined ? '' : formatProfileReference(requirement.ceiling);
  const { what, fix } = {
    profiles: {
      what: `and require.profiles of ${other} does not allow that`,
      fix: `add ${JSON.stringify(assigned)} to require.profiles of ${otherName}`,
    },
    ceiling: {
      what: `and that allows more than require.ceiling of ${other}, ${ceiling}`,
      fix: `choose a wider require.ceiling for ${otherName}`,
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
    `${ruleText(rule)} assigns ${assigned}, ${what}: ${isAlways ? 'every container that the rule matches' : 'a container that both are for'} is refused`,
    `${fix}, assign another profile${isOwn ? '' : ', or keep the two apart with spec.match'}`,
  );
}

function contradictsBuiltIn(rule: CheckedRule, builtIn: readonly ProfilePattern[]): Problem {
  const allowed = builtIn.map(patternText).join(', ');
  return problemAt(
    rule.policy.loaded,
    `spec.assign[${rule.index}].profile`,
    'PL004',
    'error',
    `${ruleText(rule)} assigns ${formatProfileReference(rule.profile)}, which the built-in requirement does not allow: every container that the rule matches is refused`,
    `assign one of ${allowed}, or widen the built-in requirement with --baseline`,
  );
}

function isRefusedMeanwhile(rule: CheckedRule, requirement: CheckedRequirement, catalogue: Catalogue): boolean {
  if (rule.profile.kind !== 'Catalogue' || catalogue.get(rule.profile.name) === undefined) return false;
  if (rule.policy.loaded.value.spec.unavailable !== 'RuntimeDefault') return false;
  return refusal(requirement, { kind: 'RuntimeDefault' }, catalogue) !== undefined;
}

function refusedMeanwhile(rule: CheckedRule, requirement: CheckedRequirement): Problem {
  const { policy } = rule;
  const assigned = formatProfileReference(rule.profile);
  const who = requirement.policy === policy ? 'this policy itself' : documentText(requirement.policy.loaded);
  return problemAt(
    policy.loaded,
    `spec.assign[${rule.index}].profile`,
    'PL019',
    'info',
    `while ${assigned} is not on the nodes, ${ruleText(rule)} gives RuntimeDefault, which require.profiles does not allow (${who}): such pods are refused until the profile is there`,
    'write unavailable: Deny, which says so, or add RuntimeDefault to require.profiles',
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
