import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { MAX_SMALL_FILE } from '../core/document/limits.js';
import { messageOf } from '../system/errno.js';
import { readBounded } from '../system/read-bounded.js';
import { KubeError } from './kube-error.js';

/** TLS as of now. The same object as long as nothing has changed, so that open connections can be kept. */
export type KubeTls = Readonly<Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>>;

/** A header with several values is sent several times. */
export type KubeHeaders = Readonly<Record<string, string | string[]>>;

/** An API server and how to prove to it who one is. */
export interface KubeConnection {
  readonly server: URL;
  /** Where objects go when no namespace is named. */
  readonly namespace: string;
  tls(): Promise<KubeTls>;
  /** Headers that carry the identity. `renew`: the last ones were refused, read them anew. */
  headers(renew: boolean): Promise<KubeHeaders>;
}

/** How long what was read from a file counts: the kubelet renews tokens well before they end. */
const KEEP = 60_000;

/**
 * The connection of a pod: address from the environment, CA, token and namespace from the folder that every pod has.
 * @throws KubeError `unreachable` outside a pod
 */
export async function inClusterConnection(
  environment: Readonly<Record<string, string | undefined>>,
  folder = '/var/run/secrets/kubernetes.io/serviceaccount',
): Promise<KubeConnection> {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT_HTTPS ?? environment.KUBERNETES_SERVICE_PORT ?? '443';
  if (host === undefined || host === '')
    throw new KubeError(
      'unreachable',
      'this is not a pod of a cluster: KUBERNETES_SERVICE_HOST is not set. Outside a cluster name a kubeconfig file',
    );
  const token = fileText(join(folder, 'token'));
  const authority = fileText(join(folder, 'ca.crt'));
  await authority.read(false);
  const tls = tlsOf(async () => ({ ca: await authority.read(false) }));
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: await readFile(join(folder, 'namespace'), 'utf8').then(
      (text) => text.trim(),
      () => 'default',
    ),
    tls,
    headers: async (renew) => ({ authorization: `Bearer ${(await token.read(renew)).trim()}` }),
  };
}

/** A file that is read again from time to time; while it cannot be read, what it said last counts. */
export function fileText(path: string): { read(renew: boolean): Promise<string> } {
  let text: string | undefined;
  let readAt = 0;
  return {
    async read(renew) {
      const now = performance.now();
      if (text !== undefined && !renew && now - readAt < KEEP) return text;
      try {
        text = (await readBounded(path, { most: MAX_SMALL_FILE })).toString('utf8');
        readAt = now;
        return text;
      } catch (error) {
        if (text !== undefined) return text;
        throw new KubeError('unreachable', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}

/** Keeps the object as long as its parts are the same. */
export function tlsOf(read: () => Promise<KubeTls>): () => Promise<KubeTls> {
  let last: KubeTls | undefined;
  return async () => {
    const now = await read();
    const isSame =
      last !== undefined &&
      (['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const).every(
        (part) => String(last?.[part]) === String(now[part]),
      );
    if (!isSame) last = now;
    return last ?? now;
  };
}
