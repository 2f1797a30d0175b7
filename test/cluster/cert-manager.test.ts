import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { checkInstallation } from '../../src/cluster/doctor/doctor.js';
import { probeAdmission } from '../../src/cluster/registration/admission-probe.js';
import type { WebhookConfiguration } from '../../src/cluster/registration/webhook-configuration.js';
import { findSecret } from '../../src/cluster/secret.js';
import { names } from '../../src/core/manifests/names.js';
import { formatProblem } from '../../src/core/problem/problem.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { program, runProgram } from '../support/program.js';
import { applyCertManagerKinds, itNeedsCertManager as it, startCertManager } from './support/cert-manager.js';
import { Child } from './support/child.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { freePort } from './support/free-port.js';
import { MountedSecret } from './support/mounted-secret.js';
import { type Load, underLoad } from './support/under-load.js';

// The overlay under a real cert-manager: what it issues is served, what it injects is trusted, and nobody waits for either in vain.

const { namespace } = names;
const injection = 'cert-manager.io/inject-ca-from';
const webhookKinds = [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations] as const;

let cluster: ControlPlane;
let mounted: MountedSecret;
let port: number;
let controller: Child;
let webhook: Child;
let certManager: Child;
let injector: Child;

beforeAll(async () => {
  cluster = await ControlPlane.start({ audit: 'Metadata' });
}, 120_000);
afterAll(async () => {
  mounted?.stop();
  await Promise.all([controller, webhook, certManager, injector].map((child) => child?.stop()));
  await cluster?.stop();
});

const webhooks = async () => {
  const all = [];
  for (const kind of webhookKinds)
    all.push(...((await cluster.client.get<WebhookConfiguration>(kind, names.registration)).webhooks ?? []));
  return all;
};
const bundles = async () =>
  (await webhooks()).map(({ clientConfig }) => Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString());
const secretOf = (name: string) => findSecret(cluster.client, { namespace, name });

async function start(component: 'controller' | 'webhook'): Promise<Child> {
  const deployment = await cluster.client.get<Deployment>(resources.deployments, names[component], { namespace });
  const [container] = deployment.spec.template.spec.containers;
  const mount = container?.volumeMounts.find(({ name }) => name === 'tls')?.mountPath;
  const env = (container?.env ?? [])
    .filter(({ value }) => value !== undefined)
    .map(({ name, value = '' }) => `${name}=${mount === undefined ? value : value.replace(mount, mounted.folder)}`);
  const token = await cluster.serviceAccountToken(namespace, names[component]);
  return Child.start(
    component,
    [
      ...['env', ...env, process.execPath, program, component, '--kubeconfig', cluster.tokenConfig(component, token)],
      ...['--data', join(cluster.folder, component)],
      ...(component === 'controller'
        ? ['--listen', '127.0.0.1:0', '--webhook-url', `https://127.0.0.1:${port}`, '--interval', '200ms']
        : ['--listen', `127.0.0.1:${port}`, '--shutdown-delay', '0']),
    ],
    { log: join(cluster.folder, `${component}.log`) },
  );
}

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env: readonly { readonly name: string; readonly value?: string }[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
      };
    };
  };
}

/** What the doctor says, but of the Deployments: no nodes run them here. */
async function told(): Promise<readonly string[]> {
  const found = await checkInstallation(cluster.client, { namespace, probeNamespace: 'default', now: Date.now() });
  const here = found.filter(({ title }) => title !== 'webhook' && title !== 'controller');
  return here.flatMap(({ problems }) => problems.map(formatProblem));
}

const install = (...args: readonly string[]) =>
  runProgram(['install', '--kubeconfig', cluster.kubeconfig, '--timeout', '2s', ...args]);
const withoutAddress = (text: string): string => text.replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS');

/** The certificate that is served, when a client that trusts these authorities takes it. */
function servedUnder(ca: string, at = port): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: at, ca, servername: `${names.service}.${namespace}.svc` }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
const served = async (): Promise<string> => servedUnder((await bundles())[0] ?? '');

