import fc from 'fast-check';
import { admitRequest } from '../../src/core/admission/explain/admit.js';
import { documentSet } from '../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../src/core/policy/load/parse-documents.js';
import { compileRuleSet, type RuleSet } from '../../src/core/policy/rules/rule-set.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { runs } from '../support/require.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { answerOf, applyExport } from './support/exported.js';

// One policy and pods of many shapes: export-agrees.test.ts has many policies, and few pods that come near the node.
const now = Date.parse('2026-12-20T00:00:00Z');
const longestExemption = 90 * 86_400_000;
const baseline = ['RuntimeDefault', 'Unset'];

let cluster: ControlPlane;
let rules: RuleSet;

beforeAll(async () => {
  cluster = await ControlPlane.start();
  const { catalogue } = await loadCatalogue(['profiles']);
  await cluster.client.create(resources.namespaces, { metadata: { name: 'shop' } });
  const { documents } = documentSet([
    parseDocuments(`
apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: p }
spec: { require: { hostAccess: Deny, privileged: Ignore } }
`),
  ]);
  rules = compileRuleSet(documents, { catalogue, baseline, longestExemption });
  await applyExport(cluster, documents, { catalogue, baseline, now, longestExemption });
});
afterAll(() => cluster?.stop());

async function theirs(spec: object) {
  const object = { metadata: { name: 'one' }, spec } as KubeObject;
  try {
    await cluster.client.create(resources.pods, object, { namespace: 'shop', dryRun: true });
    return { is: 'admitted' as const };
  } catch (error) {
    return answerOf(error);
  }
}

function ours(spec: object) {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: 'shop' }, spec };
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const request = { uid: 'x', operation: 'CREATE', kind, namespace: 'shop', object };
  return admitRequest(rules, request, { now, namespaceLabels: {} }).decision;
}

const some = <T extends Record<string, fc.Arbitrary<unknown>>>(model: T) => fc.record(model, { requiredKeys: [] });
const capabilities = some({
  add: fc.subarray(['SETUID', 'CHOWN', 'SYS_PTRACE'], { maxLength: 1 }),
  drop: fc.subarray(['ALL', 'NET_RAW', 'cap_all'], { maxLength: 1 }),
});
const user = { runAsUser: fc.constantFrom(0, 1000), runAsNonRoot: fc.boolean() };
const mount = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    mountPath: fc.constant('/mnt'),
    readOnly: fc.boolean(),
    sub: fc.constantFrom(
      {},
      {},
      { subPath: 'x' },
      { subPath: 'x/y' },
      { subPathExpr: 'x/$(A)' },
      { subPathExpr: '$(A)' },
    ),
  })
  .map(({ sub, ...rest }) => ({ ...rest, ...sub }));
const container = (name: string) =>
  fc.record({
    name: fc.constant(name),
    image: fc.constant('nginx'),
    securityContext: some({ ...user, capabilities, privileged: fc.constantFrom(false, false, true) }),
    volumeMounts: fc.array(mount, { maxLength: 1 }),
  });
const path = fc.constantFrom(
  ...[
    '/data',
    '/data/x',
    '/data/x/y',
    '/data/x/y/z',
    '/data-x/y',
    '/var/run/app',
    '/run/app/x',
    '/proc',
    '/proc/1/task',
  ],
  ...['/proc/uptime', '/srv', '/opt', '/opt/x', '/etc/ssl', '/var/log', '//data//./x', '/dev/shm', '/home/x/data'],
);
const specs = fc.record({
  hostPID: fc.constantFrom(false, false, true),
  securityContext: some(user),
  containers: fc.tuple(container('web'), container('side')),
  initContainers: fc.array(container('init'), { maxLength: 1 }),
  volumes: fc
    .tuple(path, path, path)
    .map((paths) => paths.map((one, index) => ({ name: 'abc'[index], hostPath: { path: one } }))),
});

it('the exported policy sees the ways to the node that the webhook sees', async () => {
  const counts = { admitted: 0, refused: 0 };
  const samples = fc.sample(specs, { numRuns: runs(600) });
  for (let at = 0; at < samples.length; at += 12)
    await Promise.all(
      samples.slice(at, at + 12).map(async (spec) => {
        const answer = await theirs(spec);
        if (answer.is === 'invalid') return;
        const { allowed, message } = ours(spec);
        expect({ spec, message, allowed: answer.is === 'admitted' }).toEqual({ spec, message, allowed });
        counts[allowed ? 'admitted' : 'refused'] += 1;
      }),
    );
  expect(Math.min(counts.admitted, counts.refused)).toBeGreaterThan(samples.length / 10);
}, 300_000);

/** docs/reference/host-access.md says it. */
const MOST_MOUNTS = 150;

it('a pod with many mounts of host paths stays within what CEL may cost', async () => {
  const numbers = Array.from({ length: MOST_MOUNTS }, (_, index) => index);
  const volumes = numbers.map((index) => ({
    name: `v${index}`,
    hostPath: { path: `/var/log/pods/of-an-application/${index}` },
  }));
  for (const readOnly of [true, false]) {
    const volumeMounts = numbers.map((index) => ({ name: `v${index}`, mountPath: `/mnt/${index}`, readOnly }));
    const spec = { containers: [{ name: 'web', image: 'nginx', volumeMounts }], volumes };
    expect([readOnly, await theirs(spec), ours(spec).allowed]).toEqual([readOnly, { is: 'admitted' }, true]);
  }
}, 60_000);
