import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { names } from '../../src/core/manifests/names.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { program, runProgram } from '../support/program.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { run } from './support/machine.js';
import { kubectlCommand } from './support/node-cluster.js';

// The commands as a person meets them. Nothing runs what they apply here; test/cluster/three-node.test.ts does.

let cluster: ControlPlane;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-install-'));
  cluster = await ControlPlane.start();
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const install = (...args: readonly string[]) =>
  runProgram(['install', '--kubeconfig', cluster.kubeconfig, '--timeout', '2s', ...args]);
const withoutAddress = (text: string): string => text.replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, 'https://SERVER');

it('applies everything, and says what keeps it from working', async () => {
  const { code, stdout, stderr } = await install();
  expect(withoutAddress(stdout)).toMatchInlineSnapshot(`
"Installing seccomply:dev in https://SERVER
✓ applied 3 custom kinds
✓ applied 31 objects, most of them in seccomply-system
✓ applied 1 policy document
… waiting for an Unconfined pod in default to be refused (in a dry run)
✗ it does not work after 2 s. What was found:

  error: 0 of 3 replicas of seccomply-webhook are available [KD04]
      kubectl -n seccomply-system describe deployment seccomply-webhook
  error: 0 of 2 replicas of seccomply-controller are available [KD04]
      kubectl -n seccomply-system describe deployment seccomply-controller
  error: there is no Secret seccomply-ca in seccomply-system [KD10]
      The controller makes it: see whether it runs.
  error: the MutatingWebhookConfiguration seccomply has no webhooks yet: nothing is enforced [KD12]
      The controller fills them in when a replica answers: kubectl -n seccomply-system logs deploy/seccomply-controller
  error: the ValidatingWebhookConfiguration seccomply has no webhooks yet: nothing is enforced [KD12]
      The controller fills them in when a replica answers: kubectl -n seccomply-system logs deploy/seccomply-controller
  error: the API server took an Unconfined pod in default (in a dry run), and did not ask the webhook [KD20]
      See whether the registration is there, and whether the namespace has the label seccomply.dev/enforcement.
"
`);
  expect(stderr).toMatchInlineSnapshot(`
"seccomply: the installation does not work. After mending it: seccomply doctor
"
`);
  expect(code).toBe(1);
  const policy = await cluster.client.get<KubeObject & { spec: object }>(seccomplyKinds.policies, 'baseline');
  expect(policy.spec).toMatchObject({ assign: [{ profile: 'RuntimeDefault' }] });
  const deployment = await cluster.client.get(resources.deployments, names.webhook, { namespace: names.namespace });
  expect(deployment.metadata.managedFields).toEqual(
    expect.arrayContaining([expect.objectContaining({ manager: 'seccomply', operation: 'Apply' })]),
  );
});

it('is the same when it is run again with another policy set, image and number of replicas', async () => {
  const { code } = await install(
    '--policies',
    'restricted',
    '--image',
    'registry.example/seccomply:1',
    '--replicas',
    '5',
  );
  expect(code).toBe(1);
  expect((await cluster.client.get(seccomplyKinds.policies, 'restricted')).metadata.name).toBe('restricted');
  const deployment = await cluster.client.get<
    KubeObject & { spec: { replicas: number; template: { spec: { containers: readonly { image: string }[] } } } }
  >(resources.deployments, names.webhook, { namespace: names.namespace });
  expect(deployment.spec.replicas).toBe(5);
  expect(deployment.spec.template.spec.containers[0]?.image).toBe('registry.example/seccomply:1');
});