/** As `cmctl renew` asks for it. */
async function renew(name: string): Promise<void> {
  const path = `/apis/cert-manager.io/v1/namespaces/${namespace}/certificates/${name}`;
  const { status } = JSON.parse((await cluster.client.raw({ method: 'GET', path })).body) as {
    readonly status: { readonly conditions: readonly { readonly type: string }[] };
  };
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'asked for by a test',
    lastTransitionTime: new Date().toISOString(),
  };
  await cluster.client.raw({
    method: 'PATCH',
    path: `${path}/status`,
    contentType: 'application/merge-patch+json',
    body: { status: { conditions: [...status.conditions.filter(({ type }) => type !== 'Issuing'), issuing] } },
  });
}

/** Calls through the API server, and handshakes under the caBundle of the moment. */
function load(during: () => Promise<void>): Promise<Load> {
  const probe = async (): Promise<string> => {
    const result = await probeAdmission(cluster.client, 'default');
    return result.is === 'refused' ? '' : JSON.stringify(result);
  };
  const handshake = async (): Promise<string> => ((await served()) === '' ? 'no certificate' : '');
  return underLoad([() => probe().catch(String), () => handshake().catch(String)], during);
}

/** What the controller's service account has asked about the registration. */
const looks = (): number =>
  cluster
    .auditEvents()
    .filter(
      ({ user, verb, objectRef }) =>
        user.username === `system:serviceaccount:${namespace}:${names.controller}` &&
        verb === 'get' &&
        objectRef?.resource === 'validatingwebhookconfigurations',
    ).length;

/** The overlay, once the API server goes by the kinds and webhooks of cert-manager as they are now. */
const applied = () =>
  eventually('everything is applied', async () => {
    const ran = await install('--overlay', 'cert-manager');
    return ran.stdout.includes('What was found') && ran;
  });

