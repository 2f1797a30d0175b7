export type Component = 'webhook' | 'controller' | 'registration' | 'policies' | 'monitoring' | 'access';

export function labelsOf(component: Component): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'seccomply',
    'app.kubernetes.io/part-of': 'seccomply',
    'app.kubernetes.io/component': component,
  };
}

/** What selects the pods of a component. Never changes: the selector of a Deployment cannot. */
export function selectorOf(component: Component): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': 'seccomply', 'app.kubernetes.io/component': component };
}
