import { X509Certificate } from 'node:crypto';
import { enforcementLabel } from '../../core/manifests/guard.js';
import { names } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { resources } from '../../kubernetes/resources.js';
import { splitPem } from '../../tls/material.js';
import { bundleOf, isSameBundle } from '../../tls/rotation.js';
import { readAuthority } from '../../tls/rotation-secret.js';
import { found, type Secret, type WebhookConfiguration } from '../registration/registration.js';
import { type DoctorOptions, type Found, problem } from './examination.js';
import { certificateMaker, examineForeignCertificates } from './foreign-certificates.js';

export async function examineCertificates(client: KubeClient, options: DoctorOptions): Promise<Found> {
  const { namespace, now } = options;
  const maker = await certificateMaker(client, namespace);
  if (maker !== 'self-managed') return examineForeignCertificates(client, maker, options);
  const name = names.authoritySecret;
  let secret: Secret | undefined;
  try {
    secret = await found(client.get<Secret>(resources.secrets, name, { namespace }));
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
    const configuration = await found(client.get<WebhookConfiguration>(kind, names.registration));
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

export async function examineRegistration(client: KubeClient, { namespace }: DoctorOptions): Promise<Found> {
  const problems: Problem[] = [];
  let count = 0;
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations]) {
    const configuration = await found(client.get<WebhookConfiguration>(kind, names.registration));
    const webhooks = configuration?.webhooks ?? [];
    count += webhooks.length;
    if (configuration === undefined)
      problems.push(
        problem(
          'KD12',
          'error',
          `the ${kind.kind} ${names.registration} is missing: nothing is enforced`,
          'If it was deleted in an emergency, the controller puts it back an hour later; seccomply install does so now.',
        ),
      );
    else if (webhooks.length === 0)
      problems.push(
        problem(
          'KD12',
          'error',
          `the ${kind.kind} ${names.registration} has no webhooks yet: nothing is enforced`,
          `The controller fills them in when a replica answers: kubectl -n ${namespace} logs deploy/${names.controller}`,
        ),
      );
    // Without a caBundle it must be so; that it is missing is said with the certificates.
    for (const webhook of webhooks)
      if (
        webhook.name === 'validate.seccomply.dev' &&
        webhook.failurePolicy !== 'Fail' &&
        (webhook.clientConfig?.caBundle ?? '') !== ''
      )
        problems.push(
          problem(
            'KD13',
            'warning',
            `${webhook.name} has the failurePolicy ${String(webhook.failurePolicy)}: pods get in unseen while the webhook does not answer`,
            `If that is not meant: kubectl delete ${kind.plural.replace(/s$/, '')} ${names.registration} && seccomply install`,
          ),
        );
  }
  return { summary: `${count} webhooks are registered`, problems };
}

export async function examineGuards(client: KubeClient): Promise<Found> {
  const problems: Problem[] = [];
  for (const name of ['seccomply-enforcement-label', 'seccomply-profile-approval'])
    for (const kind of [resources.validatingAdmissionPolicies, resources.validatingAdmissionPolicyBindings])
      if ((await found(client.get(kind, name))) === undefined)
        problems.push(
          problem(
            'KD14',
            'error',
            `the ${kind.kind} ${name} is missing: whoever may write ${name.includes('label') ? 'a namespace' : 'a profile'} can exempt himself`,
            'Run seccomply install again.',
          ),
        );
  return { summary: `the label ${enforcementLabel} and approvals are guarded`, problems };
}
