import { enforcementLabel } from '../../core/manifests/guard.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { resources } from '../../kubernetes/resources.js';
import { type CheckFindings, problem } from './check.js';

export async function checkGuards(client: KubeClient): Promise<CheckFindings> {
  const problems: Problem[] = [];
  for (const name of ['seccomply-enforcement-label', 'seccomply-profile-approval'])
    for (const kind of [resources.validatingAdmissionPolicies, resources.validatingAdmissionPolicyBindings])
      if ((await client.find(kind, name)) === undefined)
        problems.push(
          problem(
            'KD14',
            'error',
            `the ${kind.kind} ${name} is missing: whoever may write ${name.includes('label') ? 'a namespace' : 'a profile'} can exempt himself`,
            'Run seccomply install again.',
          ),
        );
  return { summary: `the label ${enforcementLabel} and approvals are guarded`, problems };
}
