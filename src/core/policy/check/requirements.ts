import type { Problem } from '../../problem/problem.js';
import type { ContainerType } from '../values/container-type.js';
import { type Pairs, pairsAmong } from './candidate-pairs.js';
import { listText, problemAt } from './check-context.js';
import type { CheckedPolicy, CheckedRequirement, CheckedRule } from './checked-policy.js';
import { scopeCovers } from './scope-cover.js';

const PAIR_BUDGET = 1_000_000;
const ALL_TYPES: readonly ContainerType[] = ['Container', 'Sidecar', 'Init', 'Ephemeral'];

/** Requirements that pods cannot meet or can get around, and containers that are left without a profile. */
export function checkRequirements(policies: readonly CheckedPolicy[]): {
  readonly problems: readonly Problem[];
  readonly isBounded: boolean;
} {
  const enforced = policies.filter(({ loaded }) => loaded.value.spec.mode === 'Enforce');
  const forEverything = enforced.flatMap(({ rules }) =>
    rules.filter(({ images, containers }) => images === undefined && containers === undefined),
  );
  const pairs = pairsAmong(forEverything, PAIR_BUDGET);
  const problems = policies.flatMap((policy) => {
    const { requirement } = policy;
    const isEnforced = policy.loaded.value.spec.mode === 'Enforce';
    return [
      ...(isEnforced ? leftUnset(policy, requirement, pairs) : []),
      ...(requirement === undefined
        ? []
        : [...evadableByLabels(policy), ...leftByServiceAccount(policy), ...leftByRuntimeClass(policy)]),
    ];
  });
  return { problems, isBounded: pairs.isExhausted };
}

/** Types of container that end up unset: refused where the policy requires a profile, without a filter where it does not. */
function leftUnset(
  policy: CheckedPolicy,
  requirement: CheckedRequirement | undefined,
  pairs: Pairs<CheckedRule>,
): Problem[] {
  const { loaded, rules } = policy;
  if (rules.length === 0 && requirement === undefined) return [];
  const given = new Set<ContainerType>();
  pairs.candidates({ policy, types: ALL_TYPES, images: undefined, containers: undefined }, (rule) => {
    if (rule.policy === policy || scopeCovers(rule.policy.scope, policy.scope))
      for (const type of rule.types) given.add(type);
  });
  const unset = ALL_TYPES.filter((type) => !given.has(type));
  const refused =
    requirement === undefined || allowsUnset(requirement)
      ? []
      : unset.filter((type) => requirement.types.includes(type));
  const problems: Problem[] = [];
  if (refused.length > 0) problems.push(outOfReach(policy, refused));
  const withoutFilter = unset.filter((type) => (type === 'Init' || type === 'Ephemeral') && !refused.includes(type));
  if (rules.length > 0 && withoutFilter.length > 0)
    problems.push(
      problemAt(
        loaded,
        'spec.assign',
        'PL015',
        'info',
        `${listText(withoutFilter)} containers of these pods get no profile: unset, they run without a filter unless the kubelet has seccompDefault`,
        `add a rule with containerTypes: [${withoutFilter.join(', ')}] and profile: RuntimeDefault, here or in a policy for every pod, as policies/baseline has it`,
      ),
    );
  return problems;
}

function outOfReach({ loaded, name, rules, requirement }: CheckedPolicy, refused: readonly ContainerType[]): Problem {
  const partly = refused.filter((type) => rules.some(({ types }) => types.includes(type)));
  const allTypes = [...new Set([...rules.flatMap(({ types }) => types), ...refused])];
  const noAssign = rules.length === 0;
  const types = listText(refused);
  const message = noAssign
    ? `${name} requires a profile, and no policy assigns one to the ${types} containers of these pods: those that set none themselves are refused`
    : partly.length === refused.length
      ? `${name} requires a profile, and assigns one only to some ${types} containers, by image or name: the others are refused unless they set one themselves`
      : `${name} requires a profile of ${types} containers, and no rule assigns one to each of them: most real pods would be refused`;
  const addRule = `add a last rule { profile: RuntimeDefault, containerTypes: [${(noAssign ? refused : allTypes).join(', ')}] }`;
  return problemAt(
    loaded,
    'spec.require',
    'PL012',
    noAssign ? 'info' : 'warning',
    message,
    `${addRule} to spec.assign, ${requirement?.ceiling === undefined ? 'add Unset to require.profiles, ' : ''}or leave these types out of require.containerTypes`,
  );
}

