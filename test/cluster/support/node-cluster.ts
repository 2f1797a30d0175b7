import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { binary } from './binaries.js';
import { Child } from './child.js';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.js';
import { eventually } from './eventually.js';
import { writeBusyboxImage, writePauseImage } from './image.js';
import { hasCgroup, kill, processesInCgroup, processesOf, removeCgroup, run, tryRun } from './machine.js';
import { ClusterNode, nodeBridge, nodeCgroup, ownFolders, pauseImage, podBridge } from './node.js';

export interface NodeClusterOptions extends Pick<ControlPlaneOptions, 'args' | 'audit'> {
  /** Default 3. */
  readonly nodes?: number;
  /** More of the KubeletConfiguration, e.g. `{ seccompDefault: true }`. */
  readonly kubelet?: Readonly<Record<string, unknown>>;
}

/** A shell and small commands, on every node. */
export const busyboxImage = 'local.test/busybox:1';

const folder = join(tmpdir(), 'seccomply-nodes');
const lockFile = join(tmpdir(), 'seccomply-nodes.lock');
const address = '10.187.0.254';
const mostNodes = 9;

/**
 * A whole Kubernetes on this machine: control plane, scheduler, controllers, and nodes with real containers. One at a time, since
 * addresses and cgroups are the machine's: another one waits. What an earlier run left behind when it was killed is removed first.
 */
export class NodeCluster {
  readonly folder = folder;
  readonly nodes: ClusterNode[] = [];
  readonly #options: NodeClusterOptions;
  readonly #parts: Child[] = [];
  readonly #images: string[] = [];
  #controlPlane: ControlPlane | undefined;
  #lock: Child | undefined;

