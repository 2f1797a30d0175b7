import type { KubeClient } from '../../kubernetes/client.js';
import { type CheckFindings, problem } from './check.js';

export async function checkApiServer(client: KubeClient): Promise<CheckFindings> {
  const { body } = await client.raw({ method: 'GET', path: '/version' });
  const { gitVersion = 'unknown', minor = '0' } = JSON.parse(body) as { gitVersion?: string; minor?: string };
  const isOld = Number.parseInt(minor, 10) < 30;
  return {
    summary: `${client.connection.server.origin} runs Kubernetes ${gitVersion}`,
    problems: isOld
      ? [
          problem(
            'KD01',
            'error',
            `Kubernetes ${gitVersion} has no ValidatingAdmissionPolicy v1, which guards the enforcement label and approvals`,
            'Use Kubernetes 1.30 or newer.',
          ),
        ]
      : [],
  };
}
