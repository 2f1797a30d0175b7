import { setTimeout as sleep } from 'node:timers/promises';
import { installObjects } from '../../core/manifests/install-objects.js';
import type { InstallOptions } from '../../core/manifests/install-options.js';
import { names } from '../../core/manifests/names.js';
import type { Manifest } from '../../core/policy/crd/manifest.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError, KubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { ResourceDiscovery } from '../../kubernetes/resource-discovery.js';
import { resources } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';
import { whyNotYet } from '../doctor/deployments.js';
import { seccomplyKinds } from '../kinds.js';
import { deleteManagedPolicies } from '../policies/admission-policy-sync.js';
import { type ProbeResult, probeAdmission } from '../registration/admission-probe.js';
import { missingAnnotation } from '../registration/reconcile-registrations.js';
import type { WebhookConfiguration } from '../registration/webhook-configuration.js';

export interface InstallRun {
  readonly options: InstallOptions;
  /** Policies and exemptions that go in with it. */
  readonly documents: readonly Manifest[];
  /** An enforced namespace in which an Unconfined pod has to be refused in the end. */
  readonly probeNamespace: string;
  /** Milliseconds until it has to work. */
  readonly deadline: number;
  readonly now?: () => number;
}

export type InstallStep =
  | { readonly is: 'applied'; readonly what: string; readonly count: number }
  | { readonly is: 'waiting'; readonly forWhat: string }
  /** Every so often while it waits, so that nobody waits for what will not come. */
  | { readonly is: 'still waiting'; readonly seconds: number; readonly why: string }
  | { readonly is: 'done'; readonly message: string }
  | { readonly is: 'not working'; readonly last: ProbeResult };

/** An object could not be applied; the message names it and says why. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
  readonly code: 'install-refused' | 'install-forbidden' | 'install-unknown-kind';

  constructor(code: InstallError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/**
 * Applies everything and waits until an Unconfined pod is really refused. May be called again at any time: what is there is brought
 * to this version, and what was half done is finished.
 * @throws InstallError for an object that the API server does not take, KubeError when it cannot be asked
 */
export async function install(
  client: KubeClient,
  run: InstallRun,
  tell: (step: InstallStep) => void,
): Promise<InstallStep> {
  const clock = run.now ?? Date.now;
  const end = clock() + run.deadline;
  const kinds = new ResourceDiscovery(client, Object.values(seccomplyKinds));
  const objects = installObjects(run.options);
  const isKind = ({ kind }: Manifest): boolean => kind === 'CustomResourceDefinition';
  const definitions = objects.filter(isKind);
  for (const object of definitions) await applyOne(client, kinds, object);
  tell({ is: 'applied', what: 'custom kinds', count: definitions.length });
  for (const { metadata } of definitions) await waitForKind(client, metadata.name, () => end - clock());

  const others = objects.filter((object) => !isKind(object));
  for (const object of others) await applyOne(client, kinds, await withOurWebhooks(client, object));
  tell({ is: 'applied', what: `objects, most of them in ${run.options.namespace}`, count: others.length });
  await forgetEmergency(client, run.options.namespace);
  // What an earlier controller kept would go on ruling, and nobody would bring it up to date.
  if (!run.options.admissionPolicies) await deleteManagedPolicies(client);

  for (const object of run.documents) await applyOne(client, kinds, object);
  if (run.documents.length > 0)
    tell({
      is: 'applied',
      what: run.documents.length === 1 ? 'policy document' : 'policy documents',
      count: run.documents.length,
    });

  tell({ is: 'waiting', forWhat: `an Unconfined pod in ${run.probeNamespace} to be refused (in a dry run)` });
  const begun = clock();
  let sayAgain = begun + tellEvery;
  for (;;) {
    const last = await probeAdmission(client, run.probeNamespace);
    if (last.is === 'refused') {
      const done = { is: 'done', message: last.message } as const;
      tell(done);
      return done;
    }
    if (clock() >= end) {
      const failed = { is: 'not working', last } as const;
      tell(failed);
      return failed;
    }
    if (clock() >= sayAgain) {
      sayAgain = clock() + tellEvery;
      const why = (await whyNotYet(client, run.options.namespace)) ?? lastSaid(last);
      tell({ is: 'still waiting', seconds: Math.round((clock() - begun) / 1000), why });
    }
    await sleep(500);
  }
}

