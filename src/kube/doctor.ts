import { X509Certificate } from 'node:crypto';
import { messageOf } from '../errno.js';
import { names, ports, unenforcedNamespaces } from '../manifests/names.js';
import type { Problem } from '../problem.js';
import { splitPem } from '../tls/material.js';
import { bundleOf, isSameBundle } from '../tls/rotation.js';
import { readAuthority } from '../tls/rotation-secret.js';
import { type ProbeResult, probeAdmission } from './admission-probe.js';
import type { KubeClient, KubeObject } from './client.js';
import { criticalDaemonSets } from './critical-namespaces.js';
import { enforcementLabel } from './guard.js';
import { isKubeError } from './kube-error.js';
import { found, type Secret, type WebhookConfiguration } from './registration.js';
import { resources } from './resources.js';

/** One thing that was looked at. `problems` empty: it is as it should be, and `summary` says how. */
export interface Examination {
  readonly title: string;
  readonly summary: string;
  readonly problems: readonly Problem[];
}

export interface DoctorOptions {
  readonly namespace: string;
  /** An enforced namespace in which a probe is refused; nothing is made in it. */
  readonly probeNamespace: string;
  readonly now: number;
}

/** Looks at an installation as a whole. Each examination stands alone: one that cannot be made says so and the others go on. */
export async function examine(
  client: KubeClient,
  options: DoctorOptions,
  tell: (examination: Examination) => void = () => undefined,
): Promise<readonly Examination[]> {
  const all: readonly (readonly [string, () => Promise<Omit<Examination, 'title'>>])[] = [
    ['API server', () => examineServer(client)],
    ['custom kinds', () => examineKinds(client)],
    ['webhook', () => examineDeployment(client, options.namespace, names.webhook)],
    ['controller', () => examineDeployment(client, options.namespace, names.controller)],
    ['policy sets', () => examinePolicySets(client, options.namespace)],
    ['certificates', () => examineCertificates(client, options)],
    ['registration', () => examineRegistration(client, options)],
    ['guards', () => examineGuards(client)],
    ['an Unconfined pod', () => examineProbe(client, options)],
    ['policies', () => examineDocuments(client)],
    ['other webhooks', () => examineOthers(client, options)],
    ['node-critical DaemonSets', () => examineCritical(client, options)],
    ['kubelets', () => examineKubelets(client)],
  ];
  const done: Examination[] = [];
  for (const [title, look] of all) {
    let found: Omit<Examination, 'title'>;
    try {
      found = await look();
    } catch (error) {
      // Then nothing can be looked at.
      if (done.length === 0 && isKubeError(error, 'unreachable', 'deadline', 'unauthorized')) throw error;
      found = { summary: 'could not be looked at', problems: [notExamined(title, error)] };
    }
    const examination = { title, ...found };
    tell(examination);
    done.push(examination);
  }
  return done;
}

async function examineServer(client: KubeClient): Promise<Omit<Examination, 'title'>> {
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

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { type?: string; status?: string; message?: string }[] };
}

