import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasCommand } from '../../support/has-command.js';
import { itNeeds } from '../../support/require.js';

const builder = 'tools/kubernetes-binaries.sh';
const controlPlane = ['etcd', 'kube-apiserver'];
const nodes = [...controlPlane, 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet'];
const nodeTools = ['containerd', 'ctr', 'runc', 'conntrack', 'nft', 'ip', 'flock', 'nsenter', 'busybox', 'gcc'];

/** Where the commands of Kubernetes are: as people with envtest have them, else where our own script builds them. */
export const binaryFolder: string = process.env.KUBEBUILDER_ASSETS ?? ownFolder();

/** Why no API server can be started here; undefined when one can. */
export const missingForApiServer: string | undefined =
  missing(controlPlane).length === 0 ? undefined : buildThem(missing(controlPlane));

/** For tests that need an API server and etcd. Never built inside a test: that takes minutes. */
export const itNeedsApiServer = itNeeds(missingForApiServer === undefined, missingForApiServer ?? '');

/** For tests that need nodes with real containers. */
export const itNeedsNodes = itNeeds(missingForNodes() === undefined, missingForNodes() ?? '');

export function binary(name: string): string {
  return join(binaryFolder, name);
}

function ownFolder(): string {
  // The versions stand in one place only: the script that builds them.
  const script = readFileSync(builder, 'utf8');
  const version = (name: string): string => new RegExp(`^${name}=(\\S+)$`, 'm').exec(script)?.[1] ?? '';
  const cache = process.env.SECCOMPLY_CACHE ?? join(homedir(), '.cache', 'seccomply');
  return join(cache, 'kubernetes', `${version('server')}-${version('node')}-etcd-${version('etcd')}`);
}

function missing(names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    try {
      accessSync(join(binaryFolder, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

function buildThem(names: readonly string[]): string {
  return `${names.join(', ')} not in ${binaryFolder}: run ${builder}, or set KUBEBUILDER_ASSETS`;
}

function missingForNodes(): string | undefined {
  if (process.getuid?.() !== 0) return 'nodes need root';
  const commands = missing(nodes);
  if (commands.length > 0) return buildThem(commands);
  const tools = nodeTools.filter((name) => !hasCommand('sh', '-c', `command -v ${name}`));
  if (!existsSync('/usr/lib/cni/bridge')) tools.push('containernetworking-plugins');
  if (tools.length > 0) return `${tools.join(', ')} not installed: run tools/install-test-packages.sh`;
  return undefined;
}
