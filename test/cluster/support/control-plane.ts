import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '../../../src/kubernetes/client.js';
import { kubeconfigConnection } from '../../../src/kubernetes/kubeconfig.js';
import { Authority, serviceAccountKey } from './authority.js';
import { binary } from './binaries.js';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

export interface ControlPlaneOptions {
  /** What the API server writes to its audit log (`auditEvents`): a level for everything, or a whole policy. Default: no log. */
  readonly audit?: 'Metadata' | 'Request' | 'RequestResponse' | Readonly<Record<string, unknown>>;
  /** More flags of the API server. */
  readonly args?: readonly string[];
  /** Where it listens. Default 127.0.0.1 with a free port. */
  readonly address?: string;
  /** Default: one of its own below the system's temporary folder, removed by `stop`. */
  readonly folder?: string;
  /** Whether pods need a service account that a controller makes. Default false: no controller runs here. */
  readonly serviceAccounts?: boolean;
}

export type Part = 'etcd' | 'apiserver';

/** A real etcd and a real API server. Several run side by side. */
export class ControlPlane {
  readonly folder: string;
  readonly address: string;
  readonly authority: Authority;
  readonly auditLog: string;
  /** A kubeconfig file of `system:masters`. */
  kubeconfig = '';
  /** A client with that identity. */
  client!: KubeClient;
  #port = 0;
  #etcdPort = 0;
  #etcd: Child | undefined;
  #apiServer: Child | undefined;
  readonly #options: ControlPlaneOptions;
  readonly #clients = new Set<KubeClient>();

