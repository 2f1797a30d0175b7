import { builtInReference } from '../../policy/rules/requirement.js';
import type { FindingList } from './finding-list.js';

/** Refuses an object in which the containers cannot be found. */
export function addMalformed(
  { path, why }: { readonly path: string; readonly why: string },
  findings: FindingList,
): void {
  findings.violation(
    {
      code: 'malformed',
      mode: 'Enforce',
      container: 'pod',
      containerType: 'Pod',
      fieldPath: path,
      requested: why,
      effective: why,
      expected: 'what the API server takes',
      policy: builtInReference,
    },
    {
      who: 'the pod',
      what: `cannot be judged (${why})`,
      advice: 'correct the object',
      where: path,
    },
  );
}
