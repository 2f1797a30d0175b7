import { enforcementLabel } from '../../core/manifests/guard.js';
import { names, ports } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { type ProbeResult, probeAdmission } from '../registration/admission-probe.js';
import { type CheckFindings, type DoctorOptions, problem } from './check.js';

export async function checkProbe(
  client: KubeClient,
  { probeNamespace, namespace }: DoctorOptions,
): Promise<CheckFindings> {
  const result = await probeAdmission(client, probeNamespace);
  return { summary: probeSummary(result, probeNamespace), problems: probeProblems(result, probeNamespace, namespace) };
}

function probeSummary(result: ProbeResult, probeNamespace: string): string {
  return result.is === 'refused' ? `is refused in ${probeNamespace}, as it should be` : 'is not refused by us';
}

/** Why a pod that has to be refused was not, and what to do about it. */
function probeProblems(result: ProbeResult, probeNamespace: string, namespace: string): readonly Problem[] {
  switch (result.is) {
    case 'refused':
      return [];
    case 'admitted':
      return [
        problem(
          'KD20',
          'error',
          `the API server took an Unconfined pod in ${probeNamespace} (in a dry run)${result.warnings.length === 0 ? ', and did not ask the webhook' : `, with the warning: ${result.warnings.join('; ')}`}`,
          result.warnings.length === 0
            ? `See whether the registration is there, and whether the namespace has the label ${enforcementLabel}.`
            : 'The webhook was asked and let it through: look at exemptions, and at the mode of the policies.',
        ),
      ];
    case 'refused by another':
      return [
        problem(
          'KD21',
          'warning',
          `a pod that our webhook has to refuse was refused by ${result.by} before it: ${result.message.slice(0, 300)}`,
          'Name a namespace in which such a pod gets as far as our webhook: --probe-namespace NAME',
        ),
      ];
    case 'failed':
      return [problem('KD22', 'error', `the probe could not be made: ${result.message}`)];
    case 'not called':
      if (!result.webhook.endsWith('.seccomply.dev'))
        return [
          problem(
            'KD23',
            'error',
            `another webhook, ${result.webhook}, does not answer and keeps every pod out: ${result.cause}`,
            'Mend it, or delete its configuration.',
          ),
        ];
      return [
        problem(
          'KD24',
          'error',
          `the API server cannot call ${result.webhook}: ${result.cause}`,
          callAdvice(result.why, namespace),
        ),
      ];
  }
}

function callAdvice(why: Extract<ProbeResult, { is: 'not called' }>['why'], namespace: string): string {
  switch (why) {
    case 'certificate':
      return `The certificate that the webhook serves is not one of the caBundle: see whether the controller runs (kubectl -n ${namespace} logs deploy/${names.controller}).`;
    case 'not authenticated':
      return `The API server shows no client certificate that the webhook asks for; its log says what is wrong. To let pods in: kubectl -n ${namespace} set env deployment/${names.webhook} SECCOMPLY_CLIENT_CERTIFICATES=optional`;
    case 'no-endpoints':
      return `No replica is ready: kubectl -n ${namespace} get pods; kubectl -n ${namespace} logs deploy/${names.webhook}`;
    case 'unreachable':
    case 'deadline':
      return `Open the way from the API server to port ${ports.admission} of the pods (firewall rules of private clusters, NetworkPolicies, CNI without a way from the host).`;
    case 'answer':
      return 'Something else answers at this address: look for a proxy or a service mesh in front of the webhook.';
    case 'other':
      return `Look at the log of the webhook: kubectl -n ${namespace} logs deploy/${names.webhook}`;
  }
}