  static async start(options: NodeClusterOptions = {}): Promise<NodeCluster> {
    const cluster = new NodeCluster(options);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      const logs = cluster.nodes.map(
        (node) => `${node.name}: ${node.logs('kubelet').split('\n').slice(-15).join('\n')}`,
      );
      await cluster.stop().catch(() => undefined);
      throw new Error(`the nodes did not come up: ${String(error)}\n${logs.join('\n')}`, { cause: error });
    }
  }

  private constructor(options: NodeClusterOptions) {
    this.#options = options;
  }

  get controlPlane(): ControlPlane {
    if (this.#controlPlane === undefined) throw new Error('the control plane has not been started');
    return this.#controlPlane;
  }

  get client(): ControlPlane['client'] {
    return this.controlPlane.client;
  }

  get kubeconfig(): string {
    return this.controlPlane.kubeconfig;
  }

  /** As a person would; what it prints. */
  kubectl(...args: readonly string[]): Promise<string> {
    return run(kubectlCommand(), `--kubeconfig=${this.kubeconfig}`, ...args);
  }

  async addNode(): Promise<ClusterNode> {
    const number = this.nodes.length + 1;
    if (number > mostNodes) throw new Error(`no more than ${mostNodes} nodes`);
    const { kubelet } = this.#options;
    const node = new ClusterNode({
      cluster: this.controlPlane,
      number,
      folder: join(folder, `n${number}`),
      ...(kubelet === undefined ? {} : { kubelet }),
    });
    this.nodes.push(node);
    await node.start(this.#images);
    return node;
  }

  /** An archive of an image onto every node, and onto those that come later. */
  async load(archive: string): Promise<void> {
    const kept = join(folder, 'images', basename(archive));
    if (kept !== archive) cpSync(archive, kept);
    this.#images.push(kept);
    await Promise.all(this.nodes.map((node) => node.load(kept)));
  }

  /** @throws Error that names what could not be removed */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await Promise.all(this.#parts.map((part) => part.stop('SIGKILL')));
    await this.#controlPlane?.stop();
    try {
      if (this.#lock !== undefined) await removeAll();
    } finally {
      await this.#lock?.stop('SIGKILL');
    }
  }

  async #start(): Promise<void> {
    await this.#takeLock();
    await removeAll();
    mkdirSync(join(folder, 'images'), { recursive: true });
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    await run('ip', 'link', 'add', nodeBridge, 'type', 'bridge');
    await run('ip', 'address', 'replace', `${address}/32`, 'dev', nodeBridge);
    await run('ip', 'link', 'set', nodeBridge, 'up');
    writePauseImage(join(folder, 'images', 'pause.tar'), pauseImage);
    writeBusyboxImage(join(folder, 'images', 'busybox.tar'), busyboxImage);
    await this.load(join(folder, 'images', 'pause.tar'));
    await this.load(join(folder, 'images', 'busybox.tar'));

    const { args, audit, nodes = 3 } = this.#options;
    this.#controlPlane = await ControlPlane.start({
      address,
      folder: join(folder, 'control-plane'),
      serviceAccounts: true,
      ...(args === undefined ? {} : { args }),
      ...(audit === undefined ? {} : { audit }),
    });
    this.#startControllers();
    for (let number = 1; number <= nodes; number += 1) await this.addNode();
    await eventually('the default service account is there', () =>
      this.client.raw({ method: 'GET', path: '/api/v1/namespaces/default/serviceaccounts/default' }).then(() => true),
    );
  }

  #startControllers(): void {
    const { kubeconfig, folder: own, authority } = this.controlPlane;
    const part = (name: string, flags: readonly string[]): void => {
      this.#parts.push(Child.start(name, [binary(name), ...flags], { log: join(own, `${name}.log`), cwd: own }));
    };
    part('kube-controller-manager', [
      ...[`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--bind-address=127.0.0.1', '--secure-port=0'],
      ...[`--service-account-private-key-file=${own}/pki/service-account.key`, `--root-ca-file=${authority.cert}`],
      ...['--use-service-account-credentials=false', '--node-monitor-period=2s', '--node-monitor-grace-period=16s'],
    ]);
    const scheduler = join(own, 'scheduler.json');
    const clientConnection = { kubeconfig };
    const schedulerConfig = {
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      clientConnection,
      leaderElection: { leaderElect: false },
    };
    writeFileSync(scheduler, JSON.stringify(schedulerConfig));
    part('kube-scheduler', [`--config=${scheduler}`, '--bind-address=127.0.0.1', '--secure-port=0']);
    const proxy = join(own, 'proxy.json');
    const proxyConfig = {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'nftables',
      clusterCIDR: '10.187.0.0/16',
      bindAddress: address,
      healthzBindAddress: '',
      metricsBindAddress: '',
      clientConnection,
      conntrack: { maxPerCore: 0 },
    };
    writeFileSync(proxy, JSON.stringify(proxyConfig));
    part('kube-proxy', [`--config=${proxy}`, '--hostname-override=node1']);
  }

  async #takeLock(): Promise<void> {
    const log = `${lockFile}.${process.pid}`;
    rmSync(log, { force: true });
    // Held by a process that ends with this one.
    this.#lock = Child.start('lock', ['flock', '--no-fork', lockFile, 'sh', '-c', 'echo held; exec sleep infinity'], {
      log,
    });
    const isHeld = () => readFileSync(log, 'utf8').includes('held');
    await eventually('no other cluster with nodes runs here', isHeld, 900_000, 50).finally(() =>
      rmSync(log, { force: true }),
    );
  }
}

/** Removes every trace of a cluster with nodes, however its run ended. */
async function removeAll(): Promise<void> {
  const numbers = Array.from({ length: mostNodes }, (_, index) => index + 1);
  const running = (): readonly number[] => [
    ...processesOf(folder),
    ...numbers.flatMap((number) => processesInCgroup(nodeCgroup(number))),
  ];
  await eventually('the processes of the cluster have ended', () => {
    kill(running());
    return running().length === 0;
  });
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n').reverse()) {
    const path = line.split(' ')[1] ?? '';
    if (path.startsWith(`${folder}/`)) tryRun('umount', '--lazy', path);
  }
  for (const link of [nodeBridge, ...numbers.map(podBridge)]) tryRun('ip', 'link', 'delete', link);
  if (existsSync(folder)) for (const family of ['ip', 'ip6']) tryRun('nft', 'delete', 'table', family, 'kube-proxy');
  await eventually('the cgroups of the nodes are gone', () => {
    for (const number of numbers) removeCgroup(nodeCgroup(number));
    return !numbers.some((number) => hasCgroup(nodeCgroup(number)));
  });
  rmSync(folder, { recursive: true, force: true });
  // Mount points that were made for it, unless something else is in them.
  for (const path of ownFolders) if (existsSync(path) && readdirSync(path).length === 0) tryRmdir(path);
}

function tryRmdir(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody else's after all.
  }
}

/** The one of this machine, else the one that was built beside the servers. */
export function kubectlCommand(): string {
  return tryRun('sh', '-c', 'command -v kubectl').trim() || binary('kubectl');
}
