import type { Command } from 'commander';
import { runServe } from '../../processes/serve/serve.js';
import { processCommand } from './process-command.js';

const help = `
Examples:
  $ seccomply serve                                   the demo set, on https://127.0.0.1:8443
  $ seccomply serve --policies policies/baseline      policies of your own, taken over whenever they change
  $ seccomply serve --listen 127.0.0.1:0              any free port
  $ seccomply serve --listen 0.0.0.0:8443 --tls-names webhook.example
  $ seccomply serve | jq .decision.message            audit records as JSON lines on standard output

Everything it writes is under --data: its authority at tls/ca.crt, the records at audit/. On a terminal standard output
shows each decision as a line to read; anywhere else the audit records themselves, as JSON lines.
Every option is also a variable (--listen: SECCOMPLY_LISTEN) and a key of --config (listen).
See docs/tutorial/first-steps.md and docs/reference/configuration.md.`;

export function command(): Command {
  return processCommand(
    'serve',
    { description: 'Answer admission on this machine, without a cluster: webhook and a page to look at.', help },
    runServe,
  );
}
