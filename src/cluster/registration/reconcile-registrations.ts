import { names } from '../../core/manifests/names.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { type Resource, resources } from '../../kubernetes/resources.js';
import { findSecret, type SecretName } from '../secret.js';
import {
  failOpen,
  type RegisteredWebhook,
  type WebhookConfiguration,
  webhookConfigurationKinds,
  webhookDrift,
  webhooksDigest,
  withBundles,
} from './webhook-configuration.js';
import type { Trust } from './why-not-answering.js';
import { writeOutcome } from './write-outcome.js';

/** Somebody who deletes a configuration in an emergency has this long before it comes back, milliseconds. */
export const emergencySpan = 3_600_000;

/** Since when a webhook configuration has been missing, on the Secret of the authority. */
export const missingAnnotation = 'seccomply.dev/registration-missing-since';

/** Of which content of ours the webhooks were made. */
const contentAnnotation = 'seccomply.dev/registration-content';

/** Asks the cainjector of cert-manager to write the caBundle. */
const injectAnnotation = 'cert-manager.io/inject-ca-from';

const by = { fieldManager: names.controllerFieldManager } as const;

export interface ReconciledRegistrations {
  /** Kinds of the configurations that were deleted, and when they come back. */
  readonly missing: readonly { readonly kind: string; readonly restoreAt: number }[];
  /** Kinds that were filled in or put back now, and why. */
  readonly written: readonly { readonly kind: string; readonly why: string }[];
  /** Kinds whose webhooks let everything through until somebody has written the caBundle that they need. */
  readonly untrusted: readonly string[];
  /** What somebody else changed in webhooks of ours; it is left alone until the next version writes them anew. */
  readonly drift: readonly { readonly kind: string; readonly detail: string }[];
}

export interface RegistrationReconcileOptions {
  readonly client: KubeClient;
  readonly secret: SecretName;
  /** The configurations as they should be, with this caBundle (PEM). */
  readonly wanted: (caBundle: string | undefined) => readonly WebhookConfiguration[];
  /** PEM; undefined: somebody else writes it into the configurations. Read after the configurations were. */
  readonly caBundle: () => Promise<string | undefined>;
  /** Whether a replica of the webhook answers now with a certificate that is trusted, so that nobody is refused for want of one. */
  readonly isAnswering: (trust: Trust) => Promise<boolean>;
  readonly now: number;
}

/**
 * Fills the webhooks in once a replica answers, and after an upgrade. A configuration that somebody deleted comes back, but not
 * before an hour: deleting them is the documented way to get a cluster going again, and must not be undone under the hands of
 * whoever did it. The time stands on the Secret of the authority, so that a restart of the controller changes nothing about it.
 *
 * A caBundle of somebody else can only be written into webhooks that are there: until one is there under which the webhook's
 * certificate is good, they let everything through, or no pod could be made until then. While an authority is rotated, its bundle is written
 * by authority-store.ts.
 */
export async function reconcileRegistrations(options: RegistrationReconcileOptions): Promise<ReconciledRegistrations> {
  const { client, secret, now } = options;
  const existing = new Map<string, WebhookConfiguration | undefined>();
  for (const resource of Object.values(webhookConfigurationKinds))
    existing.set(resource.kind, await client.find<WebhookConfiguration>(resource, names.registration));
  const bundle = await options.caBundle();
  const restoreAt = await restoreTime(client, secret, [...existing.values()].includes(undefined), now);
  const isAnswering = askedOnce(options.isAnswering);
  const missing: { kind: string; restoreAt: number }[] = [];
  const written: { kind: string; why: string }[] = [];
  const untrusted: string[] = [];
  const drift: { kind: string; detail: string }[] = [];
  for (const wanted of options.wanted(bundle)) {
    const kind = wanted.kind ?? '';
    const resource = Object.values(webhookConfigurationKinds).find((one) => one.kind === kind);
    if (resource === undefined) continue;
    const current = existing.get(kind);
    if (current === undefined && restoreAt !== undefined && now < restoreAt) {
      missing.push({ kind, restoreAt });
    } else if (bundle !== undefined && current?.metadata.annotations?.[injectAnnotation] !== undefined) {
      if ((await stopInjection(client, resource, current)) === 'written')
        written.push({ kind, why: 'cert-manager is to write its caBundle no more' });
    } else {
      const plan = await planOf(wanted, current, isAnswering);
      drift.push(...(plan.drift ?? []).map((detail) => ({ kind, detail })));
      if (plan.isUntrusted === true) untrusted.push(kind);
      if (plan.write === undefined) continue;
      if ((await write(client, resource, current, plan.write.configuration)) === 'written')
        written.push({ kind, why: plan.write.why });
    }
  }
  return { missing, written, untrusted, drift };
}

