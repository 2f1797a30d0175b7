import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeAdmission } from '../../../src/cluster/registration/admission-probe.js';
import { names } from '../../../src/core/manifests/names.js';
import { program } from '../../support/program.js';
import { Child } from './child.js';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { applyInstallation } from './installed.js';

/**
 * The built program as controller and webhook of a control plane, on loopback: real processes with the rights of their service
 * accounts, no nodes.
 */
export class RunningSeccomply {
  readonly folder: string;
  readonly port: number;
  readonly adminPort: number;
  readonly #more: readonly string[];
  readonly #kubeconfigs = new Map<string, string>();
  webhook!: Child;
  controller!: Child;

  /** Resolves when an Unconfined pod is refused. `more`: further arguments of the webhook. */
  static async start(
    cluster: ControlPlane,
    more: readonly string[] = [],
    { admissionPolicies = false }: { readonly admissionPolicies?: boolean } = {},
  ): Promise<RunningSeccomply> {
    await applyInstallation(cluster, { admissionPolicies });
    const running = new RunningSeccomply(await freePort(), await freePort(), more);
    for (const component of ['controller', 'webhook'] as const) {
      const token = await cluster.serviceAccountToken(names.namespace, names[component]);
      running.#kubeconfigs.set(component, cluster.tokenConfig(`running-${component}`, token));
    }
    running.controller = running.#start('controller', [
      ...['--listen', '127.0.0.1:0', '--webhook-url', `https://127.0.0.1:${running.port}`, '--interval', '500ms'],
      ...(admissionPolicies ? ['--vap'] : []),
    ]);
    running.startWebhook();
    await eventually(
      'an Unconfined pod is refused',
      async () => {
        if (running.webhook.hasEnded || running.controller.hasEnded) throw new Error(running.logs());
        return (await probeAdmission(cluster.client, 'default')).is === 'refused';
      },
      60_000,
    );
    return running;
  }

  private constructor(port: number, adminPort: number, more: readonly string[]) {
    this.port = port;
    this.adminPort = adminPort;
    this.#more = more;
    this.folder = mkdtempSync(join(tmpdir(), 'seccomply-running-'));
  }

  startWebhook(): void {
    this.webhook = this.#start('webhook', [
      ...['--listen', `127.0.0.1:${this.port}`, '--admin-listen', `127.0.0.1:${this.adminPort}`],
      ...['--shutdown-delay', '0', ...this.#more],
    ]);
  }

  /** What the webhook has written to standard output and to its log, and the controller to its. */
  logs(): string {
    return ['webhook', 'controller'].map((name) => readFileSync(join(this.folder, `${name}.log`), 'utf8')).join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all([this.webhook?.stop(), this.controller?.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #start(component: 'controller' | 'webhook', args: readonly string[]): Child {
    const common = ['--kubeconfig', this.#kubeconfigs.get(component) ?? '', '--data', join(this.folder, component)];
    return Child.start(component, [process.execPath, program, component, ...common, ...args], {
      log: join(this.folder, `${component}.log`),
    });
  }
}
