import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { seccomplyKinds } from '../kinds.js';
import { type CheckFindings, problem } from './check.js';

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { type?: string; status?: string; message?: string }[] };
}

export async function checkCustomKinds(client: KubeClient): Promise<CheckFindings> {
  const problems: Problem[] = [];
  for (const { plural, group } of Object.values(seccomplyKinds)) {
    const name = `${plural}.${group}`;
    const definition = await client.find<Definition>(resources.customResourceDefinitions, name);
    const established = definition?.status?.conditions?.find(({ type }) => type === 'Established');
    if (definition === undefined)
      problems.push(problem('KD02', 'error', `the kind ${name} is missing`, 'Run seccomply install again.'));
    else if (established?.status !== 'True')
      problems.push(
        problem('KD02', 'error', `the kind ${name} is not served: ${established?.message ?? 'not established yet'}`),
      );
  }
  return { summary: 'SeccompPolicy, SeccompExemption and SeccompProfile are served', problems };
}
