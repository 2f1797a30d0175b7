import { X509Certificate } from 'node:crypto';
import { names } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { type Resource, resources } from '../../kubernetes/resources.js';
import { checkServerCertificate } from '../../tls/certificate/check-server-certificate.js';
import type { CertificatePem } from '../../tls/certificate/material.js';
import type { WebhookConfiguration } from '../registration/webhook-configuration.js';
import { findSecret, type Secret } from '../secret.js';
import { type CheckFindings, type DoctorOptions, problem } from './check.js';

export type CertificateIssuer = 'self-managed' | 'cert-manager' | 'secret';

interface Deployment extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** Who makes the certificate of the webhook, as the controller was told. */
export async function certificateIssuer(client: KubeClient, namespace: string): Promise<CertificateIssuer> {
  const deployment = await client.find<Deployment>(resources.deployments, names.controller, { namespace });
  const env = (deployment?.spec?.template?.spec?.containers ?? []).flatMap((container) => container.env ?? []);
  const value = env.find(({ name }) => name === 'SECCOMPLY_CERTIFICATES')?.value;
  return value === 'cert-manager' || value === 'secret' ? value : 'self-managed';
}

/** The way of a certificate that somebody else makes: asked for, issued, and trusted by the API server. */
export async function checkExternalCertificates(
  client: KubeClient,
  maker: Exclude<CertificateIssuer, 'self-managed'>,
  { namespace, now }: DoctorOptions,
): Promise<CheckFindings> {
  if (maker === 'cert-manager') {
    const problems = await whyNotIssued(client, namespace);
    if (problems.length > 0) return { summary: 'are not issued', problems };
  }
  const ofSecret = await readSecret(client, maker, namespace, now);
  const ofBundles = await bundleProblems(client, maker, ofSecret.pem, now);
  const by = maker === 'cert-manager' ? 'by cert-manager' : `from the Secret ${names.tlsSecret}`;
  return { summary: `${by}${ofSecret.until}`, problems: [...ofSecret.problems, ...ofBundles] };
}

const certificates: Resource = {
  group: 'cert-manager.io',
  version: 'v1',
  plural: 'certificates',
  kind: 'Certificate',
  namespaced: true,
};

interface Certificate extends KubeObject {
  readonly spec?: { readonly issuerRef?: { readonly name?: string } };
  readonly status?: {
    readonly conditions?: readonly { type?: string; status?: string; reason?: string; message?: string }[];
  };
}

/** Why cert-manager has no certificate for us; empty when it has one, or when nobody here may look. */
export async function whyNotIssued(client: KubeClient, namespace: string): Promise<readonly Problem[]> {
  let certificate: Certificate | undefined;
  try {
    certificate = await client.find<Certificate>(certificates, names.tlsSecret, { namespace });
    if (certificate === undefined) return [await whyNone(client, namespace)];
  } catch (error) {
    if (isKubeError(error, 'forbidden')) return [];
    throw error;
  }
  const conditions = certificate.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return [];
  const which = `the Certificate ${names.tlsSecret}`;
  if (ready === undefined)
    return [
      problem(
        'KD16',
        'error',
        `${which} has no status: cert-manager has not looked at it`,
        'See whether cert-manager runs: kubectl get pods --all-namespaces -l app.kubernetes.io/instance=cert-manager',
      ),
    ];
  const why = conditions.flatMap(({ type, status, message = '' }) =>
    type === 'Ready' || status === 'True' ? [message] : [],
  );
  const issuer = certificate.spec?.issuerRef?.name ?? '';
  return [
    problem(
      'KD16',
      'error',
      `${which} is not ready: ${[...new Set(why)].join('; ')}`,
      `kubectl -n ${namespace} describe certificate ${names.tlsSecret}; kubectl -n ${namespace} describe issuer ${issuer}`,
    ),
  ];
}

async function whyNone(client: KubeClient, namespace: string): Promise<Problem> {
  const kind = await client.find(resources.customResourceDefinitions, 'certificates.cert-manager.io');
  return kind === undefined
    ? problem(
        'KD16',
        'error',
        'cert-manager is to make the certificate, and the cluster has no kind Certificate of cert-manager.io',
        'Install cert-manager, or leave --overlay cert-manager out: seccomply install then makes certificates of its own.',
      )
    : problem(
        'KD16',
        'error',
        `there is no Certificate ${names.tlsSecret} in ${namespace}`,
        'Run seccomply install --overlay cert-manager again.',
      );
}

