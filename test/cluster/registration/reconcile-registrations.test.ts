import {
  emergencySpan,
  missingAnnotation,
  type RegistrationReconcileOptions,
  reconcileRegistrations,
} from '../../../src/cluster/registration/reconcile-registrations.js';
import type { WebhookConfiguration } from '../../../src/cluster/registration/webhook-configuration.js';
import type { KubeClient } from '../../../src/kubernetes/client.js';
import { resources } from '../../../src/kubernetes/resources.js';
import { FakeApiServer } from '../../support/fake-api-server.js';

const { mutatingWebhookConfigurations: mutating, validatingWebhookConfigurations: validating, secrets } = resources;
const secret = { namespace: 'default', name: 'authority' };
const start = Date.parse('2026-03-01T12:00:00.000Z');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let server: FakeApiServer;
let client: KubeClient;
beforeEach(async () => {
  server = await FakeApiServer.start();
  client = server.client();
  await client.create(secrets, { metadata: { name: secret.name } });
  for (const kind of [mutating, validating]) await client.create(kind, { metadata: { name: 'seccomply' } });
});
afterEach(() => server.stop());

/** Two configurations with a webhook each; `caBundle` absent: somebody else writes it. */
function wanted(caBundle: string | undefined): readonly WebhookConfiguration[] {
  return [mutating, validating].map(({ kind }) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'seccomply' },
    webhooks: [
      {
        name: `${kind.toLowerCase()}.seccomply.dev`,
        failurePolicy: 'Fail',
        timeoutSeconds: 3,
        clientConfig: {
          service: { name: 'webhook' },
          ...(caBundle === undefined ? {} : { caBundle: base64(caBundle) }),
        },
      },
    ],
  }));
}

const trustedBy = (...answers: readonly string[]): RegistrationReconcileOptions['isAnswering'] => {
  return async (trust) => answers.includes(typeof trust === 'string' ? trust : trust.ca);
};

const pass = (more: Partial<RegistrationReconcileOptions> = {}) =>
  reconcileRegistrations({
    client,
    secret,
    wanted,
    caBundle: async () => 'ours',
    isAnswering: trustedBy('ours'),
    now: start,
    ...more,
  });
const nothing = { missing: [], written: [], untrusted: [], drift: [] };
const webhook = async (kind = validating) => (await client.get<WebhookConfiguration>(kind, 'seccomply')).webhooks?.[0];
const change = (patch: (one: object | undefined) => object): Promise<unknown> =>
  webhook().then((one) => client.patch(validating, 'seccomply', { webhooks: [patch(one)] }, 'merge'));
const kinds = [mutating.kind, validating.kind];

test('fills the webhooks in once a replica answers, and then leaves them alone', async () => {
  expect(await pass({ isAnswering: trustedBy() })).toEqual(nothing);
  expect(await webhook()).toBeUndefined();
  expect(await pass()).toEqual({ ...nothing, written: kinds.map((kind) => ({ kind, why: 'webhooks were missing' })) });
  expect(await webhook()).toMatchObject({ failurePolicy: 'Fail', clientConfig: { caBundle: base64('ours') } });
  const writes = server.count('PATCH');
  expect(await pass()).toEqual(nothing);
  expect(server.count('PATCH')).toBe(writes);
});

test('tells what somebody else changed, and writes it anew with the next version', async () => {
  await pass();
  await change((one) => ({ ...one, failurePolicy: 'Ignore', reinvocationPolicy: 'Never' }));
  expect(await pass()).toEqual({
    ...nothing,
    drift: [
      {
        kind: validating.kind,
        detail: 'validatingwebhookconfiguration.seccomply.dev: failurePolicy is "Ignore", not "Fail"',
      },
    ],
  });
  const next = (bundle: string | undefined): readonly WebhookConfiguration[] =>
    wanted(bundle).map((one) => ({ ...one, webhooks: (one.webhooks ?? []).map((w) => ({ ...w, timeoutSeconds: 5 })) }));
  expect((await pass({ wanted: next })).written).toEqual(
    kinds.map((kind) => ({ kind, why: 'this version has others' })),
  );
  expect(await webhook()).toMatchObject({ failurePolicy: 'Fail', timeoutSeconds: 5 });
});

