import { X509Certificate } from 'node:crypto';
import { names } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { resources } from '../../kubernetes/resources.js';
import { readAuthority } from '../../tls/authority/authority-secret.js';
import { bundleOf, isSameBundle } from '../../tls/authority/rotation.js';
import { splitPem } from '../../tls/certificate/material.js';
import type { WebhookConfiguration } from '../registration/webhook-configuration.js';
import { findSecret, type Secret } from '../secret.js';
import { type CheckFindings, type DoctorOptions, problem } from './check.js';
import { certificateIssuer, checkExternalCertificates } from './external-certificates.js';

export async function checkCertificates(client: KubeClient, options: DoctorOptions): Promise<CheckFindings> {
  const { namespace, now } = options;
  const maker = await certificateIssuer(client, namespace);
  if (maker !== 'self-managed') return checkExternalCertificates(client, maker, options);
  const name = names.authoritySecret;
  let secret: Secret | undefined;
  try {
    secret = await findSecret(client, { namespace, name });
  } catch (error) {
    if (!isKubeError(error, 'forbidden')) throw error;
    return {
      summary: `not looked at: you may not read the Secret ${name}, which is as it should be for most people`,
      problems: [],
    };
  }
  if (secret === undefined)
    return {
      summary: 'are missing',
      problems: [
        problem(
          'KD10',
          'error',
          `there is no Secret ${name} in ${namespace}`,
          'The controller makes it: see whether it runs.',
        ),
      ],
    };
  const read = readAuthority(secret.data, now);
  if (read.is !== 'state')
    return {
      summary: 'cannot be used',
      problems: [
        problem(
          'KD10',
          'error',
          read.is === 'empty'
            ? `the Secret ${name} is empty`
            : `the authority in the Secret ${name} cannot be used: ${read.why}`,
          'The controller makes a new one: see whether it runs.',
        ),
      ],
    };
  const { state } = read;
  const problems: Problem[] = [];
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations]) {
    const configuration = await client.find<WebhookConfiguration>(kind, names.registration);
    for (const webhook of configuration?.webhooks ?? []) {
      const bundle = Buffer.from(webhook.clientConfig?.caBundle ?? '', 'base64').toString('utf8');
      if (!isSameBundle(bundle, bundleOf(state)))
        problems.push(
          problem(
            'KD11',
            'error',
            `the caBundle of ${webhook.name} is not that of the authority (${splitPem(bundle).length} certificates in it)`,
            'The controller writes it within seconds: see whether it runs, and whether something else changes the configuration.',
          ),
        );
    }
  }
  const end = new X509Certificate(state.current.cert).validTo;
  const phase = state.next === undefined ? '' : '; a new key is being brought in';
  return { summary: `authority of our own until ${new Date(end).toISOString().slice(0, 10)}${phase}`, problems };
}