async function examineKinds(client: KubeClient): Promise<Omit<Examination, 'title'>> {
  const problems: Problem[] = [];
  for (const { plural, group } of [resources.policies, resources.exemptions, resources.profiles]) {
    const name = `${plural}.${group}`;
    const definition = await found(client.get<Definition>(resources.customResourceDefinitions, name));
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

async function examineDeployment(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<Omit<Examination, 'title'>> {
  const deployment = await found(client.get<Deployment>(resources.deployments, name, { namespace }));
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

/** Why the installation may not work yet, in a sentence; undefined when the Deployments are well. */
export async function whyNotYet(client: KubeClient, namespace: string): Promise<string | undefined> {
  for (const name of [names.controller, names.webhook]) {
    const { problems } = await examineDeployment(client, namespace, name);
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

/** Replicas that judge by different policies give different answers to the same pod. */
async function examinePolicySets(client: KubeClient, namespace: string): Promise<Omit<Examination, 'title'>> {
  const pods = await client.listAll<Pod>(resources.pods, {
    namespace,
    labelSelector: 'app.kubernetes.io/name=seccomply,app.kubernetes.io/component=webhook',
  });
  const sets = new Map<string, string[]>();
  for (const { metadata, status } of pods) {
    const { name = '' } = metadata;
    if (status?.phase !== 'Running') continue;
    const path = `/api/v1/namespaces/${namespace}/pods/https:${name}:${ports.admin}/proxy/metrics`;
    const { body } = await client.raw({ method: 'GET', path });
    const set = /^seccomply_policy_set_number (\S+)$/m.exec(body)?.[1] ?? 'unknown';
    sets.set(set, [...(sets.get(set) ?? []), name]);
  }
  const [first = [], ...others] = [...sets.values()].sort((a, b) => b.length - a.length);
  return {
    summary: first.length === 0 ? 'no replica runs' : `${first.length} replicas judge by the same policies`,
    problems:
      others.length === 0
        ? []
        : [
            problem(
              'KD15',
              'error',
              `${others.flat().join(', ')} judge by other policies than ${first.join(', ')}`,
              `Right after a change this is normal for a moment; later look at what keeps them: kubectl -n ${namespace} logs ${others.flat()[0]}`,
            ),
          ],
  };
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

async function examineCertificates(
  client: KubeClient,
  { namespace, now }: DoctorOptions,
): Promise<Omit<Examination, 'title'>> {
  const name = names.authoritySecret;
  let secret: Secret | undefined;
  try {
    secret = await found(client.get<Secret>(resources.secrets, name, { namespace }));
  } catch (error) {
    if (!isKubeError(error, 'forbidden')) throw error;
    return {
      summary: `not looked at: you may not read the Secret ${name}, which is as it should be for most people`,
      problems: [],
    };
  }
  if (secret === undefined) {
    const foreign = await found(client.get<Secret>(resources.secrets, names.tlsSecret, { namespace }));
    if (foreign !== undefined) return { summary: `come from the Secret ${names.tlsSecret}`, problems: [] };
    return {
      summary: 'are missing',
      problems: [
        problem(
          'KD10',
          'error',
          `there is no Secret ${name} in ${namespace}`,
          'The controller makes it: see whether it runs.',
        ),
      ],
    };
  }
  const read = readAuthority(secret.data, now);
  if (read.is !== 'state')
    return {
      summary: 'cannot be used',
      problems: [
        problem(
          'KD10',
          'error',
          read.is === 'empty'
            ? `the Secret ${name} is empty`
            : `the authority in the Secret ${name} cannot be used: ${read.why}`,
          'The controller makes a new one: see whether it runs.',
        ),
      ],
    };
  const { state } = read;
  const problems: Problem[] = [];
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations]) {
    const configuration = await found(client.get<WebhookConfiguration>(kind, names.registration));
    for (const webhook of configuration?.webhooks ?? []) {
      const bundle = Buffer.from(webhook.clientConfig?.caBundle ?? '', 'base64').toString('utf8');
      if (!isSameBundle(bundle, bundleOf(state)))
        problems.push(
          problem(
            'KD11',
            'error',
            `the caBundle of ${webhook.name} is not that of the authority (${splitPem(bundle).length} certificates in it)`,
            'The controller writes it within seconds: see whether it runs, and whether something else changes the configuration.',
          ),
        );
    }
  }
  const end = new X509Certificate(state.current.cert).validTo;
  const phase = state.next === undefined ? '' : '; a new key is being brought in';
  return { summary: `authority of our own until ${new Date(end).toISOString().slice(0, 10)}${phase}`, problems };
}

async function examineRegistration(
  client: KubeClient,
  { namespace }: DoctorOptions,
): Promise<Omit<Examination, 'title'>> {
  const problems: Problem[] = [];
  let count = 0;
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations]) {
    const configuration = await found(client.get<WebhookConfiguration>(kind, names.registration));
    const webhooks = configuration?.webhooks ?? [];
    count += webhooks.length;
    if (configuration === undefined)
      problems.push(
        problem(
          'KD12',
          'error',
          `the ${kind.kind} ${names.registration} is missing: nothing is enforced`,
          'If it was deleted in an emergency, the controller puts it back an hour later; seccomply install does so now.',
        ),
      );
    else if (webhooks.length === 0)
      problems.push(
        problem(
          'KD12',
          'error',
          `the ${kind.kind} ${names.registration} has no webhooks yet: nothing is enforced`,
          `The controller fills them in when a replica answers: kubectl -n ${namespace} logs deploy/${names.controller}`,
        ),
      );
    for (const webhook of webhooks)
      if (webhook.name === 'validate.seccomply.dev' && webhook.failurePolicy !== 'Fail')
        problems.push(
          problem(
            'KD13',
            'warning',
            `${webhook.name} has the failurePolicy ${String(webhook.failurePolicy)}: pods get in unseen while the webhook does not answer`,
            `If that is not meant: kubectl delete ${kind.plural.replace(/s$/, '')} ${names.registration} && seccomply install`,
          ),
        );
  }
  return { summary: `${count} webhooks are registered`, problems };
}

async function examineGuards(client: KubeClient): Promise<Omit<Examination, 'title'>> {
  const problems: Problem[] = [];
  for (const name of ['seccomply-enforcement-label', 'seccomply-profile-approval'])
    for (const kind of [resources.validatingAdmissionPolicies, resources.validatingAdmissionPolicyBindings])
      if ((await found(client.get(kind, name))) === undefined)
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

async function examineProbe(
  client: KubeClient,
  { probeNamespace, namespace }: DoctorOptions,
): Promise<Omit<Examination, 'title'>> {
  const result = await probeAdmission(client, probeNamespace);
  return { summary: probeSummary(result, probeNamespace), problems: probeProblems(result, probeNamespace, namespace) };
}

export function probeSummary(result: ProbeResult, probeNamespace: string): string {
  return result.is === 'refused' ? `is refused in ${probeNamespace}, as it should be` : 'is not refused by us';
}

/** Why a pod that has to be refused was not, and what to do about it. */
export function probeProblems(result: ProbeResult, probeNamespace: string, namespace: string): readonly Problem[] {
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

interface DocumentObject extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { type?: string; status?: string; reason?: string; message?: string }[];
  };
}

async function examineDocuments(client: KubeClient): Promise<Omit<Examination, 'title'>> {
  const problems: Problem[] = [];
  const counts: string[] = [];
  for (const kind of [resources.policies, resources.exemptions, resources.profiles]) {
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

interface RulesObject extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly failurePolicy?: string;
    readonly rules?: readonly {
      readonly apiGroups?: readonly string[];
      readonly resources?: readonly string[];
      readonly operations?: readonly string[];
    }[];
    readonly namespaceSelector?: {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly matchExpressions?: readonly {
        readonly key: string;
        readonly operator: string;
        readonly values?: readonly string[];
      }[];
    };
    readonly objectSelector?: object;
  }[];
}

/** Webhooks of others that are asked about our own pods and keep them out when they do not answer: two such wait for each other. */
async function examineOthers(client: KubeClient, { namespace }: DoctorOptions): Promise<Omit<Examination, 'title'>> {
  const own = await found(client.get(resources.namespaces, namespace));
  const labels = { ...own?.metadata.labels, 'kubernetes.io/metadata.name': namespace };
  const problems: Problem[] = [];
  let count = 0;
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations])
    for (const configuration of await client.listAll<RulesObject>(kind)) {
      if (configuration.metadata.name === names.registration) continue;
      for (const webhook of configuration.webhooks ?? []) {
        const isOnPods = (webhook.rules ?? []).some(
          ({ apiGroups = [], resources: on = [], operations = [] }) =>
            (apiGroups.includes('') || apiGroups.includes('*')) &&
            (on.includes('pods') || on.includes('*') || on.includes('*/*')) &&
            (operations.includes('CREATE') || operations.includes('*')),
        );
        if (!isOnPods) continue;
        count += 1;
        const isSeccomp = /seccomp|security-profiles|spo/.test(`${configuration.metadata.name} ${webhook.name}`);
        if (isSeccomp)
          problems.push(
            problem(
              'KD41',
              'warning',
              `${webhook.name} (${configuration.metadata.name}) sets seccomp profiles, too: what it sets before us counts as the pod's own`,
              'Let one of the two assign profiles; see `existing` of the policies.',
            ),
          );
        if (webhook.failurePolicy === 'Ignore' || !selects(webhook.namespaceSelector, labels)) continue;
        problems.push(
          problem(
            'KD40',
            'warning',
            `${webhook.name} (${configuration.metadata.name}) has to answer before a pod of ours can start: when both are down, neither comes back`,
            `Exclude the namespace ${namespace} from it.`,
          ),
        );
      }
    }
  return { summary: `${count} others are asked about pods`, problems };
}

function selects(
  selector: NonNullable<RulesObject['webhooks']>[number]['namespaceSelector'],
  labels: Readonly<Record<string, string>>,
): boolean {
  const hasLabels = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    hasLabels &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

async function examineCritical(client: KubeClient, { namespace }: DoctorOptions): Promise<Omit<Examination, 'title'>> {
  const critical = await criticalDaemonSets(client, [...unenforcedNamespaces, namespace]);
  const byNamespace = new Map<string, string[]>();
  for (const { namespace: where, name, why } of critical)
    byNamespace.set(where, [...(byNamespace.get(where) ?? []), `${name} (${why})`]);
  return {
    summary:
      critical.length === 0
        ? 'none stands in an enforced namespace'
        : `stand in ${byNamespace.size} enforced namespaces`,
    problems: [...byNamespace].map(([where, sets]) =>
      problem(
        'KD50',
        'warning',
        `nodes need ${sets.join(', ')} in ${where} before they can reach the webhook that has to admit it: a cluster that was off may not come back`,
        `kubectl label namespace ${where} ${enforcementLabel}=audit   (and seccomply install --vap, so that the essential rule holds there all the same)`,
      ),
    ),
  };
}

async function examineKubelets(client: KubeClient): Promise<Omit<Examination, 'title'>> {
  const nodes = await client.listAll(resources.nodes);
  const without: string[] = [];
  let unknown = 0;
  for (const { metadata } of nodes.slice(0, 100)) {
    const name = metadata.name ?? '';
    try {
      const { body } = await client.raw({
        method: 'GET',
        path: `/api/v1/nodes/${encodeURIComponent(name)}/proxy/configz`,
      });
      const { kubeletconfig } = JSON.parse(body) as { kubeletconfig?: { seccompDefault?: boolean } };
      if (kubeletconfig?.seccompDefault !== true) without.push(name);
    } catch (error) {
      if (isKubeError(error, 'unreachable', 'deadline')) throw error;
      unknown += 1;
    }
  }
  return {
    summary: `${nodes.length} nodes${unknown === 0 ? '' : `, ${unknown} of which did not say`}`,
    problems:
      without.length === 0
        ? []
        : [
            problem(
              'KD51',
              'info',
              `on ${without.slice(0, 5).join(', ')}${without.length > 5 ? ` and ${without.length - 5} more` : ''} a container without a profile runs without a filter (the kubelet's seccompDefault is off)`,
              'Static pods and namespaces in audit gain most: set seccompDefault: true in the configuration of the kubelets. CIS 4.2.14 asks for it.',
            ),
          ],
  };
}

function notExamined(title: string, error: unknown): Problem {
  const isForbidden = isKubeError(error, 'forbidden');
  return problem(
    'KD90',
    isForbidden ? 'info' : 'warning',
    `${title}: ${messageOf(error)}`,
    isForbidden ? 'Ask someone with more rights to run this.' : undefined,
  );
}

function problem(code: string, severity: Problem['severity'], message: string, advice?: string): Problem {
  return { code, severity, message, ...(advice === undefined ? {} : { advice }) };
}