const tellEvery = 15_000;

function lastSaid(last: ProbeResult): string {
  switch (last.is) {
    case 'not called':
      return `the API server cannot call ${last.webhook}: ${last.cause}`;
    case 'refused by another':
      return `the pod was refused by ${last.by}`;
    case 'failed':
      return last.message;
    default:
      return 'the webhook is not registered yet';
  }
}

/**
 * The empty configurations of the manifests only make the objects: webhooks that the controller has filled in are kept, and are
 * brought to the new version by the new controller once it runs.
 */
async function withOurWebhooks(client: KubeClient, object: Manifest): Promise<Manifest> {
  if (!/^(Mutating|Validating)WebhookConfiguration$/.test(object.kind)) return object;
  const resource =
    object.kind === 'MutatingWebhookConfiguration'
      ? resources.mutatingWebhookConfigurations
      : resources.validatingWebhookConfigurations;
  const there = await client.find<WebhookConfiguration>(resource, object.metadata.name);
  const { webhooks: _, ...rest } = object;
  return (there?.webhooks ?? []).length === 0 ? object : (rest as Manifest);
}

/** Installing is the wish to have the registration back now. */
async function forgetEmergency(client: KubeClient, namespace: string): Promise<void> {
  const patch = { metadata: { annotations: { [missingAnnotation]: null } } };
  try {
    await client.patch(resources.secrets, names.authoritySecret, patch, 'merge', { namespace });
  } catch (error) {
    if (!isKubeError(error, 'not-found')) throw error;
  }
}

async function applyOne(client: KubeClient, kinds: ResourceDiscovery, object: Manifest): Promise<void> {
  const what = `${object.kind} ${object.metadata.namespace === undefined ? '' : `${object.metadata.namespace}/`}${object.metadata.name}`;
  const resource = await kinds.resourceOf(object);
  if (resource === undefined)
    throw new InstallError(
      'install-unknown-kind',
      `${what}: the cluster has no kind ${object.kind} of ${object.apiVersion}${adviceForKind(object.apiVersion)}`,
    );
  for (let attempt = 0; ; attempt += 1) {
    try {
      await client.apply(resource, object as KubeObject, { force: true, fieldValidation: 'Strict' });
      return;
    } catch (error) {
      // Right after its installation cert-manager's own webhook does not answer for a moment.
      const isUnasked = error instanceof KubeError && /failed calling webhook/.test(error.message);
      if ((isUnasked || isKubeError(error, 'conflict', 'too-many-requests')) && attempt < 5) {
        await sleep(200 * 2 ** attempt);
        continue;
      }
      if (isKubeError(error, 'forbidden'))
        throw new InstallError(
          'install-forbidden',
          `${what}: ${messageOf(error)}\n    Installing takes the rights of cluster-admin: it makes kinds, cluster roles and webhook configurations.`,
          error,
        );
      if (error instanceof KubeError && error.status >= 400)
        throw new InstallError(
          'install-refused',
          `${what}: ${messageOf(error)}${isUnasked ? '\n    A webhook that is not ours keeps it out: mend it (kubectl get pods --all-namespaces), then install again.' : ''}`,
          error,
        );
      throw error;
    }
  }
}

function adviceForKind(apiVersion: string): string {
  if (apiVersion.startsWith('cert-manager.io/'))
    return ': install cert-manager first, or leave --overlay cert-manager out';
  if (apiVersion.startsWith('monitoring.coreos.com/'))
    return ': install the Prometheus operator first, or leave the monitoring overlay out';
  return '';
}

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] };
}

async function waitForKind(client: KubeClient, name: string, left: () => number): Promise<void> {
  for (;;) {
    const { status } = await client.get<Definition>(resources.customResourceDefinitions, name);
    if (status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True')) return;
    if (left() <= 0) throw new InstallError('install-refused', `the kind ${name} is not served in time`);
    await sleep(100);
  }
}
