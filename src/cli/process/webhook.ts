import type { Command } from 'commander';
import { runWebhook } from '../../processes/webhook/webhook.js';
import { processCommand } from './process-command.js';

const help = `
Examples:
  $ seccomply webhook --listen 0.0.0.0:8443 --policies /etc/seccomply/policies --data /var/lib/seccomply
  $ seccomply webhook --tls-cert tls/tls.crt --tls-key tls/tls.key --tls-ca tls/ca.crt --policies policies/restricted
  $ SECCOMPLY_LOG_LEVEL=warn seccomply webhook --config seccomply.yaml

The same as serve, without the pages for people: JSON logs on standard error, audit records as JSON lines on standard
output, ten seconds after SIGTERM for endpoints to move. A bad document never ends it: what loads is in force, what does
not shows under /readyz?verbose and in the metric seccomply_degraded.
Every option is also a variable (--listen: SECCOMPLY_LISTEN) and a key of --config (listen).
See docs/reference/configuration.md.`;

export function command(): Command {
  return processCommand('webhook', { description: 'Answer the admission calls of an API server.', help }, runWebhook);
}
