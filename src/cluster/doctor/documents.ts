import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { seccomplyKinds } from '../kinds.js';
import { type CheckFindings, problem } from './check.js';

interface DocumentObject extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { type?: string; status?: string; reason?: string; message?: string }[];
  };
}

export async function checkDocuments(client: KubeClient): Promise<CheckFindings> {
  const problems: Problem[] = [];
  const counts: string[] = [];
  for (const kind of Object.values(seccomplyKinds)) {
    const objects = await client.listAll<DocumentObject>(kind);
    counts.push(`${objects.length} ${kind.plural}`);
    for (const { metadata, status } of objects)
      for (const { type, status: is, message = '', reason } of status?.conditions ?? []) {
        const isBad =
          (type === 'Ready' && is === 'False') ||
          (type === 'Conflicted' && is === 'True') ||
          (type === 'Active' && is === 'False');
        if (isBad)
          problems.push(
            problem('KD30', 'warning', `${kind.kind} ${metadata.name ?? ''}: ${reason ?? type}: ${message}`),
          );
      }
  }
  return { summary: counts.join(', '), problems: problems.slice(0, 50) };
}
