import { findSecret } from '../../cluster/secret.js';
import { names, serviceNames } from '../../core/manifests/names.js';
import { formatProblem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { Log } from '../../system/log.js';
import type { CertSource } from '../../tls/certificate/cert-source.js';
import { openClusterCertificates } from '../../tls/source/issued-source.js';
import { openSecretCertificates } from '../../tls/source/tls-secret-source.js';
import type { AdmissionConfig } from '../settings/config.js';

/**
 * The certificate of a webhook in a cluster: the Secret of --tls-secret, else one made under the authority that the controller keeps;
 * nothing where --tls-cert names files. Resolves when there is one to serve.
 * @throws CertificateError when --tls-secret cannot be served
 */
export async function clusterCertificates(
  client: KubeClient,
  namespace: string,
  config: AdmissionConfig,
  log: Log,
): Promise<CertSource | undefined> {
  if (config.tlsCert !== undefined) return undefined;
  const reader = (place: { readonly namespace: string; readonly name: string }) => async () =>
    (await findSecret(client, place))?.data;
  if (config.tlsSecret !== undefined) {
    const [first = '', second] = config.tlsSecret.split('/');
    const place = second === undefined ? { namespace, name: first } : { namespace: first, name: second };
    return openSecretCertificates({
      readSecret: reader(place),
      secretName: `${place.namespace}/${place.name}`,
      names: [`${names.service}.${namespace}.svc`],
    });
  }
  const place = { namespace, name: names.authoritySecret };
  return openClusterCertificates({
    readSecret: reader(place),
    secretName: `${place.namespace}/${place.name}`,
    names: [
      ...new Set([
        ...serviceNames(names.service, namespace),
        ...serviceNames(`${names.webhook}-admin`, namespace),
        'localhost',
        '127.0.0.1',
        ...(config.tlsNames ?? []),
      ]),
    ],
    commonName: `${names.service}.${namespace}.svc`,
    note: (problem) => log.info(formatProblem(problem)),
  });
}
