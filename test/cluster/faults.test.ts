import { rmSync } from 'node:fs';
import { request } from 'node:https';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readRefusal, unconfinedPod } from '../../src/cluster/registration/admission-probe.js';
import type { Secret } from '../../src/cluster/secret.js';
import { names, ports } from '../../src/core/manifests/names.js';
import { KubeClient } from '../../src/kubernetes/client.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { kubeconfigConnection } from '../../src/kubernetes/kubeconfig.js';
import { resources } from '../../src/kubernetes/resources.js';
import { runProgram } from '../support/program.js';
import { itNeedsNodes as it } from './support/binaries.js';
import { eventually } from './support/eventually.js';
import { busyboxImage, NodeCluster } from './support/node-cluster.js';
import { seccomplyImage } from './support/seccomply-image.js';

// Three replicas on three nodes under a steady load, and one fault after the other. Every admission is counted; a fault's line in the
// table says how many failed, and for how long.

const perSecond = 200;
const workers = 20;

let cluster: NodeCluster;

/** What became of the admissions of one fault. */
interface Tally {
  admissions: number;
  /** The API server could not call us, or we answered wrongly. */
  readonly failures: { readonly at: number; readonly text: string }[];
  /** The API server itself did not answer: not ours. */
  unanswered: number;
  slowest: number;
}

const emptyTally = (): Tally => ({ admissions: 0, failures: [], unanswered: 0, slowest: 0 });

/** Makes pods in dry runs, half of which have to be refused, at a steady rate. */
class Load {
  readonly #client: KubeClient;
  tally = emptyTally();
  #isOver = false;
  #working: readonly Promise<void>[] = [];

  constructor(client: KubeClient) {
    this.#client = client;
  }

  start(): void {
    this.#working = Array.from({ length: workers }, (_, index) => this.#work(index));
  }

  /** A new count from here on. */
  take(): Tally {
    const taken = this.tally;
    this.tally = emptyTally();
    return taken;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#working);
  }

  async #work(index: number): Promise<void> {
    const each = (1000 * workers) / perSecond;
    let due = performance.now() + (each * index) / workers;
    for (let turn = index; !this.#isOver; turn += 1) {
      await pause(Math.max(0, due - performance.now()));
      due = Math.max(due + each, performance.now() - 1_000);
      await this.#one(turn % 2 === 0);
    }
  }

  async #one(hasToBeRefused: boolean): Promise<void> {
    const begun = performance.now();
    const { tally } = this;
    const pod = hasToBeRefused ? unconfinedPod('default') : plainPod;
    let failure: string | undefined;
    try {
      const made = await this.#client.create<KubeObject & { spec?: { containers: readonly unknown[] } }>(
        resources.pods,
        pod,
        {
          namespace: 'default',
          dryRun: true,
          deadline: 30_000,
        },
      );
      if (hasToBeRefused) failure = 'an Unconfined pod was let in';
      else if (!JSON.stringify(made.spec).includes('RuntimeDefault')) failure = 'a pod was let in unchanged';
    } catch (error) {
      const { message } = error as Error;
      const said = readRefusal(message);
      if (said.is === 'refused' && hasToBeRefused) failure = undefined;
      else if (said.is === 'failed') {
        tally.unanswered += 1;
        return;
      } else failure = message;
    }
    tally.admissions += 1;
    tally.slowest = Math.max(tally.slowest, performance.now() - begun);
    if (failure !== undefined) tally.failures.push({ at: performance.now(), text: failure });
  }
}

const plainPod: KubeObject = {
  metadata: { generateName: 'plain-', namespace: 'default' },
  spec: { containers: [{ name: 'c', image: busyboxImage }] },
} as KubeObject;

interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

const replicas = async (): Promise<readonly Pod[]> => {
  const { items } = await cluster.client.list<Pod>(resources.pods, {
    namespace: names.namespace,
    labelSelector: 'app.kubernetes.io/component=webhook',
  });
  return items.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true,
  );
};
const threeReady = (within = 90_000) =>
  eventually(
    'three replicas are ready',
    async () => {
      const ready = await replicas();
      return ready.length === 3 && ready;
    },
    within,
    250,
  );

