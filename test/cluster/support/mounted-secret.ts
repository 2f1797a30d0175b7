import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSecret, type Secret } from '../../../src/cluster/secret.js';
import type { ControlPlane } from './control-plane.js';

/**
 * The folder of a Secret as a kubelet keeps it: files are links through `..data`, which is swapped as one; a Secret that is gone leaves
 * what is there. A kubelet sees a change up to a minute or two late: `delay` ms here.
 */
export class MountedSecret {
  readonly folder: string;
  readonly #cluster: ControlPlane;
  readonly #place: { readonly namespace: string; readonly name: string };
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #interval: NodeJS.Timeout;
  #seen = '';
  #asking = false;
  /** Swaps of the content, the first one with them. */
  swaps = 0;

  constructor(cluster: ControlPlane, place: { readonly namespace: string; readonly name: string }, delay: number) {
    this.#cluster = cluster;
    this.#place = place;
    this.folder = mkdtempSync(join(cluster.folder, 'mounted-'));
    this.#interval = setInterval(() => void this.#look(delay), 100);
  }

  stop(): void {
    clearInterval(this.#interval);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #look(delay: number): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const { name, namespace } = this.#place;
      const secret = await findSecret(this.#cluster.client, { namespace, name });
      const content = JSON.stringify(secret?.data ?? null);
      if (secret?.data === undefined || content === this.#seen) return;
      this.#seen = content;
      const { data } = secret;
      // At once the first time: the container is not started before.
      if (this.swaps === 0) return this.#write(data);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#write(data);
      }, delay);
      this.#timers.add(timer);
    } catch {
      // An API server that does not answer is asked again.
    } finally {
      this.#asking = false;
    }
  }

  #write(data: NonNullable<Secret['data']>): void {
    const version = `..${this.swaps}`;
    mkdirSync(join(this.folder, version));
    for (const [name, value] of Object.entries(data))
      writeFileSync(join(this.folder, version, name), Buffer.from(value, 'base64'));
    symlinkSync(version, join(this.folder, '..data_tmp'));
    renameSync(join(this.folder, '..data_tmp'), join(this.folder, '..data'));
    if (this.swaps === 0)
      for (const name of Object.keys(data)) symlinkSync(join('..data', name), join(this.folder, name));
    else rmSync(join(this.folder, `..${this.swaps - 1}`), { recursive: true });
    this.swaps += 1;
  }
}
