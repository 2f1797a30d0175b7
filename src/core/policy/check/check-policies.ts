import type { Problem } from '../../problem/problem.js';
import type { DocumentSet } from '../load/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';
import { type CheckContext, documentText, MAX_OF_A_KIND, notListed, problemAt } from './check-context.js';
import { type CheckedPolicy, checkedPolicies } from './checked-policy.js';
import { checkContradictions } from './contradictions.js';
import { checkExemptions } from './exemptions.js';
import { checkProfiles } from './profiles.js';
import { checkRequirements } from './requirements.js';
import { checkRules } from './rules.js';
import { isEmptyScope } from './scope-cover.js';
import { checkTested } from './untested.js';

/**
 * What is wrong with documents that are each well formed: what one means beside the others, against the catalogue, the clock
 * and its tests. The codes are in `problem-codes.ts`.
 */
export function checkPolicies(documents: DocumentSet, context: CheckContext): readonly Problem[] {
  const { policies, exemptions } = documents;
  const checked = checkedPolicies(policies);
  const rules = checkRules(checked, context);
  const contradictions = checkContradictions(checked, rules.unreachable, context);
  const requirements = checkRequirements(checked);
  const problems = [
    ...sameNames([...policies, ...exemptions]),
    ...checked.flatMap(emptyScope),
    ...checkProfiles(policies, exemptions, context.catalogue),
    ...rules.problems,
    ...contradictions.problems,
    ...requirements.problems,
    ...checkExemptions(exemptions, policies, context),
    ...checkTested([...policies, ...exemptions], context),
  ];
  const isBounded = rules.isBounded || contradictions.isBounded || requirements.isBounded;
  return [...limited(problems), ...(isBounded ? [bounded(policies.length)] : [])];
}

function emptyScope({ loaded, scope }: CheckedPolicy): Problem[] {
  if (!isEmptyScope(scope)) return [];
  return [
    problemAt(
      loaded,
      'spec.match',
      'PL018',
      'warning',
      'no pod can be what match asks for: this policy does nothing',
      'look for conditions that rule each other out, or an exclude that takes out everything',
    ),
  ];
}

function sameNames(documents: readonly (LoadedPolicy | LoadedExemption)[]): Problem[] {
  const files = new Map(
    documents.filter(({ home }) => home === 'file').map((document) => [keyOf(document), document] as const),
  );
  return documents.flatMap((document) => {
    const file = document.home === 'cluster' ? files.get(keyOf(document)) : undefined;
    if (file === undefined) return [];
    const message = `a ${document.kind} called ${JSON.stringify(document.reference.name)} stands both in a file, ${documentText(file)}, and in the cluster: the file's is looked at first`;
    return [
      problemAt(
        document,
        'metadata.name',
        'PL016',
        'warning',
        message,
        'remove one of the two, or give it another name',
      ),
    ];
  });
}

function keyOf({ kind, reference }: LoadedPolicy | LoadedExemption): string {
  return `${kind}/${reference.name}`;
}

function limited(problems: readonly Problem[]): Problem[] {
  const counts = new Map<string, number>();
  const kept = problems.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= MAX_OF_A_KIND;
  });
  for (const [code, count] of counts) if (count > MAX_OF_A_KIND) kept.push(notListed(code, count - MAX_OF_A_KIND));
  return kept;
}

function bounded(count: number): Problem {
  return {
    code: 'PL020',
    severity: 'info',
    message: `with ${count} policies that can all be for the same containers, not every pair was compared: there may be more ties, contradictions and rules that are never reached`,
    advice:
      'check a part of the files, or name namespaces in spec.match and whole images in the rules, which tells policies apart',
  };
}
