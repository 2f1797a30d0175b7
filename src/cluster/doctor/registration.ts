import { names } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { resources } from '../../kubernetes/resources.js';
import type { WebhookConfiguration } from '../registration/webhook-configuration.js';
import { type CheckFindings, type DoctorOptions, problem } from './check.js';

export async function checkRegistration(client: KubeClient, { namespace }: DoctorOptions): Promise<CheckFindings> {
  const problems: Problem[] = [];
  let count = 0;
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations]) {
    const configuration = await client.find<WebhookConfiguration>(kind, names.registration);
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