test('brings a deleted configuration back after an hour, whoever counts it', async () => {
  await pass();
  await client.delete(validating, 'seccomply');
  const restoreAt = start + emergencySpan;
  expect(await pass()).toEqual({ ...nothing, missing: [{ kind: validating.kind, restoreAt }] });
  expect((await pass({ now: restoreAt - 1 })).missing).toEqual([{ kind: validating.kind, restoreAt }]);
  expect((await pass({ now: restoreAt })).written).toEqual([{ kind: validating.kind, why: 'it had been deleted' }]);
  expect((await webhook())?.failurePolicy).toBe('Fail');
  expect((await client.get(secrets, secret.name)).metadata.annotations).toEqual({
    [missingAnnotation]: new Date(start).toISOString(),
  });
  expect(await pass({ now: restoreAt })).toEqual(nothing);
  expect((await client.get(secrets, secret.name)).metadata.annotations ?? {}).toEqual({});
});

test('lets everything through until the caBundle of somebody else is there and good', async () => {
  const byOthers = { caBundle: async () => undefined } as const;
  const open = await pass({ ...byOthers, isAnswering: trustedBy('any') });
  const why = 'webhooks were missing; they let everything through until their caBundle is there';
  expect(open).toEqual({ ...nothing, untrusted: kinds, written: kinds.map((kind) => ({ kind, why })) });
  expect((await webhook())?.failurePolicy).toBe('Ignore');
  expect(await pass({ ...byOthers, isAnswering: trustedBy('any') })).toEqual({ ...nothing, untrusted: kinds });

  await change((one) => ({ ...one, clientConfig: { caBundle: base64('theirs') } }));
  expect((await pass({ ...byOthers, isAnswering: trustedBy('any') })).untrusted).toEqual(kinds);
  expect(await pass({ ...byOthers, isAnswering: trustedBy('any', 'theirs') })).toEqual({
    ...nothing,
    untrusted: [mutating.kind],
    written: [{ kind: validating.kind, why: 'its caBundle is there' }],
  });
  expect(await webhook()).toMatchObject({ failurePolicy: 'Fail', clientConfig: { caBundle: base64('theirs') } });
});

test('keeps webhooks that refuse already, though this process does not know their authority', async () => {
  const byOthers = { caBundle: async () => undefined } as const;
  await pass({ ...byOthers, isAnswering: trustedBy('public') });
  expect((await webhook())?.failurePolicy).toBe('Fail');
  const next = (): readonly WebhookConfiguration[] =>
    wanted(undefined).map((one) => ({
      ...one,
      webhooks: (one.webhooks ?? []).map((w) => ({ ...w, timeoutSeconds: 5 })),
    }));
  const { untrusted, written } = await pass({ ...byOthers, wanted: next, isAnswering: trustedBy('any') });
  expect([untrusted, written.map(({ why }) => why)]).toEqual([[], Array(2).fill('this version has others')]);
  expect(await webhook()).toMatchObject({ failurePolicy: 'Fail', timeoutSeconds: 5 });
});

test('takes over from cert-manager, which would go on writing its own caBundle', async () => {
  await pass();
  const annotations = { 'cert-manager.io/inject-ca-from': 'default/webhook' };
  await client.patch(validating, 'seccomply', { metadata: { annotations } }, 'merge');
  expect((await pass()).written).toEqual([
    { kind: validating.kind, why: 'cert-manager is to write its caBundle no more' },
  ]);
  expect(await pass()).toEqual(nothing);
});

test('leaves a configuration to the next pass that somebody wrote in between', async () => {
  let isFirst = true;
  const result = await pass({
    isAnswering: async () => {
      if (isFirst) await client.patch(validating, 'seccomply', { metadata: { labels: { by: 'another' } } }, 'merge');
      isFirst = false;
      return true;
    },
  });
  expect(result.written.map(({ kind }) => kind)).toEqual([mutating.kind]);
  expect((await pass()).written.map(({ kind }) => kind)).toEqual([validating.kind]);
  expect((await client.get(validating, 'seccomply')).metadata.labels).toEqual({ by: 'another' });
});

test('asks each authority once', async () => {
  const asked: string[] = [];
  await pass({
    isAnswering: async (trust) => {
      asked.push(JSON.stringify(trust));
      return true;
    },
  });
  expect(asked).toEqual(['{"ca":"ours"}']);
});
