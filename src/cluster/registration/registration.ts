import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/document/canonical-json.js';
import { names } from '../../core/manifests/names.js';
import type { KubeClient, KubeObject } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { type Resource, resources } from '../../kubernetes/resources.js';
import type { AuthorityStore, Registration, StoredSecret } from '../../tls/cluster-authority.js';
import { rotateAnnotation, type SecretData } from '../../tls/rotation-secret.js';
import type { Trust } from './webhook-answers.js';

/** Who holds the webhooks of the configurations: not who applies the manifests, so that applying them again leaves them alone. */
export const controllerManager = 'seccomply-controller';

/** Since when a webhook configuration has been missing, on the Secret of the authority. */
const missingAnnotation = 'seccomply.dev/registration-missing-since';

/** Somebody who deletes a configuration in an emergency has this long before it comes back, milliseconds. */
export const emergencySpan = 3_600_000;

const kinds = {
  mutating: resources.mutatingWebhookConfigurations,
  validating: resources.validatingWebhookConfigurations,
} as const;

export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig?: { readonly caBundle?: string };
    readonly [key: string]: unknown;
  }[];
}

export interface Secret extends KubeObject {
  readonly data?: SecretData;
  readonly type?: string;
}

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** The Secret and the two webhook configurations of a cluster. */
export function clusterAuthorityStore(client: KubeClient, secret: SecretName): AuthorityStore {
  const read = new Map<string, { readonly resource: Resource; readonly object: WebhookConfiguration }>();
  let stored: Secret | undefined;
  return {
    async secret(): Promise<StoredSecret> {
      stored = await found<Secret>(client.get<Secret>(resources.secrets, secret.name, secret));
      const version = stored?.metadata.resourceVersion;
      const request = stored?.metadata.annotations?.[rotateAnnotation];
      return {
        version,
        ...(stored?.data === undefined ? {} : { data: stored.data }),
        ...(request === undefined || request === '' ? {} : { request }),
      };
    },
    async writeSecret(data, version) {
      if (version === undefined || stored === undefined)
        return applied(
          client.create<Secret>(resources.secrets, {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { ...secret, labels: { 'app.kubernetes.io/name': 'seccomply' } },
            type: 'Opaque',
            data,
          } as Secret),
        );
      const { managedFields: _, ...metadata } = stored.metadata;
      return applied(
        client.replace<Secret>(
          resources.secrets,
          { ...stored, metadata: { ...metadata, resourceVersion: version }, data },
          { fieldManager: controllerManager },
        ),
      );
    },
    async registrations() {
      const list: Registration[] = [];
      for (const [name, resource] of Object.entries(kinds)) {
        const object = await found(client.get<WebhookConfiguration>(resource, names.registration));
        if (object === undefined) continue;
        read.set(name, { resource, object });
        list.push({
          name,
          version: object.metadata.resourceVersion ?? '',
          bundles: (object.webhooks ?? []).map(({ clientConfig }) =>
            Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString('utf8'),
          ),
        });
      }
      return list;
    },
    async publish(name, version, bundle) {
      const known = read.get(name);
      if (known === undefined) return 'conflict';
      const caBundle = Buffer.from(bundle, 'utf8').toString('base64');
      return applied(
        client.patch<WebhookConfiguration>(
          known.resource,
          names.registration,
          {
            metadata: { resourceVersion: version },
            webhooks: (known.object.webhooks ?? []).map((webhook) => ({
              ...webhook,
              clientConfig: { ...webhook.clientConfig, caBundle },
            })),
          },
          'merge',
          { fieldManager: controllerManager },
        ),
      );
    },
  };
}

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

/** Of which content of ours the webhooks were made. */
const contentAnnotation = 'seccomply.dev/registration-content';

/** Asks the cainjector of cert-manager to write the caBundle. */
const injectAnnotation = 'cert-manager.io/inject-ca-from';

/**
 * Fills the webhooks in once a replica answers, and after an upgrade. A configuration that somebody deleted comes back, but not
 * before an hour: deleting them is the documented way to get a cluster going again, and must not be undone under the hands of
 * whoever did it. The time stands on the Secret of the authority, so that a restart of the controller changes nothing about it.
 *
 * A caBundle of somebody else can only be written into webhooks that are there: until one is there under which the webhook's
 * certificate is good, they let everything through, or no pod could be made until then.
 */