it(`under ${perSecond} admissions a second: a rolling restart, a new key, a killed replica, a restarted API server, a paused etcd, a lost node`, async () => {
  cluster = await NodeCluster.start();
  const image = seccomplyImage();
  const rows: string[] = [];
  let load: Load | undefined;
  try {
    await cluster.load(image);
    const installed = await runProgram(['install', '--kubeconfig', cluster.kubeconfig, '--timeout', '150s'], {
      deadline: 240_000,
    });
    if (installed.code !== 0) throw new Error(`${installed.stdout}\n${installed.stderr}`);
    await threeReady();
    const client = new KubeClient(await kubeconfigConnection(cluster.kubeconfig), {
      userAgent: 'seccomply-test',
      fieldManager: 'seccomply',
    });
    load = new Load(client);
    load.start();
    const steady = load;

    /** One fault, then ten quiet seconds. The failures, and how long after its begin the last of them was. */
    const during = async (name: string, fault: () => Promise<void>, quiet = 10_000) => {
      steady.take();
      const begun = performance.now();
      await fault();
      const over = performance.now();
      await pause(quiet);
      const { admissions, failures, unanswered, slowest } = steady.take();
      const rate = Math.round(admissions / ((performance.now() - begun) / 1000));
      const last = failures.at(-1)?.at;
      const lasted = last === undefined ? 0 : last - begun;
      const after = last === undefined ? 0 : Math.max(0, last - over);
      rows.push(
        `${name}: ${admissions} admissions (${rate}/s, slowest ${Math.round(slowest)} ms), ${failures.length} failed` +
          `${failures.length === 0 ? '' : ` (until ${(lasted / 1000).toFixed(1)} s, e.g. ${failures[0]?.text.slice(0, 160)})`}` +
          `${unanswered === 0 ? '' : `, ${unanswered} not answered by the API server`}`,
      );
      return { failures, lasted, after, admissions };
    };

    const calm = await during('nothing', () => pause(10_000), 0);
    expect(calm.failures).toEqual([]);

    const rolling = await during('rolling restart', async () => {
      await cluster.kubectl('-n', names.namespace, 'rollout', 'restart', 'deployment', names.webhook);
      await cluster.kubectl('-n', names.namespace, 'rollout', 'status', 'deployment', names.webhook, '--timeout=180s');
    });
    expect(rolling.failures).toEqual([]);

    const place = { namespace: names.namespace, name: names.authoritySecret };
    const key = async () => (await client.get<Secret>(resources.secrets, place.name, place)).data?.['ca.key'];
    const before = await key();
    const rotated = await during('a new key of the authority', async () => {
      const annotations = { 'seccomply.dev/rotate-ca': 'test' };
      await client.patch(resources.secrets, place.name, { metadata: { annotations } }, 'merge', place);
      await eventually('the new key signs', async () => (await key()) !== before, 150_000, 1_000);
      // Replicas look at the Secret every ten seconds.
      await pause(15_000);
    });
    expect(rotated.failures).toEqual([]);

    // A process that is gone from one moment to the next takes the calls with it that it had; nobody can do anything about those.
    const killed = await during(
      'a replica killed',
      async () => {
        const [victim] = await threeReady();
        const node = cluster.nodes.find(({ name }) => name === victim?.spec?.nodeName);
        const tasks = (await node?.ctr('containers', 'ls')) ?? '';
        const id =
          tasks
            .split('\n')
            .find((line) => line.includes('seccomply'))
            ?.split(/\s+/)[0] ?? '';
        await node?.ctr('tasks', 'kill', '--signal', 'SIGKILL', id);
      },
      20_000,
    );
    expect(killed.lasted).toBeLessThan(5_000);
    await threeReady();

    const addresses = (await replicas()).map(({ status }) => status?.podIP ?? '');
    const restarted = await during('the API server restarted', async () => {
      await cluster.controlPlane.stopApiServer('SIGKILL');
      // Policies are served on while it is away.
      const answers = await Promise.all(addresses.map((address) => denies(address)));
      expect(answers).toEqual([true, true, true]);
      await cluster.controlPlane.startApiServer();
    });
    expect(restarted.after).toBeLessThan(5_000);

    const paused = await during(
      'etcd paused for 20 s',
      async () => {
        cluster.controlPlane.pause('etcd');
        await pause(20_000);
        const answers = await Promise.all(addresses.map((address) => denies(address)));
        expect(answers).toEqual([true, true, true]);
        cluster.controlPlane.resume('etcd');
      },
      15_000,
    );
    expect(paused.after).toBeLessThan(5_000);

    const lost = await during('kubelet and containerd of a node stopped', async () => {
      const [, second] = cluster.nodes;
      await second?.stopKubelet('SIGKILL');
      await second?.stopContainerd('SIGKILL');
      // Longer than until the node counts as lost and its pod leaves the Service.
      await pause(25_000);
    });
    expect(lost.failures).toEqual([]);

    // None of it made a replica start anew, but the one that was killed.
    const { items } = await client.list<Pod>(resources.pods, {
      namespace: names.namespace,
      labelSelector: 'app.kubernetes.io/component=webhook',
    });
    const restarts = items.flatMap(
      ({ status }) => status?.containerStatuses?.map(({ restartCount }) => restartCount) ?? [],
    );
    expect(restarts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1);
    client.close();
  } finally {
    process.stdout.write(`${rows.join('\n')}\n`);
    await load?.stop();
    await cluster.stop();
    rmSync(dirname(image), { recursive: true, force: true });
  }
}, 1_200_000);

/** Whether a replica, asked directly, refuses an Unconfined pod. */
function denies(host: string): Promise<boolean> {
  const object = { ...unconfinedPod('default'), metadata: { name: 'x', namespace: 'default' } };
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '1',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      operation: 'CREATE',
      namespace: 'default',
      name: 'x',
      userInfo: { username: 'test' },
      object,
      dryRun: true,
    },
  };
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host,
        port: ports.admission,
        path: '/validate?timeout=3s',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        rejectUnauthorized: false,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const { response } = JSON.parse(Buffer.concat(chunks).toString()) as { response?: { allowed: boolean } };
          resolve(response?.allowed === false);
        });
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(review));
  });
}