it('of an installation whose certificate nobody issues, it is said what is missing', async () => {
  await applyCertManagerKinds(cluster);
  const { client } = cluster;
  // As right after an installation of cert-manager, whose pods do not run yet.
  const validating = resources.validatingWebhookConfigurations;
  await client.create(validating, {
    metadata: { name: 'cert-manager-webhook' },
    webhooks: [
      {
        name: 'webhook.cert-manager.io',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        rules: [{ apiGroups: ['cert-manager.io'], apiVersions: ['v1'], operations: ['*'], resources: ['*'] }],
        clientConfig: { url: `https://127.0.0.1:${await freePort()}/validate` },
      },
    ],
  } as KubeObject);
  const unasked = await eventually('its webhook is asked', async () => {
    const ran = await install('--overlay', 'cert-manager');
    return ran.stderr.includes('webhook.cert-manager.io') && ran;
  });
  expect([unasked.code, withoutAddress(unasked.stderr)]).toMatchInlineSnapshot(`
[
  1,
  "seccomply: Issuer seccomply-system/seccomply-selfsigned: PATCH /apis/cert-manager.io/v1/namespaces/seccomply-system/issuers/seccomply-selfsigned: Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://ADDRESS/validate?timeout=10s": dial tcp ADDRESS: connect: connection refused
    A webhook that is not ours keeps it out: mend it (kubectl get pods --all-namespaces), then install again.
",
]
`);
  await client.delete(validating, 'cert-manager-webhook');
  const { code, stdout } = await applied();
  expect([code, withoutAddress(stdout)]).toMatchInlineSnapshot(`
[
  1,
  "Installing seccomply:dev in https://ADDRESS
✓ applied 3 custom kinds
✓ applied 36 objects, most of them in seccomply-system
✓ applied 1 policy document
… waiting for an Unconfined pod in default to be refused (in a dry run)
✗ it does not work after 2 s. What was found:

  error: 0 of 3 replicas of seccomply-webhook are available [KD04]
      kubectl -n seccomply-system describe deployment seccomply-webhook
  error: 0 of 2 replicas of seccomply-controller are available [KD04]
      kubectl -n seccomply-system describe deployment seccomply-controller
  error: the Certificate seccomply-webhook-tls has no status: cert-manager has not looked at it [KD16]
      See whether cert-manager runs: kubectl get pods --all-namespaces -l app.kubernetes.io/instance=cert-manager
  error: the MutatingWebhookConfiguration seccomply has no webhooks yet: nothing is enforced [KD12]
      The controller fills them in when a replica answers: kubectl -n seccomply-system logs deploy/seccomply-controller
  error: the ValidatingWebhookConfiguration seccomply has no webhooks yet: nothing is enforced [KD12]
      The controller fills them in when a replica answers: kubectl -n seccomply-system logs deploy/seccomply-controller
  error: the API server took an Unconfined pod in default (in a dry run), and did not ask the webhook [KD20]
      See whether the registration is there, and whether the namespace has the label seccomply.dev/enforcement.
",
]
`);

  await client.delete(resources.customResourceDefinitions, 'certificates.cert-manager.io');
  await eventually('its kind is gone', async () => (await told()).join().includes('no kind Certificate'));
  expect((await told())[0]).toMatchInlineSnapshot(`
"error: cert-manager is to make the certificate, and the cluster has no kind Certificate of cert-manager.io [KD16]
    Install cert-manager, or leave --overlay cert-manager out: seccomply install then makes certificates of its own."
`);
  await applyCertManagerKinds(cluster);

  // An authority that is not there.
  await applied();
  const issuers = `/apis/cert-manager.io/v1/namespaces/${namespace}/issuers`;
  await client.raw({ method: 'DELETE', path: `${issuers}/seccomply` });
  certManager = startCertManager(cluster, 'controller');
  const unready = await eventually('cert-manager says what it waits for', async () =>
    (await told()).find((text) => /Certificate seccomply-webhook-tls is not ready/.test(text)),
  );
  await applied();
  expect(unready).toMatchInlineSnapshot(`
"error: the Certificate seccomply-webhook-tls is not ready: Issuing certificate as Secret does not exist [KD16]
    kubectl -n seccomply-system describe certificate seccomply-webhook-tls; kubectl -n seccomply-system describe issuer seccomply"
`);
});

