import { membersOrNone } from '../../document/members.js';
import type { TestedContainer } from '../../policy/check/check-context.js';

type Members = Readonly<Record<string, unknown>>;

/** The containers of a pod, or of the pod that a workload makes, as far as they can be read. */
export function testedContainers(object: unknown): readonly TestedContainer[] {
  const { metadata } = membersOrNone(object);
  const { namespace } = membersOrNone(metadata);
  const spec = podSpecOf(object);
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => {
    const containers = spec[list];
    if (!Array.isArray(containers)) return [];
    return containers.map(membersOrNone).map(({ name, image }) => ({
      name: textOf(name),
      image: textOf(image),
      namespace: typeof namespace === 'string' && namespace !== '' ? namespace : 'default',
    }));
  });
}

/** The `spec` of a pod, of a template, or of the pod template in a workload. */
export function podSpecOf(object: unknown): Members {
  const { spec, template, jobTemplate } = membersOrNone(object);
  const inner = membersOrNone(spec);
  if (template !== undefined) return podSpecOf(template);
  if (jobTemplate !== undefined) return podSpecOf(jobTemplate);
  return inner.template !== undefined || inner.jobTemplate !== undefined ? podSpecOf(inner) : inner;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
