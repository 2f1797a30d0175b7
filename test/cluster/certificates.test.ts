import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { probeAdmission } from '../../src/cluster/registration/admission-probe.js';
import { emergencySpan } from '../../src/cluster/registration/reconcile-registrations.js';
import type { WebhookConfiguration } from '../../src/cluster/registration/webhook-configuration.js';
import { findSecret, type Secret } from '../../src/cluster/secret.js';
import type { AuditRecord } from '../../src/core/audit/record.js';
import { names } from '../../src/core/manifests/names.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import type { ControllerOptions } from '../../src/processes/controller/controller-options.js';
import { type Controller, startController } from '../../src/processes/controller/start-controller.js';
import type { Log } from '../../src/system/log.js';
import type { RotationTimes } from '../../src/tls/authority/rotation.js';
import { splitPem } from '../../src/tls/certificate/material.js';
import { openClusterCertificates } from '../../src/tls/source/issued-source.js';
import { serveSource } from '../../src/tls/source/serve-source.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { freePort } from './support/free-port.js';
import { applyInstallation } from './support/installed.js';
import { type Load, underLoad } from './support/under-load.js';

// The API server itself verifies the certificates here: it calls a webhook on loopback while the authority is made, rotated and lost.

const second = 1 / 86_400;
/** Everything that takes days or minutes, in seconds. An API server learns of a changed configuration well within `settle`. */
const times: RotationTimes = { authorityDays: 1, keyDays: 1, leafDays: 15 * second, staleAfter: 1_500, settle: 2_000 };
const secretPlace = { namespace: names.namespace, name: names.authoritySecret };

