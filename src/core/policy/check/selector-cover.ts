import type { CompiledSelector } from '../match/label-selector.js';

type Requirement = CompiledSelector['requirements'][number];

/** Whether labels that hold for `requirements` hold for `wanted` too; false where that is not certain. */
export function selectorIsImplied(wanted: CompiledSelector, requirements: readonly Requirement[]): boolean {
  return wanted.requirements.every((one) => requirements.some((other) => implies(other, one)));
}

/** Whether some labels can hold for all requirements. */
export function canAllHold(requirements: readonly Requirement[]): boolean {
  const byKey = new Map<string, Requirement[]>();
  for (const requirement of requirements) {
    const known = byKey.get(requirement.key);
    if (known === undefined) byKey.set(requirement.key, [requirement]);
    else known.push(requirement);
  }
  return [...byKey.values()].every(canHoldForOneKey);
}

function canHoldForOneKey(requirements: readonly Requirement[]): boolean {
  const isAbsent = requirements.some(({ operator }) => operator === 'DoesNotExist');
  if (isAbsent) return requirements.every(({ operator }) => operator === 'DoesNotExist' || operator === 'NotIn');
  const [first, ...others] = requirements.filter(({ operator }) => operator === 'In');
  if (first === undefined) return true;
  return [...first.values].some(
    (value) =>
      others.every(({ values }) => values.has(value)) &&
      requirements.every(({ operator, values }) => operator !== 'NotIn' || !values.has(value)),
  );
}

function implies(known: Requirement, wanted: Requirement): boolean {
  if (known.key !== wanted.key) return false;
  switch (wanted.operator) {
    case 'In':
      return known.operator === 'In' && [...known.values].every((value) => wanted.values.has(value));
    case 'Exists':
      return known.operator === 'In' || known.operator === 'Exists';
    case 'DoesNotExist':
      return known.operator === 'DoesNotExist';
    case 'NotIn':
      if (known.operator === 'In') return ![...known.values].some((value) => wanted.values.has(value));
      if (known.operator === 'NotIn') return [...wanted.values].every((value) => known.values.has(value));
      return known.operator === 'DoesNotExist';
  }
}