interface ReadSecret {
  readonly problems: readonly Problem[];
  /** For the summary. */
  readonly until: string;
  readonly pem?: CertificatePem;
}

async function readSecret(
  client: KubeClient,
  maker: CertificateIssuer,
  namespace: string,
  now: number,
): Promise<ReadSecret> {
  const name = names.tlsSecret;
  let secret: Secret | undefined;
  try {
    secret = await findSecret(client, { namespace, name });
  } catch (error) {
    if (!isKubeError(error, 'forbidden')) throw error;
    return { problems: [], until: '; you may not read the Secret, which is as it should be for most people' };
  }
  if (secret === undefined)
    return {
      until: ', which is missing',
      problems: [
        problem(
          'KD10',
          'error',
          `there is no Secret ${name} in ${namespace}`,
          maker === 'cert-manager'
            ? `kubectl -n ${namespace} describe certificate ${name}`
            : 'Make it, of the type kubernetes.io/tls, with the certificate of the webhook: see docs/how-to/certificates.md.',
        ),
      ],
    };
  const text = (key: string): string => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
  const ca = text('ca.crt');
  const pem = { cert: text('tls.crt'), key: text('tls.key'), ...(ca === '' ? {} : { ca }) };
  const checked = checkServerCertificate(pem, {
    now: new Date(now),
    names: [`${names.service}.${namespace}.svc`],
    certFile: `tls.crt of the Secret ${name}`,
    keyFile: `tls.key of the Secret ${name}`,
  });
  const problems = checked.map(({ severity, message, advice }) => problem('KD10', severity, message, advice));
  if (checked.some(({ code }) => code === 'tls-certificate-unreadable')) return { problems, until: '' };
  const end = new Date(new X509Certificate(pem.cert).validTo);
  return { problems, until: ` until ${end.toISOString().slice(0, 10)}`, pem };
}

/** Whether the API server trusts the certificate by what stands in each webhook. */
async function bundleProblems(
  client: KubeClient,
  maker: CertificateIssuer,
  pem: CertificatePem | undefined,
  now: number,
): Promise<readonly Problem[]> {
  const empty: string[] = [];
  const foreign: string[] = [];
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations]) {
    const webhooks = (await client.find<WebhookConfiguration>(kind, names.registration))?.webhooks ?? [];
    // The controller lets nothing depend on webhooks that cannot be called: without a caBundle this is a public authority's certificate.
    const isProven = webhooks.some(({ failurePolicy }) => failurePolicy === 'Fail');
    for (const { name, clientConfig } of webhooks) {
      const bundle = Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString('utf8');
      if (bundle === '' && !(maker === 'secret' && isProven)) empty.push(name);
      if (bundle !== '' && pem !== undefined && !isUnder(pem, bundle, now)) foreign.push(name);
    }
  }
  const advice =
    maker === 'cert-manager'
      ? 'The cainjector of cert-manager writes it: kubectl get pods --all-namespaces -l app.kubernetes.io/name=cainjector'
      : `Write the authority of the Secret ${names.tlsSecret} into both configurations: see docs/how-to/certificates.md.`;
  return [
    ...(empty.length === 0
      ? []
      : [
          problem(
            'KD17',
            'error',
            `${empty.join(', ')} ${empty.length === 1 ? 'has' : 'have'} no caBundle, so the API server cannot call ${empty.length === 1 ? 'it' : 'them'}`,
            advice,
          ),
        ]),
    ...(foreign.length === 0
      ? []
      : [
          problem(
            'KD11',
            'error',
            `the caBundle of ${foreign.join(', ')} does not hold the authority of the certificate in the Secret ${names.tlsSecret}`,
            advice,
          ),
        ]),
  ];
}

function isUnder(pem: CertificatePem, ca: string, now: number): boolean {
  const problems = checkServerCertificate({ ...pem, ca }, { now: new Date(now) });
  return !problems.some(({ code }) => /^tls-(chain|authority)/.test(code));
}
