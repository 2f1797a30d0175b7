import { names } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { messageOf } from '../../system/errno.js';
import { checkApiServer } from './api-server.js';
import { checkCallers } from './callers.js';
import { checkCertificates } from './certificates.js';
import { type CheckFindings, type CheckResult, type DoctorOptions, problem } from './check.js';
import { checkCriticalDaemonSets } from './critical-daemon-sets.js';
import { checkCustomKinds } from './custom-kinds.js';
import { checkDeployment } from './deployments.js';
import { checkDocuments } from './documents.js';
import { checkGuards } from './guards.js';
import { checkKubelets } from './kubelets.js';
import { checkOtherWebhooks } from './other-webhooks.js';
import { checkPolicySets } from './policy-sets.js';
import { checkProbe } from './probe.js';
import { checkRegistration } from './registration.js';

/**
 * Checks an installation as a whole and changes nothing. Each check stands alone: one that cannot be made says so and the others go on.
 * @throws KubeError when the API server cannot be asked at all
 */
export async function checkInstallation(
  client: KubeClient,
  options: DoctorOptions,
  tell: (result: CheckResult) => void = () => undefined,
): Promise<readonly CheckResult[]> {
  const checks: readonly (readonly [title: string, check: () => Promise<CheckFindings>])[] = [
    ['API server', () => checkApiServer(client)],
    ['custom kinds', () => checkCustomKinds(client)],
    ['webhook', () => checkDeployment(client, options.namespace, names.webhook)],
    ['controller', () => checkDeployment(client, options.namespace, names.controller)],
    ['policy sets', () => checkPolicySets(client, options.namespace)],
    ['certificates', () => checkCertificates(client, options)],
    ['callers', () => checkCallers(client, options.namespace)],
    ['registration', () => checkRegistration(client, options)],
    ['guards', () => checkGuards(client)],
    ['an Unconfined pod', () => checkProbe(client, options)],
    ['policies', () => checkDocuments(client)],
    ['other webhooks', () => checkOtherWebhooks(client, options)],
    ['node-critical DaemonSets', () => checkCriticalDaemonSets(client, options)],
    ['kubelets', () => checkKubelets(client)],
  ];
  const results: CheckResult[] = [];
  for (const [title, check] of checks) {
    let findings: CheckFindings;
    try {
      findings = await check();
    } catch (error) {
      // Then nothing can be checked.
      if (results.length === 0 && isKubeError(error, 'unreachable', 'deadline', 'unauthorized')) throw error;
      findings = { summary: 'could not be looked at', problems: [notChecked(title, error)] };
    }
    const result = { title, ...findings };
    tell(result);
    results.push(result);
  }
  return results;
}

function notChecked(title: string, error: unknown): Problem {
  const isForbidden = isKubeError(error, 'forbidden');
  return problem(
    'KD90',
    isForbidden ? 'info' : 'warning',
    `${title}: ${messageOf(error)}`,
    isForbidden ? 'Ask someone with more rights to run this.' : undefined,
  );
}