  static async start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    sweep();
    for (let attempt = 1; ; attempt += 1) {
      const cluster = new ControlPlane(options);
      try {
        await cluster.#start();
        return cluster;
      } catch (error) {
        await cluster.stop();
        // Somebody else took the port in between.
        if (attempt === 3 || !/address already in use/.test(String(error))) throw error;
      }
    }
  }

  private constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.address = options.address ?? '127.0.0.1';
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
    mkdirSync(join(this.folder, 'pki'), { recursive: true });
    this.authority = new Authority(join(this.folder, 'pki'));
    this.auditLog = join(this.folder, 'audit.log');
  }

  get server(): string {
    return `https://${this.address}:${this.#port}`;
  }

  get etcd(): string {
    return `http://127.0.0.1:${this.#etcdPort}`;
  }

  /** A kubeconfig file for a user of these groups: what it may do is RBAC's alone. */
  userConfig(name: string, groups: readonly string[] = []): string {
    const file = name.replace(/[^a-z0-9.-]/gi, '_');
    const pair = this.authority.issue(`user-${file}`, name, groups);
    return this.#writeConfig(file, { 'client-certificate': pair.cert, 'client-key': pair.key });
  }

  /** The admin's kubeconfig file for another way to the server, e.g. through a proxy at `https://127.0.0.1:PORT`. */
  adminConfigThrough(server: string): string {
    const { hostname, port } = new URL(server);
    const pair = this.authority.issue('user-admin-through', 'admin', ['system:masters']);
    const user = { 'client-certificate': pair.cert, 'client-key': pair.key };
    return this.#writeConfig(`through-${hostname}-${port}`, user, server);
  }

  /** A kubeconfig file for whoever holds this token, e.g. from `serviceAccountToken`. */
  tokenConfig(name: string, token: string): string {
    return this.#writeConfig(name, { token });
  }

  async userClient(name: string, groups: readonly string[] = []): Promise<KubeClient> {
    return this.clientOf(this.userConfig(name, groups));
  }

  async clientOf(kubeconfig: string): Promise<KubeClient> {
    const client = new KubeClient(await kubeconfigConnection(kubeconfig), {
      userAgent: 'seccomply-test',
      fieldManager: 'seccomply',
    });
    this.#clients.add(client);
    return client;
  }

  /** A token of a service account that exists, as a pod of it would have. */
  async serviceAccountToken(namespace: string, name: string): Promise<string> {
    const { body } = await this.client.raw({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
    });
    return (JSON.parse(body) as { status: { token: string } }).status.token;
  }

  /** What the API server has written to its audit log so far. */
  auditEvents(): readonly AuditEvent[] {
    const lines = readFileSync(this.auditLog, 'utf8').split('\n');
    // The last line may still be in the making.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEvent);
  }

  /** Stops a part in its tracks: connections stay open and nothing answers any more. */
  pause(part: Part): void {
    this.#part(part)?.signal('SIGSTOP');
  }

  resume(part: Part): void {
    this.#part(part)?.signal('SIGCONT');
  }

  async stopApiServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#apiServer?.stop(signal);
  }

  /** At the same address as before, with what etcd holds. */
  async startApiServer(): Promise<void> {
    this.#apiServer = Child.start('kube-apiserver', this.#apiServerCommand(), {
      log: join(this.folder, 'apiserver.log'),
    });
    await this.#ready();
  }

  async restartApiServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stopApiServer(signal);
    await this.startApiServer();
  }

  /** Throws away etcd's history up to now: whoever watches from an older version is told 410. */
  async compact(): Promise<void> {
    const call = async (path: string, body: unknown): Promise<{ header: { revision: string } }> => {
      const answer = await fetch(`${this.etcd}${path}`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as { header: { revision: string } };
    };
    const { header } = await call('/v3/kv/range', { key: Buffer.from('x').toString('base64') });
    await call('/v3/kv/compaction', { revision: header.revision, physical: true });
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#apiServer?.stop('SIGKILL');
    await this.#etcd?.stop('SIGKILL');
    if (this.#options.folder === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    this.#port = await freePort(this.address);
    this.#etcdPort = await freePort();
    const peerPort = await freePort();
    const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map(
      (name) => `DNS:${name}`,
    );
    const addresses = [...new Set(['127.0.0.1', this.address, '10.96.0.1'])].map((address) => `IP:${address}`);
    this.authority.issue('apiserver', 'kube-apiserver', ['system:masters'], [...names, ...addresses]);
    this.kubeconfig = this.userConfig('admin', ['system:masters']);
    this.client = await this.clientOf(this.kubeconfig);

    const peer = `http://127.0.0.1:${peerPort}`;
    this.#etcd = Child.start(
      'etcd',
      [
        ...[binary('etcd'), '--name=test', `--data-dir=${join(this.folder, 'etcd')}`, '--unsafe-no-fsync'],
        ...[`--listen-client-urls=${this.etcd}`, `--advertise-client-urls=${this.etcd}`, '--log-level=warn'],
        ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`],
      ],
      { log: join(this.folder, 'etcd.log') },
    );
    await this.startApiServer();
  }

  async #ready(): Promise<void> {
    let ended: Child | undefined;
    await eventually(
      'the API server is ready',
      async () => {
        ended = [this.#etcd, this.#apiServer].find((child) => child?.hasEnded === true);
        if (ended !== undefined) return true;
        await this.client.raw({ method: 'GET', path: '/readyz', deadline: 2000 });
        // Served by a controller of the API server shortly after it says that it is ready.
        await this.client.raw({ method: 'GET', path: '/api/v1/namespaces/default', deadline: 2000 });
        return true;
      },
      60_000,
      50,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#apiServer?.tail() ?? ''}`);
    });
    if (ended !== undefined) throw new Error(`${ended.name} ended at once:\n${ended.tail()}`);
  }

  #apiServerCommand(): readonly string[] {
    const pki = join(this.folder, 'pki');
    const account = serviceAccountKey(pki);
    return [
      binary('kube-apiserver'),
      `--etcd-servers=${this.etcd}`,
      `--bind-address=${this.address}`,
      `--advertise-address=${this.address === '127.0.0.1' ? '192.0.2.1' : this.address}`,
      `--secure-port=${this.#port}`,
      '--permit-port-sharing=true',
      `--tls-cert-file=${pki}/apiserver.crt`,
      `--tls-private-key-file=${pki}/apiserver.key`,
      `--client-ca-file=${this.authority.cert}`,
      `--kubelet-client-certificate=${pki}/apiserver.crt`,
      `--kubelet-client-key=${pki}/apiserver.key`,
      '--kubelet-preferred-address-types=InternalIP',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${account.publicKey}`,
      `--service-account-signing-key-file=${account.key}`,
      '--authorization-mode=Node,RBAC',
      '--service-cluster-ip-range=10.96.0.0/24',
      '--allow-privileged=true',
      '--profiling=false',
      ...(this.#options.serviceAccounts === true ? [] : ['--disable-admission-plugins=ServiceAccount']),
      ...this.#auditFlags(),
      ...(this.#options.args ?? []),
    ];
  }

  #auditFlags(): readonly string[] {
    const { audit } = this.#options;
    if (audit === undefined) return [];
    const rules = [{ level: 'None', nonResourceURLs: ['/*'] }, { level: audit }];
    const policy = typeof audit === 'object' ? audit : { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules };
    const file = join(this.folder, 'audit-policy.json');
    writeFileSync(file, JSON.stringify(policy));
    return [`--audit-policy-file=${file}`, `--audit-log-path=${this.auditLog}`, '--audit-log-mode=blocking'];
  }

  #writeConfig(name: string, user: Readonly<Record<string, string>>, server = this.server): string {
    const file = join(this.folder, `${name}.kubeconfig`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
      clusters: [{ name: 'test', cluster: { server, 'certificate-authority': this.authority.cert } }],
      users: [{ name, user }],
    };
    writeFileSync(file, JSON.stringify(config, null, 1));
    return file;
  }

  #part(part: Part): Child | undefined {
    return part === 'etcd' ? this.#etcd : this.#apiServer;
  }
}

/** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event, what tests look at. */
export interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number; readonly message?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const prefix = 'seccomply-control-plane-';

/** Folders of runs that were ended before they could remove them; their processes ended with them. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : 0;
    if (pid > 0 && !isRunning(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
