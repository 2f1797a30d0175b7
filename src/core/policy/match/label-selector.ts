/** Labels of a pod or a namespace, as they come; a value that is no text never equals one. */
export type Labels = Readonly<Record<string, unknown>>;

export type SelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** A `metav1.LabelSelector`. Empty, it selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly {
        readonly key: string;
        readonly operator: SelectorOperator;
        readonly values?: readonly string[] | undefined;
      }[]
    | undefined;
}

interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: ReadonlySet<string>;
}

export interface CompiledSelector {
  readonly requirements: readonly Requirement[];
}

/** Prepares a selector that the schema has accepted. All of its requirements must hold. */
export function compileSelector(selector: LabelSelector): CompiledSelector {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    requirements.push({ key, operator: 'In', values: new Set([value]) });
  for (const { key, operator, values } of selector.matchExpressions ?? [])
    requirements.push({ key, operator, values: new Set(values ?? []) });
  return { requirements };
}

/** As Kubernetes decides: `NotIn` and `DoesNotExist` hold where the label is absent, `In` and `Exists` do not. */
export function selects(selector: CompiledSelector, labels: Labels): boolean {
  for (const requirement of selector.requirements) if (!holds(requirement, labels)) return false;
  return true;
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const present = typeof value === 'string';
  switch (operator) {
    case 'In':
      return present && values.has(value);
    case 'NotIn':
      return !present || !values.has(value);
    case 'Exists':
      return present;
    case 'DoesNotExist':
      return !present;
  }
}
