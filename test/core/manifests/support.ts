import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultInstall, type InstallOptions } from '../../../src/core/manifests/install-options.js';
import { overlays } from '../../../src/core/manifests/overlays.js';
import type { Manifest } from '../../../src/core/policy/crd/manifest.js';
import { keyOf } from '../../../tools/manifests/yaml.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The options of some overlays together. */
export function optionsWith(names: readonly (keyof typeof overlays)[]): InstallOptions {
  return Object.assign({}, defaultInstall, ...names.map((name) => overlays[name]));
}

/** Each object as text by what tells it apart, without the order of keys. */
export function byKey(objects: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries((objects as readonly Manifest[]).map((object) => [keyOf(object), object]));
}

/** The folder of helm and kustomize, when they were built (tools/chart-binaries.sh). */
export function chartBinary(name: 'helm' | 'kustomize'): string | undefined {
  const cache = process.env.SECCOMPLY_CACHE ?? join(homedir(), '.cache', 'seccomply');
  const versions = /^helm=(\S+)\nkustomize=(\S+)$/m.exec(readScript());
  const file = join(cache, 'charts', `helm-${versions?.[1]}-kustomize-${versions?.[2]}`, name);
  return existsSync(file) ? file : undefined;
}

/** Standard output of a program that ends well. */
export function outputOf(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

function readScript(): string {
  return outputOf('cat', [join(root, 'tools/chart-binaries.sh')]);
}
