import type { Command } from 'commander';
import { runController } from '../../processes/controller/controller.js';
import { processCommand } from './process-command.js';

const help = `
Examples:
  $ seccomply controller                                           in a pod of the manifests
  $ seccomply controller --kubeconfig admin.conf --webhook-url https://127.0.0.1:8443

Does what is done once for the whole cluster, by whichever replica holds the Lease: the certificate authority, the webhook
registration, the status of policies, exemptions and profiles, and with --vap the exported admission policies.
SIGTERM gives the Lease up and ends it; a second signal ends it at once.
Every option is also a variable (--listen: SECCOMPLY_LISTEN; --namespace: POD_NAMESPACE; --identity: POD_NAME) and a key of --config
(listen).
See docs/explanation/cluster.md and docs/reference/configuration.md.`;

export function command(): Command {
  return processCommand('controller', { description: 'Run the controller of a cluster.', help }, runController);
}