it('until there is a caBundle the webhooks keep no pod out, then they do', async () => {
  port = await freePort();
  mounted = new MountedSecret(cluster, { namespace, name: names.tlsSecret }, 1_500);
  await eventually('the Secret is there', () => mounted.swaps > 0);
  controller = await start('controller');
  webhook = await start('webhook');
  await eventually('the webhooks are registered', async () => (await webhooks()).length > 0);
  const said: string[] = [];
  await eventually('the API server tries to call them', async () => {
    said.push((await probeAdmission(cluster.client, 'default')).is);
    const { body } = await cluster.client.raw({ method: 'GET', path: '/metrics' });
    return /^apiserver_admission_webhook_fail_open_count\{name="mutate\.seccomply\.dev"/m.test(body);
  });
  expect(new Set(said)).toEqual(new Set(['admitted']));
  expect(new Set((await webhooks()).map(({ failurePolicy }) => failurePolicy))).toEqual(new Set(['Ignore']));
  expect(await told()).toMatchInlineSnapshot(`
[
  "error: mutate.seccomply.dev, mutate-audit.seccomply.dev, mutate-system.seccomply.dev, validate.seccomply.dev, validate-audit.seccomply.dev, validate-system.seccomply.dev, templates.seccomply.dev have no caBundle, so the API server cannot call them [KD17]
    The cainjector of cert-manager writes it: kubectl get pods --all-namespaces -l app.kubernetes.io/name=cainjector",
  "error: the API server took an Unconfined pod in default (in a dry run), and did not ask the webhook [KD20]
    See whether the registration is there, and whether the namespace has the label seccomply.dev/enforcement.",
]
`);
  expect(controller.tail(100)).toContain(
    'MutatingWebhookConfiguration and ValidatingWebhookConfiguration let everything through until the caBundle is there, which the cainjector of cert-manager writes',
  );

  injector = startCertManager(cluster, 'cainjector');
  const results: string[] = [];
  await eventually('both configurations keep pods out', async () => {
    results.push((await probeAdmission(cluster.client, 'default')).is);
    return (await webhooks()).filter(({ failurePolicy }) => failurePolicy === 'Fail').length === 2;
  });
  expect(new Set(results)).toEqual(new Set(['admitted', 'refused']));
  expect(await told()).toEqual([]);
  const all = await bundles();
  expect(all).toHaveLength(7);
  expect(new Set(all).size).toBe(1);
  expect(await served()).not.toBe('');
  const pod = await cluster.client.create(
    resources.pods,
    {
      metadata: { name: 'plain', namespace: 'default' },
      spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
    } as KubeObject,
    { namespace: 'default', dryRun: true },
  );
  expect(JSON.stringify(pod)).toContain('{"type":"RuntimeDefault"}');
});

it('who wrote the caBundle goes on writing it, and nobody else does', async () => {
  const managers = async (field: string): Promise<readonly string[]> => {
    const all = new Set<string>();
    for (const kind of webhookKinds) {
      const { managedFields = [] } = (await cluster.client.get(kind, names.registration)).metadata;
      for (const { manager, fieldsV1 } of managedFields as readonly { manager: string; fieldsV1: object }[])
        if (JSON.stringify(fieldsV1).includes(`"f:${field}"`)) all.add(manager);
    }
    return [...all];
  };
  const versions = async () => {
    const all = [];
    for (const kind of webhookKinds)
      all.push((await cluster.client.get(kind, names.registration)).metadata.resourceVersion);
    return all;
  };
  expect(await managers('caBundle')).toEqual(['cert-manager-cainjector']);
  expect(await managers('failurePolicy')).toEqual(['seccomply-controller']);
  const [before, began] = [await versions(), looks()];
  await eventually('the controller has looked again and again', () => looks() >= began + 30);
  expect(await versions()).toEqual(before);

  // A new version of ours, and the same installed again.
  const [bundle] = await bundles();
  const { failures } = await load(async () => {
    const annotations = { 'seccomply.dev/registration-content': 'an older version' };
    for (const kind of webhookKinds)
      await cluster.client.patch(kind, names.registration, { metadata: { annotations } }, 'merge');
    await eventually('it is written anew', async () => {
      const { metadata } = await cluster.client.get(webhookKinds[1], names.registration);
      return metadata.annotations?.['seccomply.dev/registration-content'] !== 'an older version';
    });
    await install('--overlay', 'cert-manager');
  });
  expect(failures).toEqual([]);
  expect(new Set(await bundles())).toEqual(new Set([bundle]));
  expect(await managers('caBundle')).toEqual(['cert-manager-cainjector']);

  // What somebody else breaks the cainjector mends.
  await cluster.client.patch(
    webhookKinds[0],
    names.registration,
    {
      webhooks: (await cluster.client.get<WebhookConfiguration>(webhookKinds[0], names.registration)).webhooks?.map(
        (one) => ({ ...one, clientConfig: { ...one.clientConfig, caBundle: null } }),
      ),
    },
    'merge',
  );
  await eventually('it is back', async () => (await bundles()).every((one) => one === bundle));
});

it('renewed, deleted, under a new authority: no call fails', async () => {
  const secretPort = await freePort();
  const fromSecret = Child.start(
    'webhook',
    [
      ...[process.execPath, program, 'webhook', '--kubeconfig', cluster.kubeconfig, '--shutdown-delay', '0'],
      ...['--tls-secret', `${namespace}/${names.tlsSecret}`, '--listen', `127.0.0.1:${secretPort}`],
      ...['--data', join(cluster.folder, 'from-secret')],
    ],
    { log: join(cluster.folder, 'from-secret.log') },
  );
  try {
    const inSecret = async (): Promise<string> => {
      const text = Buffer.from((await secretOf(names.tlsSecret))?.data?.['tls.crt'] ?? '', 'base64').toString();
      return text === '' ? '' : new X509Certificate(text).fingerprint256;
    };
    const authorityKey = async () => (await secretOf('seccomply-issuer'))?.data?.['tls.key'];
    const next = async (what: string, before: string): Promise<string> => {
      const now = await eventually(`${what}: another certificate is served`, async () => {
        const is = await served();
        return is !== before && is === (await inSecret()) && is;
      });
      await eventually(`${what}: also where the Secret is read`, async () =>
        servedUnder((await bundles())[0] ?? '', secretPort).then((is) => is === now),
      );
      return now;
    };
    const { made, failures } = await load(async () => {
      let now = await served();
      await renew(names.tlsSecret);
      now = await next('renewed', now);
      await cluster.client.delete(resources.secrets, names.tlsSecret, { namespace });
      now = await next('deleted', now);

      // The authority is renewed with the key it has, so that what it signed stays good.
      const [key, certificate] = [await authorityKey(), (await secretOf('seccomply-issuer'))?.data?.['tls.crt']];
      await renew('seccomply-issuer');
      await eventually('the authority is renewed', async () => {
        const is = (await secretOf('seccomply-issuer'))?.data?.['tls.crt'];
        return is !== undefined && is !== certificate;
      });
      expect(await authorityKey()).toBe(key);
      await renew(names.tlsSecret);
      now = await next('under a renewed authority', now);

      await cluster.client.delete(resources.secrets, 'seccomply-issuer', { namespace });
      await eventually('there is another authority', async () => ![undefined, key].includes(await authorityKey()));
      await renew(names.tlsSecret);
      now = await next('under another authority', now);
    });
    expect(failures).toEqual([]);
    expect(made).toBeGreaterThan(100);
    expect(mounted.swaps).toBeGreaterThanOrEqual(5);
    expect(await told()).toEqual([]);
  } finally {
    await fromSecret.stop();
  }
});

it('both roles can do all that they try', () => {
  const ours = cluster
    .auditEvents()
    .filter(({ user }) => user.username.startsWith(`system:serviceaccount:${namespace}:`));
  expect(ours.length).toBeGreaterThan(50);
  const refused = ours.filter(({ responseStatus }) => responseStatus?.code === 403);
  expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
});

it('goes back to certificates of our own under load, and cert-manager leaves the caBundle alone', async () => {
  // As on a configuration that the controller put back after it had been deleted: applying the manifests takes nothing away.
  for (const kind of webhookKinds)
    for (const value of [null, `${namespace}/${names.tlsSecret}`])
      await cluster.client.patch(
        kind,
        names.registration,
        { metadata: { annotations: { [injection]: value } } },
        'merge',
        { fieldManager: 'seccomply-controller' },
      );
  const { failures } = await load(async () => {
    await install();
    await controller.stop();
    controller = await start('controller');
    // The replicas still serve what cert-manager made.
    await eventually('our own authority is trusted, too', async () => {
      const own = Buffer.from((await secretOf(names.authoritySecret))?.data?.['ca.crt'] ?? '', 'base64').toString();
      return own !== '' && (await bundles()).every((bundle) => bundle.includes(own.trim()));
    });
    await eventually('cert-manager is asked for it no more', async () => {
      for (const kind of webhookKinds) {
        const { annotations } = (await cluster.client.get(kind, names.registration)).metadata;
        if (annotations?.[injection] !== undefined) return false;
      }
      return true;
    });
    const [before, began] = [await bundles(), looks()];
    await eventually('the controller has looked again and again', () => looks() >= began + 30);
    expect(await bundles()).toEqual(before);
  });
  expect(failures).toEqual([]);
});
