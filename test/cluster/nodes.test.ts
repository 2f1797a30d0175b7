import { existsSync } from 'node:fs';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsNodes as it } from './support/binaries.js';
import { eventually } from './support/eventually.js';
import { hasCgroup, processesOf, tryRun } from './support/machine.js';
import { busyboxImage, NodeCluster } from './support/node-cluster.js';

let cluster: NodeCluster;

interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly state: { readonly waiting?: { readonly reason: string; readonly message: string } };
    }[];
  };
}

const pod = (name: string, more: object = {}, script = 'sleep 3600'): KubeObject =>
  ({
    metadata: { name, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: busyboxImage, imagePullPolicy: 'Never', args: ['-c', script], ...more }],
    },
  }) as KubeObject;

const read = (name: string): Promise<Pod> => cluster.client.get<Pod>(resources.pods, name, { namespace: 'default' });
const running = (name: string): Promise<Pod> =>
  eventually(`${name} runs`, async () => {
    const found = await read(name);
    return found.status?.phase === 'Running' && found;
  });

it('starts three nodes that run pods under seccomp, with services, logs and exec, and leaves nothing behind', async () => {
  cluster = await NodeCluster.start();
  try {
    await onNodes();
    await faults();
  } finally {
    await cluster.stop();
  }
  expect(existsSync(cluster.folder)).toBe(false);
  expect(processesOf(cluster.folder)).toEqual([]);
  expect([1, 2, 3].filter((number) => hasCgroup(`seccomply-n${number}`))).toEqual([]);
  expect(tryRun('ip', '-brief', 'link')).not.toMatch(/seccomply/);
  expect(tryRun('nft', 'list', 'tables')).not.toMatch(/kube-proxy/);
});

async function onNodes(): Promise<void> {
  const { client } = cluster;
  await client.create(resources.pods, pod('plain'));
  const runtimeDefault = { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } };
  await client.create(resources.pods, pod('filtered', runtimeDefault, 'grep Seccomp: /proc/self/status; sleep 3600'));
  const localhost = { seccompProfile: { type: 'Localhost', localhostProfile: 'not/there.json' } };
  await client.create(resources.pods, pod('no-file', { securityContext: localhost }));
  await running('plain');
  await running('filtered');
  const log = await eventually(
    'it has logged',
    async () => (await cluster.kubectl('logs', 'filtered')).trim() || undefined,
  );
  expect(log).toBe('Seccomp:\t2');
  expect(await cluster.kubectl('exec', 'plain', '--', 'grep', 'Seccomp:', '/proc/1/status')).toBe('Seccomp:\t0\n');
  const waiting = await eventually('the runtime refuses the missing file', async () => {
    const [status] = (await read('no-file')).status?.containerStatuses ?? [];
    return status?.state.waiting?.reason === 'CreateContainerError' && status.state.waiting;
  });
  expect(waiting.message).toMatch(/cannot load seccomp profile .*not\/there\.json.*no such file/);

  // A Deployment spread over the nodes, behind a Service that a pod and the machine reach.
  const labels = { app: 'web' };
  await client.create(resources.deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...(pod('x', {}, 'mkdir /www; echo hello > /www/index.html; httpd -f -p 8080 -h /www') as { spec?: object })
            .spec,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector: { matchLabels: labels },
            },
          ],
        },
      },
    },
  } as KubeObject);
  const service = await client.create<
    KubeObject & { readonly spec: { readonly clusterIP?: string; readonly [key: string]: unknown } }
  >(resources.services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  });
  const pods = await eventually('three run', async () => {
    const { items } = await client.list<Pod>(resources.pods, { namespace: 'default', labelSelector: 'app=web' });
    return items.length === 3 && items.every(({ status }) => status?.phase === 'Running') && items;
  });
  expect(pods.map(({ spec }) => spec?.nodeName).sort()).toEqual(['node1', 'node2', 'node3']);
  const fromHere = () => fetch(`http://${service.spec.clusterIP}/`).then((answer) => answer.text());
  expect(await eventually('the Service answers the machine', fromHere)).toBe('hello\n');
  const request = `printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc ${service.spec.clusterIP} 80`;
  expect(
    await eventually('the Service answers a pod', () =>
      cluster.kubectl('exec', 'plain', '--', '/bin/sh', '-c', request),
    ),
  ).toMatch(/hello\n$/);

  // The same path of a host is another folder on each node.
  const [first, second] = cluster.nodes;
  await first?.exec('sh', '-c', 'mkdir -p /var/lib/kubelet/seccomp && touch /var/lib/kubelet/seccomp/only-here');
  expect(await first?.exec('ls', '/var/lib/kubelet/seccomp')).toBe('only-here\n');
  await expect(second?.exec('ls', '/var/lib/kubelet/seccomp/only-here')).rejects.toThrow();
}

async function faults(): Promise<void> {
  const [, second] = cluster.nodes;
  if (second === undefined) throw new Error('there is no second node');
  await second.stopKubelet('SIGKILL');
  await second.stopContainerd('SIGKILL');
  await second.startContainerd();
  await second.startKubelet();
  await cluster.controlPlane.restartApiServer('SIGKILL');
  await cluster.client.create(resources.pods, {
    ...pod('after'),
    spec: { ...(pod('after') as Pod).spec, nodeName: 'node2' },
  } as KubeObject);
  await running('after');
}