function allowsUnset({ profiles, ceiling }: CheckedRequirement): boolean {
  return ceiling === undefined && (profiles === undefined || profiles.some(({ kind }) => kind === 'Unset'));
}

function evadableByLabels({ loaded }: CheckedPolicy): Problem[] {
  const { match } = loaded.value.spec;
  const found: Problem[] = [];
  const because = 'labels belong to the author of the pod';
  if (match?.podSelector !== undefined)
    found.push(
      problemAt(
        loaded,
        'spec.match.podSelector',
        'PL013',
        'warning',
        `a pod gets around this requirement by leaving out a label: ${because}`,
        'choose the pods of a requirement by namespaces or namespaceSelector; move assign, which may go by labels, into a policy of its own',
      ),
    );
  for (const [index, block] of (match?.exclude ?? []).entries())
    if (block.podSelector !== undefined)
      found.push(
        problemAt(
          loaded,
          `spec.match.exclude[${index}].podSelector`,
          'PL013',
          'warning',
          `a pod gets around this requirement by carrying a label: ${because}`,
          'exclude namespaces instead, or write a SeccompExemption, which has an owner and an end',
        ),
      );
  return found;
}

/** A pod may name every service account of its namespace; only the namespace is out of its hands. */
function leftByServiceAccount({ loaded }: CheckedPolicy): Problem[] {
  const { match } = loaded.value.spec;
  const isChoice = (accounts: readonly string[] | undefined): accounts is readonly string[] =>
    accounts?.some((account) => !account.endsWith('/*')) === true;
  const because = 'its author names any of its namespace';
  const advice =
    'choose by namespaces or namespaceSelector, or see to it that nobody else makes pods in the namespaces of these accounts';
  const note = (path: string, message: string): Problem => problemAt(loaded, path, 'PL021', 'info', message, advice);
  const found: Problem[] = [];
  if (isChoice(match?.serviceAccounts))
    found.push(
      note(
        'spec.match.serviceAccounts',
        `a pod gets around this requirement with a service account other than ${listText(match.serviceAccounts, 'or')}: ${because}`,
      ),
    );
  for (const [index, { serviceAccounts }] of (match?.exclude ?? []).entries())
    if (isChoice(serviceAccounts))
      found.push(
        note(
          `spec.match.exclude[${index}].serviceAccounts`,
          `a pod leaves this requirement with the service account ${listText(serviceAccounts, 'or')}: ${because}`,
        ),
      );
  return found;
}

/** A pod names its runtime class itself; only whether that is a sandbox is out of its hands. */
function leftByRuntimeClass({ loaded }: CheckedPolicy): Problem[] {
  return (loaded.value.spec.match?.exclude ?? []).flatMap((block, index) => {
    const names = block.runtimeClassNames;
    if (names === undefined) return [];
    const path = `spec.match.exclude[${index}].runtimeClassNames`;
    if (names.includes('*'))
      return [
        problemAt(
          loaded,
          path,
          'PL014',
          'warning',
          'a pod gets around this requirement by naming any runtime class, and not every one is a sandbox',
          'list the sandboxed ones by name: [gvisor, "kata-*"]',
        ),
      ];
    return [
      problemAt(
        loaded,
        path,
        'PL014',
        'info',
        `a pod leaves this requirement by naming the runtime class ${listText(names, 'or')}: the name alone does not say that it is a sandbox`,
        'see to it that each RuntimeClass that goes by such a name has a sandboxed handler (gVisor, Kata), and that few may make RuntimeClasses',
      ),
    ];
  });
}
