import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { MAX_SMALL_FILE } from '../core/document/limits.js';
import { SourceText } from '../core/document/source-text.js';
import { fileTrouble, messageOf } from '../system/errno.js';
import { readBounded } from '../system/read-bounded.js';
import {
  fileText,
  inClusterConnection,
  type KubeConnection,
  type KubeHeaders,
  type KubeTls,
  tlsOf,
} from './connection.js';
import { KubeError } from './kube-error.js';

export interface ConnectOptions {
  /** A kubeconfig file. Without it: the pod's own service account, else KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  /** A context of the file. Without it the current one. */
  readonly context?: string | undefined;
  /** The variables of the process. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The API server that a person or a pod means.
 * @throws KubeError `unreachable` that says which file, context or field is missing
 */
export async function connect(options: ConnectOptions): Promise<KubeConnection> {
  const { environment } = options;
  if (options.kubeconfig !== undefined) return kubeconfigConnection(options.kubeconfig, options.context);
  if (options.context === undefined && environment.KUBERNETES_SERVICE_HOST) return inClusterConnection(environment);
  const named = (environment.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  const file = named.find((path) => existsSync(path)) ?? named[0] ?? join(homedir(), '.kube', 'config');
  if (!existsSync(file))
    throw new KubeError(
      'unreachable',
      `no cluster is named: there is no ${file}, and this is not a pod. Name a kubeconfig file with --kubeconfig FILE or in KUBECONFIG`,
    );
  return kubeconfigConnection(file, options.context);
}

/**
 * The connection that a kubeconfig file describes. Client certificates, tokens, basic authentication and impersonation are read here;
 * plugins (`exec`, `auth-provider`) are left to @kubernetes/client-node, which is loaded only for them: it costs 0.6 s and 90 MB.
 */
export async function kubeconfigConnection(path: string, contextName?: string): Promise<KubeConnection> {
  const bytes = await readBounded(path, { most: MAX_SMALL_FILE, pipes: true }).catch((error: unknown) => {
    throw fail(path, `cannot be read: ${fileTrouble(error)}`, error);
  });
  const config = await parsed(path, bytes.toString('utf8'));
  const name = contextName ?? textAt(config, 'current-context');
  if (name === undefined || name === '') throw fail(path, 'has no current-context: set one, or name a context');
  const context = entry(path, config, 'contexts', 'context', name);
  const clusterName = textAt(context, 'cluster') ?? '';
  const cluster = entry(path, config, 'clusters', 'cluster', clusterName);
  const userName = textAt(context, 'user');
  const user = userName === undefined || userName === '' ? {} : entry(path, config, 'users', 'user', userName);

  const server = serverOf(path, clusterName, textAt(cluster, 'server'));
  if (textAt(cluster, 'proxy-url') !== undefined)
    throw fail(path, `names a proxy-url for the cluster ${clusterName}, and proxies are not supported`);
  const insecure = cluster['insecure-skip-tls-verify'] === true;
  const servername = textAt(cluster, 'tls-server-name');
  const ca = insecure ? undefined : secretText(path, cluster, 'certificate-authority');
  const cert = secretText(path, user, 'client-certificate');
  const key = secretText(path, user, 'client-key');
  const own = tlsOf(async () => ({
    ...(insecure ? { rejectUnauthorized: false } : {}),
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca: await ca.read(false) }),
    ...(cert === undefined ? {} : { cert: await cert.read(false) }),
    ...(key === undefined ? {} : { key: await key.read(false) }),
  }));
  const hasPlugin = user.exec !== undefined || user['auth-provider'] !== undefined;
  const plugin = hasPlugin ? pluginOf(path, name) : undefined;
  const tokenFile = textAt(user, 'tokenFile');
  const token = tokenFile === undefined ? undefined : fileText(beside(path, tokenFile));
  const impersonation = impersonationOf(user);
  return {
    server,
    namespace: textAt(context, 'namespace') ?? 'default',
    async tls() {
      const tls = await own();
      return plugin === undefined ? tls : plugin.tls(tls);
    },
    async headers(renew) {
      const authorization =
        plugin === undefined ? await authorizationOf(user, token, renew) : await plugin.authorization(renew);
      return { ...impersonation, ...(authorization === undefined ? {} : { authorization }) };
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

async function parsed(path: string, text: string): Promise<Fields> {
  const { readYamlValue } = await import('../core/document/yaml/yaml-value.js');
  const { value, problems } = readYamlValue(text);
  const error = problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) {
    const { line, column } = new SourceText(text).position(error.offset);
    throw fail(path, `cannot be used: ${error.message} (line ${line}, column ${column})`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw fail(path, 'is not a kubeconfig file');
}

function entry(path: string, config: Fields, list: string, member: string, name: string): Fields {
  const entries = Array.isArray(config[list]) ? (config[list] as readonly unknown[]) : [];
  const known: string[] = [];
  for (const one of entries) {
    const fields = fieldsOf(one);
    const entryName = textAt(fields, 'name') ?? '';
    if (entryName === name) return fieldsOf(fields[member]);
    known.push(entryName);
  }
  const others = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  throw fail(path, `has no ${member} called ${JSON.stringify(name)}: ${others}`);
}

function serverOf(path: string, cluster: string, server: string | undefined): URL {
  if (server === undefined) throw fail(path, `says no server for the cluster ${cluster}`);
  try {
    const url = new URL(server);
    if (url.protocol === 'https:' || url.protocol === 'http:') return url;
  } catch {
    // Said below.
  }
  throw fail(path, `names a server that is no URL for the cluster ${cluster}: ${server}`);
}

/** `KEY-data` in base64, or the file that `KEY` names, read again when it changes. */
function secretText(path: string, fields: Fields, key: string): { read(renew: boolean): Promise<string> } | undefined {
  const data = textAt(fields, `${key}-data`);
  if (data !== undefined) {
    const text = Buffer.from(data, 'base64').toString('utf8');
    return { read: async () => text };
  }
  const file = textAt(fields, key);
  return file === undefined ? undefined : fileText(beside(path, file));
}

async function authorizationOf(
  user: Fields,
  tokenFile: { read(renew: boolean): Promise<string> } | undefined,
  renew: boolean,
): Promise<string | undefined> {
  if (tokenFile !== undefined) return `Bearer ${(await tokenFile.read(renew)).trim()}`;
  const token = textAt(user, 'token');
  if (token !== undefined) return `Bearer ${token}`;
  const name = textAt(user, 'username');
  if (name === undefined) return undefined;
  return `Basic ${Buffer.from(`${name}:${textAt(user, 'password') ?? ''}`).toString('base64')}`;
}

function impersonationOf(user: Fields): KubeHeaders {
  const as = textAt(user, 'as');
  if (as === undefined) return {};
  const groups = Array.isArray(user['as-groups']) ? user['as-groups'].map(String) : [];
  return { 'impersonate-user': as, ...(groups.length === 0 ? {} : { 'impersonate-group': groups }) };
}

/** Credentials from a program or an identity provider, as client-node gets them. */
function pluginOf(path: string, context: string) {
  const asked = async (): Promise<RequestOptions> => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromFile(path);
    config.setCurrentContext(context);
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      throw fail(path, `names a program for credentials that failed: ${messageOf(error)}`, error);
    }
    return options;
  };
  let last: { readonly at: number; readonly options: Promise<RequestOptions> } | undefined;
  const current = (renew: boolean): Promise<RequestOptions> => {
    const now = performance.now();
    if (last === undefined || renew || now - last.at > 60_000) last = { at: now, options: asked() };
    return last.options;
  };
  const withPlugin = (tls: KubeTls) =>
    tlsOf(async () => {
      const { cert, key } = await current(false);
      return {
        ...tls,
        ...(cert === undefined ? {} : { cert: cert as string }),
        ...(key === undefined ? {} : { key: key as string }),
      };
    });
  let own: KubeTls | undefined;
  let read: (() => Promise<KubeTls>) | undefined;
  return {
    async tls(tls: KubeTls): Promise<KubeTls> {
      if (read === undefined || own !== tls) read = withPlugin(tls);
      own = tls;
      return read();
    },
    async authorization(renew: boolean): Promise<string | undefined> {
      const { headers } = await current(renew);
      const fields = fieldsOf(headers);
      return textAt(fields, 'Authorization') ?? textAt(fields, 'authorization');
    },
  };
}

function beside(path: string, file: string): string {
  return isAbsolute(file) ? file : join(dirname(path), file);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textAt(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fail(path: string, what: string, cause?: unknown): KubeError {
  return new KubeError('unreachable', `the kubeconfig file ${path} ${what}`, { cause });
}