interface Plan {
  readonly write?: { readonly configuration: WebhookConfiguration; readonly why: string };
  readonly isUntrusted?: boolean;
  readonly drift?: readonly string[];
}

async function planOf(
  wanted: WebhookConfiguration,
  current: WebhookConfiguration | undefined,
  isAnswering: (trust: Trust) => Promise<boolean>,
): Promise<Plan> {
  const written = current?.metadata.annotations?.[contentAnnotation];
  const hasAll = (wanted.webhooks ?? []).every(({ name }) => current?.webhooks?.some((one) => one.name === name));
  if (current !== undefined && hasAll && written === webhooksDigest(wanted))
    return { drift: webhookDrift(wanted, current) };
  const open = failOpen(wanted);
  const isOpen = hasAll && written === webhooksDigest(open);
  const why =
    current === undefined
      ? 'it had been deleted'
      : !hasAll
        ? 'webhooks were missing'
        : isOpen
          ? 'its caBundle is there'
          : 'this version has others';
  const trusts = trustsOf(withBundles(wanted.webhooks, current));
  let isTrusted = true;
  for (const trust of trusts) isTrusted &&= await isAnswering(trust);
  if (isTrusted) return { write: { configuration: wanted, why } };
  if (!trusts.includes('public')) return { isUntrusted: isOpen };
  if (!(await isAnswering('any'))) return {};
  // What refuses already goes on: the API server may trust an authority that this process does not know.
  if (current?.webhooks?.some(({ failurePolicy }) => failurePolicy === 'Fail'))
    return { write: { configuration: wanted, why } };
  if (isOpen) return { isUntrusted: true };
  return {
    isUntrusted: true,
    write: { configuration: open, why: `${why}; they let everything through until their caBundle is there` },
  };
}

/** Under the version that was read before the authority was: a rotation in between wins, and this is tried again. */
function write(
  client: KubeClient,
  resource: Resource,
  current: WebhookConfiguration | undefined,
  next: WebhookConfiguration,
): Promise<'written' | 'conflict'> {
  const annotations = { ...next.metadata.annotations, [contentAnnotation]: webhooksDigest(next) };
  const webhooks = withBundles(next.webhooks, current);
  if (current === undefined)
    return writeOutcome(
      client.create(resource, { ...next, webhooks, metadata: { ...next.metadata, annotations } }, by),
    );
  const patch = { metadata: { resourceVersion: current.metadata.resourceVersion, annotations }, webhooks };
  return writeOutcome(client.patch(resource, names.registration, patch, 'merge', by));
}

/** Both cert-manager and the controller would go on writing their own caBundle. */
function stopInjection(
  client: KubeClient,
  resource: Resource,
  { metadata: { resourceVersion } }: WebhookConfiguration,
): Promise<'written' | 'conflict'> {
  const patch = { metadata: { resourceVersion, annotations: { [injectAnnotation]: null } } };
  return writeOutcome(client.patch(resource, names.registration, patch, 'merge', by));
}

/** What the API server goes by when it calls them. */
function trustsOf(webhooks: readonly RegisteredWebhook[]): readonly Trust[] {
  const bundles = new Set(webhooks.map(({ clientConfig }) => clientConfig?.caBundle ?? ''));
  return [...bundles].map((bundle) =>
    bundle === '' ? 'public' : { ca: Buffer.from(bundle, 'base64').toString('utf8') },
  );
}

function askedOnce(ask: (trust: Trust) => Promise<boolean>): (trust: Trust) => Promise<boolean> {
  const answers = new Map<string, boolean>();
  return async (trust) => {
    const key = JSON.stringify(trust);
    const answer = answers.get(key) ?? (await ask(trust));
    answers.set(key, answer);
    return answer;
  };
}

async function restoreTime(
  client: KubeClient,
  secret: SecretName,
  isMissing: boolean,
  now: number,
): Promise<number | undefined> {
  const holder = await findSecret(client, secret);
  const marked = holder?.metadata.annotations?.[missingAnnotation];
  const since = Date.parse(marked ?? '');
  const isKnown = !Number.isNaN(since) && since <= now;
  if (isMissing && isKnown) return since + emergencySpan;
  if (holder !== undefined && (isMissing || marked !== undefined)) {
    const value = isMissing ? new Date(now).toISOString() : null;
    const patch = { metadata: { annotations: { [missingAnnotation]: value } } };
    await client.patch(resources.secrets, secret.name, patch, 'merge', { ...by, namespace: secret.namespace });
  }
  return isMissing ? now + emergencySpan : undefined;
}