export async function reconcileRegistrations(options: RegistrationReconcileOptions): Promise<ReconciledRegistrations> {
  const { client, secret, now } = options;
  const there = new Map<string, WebhookConfiguration | undefined>();
  for (const resource of Object.values(kinds))
    there.set(resource.kind, await found(client.get<WebhookConfiguration>(resource, names.registration)));
  const bundle = await options.caBundle();
  const wanted = options.wanted(bundle);

  const restoreAt = await restoreTime(client, secret, [...there.values()].includes(undefined), now);
  const missing: { kind: string; restoreAt: number }[] = [];
  const written: { kind: string; why: string }[] = [];
  const untrusted: string[] = [];
  const drift: { kind: string; detail: string }[] = [];
  const answers = new Map<string, boolean>();
  const isAnswering = async (trust: Trust): Promise<boolean> => {
    const key = JSON.stringify(trust);
    const answer = answers.get(key) ?? (await options.isAnswering(trust));
    answers.set(key, answer);
    return answer;
  };
  for (const object of wanted) {
    const kind = object.kind ?? '';
    const resource = Object.values(kinds).find((one) => one.kind === kind);
    if (resource === undefined) continue;
    const current = there.get(kind);
    if (current === undefined && restoreAt !== undefined && now < restoreAt) {
      missing.push({ kind, restoreAt });
      continue;
    }
    if (bundle !== undefined && current?.metadata.annotations?.[injectAnnotation] !== undefined) {
      // Both would go on writing their own.
      const { resourceVersion } = current.metadata;
      const patch = { metadata: { resourceVersion, annotations: { [injectAnnotation]: null } } };
      const by = { fieldManager: controllerManager };
      const outcome = await applied(client.patch(resource, names.registration, patch, 'merge', by));
      if (outcome === 'written') written.push({ kind, why: 'cert-manager is to write its caBundle no more' });
      continue;
    }
    const content = contentOf(object);
    const known = current?.metadata.annotations?.[contentAnnotation];
    const hasAll = (object.webhooks ?? []).every(({ name }) => current?.webhooks?.some((one) => one.name === name));
    if (current !== undefined && hasAll && known === content) {
      drift.push(...driftOf(object, current).map((detail) => ({ kind, detail })));
      continue;
    }

    const webhooks = (object.webhooks ?? []).map((webhook) => withBundleOf(webhook, current));
    const trusts = trustsOf(webhooks);
    const open = opened(object);
    const wasOpen = hasAll && known === contentOf(open);
    let next = object;
    let why =
      current === undefined
        ? 'it had been deleted'
        : !hasAll
          ? 'webhooks were missing'
          : wasOpen
            ? 'its caBundle is there'
            : 'this version has others';
    let isTrusted = true;
    for (const trust of trusts) isTrusted &&= await isAnswering(trust);
    if (!isTrusted) {
      if (!trusts.includes('public')) {
        if (wasOpen) untrusted.push(kind);
        continue;
      }
      if (!(await isAnswering('any'))) continue;
      // What refuses already goes on: the API server may trust an authority that this process does not know.
      if (!current?.webhooks?.some(({ failurePolicy }) => failurePolicy === 'Fail')) {
        untrusted.push(kind);
        if (wasOpen) continue;
        next = open;
        why += '; they let everything through until their caBundle is there';
      }
    }
    const annotations = { ...next.metadata.annotations, [contentAnnotation]: contentOf(next) };
    const filled = (next.webhooks ?? []).map((webhook) => withBundleOf(webhook, current));
    // The version read before the authority was: a rotation in between wins, and this is tried again.
    const outcome = await applied(
      current === undefined
        ? client.create(
            resource,
            { ...next, webhooks: filled, metadata: { ...next.metadata, annotations } },
            { fieldManager: controllerManager },
          )
        : client.patch(
            resource,
            names.registration,
            { metadata: { resourceVersion: current.metadata.resourceVersion, annotations }, webhooks: filled },
            'merge',
            { fieldManager: controllerManager },
          ),
    );
    if (outcome === 'written') written.push({ kind, why });
  }
  return { missing, written, untrusted, drift };
}

