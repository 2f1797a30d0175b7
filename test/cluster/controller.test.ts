import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { readLastGood } from '../../src/cluster/policies/last-good.js';
import type { Secret } from '../../src/cluster/secret.js';
import { names } from '../../src/core/manifests/names.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';

import { resources } from '../../src/kubernetes/resources.js';
import { type Controller, startController } from '../../src/processes/controller/start-controller.js';
import type { Log } from '../../src/system/log.js';
import { controllerMetrics } from '../../src/system/metrics/controller-metrics.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { freePort } from './support/free-port.js';
import { applyInstallation } from './support/installed.js';

let cluster: ControlPlane;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-controller-'));
  cluster = await ControlPlane.start();
  await applyInstallation(cluster);
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const lines: string[] = [];
const log: Log = {
  debug: () => undefined,
  info: (message) => void lines.push(message),
  warn: (message) => void lines.push(`warning: ${message}`),
  error: (message) => void lines.push(`error: ${message}`),
};

/** With the rights of its service account and no others. */
async function start(identity: string): Promise<Controller> {
  const token = await cluster.serviceAccountToken(names.namespace, names.controller);
  return startController({
    client: await cluster.clientOf(cluster.tokenConfig(identity, token)),
    namespace: names.namespace,
    identity,
    listen: { host: '127.0.0.1', port: 0 },
    data: join(folder, identity),
    certificates: 'self-managed',
    webhookUrl: new URL(`https://127.0.0.1:${await freePort()}`),
    baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'],
    runtimeDefault: 'any',
    longestExemption: 90 * 86_400_000,
    admissionPolicies: false,
    log,
    interval: 300,
  });
}

/** A call verified under the authority in the Secret, as Prometheus would make it. */
async function get(controller: Controller, path: string): Promise<{ readonly status: number; readonly body: string }> {
  const place = { namespace: names.namespace };
  const secret = await cluster.client.get<Secret>(resources.secrets, names.authoritySecret, place);
  const ca = Buffer.from(secret.data?.['ca.crt'] ?? '', 'base64').toString();
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(path, controller.address),
      { ca, servername: `${names.controller}-admin.${names.namespace}.svc`, agent: false },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

const metric = async (controller: Controller, series: string): Promise<number | undefined> => {
  const { body } = await get(controller, '/metrics');
  const line = body.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

it('one of two works, under its own rights; the other takes over at once when it stops', async () => {
  const first = await start('first');
  const second = await start('second');
  let stopped: Controller | undefined;
  try {
    const leads = (one: Controller) => metric(one, 'seccomply_controller_leader');
    await eventually('one leads', async () => (await leads(first)) === 1);
    expect(await leads(second)).toBe(0);
    expect(await get(first, '/healthz')).toEqual({ status: 200, body: 'ok\n' });
    expect((await get(first, '/readyz')).body).toBe('ok: this replica leads\n');
    expect((await get(second, '/readyz')).body).toBe('ok: first leads\n');
    expect((await get(first, '/nothing')).status).toBe(404);

    const begun = performance.now();
    await first.stop();
    stopped = first;
    await eventually('the other leads', async () => (await leads(second)) === 1, 10_000);
    expect(performance.now() - begun).toBeLessThan(10_000);
  } finally {
    await second.stop();
    if (stopped === undefined) await first.stop();
  }
  // It had every right that it used.
  expect(lines.filter((line) => /forbidden/.test(line))).toEqual([]);
}, 120_000);

it('shows in metrics what it has done and what it has found', async () => {
  const controller = await start('metrics');
  const { client } = cluster;
  const policy = (name: string, spec: object): KubeObject =>
    ({ apiVersion: 'seccomply.dev/v1alpha1', kind: 'SeccompPolicy', metadata: { name }, spec }) as KubeObject;
  try {
    await client.create(seccomplyKinds.policies, policy('one', { assign: [{ profile: 'RuntimeDefault' }] }));
    await client.create(seccomplyKinds.policies, policy('two', { assign: [{ profile: 'not-there' }] }));
    const seen = (series: string, value: number) =>
      eventually(`${series} is ${value}`, async () => (await metric(controller, series)) === value);
    await seen('seccomply_documents{kind="SeccompPolicy"}', 2);
    await seen('seccomply_authority_rotation{state="steady"}', 1);
    await seen('seccomply_registration_missing{kind="ValidatingWebhookConfiguration"}', 0);
    await seen('seccomply_registration_drift', 0);
    expect(await metric(controller, 'seccomply_authority_expiry_timestamp_seconds')).toBeGreaterThan(
      Date.now() / 1_000,
    );
    expect(await metric(controller, 'seccomply_document_problems{severity="error"}')).toBeGreaterThan(0);
    expect(
      await metric(controller, 'seccomply_controller_passes_total{work="certificates and registration",result="done"}'),
    ).toBeGreaterThan(0);
    await client.delete(resources.mutatingWebhookConfigurations, names.registration);
    await seen('seccomply_registration_missing{kind="MutatingWebhookConfiguration"}', 1);
    const { body } = await get(controller, '/metrics');
    for (const name of Object.keys(controllerMetrics)) expect(body).toContain(`# TYPE ${name} `);

    // Who looks with kubectl is told of the missing registration, too.
    await eventually('the Event is there', async () => {
      const { items } = await client.list<KubeObject & { reason: string }>(resources.events, { namespace: 'default' });
      return items.some(({ reason }) => reason === 'RegistrationMissing');
    });

    // What replicas load while a document is broken.
    const place = { namespace: names.namespace, name: names.policySet };
    const kept = async () =>
      (await readLastGood(client, place))?.documents.policies.map(({ reference }) => reference.name).sort();
    await eventually('the last good set is kept', async () => JSON.stringify(await kept()) === '["one","two"]');
    await client.delete(seccomplyKinds.policies, 'two');
    await eventually('what is gone leaves it', async () => JSON.stringify(await kept()) === '["one"]');
  } finally {
    await controller.stop();
  }
  expect(lines.filter((line) => /forbidden/.test(line))).toEqual([]);
}, 120_000);