let cluster: ControlPlane;
let folder: string;
const lines: string[] = [];
const records: string[] = [];
const log: Log = {
  debug: () => undefined,
  info: (message) => void lines.push(message),
  warn: (message) => void lines.push(`warning: ${message}`),
  error: (message) => void lines.push(`error: ${message}`),
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-certificates-'));
  cluster = await ControlPlane.start();
  await applyInstallation(cluster);
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A webhook of this test that lets everything through: what is tried is whether it can be called. */
class Webhook {
  readonly port: number;
  readonly #server: Server;
  readonly #stop: () => void;
  calls = 0;
  swaps = 0;

  static async start(port: number): Promise<Webhook> {
    const source = await openClusterCertificates({
      readSecret: async () => (await findSecret(cluster.client, secretPlace))?.data,
      secretName: 'seccomply-system/seccomply-ca',
      names: ['localhost', '127.0.0.1'],
      commonName: 'webhook',
      times,
      poll: 100,
    });
    const served = source.current();
    const webhook: { current?: Webhook } = {};
    const server = createServer({ key: served.key, cert: served.cert, minVersion: 'TLSv1.3' }, (request, response) => {
      if (request.url === '/readyz') return void response.end('ok\n');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (webhook.current !== undefined) webhook.current.calls += 1;
        const { request: asked } = JSON.parse(Buffer.concat(chunks).toString()) as { request: { uid: string } };
        const answer = {
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: asked.uid, allowed: true },
        };
        // So that every call makes a handshake with the certificate of that moment.
        response
          .writeHead(200, { 'content-type': 'application/json', connection: 'close' })
          .end(JSON.stringify(answer));
      });
    });
    const stopSwapping = serveSource(server, source, (result) => {
      if (!result.swapped) lines.push(`error: ${result.problem.message}`);
      else if (webhook.current !== undefined) webhook.current.swaps += 1;
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    webhook.current = new Webhook(port, server, () => {
      stopSwapping();
      source.close();
    });
    return webhook.current;
  }

  private constructor(port: number, server: Server, stop: () => void) {
    this.port = port;
    this.#server = server;
    this.#stop = stop;
  }

  async stop(): Promise<void> {
    this.#stop();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

const controller = (port: number, more: Partial<ControllerOptions> = {}): Promise<Controller> =>
  startController({
    client: cluster.client,
    namespace: names.namespace,
    identity: `test-${port}`,
    listen: { host: '127.0.0.1', port: 0 },
    data: folder,
    certificates: 'self-managed',
    webhookUrl: new URL(`https://127.0.0.1:${port}`),
    baseline: 'off',
    longestExemption: 90 * 86_400_000,
    runtimeDefault: 'any',
    admissionPolicies: false,
    log,
    recordLines: (lines) => void records.push(...lines.toString().trimEnd().split('\n')),
    times,
    interval: 200,
    ...more,
  });

/** Makes pods in dry runs, two at a time. */
function load(during: () => Promise<void>): Promise<Load> {
  const probe = async (): Promise<string> => {
    const result = await probeAdmission(cluster.client, 'default');
    return result.is === 'admitted' ? '' : JSON.stringify(result);
  };
  return underLoad([probe, probe], during);
}

const registration = (kind = resources.validatingWebhookConfigurations) =>
  cluster.client.find<WebhookConfiguration>(kind, names.registration);
const isCalled = async (webhook: Webhook): Promise<boolean> => {
  const before = webhook.calls;
  await probeAdmission(cluster.client, 'default');
  return webhook.calls > before;
};
/** The mutating one is registered first, and may be called before the others are there. */
const isRegistered = async (webhook: Webhook): Promise<boolean> =>
  (await isCalled(webhook)) && (await registration()) !== undefined;

it('registers the webhook when it answers, and no sooner; a new key and lost Secrets cost no call', async () => {
  const port = await freePort();
  let running = await controller(port);
  let webhook: Webhook | undefined;
  try {
    await eventually('the controller waits for the webhook', () =>
      lines.some((line) => line.includes('waiting for the webhook')),
    );
    expect((await registration())?.webhooks ?? []).toEqual([]);
    const started = await Webhook.start(port);
    webhook = started;
    await eventually('the API server calls the webhook', () => isRegistered(started));
    expect((await registration())?.webhooks?.map(({ name }) => name)).toEqual([
      'validate.seccomply.dev',
      'validate-audit.seccomply.dev',
      'validate-system.seccomply.dev',
      'templates.seccomply.dev',
    ]);

    const rotate = (text: string) =>
      cluster.client.patch(
        resources.secrets,
        secretPlace.name,
        { metadata: { annotations: { 'seccomply.dev/rotate-ca': text } } },
        'merge',
        secretPlace,
      );
    const key = async () =>
      (await cluster.client.get<Secret>(resources.secrets, secretPlace.name, secretPlace)).data?.['ca.key'];
    const bundle = async (): Promise<number> =>
      splitPem(Buffer.from((await registration())?.webhooks?.[0]?.clientConfig?.caBundle ?? '', 'base64').toString())
        .length;

    const first = await key();
    const { made, failures } = await load(async () => {
      await rotate('one');
      await eventually('the next authority is published', async () => (await bundle()) === 2);
      // A controller that ends in the middle: another goes on.
      await running.stop();
      running = await controller(port, { identity: 'test-other' });
      await eventually('it signs', async () => (await key()) !== first);
      await eventually('the first one is no longer trusted', async () => (await bundle()) === 1, 60_000);

      const second = await key();
      await cluster.client.delete(resources.secrets, secretPlace.name, secretPlace);
      await eventually(
        'a new authority is there',
        async () => ![undefined, second].includes(await key().catch(() => undefined)),
      );
      await eventually('it is published beside the one before', async () => (await bundle()) === 2);
      await eventually('the webhook serves under it', async () => (await bundle()) === 1, 60_000);

      await cluster.client.patch(
        resources.secrets,
        secretPlace.name,
        { data: { 'ca.key': 'YnJva2Vu' } },
        'merge',
        secretPlace,
      );
      await eventually('the broken one was replaced', async () => (await bundle()) === 2);
      await eventually('and the old one is gone', async () => (await bundle()) === 1, 60_000);
    });
    expect(failures).toEqual([]);
    expect(made).toBeGreaterThan(100);
    expect(webhook.swaps).toBeGreaterThan(3);
    expect(lines.filter((line) => line.startsWith('error') && !line.includes('tls-authority-'))).toEqual([]);
  } finally {
    await webhook?.stop();
    await running.stop();
  }
}, 240_000);

it('a deleted registration stays away for an hour, whatever restarts; a caBundle that somebody overwrote comes back at once', async () => {
  const port = await freePort();
  let running = await controller(port);
  const webhook = await Webhook.start(port);
  try {
    const { client } = cluster;
    await eventually('the API server calls the webhook', () => isRegistered(webhook));
    const validating = resources.validatingWebhookConfigurations;
    const before = await registration();
    await client.patch(
      validating,
      names.registration,
      { webhooks: before?.webhooks?.map((one) => ({ ...one, clientConfig: { ...one.clientConfig, caBundle: null } })) },
      'merge',
    );
    await eventually(
      'it is back',
      async () => ((await registration())?.webhooks?.[0]?.clientConfig?.caBundle ?? '') !== '',
    );

    // What a person changes on purpose stays, and is said.
    await client.patch(
      validating,
      names.registration,
      { webhooks: (await registration())?.webhooks?.map((one) => ({ ...one, failurePolicy: 'Ignore' })) },
      'merge',
    );
    await eventually('it is said', () =>
      lines.some((line) => line.includes('validate.seccomply.dev: failurePolicy is "Ignore", not "Fail"')),
    );
    expect((await registration())?.webhooks?.[0]?.failurePolicy).toBe('Ignore');

    await client.delete(validating, names.registration);
    await eventually('the time is noted', async () => (await missingSince()) !== undefined);
    await running.stop();
    running = await controller(port, { identity: 'test-again' });
    await eventually('it says when it will be back', () =>
      lines.some((line) => line.includes('ValidatingWebhookConfiguration was deleted; it comes back at')),
    );
    await pause(1_500);
    expect(await registration()).toBeUndefined();
    expect(await registration(resources.mutatingWebhookConfigurations)).toBeDefined();

    // An hour later, as far as the Secret is concerned.
    const past = new Date(Date.now() - emergencySpan - 1_000).toISOString();
    await client.patch(
      resources.secrets,
      secretPlace.name,
      { metadata: { annotations: { 'seccomply.dev/registration-missing-since': past } } },
      'merge',
      secretPlace,
    );
    await eventually('it is back', async () => (await registration())?.webhooks?.[0]?.failurePolicy === 'Fail');
    await eventually('the time is forgotten', async () => (await missingSince()) === undefined);
    // Each change is on record, once.
    const changes = records
      .map((line) => JSON.parse(line) as AuditRecord)
      .flatMap((one) => (one.recordType === 'registration' ? [one.registration] : []));
    const ofValidating = changes
      .filter(({ kind }) => kind === 'ValidatingWebhookConfiguration')
      .map(({ change }) => change);
    expect(ofValidating.filter((change) => change === 'changed')).toHaveLength(1);
    expect(ofValidating.filter((change) => change === 'deleted').length).toBeGreaterThanOrEqual(1);
    expect(ofValidating.at(-1)).toBe('written');
    await eventually('the API server calls the webhook again', () => isCalled(webhook));
  } finally {
    await webhook.stop();
    await running.stop();
  }

  async function missingSince(): Promise<string | undefined> {
    const secret = await cluster.client.get<KubeObject>(resources.secrets, secretPlace.name, secretPlace);
    return secret.metadata.annotations?.['seccomply.dev/registration-missing-since'];
  }
}, 120_000);

it('applying the manifests again leaves the webhooks that the controller wrote alone', async () => {
  const port = await freePort();
  const running = await controller(port);
  const webhook = await Webhook.start(port);
  try {
    await eventually('the API server calls the webhook', () => isRegistered(webhook));
    const before = await registration();
    await applyInstallation(cluster);
    expect((await registration())?.webhooks).toEqual(before?.webhooks);
    expect(await isCalled(webhook)).toBe(true);
  } finally {
    await webhook.stop();
    await running.stop();
  }
}, 120_000);

it('where somebody else writes the caBundle, a new version of the webhooks keeps it', async () => {
  const port = await freePort();
  const webhook = await Webhook.start(port);
  const running = await controller(port, { certificates: 'cert-manager' });
  const validating = resources.validatingWebhookConfigurations;
  try {
    const { client } = cluster;
    // As if this had just been installed.
    await client.patch(
      validating,
      names.registration,
      { webhooks: [], metadata: { annotations: { 'seccomply.dev/registration-content': null } } },
      'merge',
    );
    await eventually('the webhooks are written', async () => ((await registration())?.webhooks?.length ?? 0) > 0);
    expect((await registration())?.webhooks?.map(({ clientConfig }) => clientConfig?.caBundle)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const secret = await client.get<Secret>(resources.secrets, secretPlace.name, secretPlace);
    const caBundle = secret.data?.['ca.crt'] ?? '';
    await client.patch(
      validating,
      names.registration,
      {
        webhooks: (await registration())?.webhooks?.map((one) => ({
          ...one,
          clientConfig: { ...one.clientConfig, caBundle },
        })),
        metadata: { annotations: { 'seccomply.dev/registration-content': 'an older version' } },
      },
      'merge',
    );
    await eventually('this version has written its own', async () => {
      const { annotations } = (await client.get<KubeObject>(validating, names.registration)).metadata;
      return annotations?.['seccomply.dev/registration-content'] !== 'an older version';
    });
    expect((await registration())?.webhooks?.map(({ clientConfig }) => clientConfig?.caBundle)).toEqual([
      caBundle,
      caBundle,
      caBundle,
      caBundle,
    ]);
  } finally {
    await webhook.stop();
    await running.stop();
  }
}, 120_000);