it('takes nothing that cannot be right, and says why', async () => {
  const bad = join(folder, 'bad');
  mkdirSync(bad, { recursive: true });
  writeFileSync(
    join(bad, 'web.yaml'),
    'apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: web }\nspec:\n  assing:\n    - profile: RuntimeDefault\n',
  );
  const told = async (...args: readonly string[]) => {
    const { code, stderr } = await runProgram(args);
    return `${code}: ${withoutAddress(stderr).replaceAll(folder, 'FOLDER').trim()}`;
  };
  const kubeconfig = ['--kubeconfig', cluster.kubeconfig];
  expect({
    set: await told('install', ...kubeconfig, '--policies', 'basline'),
    file: await told('install', ...kubeconfig, '--policies', bad),
    overlay: await told('install', ...kubeconfig, '--overlay', 'prod'),
    replicas: await told('install', ...kubeconfig, '--replicas', 'many'),
    timeout: await told('install', ...kubeconfig, '--timeout', 'soon'),
    kubeconfig: await told('install', '--kubeconfig', `${folder}/none.conf`),
    certManager: await told('install', ...kubeconfig, '--overlay', 'cert-manager', '--timeout', '1s'),
    rights: await told('install', '--kubeconfig', cluster.userConfig('nobody')),
    doctorWithoutRights: (await runProgram(['doctor', '--kubeconfig', cluster.userConfig('nobody')])).code,
  }).toMatchInlineSnapshot(`
{
  "certManager": "1: seccomply: Issuer seccomply-system/seccomply-selfsigned: the cluster has no kind Issuer of cert-manager.io/v1: install cert-manager first, or leave --overlay cert-manager out",
  "doctorWithoutRights": 1,
  "file": "2: seccomply: --policies FOLDER/bad cannot be used:
FOLDER/bad/web.yaml:5:3: error: unknown key "assing" (spec.assing) [PD007]
    did you mean "assign"? In spec there can be: description, mode, priority, match, assign, existing, unconfined, unavailable, require",
  "kubeconfig": "2: seccomply: the kubeconfig file FOLDER/none.conf cannot be read: there is no such file or folder",
  "overlay": "2: seccomply: there is no overlay "prod": choose from production, dev, cert-manager, monitoring, client-certificates-optional, client-certificates",
  "replicas": "2: seccomply: --replicas takes a number from 1 to 20",
  "rights": "1: seccomply: CustomResourceDefinition seccomppolicies.seccomply.dev: PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/seccomppolicies.seccomply.dev: customresourcedefinitions.apiextensions.k8s.io "seccomppolicies.seccomply.dev" is forbidden: User "nobody" cannot patch resource "customresourcedefinitions" in API group "apiextensions.k8s.io" at the cluster scope
    Installing takes the rights of cluster-admin: it makes kinds, cluster roles and webhook configurations.",
  "set": "2: seccomply: --policies basline: there is neither a ready set of this name nor such a file or folder
    The ready sets are baseline and restricted; none installs no policy.",
  "timeout": "2: error: option '--timeout <span>' argument 'soon' is invalid. Write a number of seconds or minutes: 90s, 5m.
(run with --help for the options and examples)",
}
`);
});

it('a server that does not answer is told from one that refuses', async () => {
  const config = join(folder, 'away.conf');
  writeFileSync(
    config,
    'apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nclusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]\nusers: [{name: a, user: {token: x}}]\n',
  );
  const { code, stderr } = await runProgram(['doctor', '--kubeconfig', config]);
  expect([code, stderr.trim()]).toMatchInlineSnapshot(`
[
  1,
  "seccomply: https://127.0.0.1:1 does not answer: GET /version: nothing answers there (connection refused)
    Check the kubeconfig file (--kubeconfig, KUBECONFIG) and that the cluster runs.",
]
`);
});

it('is a plugin of kubectl', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(resolve(program), join(bin, 'kubectl-seccomply'));
  const kubectl = kubectlCommand();
  const help = await run('env', `PATH=${bin}:${process.env.PATH}`, kubectl, 'seccomply', 'doctor', '--help');
  expect(help).toContain('Usage: kubectl seccomply doctor');
  const profile = await run(
    'env',
    `PATH=${bin}:${process.env.PATH}`,
    kubectl,
    'seccomply',
    'profile',
    'simulate',
    'RuntimeDefault',
    'unshare',
  );
  expect(profile).toMatch(/unshare/);
});

it('uninstall asks first, says what it does, and may be called again', async () => {
  const ask = await runProgram(['uninstall', '--kubeconfig', cluster.kubeconfig]);
  expect([ask.code, withoutAddress(ask.stdout), ask.stderr]).toMatchInlineSnapshot(`
[
  2,
  "This takes the registration, the webhook, the controller, the namespace seccomply-system, and every policy, exemption and profile out of https://SERVER.
",
  "seccomply: nothing was done: add --yes to do it
",
]
`);
  // No controller runs here that empties namespaces.
  const path = `/api/v1/namespaces/${names.namespace}/finalize`;
  const uninstalling = runProgram(['uninstall', '--kubeconfig', cluster.kubeconfig, '--yes', '--timeout', '20s']);
  const finalizing = (async () => {
    for (let turn = 0; turn < 200; turn += 1) {
      const { body } = await cluster.client
        .raw({ method: 'GET', path: `/api/v1/namespaces/${names.namespace}` })
        .catch(() => ({ body: '' }));
      if (body === '') return;
      const namespace = JSON.parse(body) as KubeObject & { spec: object };
      if (namespace.metadata.deletionTimestamp !== undefined)
        await cluster.client
          .raw({ method: 'PUT', path, body: { ...namespace, spec: { finalizers: [] } } })
          .catch(() => undefined);
      await new Promise((done) => setTimeout(done, 100));
    }
  })();
  const gone = await uninstalling;
  await finalizing;
  expect([gone.code, gone.stdout, gone.stderr]).toMatchInlineSnapshot(`
[
  0,
  "✓ removed the registration
✓ removed admission policies
✓ removed policies, exemptions, profiles and their kinds
✓ removed rights
✓ removed the namespace seccomply-system
Nothing of Seccomply is left.
",
  "",
]
`);
  const again = await runProgram(['uninstall', '--kubeconfig', cluster.kubeconfig, '--yes']);
  expect([again.code, again.stdout.split('\n').at(-2)]).toEqual([0, 'Nothing of Seccomply was there.']);
});
