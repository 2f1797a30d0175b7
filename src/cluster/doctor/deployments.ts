import { names, ports } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';
import { type CheckFindings, problem } from './check.js';
import { certificateIssuer, whyNotIssued } from './external-certificates.js';

interface Deployment extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly { type?: string; status?: string; reason?: string; message?: string }[];
  };
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { type?: string; status?: string; reason?: string; message?: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly restartCount?: number;
  readonly ready?: boolean;
  readonly state?: { readonly waiting?: { reason?: string; message?: string }; readonly running?: object };
  readonly lastState?: { readonly terminated?: { exitCode?: number; reason?: string } };
}

export async function checkDeployment(client: KubeClient, namespace: string, name: string): Promise<CheckFindings> {
  const deployment = await client.find<Deployment>(resources.deployments, name, { namespace });
  if (deployment === undefined)
    return {
      summary: 'is not installed',
      problems: [problem('KD03', 'error', `there is no Deployment ${name} in ${namespace}`, 'Run seccomply install.')],
    };
  const wanted = deployment.spec?.replicas ?? 1;
  const available = deployment.status?.availableReplicas ?? 0;
  const problems: Problem[] = [];
  if (available < wanted) {
    const failure = deployment.status?.conditions?.find(
      ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
    );
    if (failure !== undefined)
      problems.push(
        problem(
          'KD04',
          'error',
          `no pod of ${name} can be made: ${failure.message ?? ''}`,
          adviceForPod(failure.message ?? ''),
        ),
      );
    const component = name.replace(/^seccomply-/, '');
    const pods = await client.listAll<Pod>(resources.pods, {
      namespace,
      labelSelector: `app.kubernetes.io/name=seccomply,app.kubernetes.io/component=${component}`,
    });
    for (const pod of pods) problems.push(...(await podProblems(client, pod)));
    if (problems.length === 0)
      problems.push(
        problem(
          'KD04',
          available === 0 ? 'error' : 'warning',
          `${available} of ${wanted} replicas of ${name} are available`,
          `kubectl -n ${namespace} describe deployment ${name}`,
        ),
      );
  }
  return { summary: `${available} of ${wanted} replicas are available`, problems };
}

/** Why the installation may not work yet, in a sentence; undefined when certificate and Deployments are well. */
export async function whyNotYet(client: KubeClient, namespace: string): Promise<string | undefined> {
  // Its Secret is mounted: without it no pod of the webhook starts.
  if ((await certificateIssuer(client, namespace)) === 'cert-manager') {
    const [first] = await whyNotIssued(client, namespace);
    if (first !== undefined) return first.message;
  }
  for (const name of [names.controller, names.webhook]) {
    const { problems } = await checkDeployment(client, namespace, name);
    if (problems[0] !== undefined) return problems[0].message;
  }
  return undefined;
}

async function podProblems(client: KubeClient, pod: Pod): Promise<readonly Problem[]> {
  const { name = '', namespace = '' } = pod.metadata;
  const problems: Problem[] = [];
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    problems.push(problem('KD05', 'error', `no node takes the pod ${name}: ${scheduled.message ?? ''}`));
  for (const { state, restartCount = 0, ready, lastState } of pod.status?.containerStatuses ?? []) {
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (/^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/.test(reason))
      problems.push(
        problem(
          'KD06',
          'error',
          `the image of the pod ${name} cannot be had: ${message || reason}`,
          'Give an image that every node can pull: seccomply install --image REF',
        ),
      );
    else if (/^(CreateContainer|RunContainer)/.test(reason))
      problems.push(problem('KD07', 'error', `the container of ${name} cannot be made: ${message || reason}`));
    else if (restartCount > 0 && ready !== true) {
      const exit = lastState?.terminated;
      const log = await lastLines(client, namespace, name);
      problems.push(
        problem(
          'KD08',
          'error',
          `the pod ${name} ends again and again (${restartCount} times, exit code ${exit?.exitCode ?? '?'})${log === '' ? '' : `; its last words: ${log}`}`,
          `kubectl -n ${namespace} logs ${name} --previous`,
        ),
      );
    } else if (state?.running !== undefined && ready !== true) {
      const why = await readyzOf(client, namespace, name);
      problems.push(
        problem(
          'KD09',
          'warning',
          `the pod ${name} runs and is not ready${why === '' ? '' : `: ${why}`}`,
          `kubectl -n ${namespace} logs ${name}`,
        ),
      );
    }
  }
  return problems;
}

async function lastLines(client: KubeClient, namespace: string, pod: string): Promise<string> {
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
    const { body } = await client.raw({ method: 'GET', path, query: { previous: true, tailLines: 3 } });
    return body.trim().replaceAll('\n', ' ⏎ ').slice(-600);
  } catch {
    return '';
  }
}

async function readyzOf(client: KubeClient, namespace: string, pod: string): Promise<string> {
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/https:${pod}:${ports.admin}/proxy/readyz`;
    return (await client.raw({ method: 'GET', path, query: { verbose: '' } })).body.trim().slice(0, 600);
  } catch (error) {
    return isKubeError(error, 'server', 'unreachable') ? '' : messageOf(error).slice(0, 600);
  }
}

function adviceForPod(message: string): string {
  if (/exceeded quota|insufficient quota/.test(message))
    return 'A priority class outside kube-system needs a ResourceQuota that allows it: raise seccomply-critical-pods.';
  if (/violates PodSecurity/.test(message)) return 'The namespace has to allow pods of the standard restricted.';
  if (/no PriorityClass/.test(message)) return 'Install with another priority class.';
  if (/failed calling webhook/.test(message))
    return 'Another webhook keeps our pods out: exclude our namespace from it, or mend it.';
  return 'Correct what the API server says, then it goes on by itself.';
}
