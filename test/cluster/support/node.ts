import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from './binaries.js';
import { Child } from './child.js';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';
import { cgroupRoots, run } from './machine.js';

export const pauseImage = 'local.test/pause:1';

/** Folders of the machine that a kubelet and containerd write to whatever they are told; each node sees its own there. */
export const ownFolders = [
  '/var/lib/kubelet',
  '/var/lib/cni',
  '/var/log',
  '/run/containerd',
  '/run/netns',
  '/opt/containerd',
];

export interface NodeOptions {
  readonly cluster: ControlPlane;
  /** From 1. */
  readonly number: number;
  /** Below the folder of the cluster. */
  readonly folder: string;
  readonly kubelet?: Readonly<Record<string, unknown>>;
}

/**
 * A node: containerd and a kubelet in a mount namespace of their own, so that the same `hostPath` is another folder on each node, as in
 * real life. Network and processes are the machine's: who looks at the kernel's audit stream or at process ids sees what an agent with
 * hostNetwork and hostPID sees.
 */
export class ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly cgroup: string;
  readonly #cluster: ControlPlane;
  readonly #number: number;
  readonly #moreOfKubelet: Readonly<Record<string, unknown>>;
  #mounts: Child | undefined;
  #containerd: Child | undefined;
  #kubelet: Child | undefined;

  constructor({ cluster, number, folder, kubelet = {} }: NodeOptions) {
    this.#cluster = cluster;
    this.#number = number;
    this.#moreOfKubelet = kubelet;
    this.name = `node${number}`;
    this.address = nodeAddress(number);
    this.folder = folder;
    this.cgroup = nodeCgroup(number);
  }

  get socket(): string {
    return join(this.folder, 'containerd.sock');
  }

  get bridge(): string {
    return podBridge(this.#number);
  }

  async start(images: readonly string[]): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    await run('ip', 'address', 'replace', `${this.address}/32`, 'dev', nodeBridge);
    this.#makeCgroup();
    await this.#makeMounts();
    this.#writeConfigs();
    await this.startContainerd();
    await Promise.all(images.map((archive) => this.load(archive)));
    await this.startKubelet();
  }

  async startContainerd(): Promise<void> {
    this.#containerd = this.#inside('containerd', ['containerd', '-c', join(this.folder, 'containerd.toml')]);
    await eventually(`containerd of ${this.name} answers`, () => this.ctr('version').then(() => true), 30_000);
  }

  /** Returns when the node is Ready. */
  async startKubelet(): Promise<void> {
    const { authority } = this.#cluster;
    authority.issue(
      this.name,
      `system:node:${this.name}`,
      ['system:nodes'],
      [`DNS:${this.name}`, `IP:${this.address}`],
    );
    const kubeconfig = this.#cluster.userConfig(`system:node:${this.name}`, ['system:nodes']);
    // The kubelet does not start before containerd answers.
    this.#kubelet = this.#inside('kubelet', [
      ...[binary('kubelet'), `--config=${join(this.folder, 'kubelet.json')}`, `--kubeconfig=${kubeconfig}`],
      ...['--root-dir=/var/lib/kubelet', `--hostname-override=${this.name}`, `--node-ip=${this.address}`, '--v=2'],
    ]);
    await this.untilReady();
  }

  async untilReady(): Promise<void> {
    await eventually(
      `${this.name} is Ready`,
      async () => {
        if (this.#kubelet?.hasEnded === true) throw new Error(`its kubelet ended:\n${this.#kubelet.tail()}`);
        const path = `/api/v1/nodes/${this.name}`;
        const { body } = await this.#cluster.client.raw({ method: 'GET', path, deadline: 5000 });
        const { status } = JSON.parse(body) as { status: { conditions?: { type: string; status: string }[] } };
        return status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
      },
      60_000,
    );
  }

  stopKubelet(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return this.#kubelet?.stop(signal) ?? Promise.resolve();
  }

  /** Its containers go on: each has a shim of its own. */
  stopContainerd(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return this.#containerd?.stop(signal) ?? Promise.resolve();
  }

  /** An archive of an image, for pods with `imagePullPolicy: Never`. */
  async load(archive: string): Promise<void> {
    await this.ctr('images', 'import', archive);
  }

  ctr(...args: readonly string[]): Promise<string> {
    return run('ctr', '--address', this.socket, '--namespace', 'k8s.io', ...args);
  }

  /** Runs a command where the node's own folders are. */
  exec(...command: readonly string[]): Promise<string> {
    return run('nsenter', '--mount', `--target=${this.#mounts?.pid ?? 0}`, '--', ...command);
  }

  logs(part: 'kubelet' | 'containerd'): string {
    const file = join(this.folder, `${part}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async stop(): Promise<void> {
    await this.stopKubelet('SIGKILL');
    await this.stopContainerd('SIGKILL');
    await this.#mounts?.stop('SIGKILL');
  }

  #inside(name: string, command: readonly string[]): Child {
    const enter = ['nsenter', '--mount', `--target=${this.#mounts?.pid ?? 0}`, '--', ...command];
    return Child.start(`${name} of ${this.name}`, enter, { log: join(this.folder, `${name}.log`), cwd: this.folder });
  }

  /** A process that does nothing but keep the mount namespace. */
  async #makeMounts(): Promise<void> {
    const binds = ownFolders.map((path) => {
      const own = join(this.folder, 'own', path);
      mkdirSync(own, { recursive: true });
      mkdirSync(path, { recursive: true });
      // On tmpfs nothing is left behind, and pods' network namespaces are gone with the node.
      return path === '/run/netns' ? `mount -t tmpfs tmpfs ${path}` : `mount --bind ${own} ${path}`;
    });
    const script = [
      'set -e',
      'mount --make-rprivate /',
      ...binds,
      // The kubelet shows its mounts to containers.
      'mount --make-rshared /var/lib/kubelet',
      `touch ${join(this.folder, 'mounted')}`,
      'exec sleep infinity',
    ];
    this.#mounts = Child.start(
      `mounts of ${this.name}`,
      ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script.join('\n')],
      { log: join(this.folder, 'mounts.log') },
    );
    await eventually(
      `the folders of ${this.name} are mounted`,
      () => existsSync(join(this.folder, 'mounted')),
      10_000,
      20,
    );
  }

  /** Each kubelet needs a root of its own: one removes what it does not know as a pod. */
  #makeCgroup(): void {
    for (const root of cgroupRoots()) {
      const own = join(root, this.cgroup);
      try {
        mkdirSync(own, { recursive: true });
        // In version 1 a new one has no CPUs until it is given some.
        for (const file of ['cpuset.cpus', 'cpuset.mems'])
          if (existsSync(join(root, file)) && existsSync(join(own, file)))
            writeFileSync(join(own, file), readFileSync(join(root, file)));
      } catch {
        // A hierarchy that is only looked at: the kubelet does without it too.
      }
    }
  }

  #writeConfigs(): void {
    const cni = join(this.folder, 'cni');
    mkdirSync(cni, { recursive: true });
    const network = {
      cniVersion: '1.0.0',
      name: this.name,
      plugins: [
        {
          type: 'bridge',
          bridge: this.bridge,
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: {
            type: 'host-local',
            dataDir: join(this.folder, 'addresses'),
            ranges: [[{ subnet: podNetwork(this.#number) }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
      ],
    };
    writeFileSync(join(cni, '10-pods.conflist'), JSON.stringify(network));
    writeFileSync(join(this.folder, 'containerd.toml'), this.#containerdConfig(cni));
    writeFileSync(join(this.folder, 'kubelet.json'), JSON.stringify(this.#kubeletConfiguration()));
  }

  #containerdConfig(cni: string): string {
    const cri = '[plugins."io.containerd.grpc.v1.cri"';
    const runtimes = ['runc', 'crun'].filter((name) => name === 'runc' || existsSync('/usr/bin/crun'));
    return [
      'version = 2',
      `root = "${this.folder}/containerd/root"`,
      `state = "${this.folder}/containerd/state"`,
      '[grpc]',
      `address = "${this.socket}"`,
      `[plugins."io.containerd.internal.v1.opt"]`,
      `path = "${this.folder}/opt"`,
      `${cri}]`,
      `sandbox_image = "${pauseImage}"`,
      // Without this a machine that is a container itself refuses to lower the score.
      'restrict_oom_score_adj = true',
      `${cri}.cni]`,
      'bin_dir = "/usr/lib/cni"',
      `conf_dir = "${cni}"`,
      `${cri}.containerd]`,
      'default_runtime_name = "runc"',
      ...runtimes.flatMap((name) => [
        `${cri}.containerd.runtimes.${name}]`,
        'runtime_type = "io.containerd.runc.v2"',
        `${cri}.containerd.runtimes.${name}.options]`,
        `BinaryName = "${name}"`,
        'SystemdCgroup = false',
      ]),
      '',
    ].join('\n');
  }

  #kubeletConfiguration(): Readonly<Record<string, unknown>> {
    const pki = join(this.#cluster.folder, 'pki');
    return {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: this.#cluster.authority.cert },
      },
      authorization: { mode: 'Webhook' },
      tlsCertFile: join(pki, `${this.name}.crt`),
      tlsPrivateKeyFile: join(pki, `${this.name}.key`),
      address: this.address,
      healthzPort: 0,
      cgroupDriver: 'cgroupfs',
      cgroupRoot: `/${this.cgroup}`,
      cgroupsPerQOS: true,
      enforceNodeAllocatable: [],
      failSwapOn: false,
      failCgroupV1: false,
      containerRuntimeEndpoint: `unix://${this.socket}`,
      volumePluginDir: join(this.folder, 'plugins'),
      resolvConf: '',
      // How full the disk of the test machine is is no concern of the tests.
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
      // Pods that end are to end at once.
      shutdownGracePeriod: '0s',
      nodeStatusUpdateFrequency: '5s',
      ...this.#moreOfKubelet,
    };
  }
}

export const nodeBridge = 'seccomply0';

export function nodeAddress(number: number): string {
  return `10.187.0.${number}`;
}

/** Pods of a node: 10.187.10N.0/24. */
export function podNetwork(number: number): string {
  return `10.187.${100 + number}.0/24`;
}

export function podBridge(number: number): string {
  return `seccomply-n${number}`;
}

export function nodeCgroup(number: number): string {
  return `seccomply-n${number}`;
}
