import { compileGlob } from '../match/glob.js';
import { compileSelector, type LabelSelector } from '../match/label-selector.js';
import type { PolicyMatch } from '../schema/policy-schema.js';
import { and, celList, celOneOf, celText, globExpression, not, or } from './cel.js';

/** Where a pod is in the object that is admitted, as expressions of CEL. */
export interface PodPlace {
  readonly spec: string;
  readonly metadata: string;
  /** The spec before the update; absent where everything is judged each time. */
  readonly oldSpec?: string;
}

export const podItself: PodPlace = { spec: 'object.spec', metadata: 'object.metadata', oldSpec: 'oldObject.spec' };

type Block = Pick<PolicyMatch, 'namespaces' | 'namespaceSelector' | 'podSelector' | 'serviceAccounts'> & {
  readonly runtimeClassNames?: readonly string[] | undefined;
};

/** Whether a policy or an exemption is for the pod. */
export function celScope(match: PolicyMatch | undefined, pod: PodPlace): string {
  if (match === undefined) return 'true';
  return and(block(match, pod), ...(match.exclude ?? []).map((excluded) => not(block(excluded, pod))));
}

function block(scope: Block, pod: PodPlace): string {
  const globs = (patterns: readonly string[] | undefined) => patterns?.map((text) => globExpression(compileGlob(text)));
  const account = `(has(${pod.spec}.serviceAccountName) && ${pod.spec}.serviceAccountName != '' ? ${pod.spec}.serviceAccountName : 'default')`;
  return and(
    celOneOf('request.namespace', globs(scope.namespaces)),
    scope.namespaceSelector === undefined ? 'true' : selector(scope.namespaceSelector, 'namespaceObject.metadata'),
    scope.podSelector === undefined ? 'true' : selector(scope.podSelector, pod.metadata, pod.spec !== 'object.spec'),
    scope.serviceAccounts === undefined
      ? 'true'
      : or(
          ...scope.serviceAccounts.map((text) => {
            const [namespace = '', name = ''] = text.split('/');
            return and(celOneOf('request.namespace', globs([namespace])), celOneOf(account, globs([name])));
          }),
        ),
    scope.runtimeClassNames === undefined
      ? 'true'
      : and(
          `has(${pod.spec}.runtimeClassName)`,
          celOneOf(`${pod.spec}.runtimeClassName`, globs(scope.runtimeClassNames)),
        ),
  );
}

/** With Kubernetes' meaning: NotIn and DoesNotExist hold where the label is absent. `mayLack`: the metadata itself may be absent. */
function selector(labels: LabelSelector, metadata: string, mayLack = false): string {
  const all = `${metadata}.labels`;
  const there = mayLack ? `has(${metadata}) && has(${all})` : `has(${all})`;
  return and(...compileSelector(labels).requirements.map((requirement) => holds(requirement, all, there)));
}

type Requirement = ReturnType<typeof compileSelector>['requirements'][number];

function holds({ key, operator, values }: Requirement, labels: string, there: string): string {
  const present = `(${there} && ${celText(key)} in ${labels})`;
  const among = `${labels}[${celText(key)}] in ${celList([...values])}`;
  switch (operator) {
    case 'In':
      return `(${present} && ${among})`;
    case 'NotIn':
      return `(!${present} || !(${among}))`;
    case 'Exists':
      return present;
    case 'DoesNotExist':
      return `!${present}`;
  }
}