type Entry = NonNullable<WebhookConfiguration['webhooks']>[number];

/** The same webhooks, not one of which keeps a pod out while it cannot be called. */
function opened(object: WebhookConfiguration): WebhookConfiguration {
  return { ...object, webhooks: (object.webhooks ?? []).map((one) => ({ ...one, failurePolicy: 'Ignore' })) };
}

/** Where somebody else writes the caBundle, the one that is there stays until he does so again; a new webhook begins with that of another. */
function withBundleOf(webhook: Entry, current: WebhookConfiguration | undefined): Entry {
  if (webhook.clientConfig?.caBundle !== undefined) return webhook;
  const own = current?.webhooks?.find(({ name }) => name === webhook.name)?.clientConfig?.caBundle;
  const caBundle = own ?? current?.webhooks?.find(({ clientConfig }) => clientConfig?.caBundle)?.clientConfig?.caBundle;
  if (caBundle === undefined) return webhook;
  return { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } };
}

/** What the API server goes by when it calls them. */
function trustsOf(webhooks: readonly Entry[]): readonly Trust[] {
  const bundles = new Set(webhooks.map(({ clientConfig }) => clientConfig?.caBundle ?? ''));
  return [...bundles].map((bundle) =>
    bundle === '' ? 'public' : { ca: Buffer.from(bundle, 'base64').toString('utf8') },
  );
}

async function restoreTime(
  client: KubeClient,
  secret: SecretName,
  isMissing: boolean,
  now: number,
): Promise<number | undefined> {
  const holder = await found<Secret>(client.get<Secret>(resources.secrets, secret.name, secret));
  const marked = holder?.metadata.annotations?.[missingAnnotation];
  const since = Date.parse(marked ?? '');
  const isKnown = !Number.isNaN(since) && since <= now;
  if (isMissing && isKnown) return since + emergencySpan;
  if (holder !== undefined && (isMissing || marked !== undefined)) {
    const value = isMissing ? new Date(now).toISOString() : null;
    const patch = { metadata: { annotations: { [missingAnnotation]: value } } };
    await client.patch(resources.secrets, secret.name, patch, 'merge', { ...secret, fieldManager: controllerManager });
  }
  return isMissing ? now + emergencySpan : undefined;
}

/** SHA-256 of the webhooks but for the caBundle, which changes by itself. */
function contentOf({ webhooks }: WebhookConfiguration): string {
  const without = (webhooks ?? []).map(({ clientConfig, ...rest }) => {
    const { caBundle: _, ...called } = clientConfig ?? {};
    return { ...rest, clientConfig: called };
  });
  return createHash('sha256').update(canonicalJson(without)).digest('hex').slice(0, 32);
}

function driftOf(wanted: WebhookConfiguration, there: WebhookConfiguration): readonly string[] {
  return (wanted.webhooks ?? []).flatMap((webhook) => {
    const now = there.webhooks?.find(({ name }) => name === webhook.name);
    return Object.entries(webhook).flatMap(([field, value]) => {
      if (field === 'clientConfig' || now === undefined) return [];
      return isWithin(value, now[field])
        ? []
        : [`${webhook.name}: ${field} is ${JSON.stringify(now[field])}, not ${JSON.stringify(value)}`];
    });
  });
}

/** Whether everything of `part` is in `whole`, which the API server has filled up with defaults. */
function isWithin(part: unknown, whole: unknown): boolean {
  if (Array.isArray(part))
    return Array.isArray(whole) && part.length === whole.length && part.every((one, i) => isWithin(one, whole[i]));
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null) return Object.keys(part).length === 0;
    return Object.entries(part).every(([key, value]) => isWithin(value, (whole as Record<string, unknown>)[key]));
  }
  return part === whole;
}

/** The object, or undefined where there is none. */
export async function found<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isKubeError(error, 'not-found')) return undefined;
    throw error;
  }
}

async function applied(writing: Promise<unknown>): Promise<'written' | 'conflict'> {
  try {
    await writing;
    return 'written';
  } catch (error) {
    // An apply to an object that was just deleted would make a new one, which the API server finds invalid.
    if (isKubeError(error, 'conflict', 'already-exists', 'not-found', 'invalid')) return 'conflict';
    throw error;
  }
}
