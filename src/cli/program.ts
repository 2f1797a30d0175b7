import { Command } from 'commander';
import { packageVersion } from '../system/package-root.js';
import { addLazyCommands, type LazyCommand } from './output/lazy-commands.js';

const commands: readonly LazyCommand[] = [
  { name: 'admit', summary: 'what the webhook would answer', load: () => import('./policy/admit.js') },
  { name: 'audit', summary: 'read the audit records, and check them', load: () => import('./audit/audit.js') },
  { name: 'certs', summary: 'make and look at certificates', load: () => import('./certs/certs.js') },
  { name: 'controller', summary: 'run what is done once for a cluster', load: () => import('./process/controller.js') },
  { name: 'doctor', summary: 'look at an installation in a cluster', load: () => import('./cluster/doctor.js') },
  { name: 'install', summary: 'install Seccomply in a cluster', load: () => import('./cluster/install.js') },
  { name: 'policy', summary: 'check, test, explain and compare policies', load: () => import('./policy/policy.js') },
  {
    name: 'profile',
    summary: 'check, ask, compare and make seccomp profiles',
    load: () => import('./profile/profile.js'),
  },
  { name: 'serve', summary: 'answer admission here, without a cluster', load: () => import('./process/serve.js') },
  { name: 'uninstall', summary: 'take Seccomply out of a cluster', load: () => import('./cluster/uninstall.js') },
  {
    name: 'webhook',
    summary: 'answer the admission calls of an API server',
    load: () => import('./process/webhook.js'),
  },
];

/** The command line's tree; only the command that `words` names is there whole, the others by name and summary. */
export async function programFor(name: string, words: readonly string[]): Promise<Command> {
  const program = new Command(name)
    .description('The right seccomp profile on every container: admission webhook, policies, profiles and proof.')
    .version(packageVersion());
  await addLazyCommands(program, commands, words);
  settleAll(program);
  return program;
}

/** Wrong usage of any command throws, and points to its help. */
function settleAll(command: Command): void {
  command.exitOverride().showHelpAfterError('(run with --help for the options and examples)');
  for (const child of command.commands) settleAll(child);
}
