#!/usr/bin/env node
import { basename } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../package-root.js';
import { CliError, EXIT } from './exit.js';
import { addLazyCommands, type LazyCommand } from './lazy-commands.js';

const commands: readonly LazyCommand[] = [
  { name: 'admit', summary: 'what the webhook would answer', load: () => import('./admit.js') },
  { name: 'audit', summary: 'read the audit records, and check them', load: () => import('./audit.js') },
  { name: 'certs', summary: 'make and look at certificates', load: () => import('./certs.js') },
  { name: 'controller', summary: 'run what is done once for a cluster', load: () => import('./controller.js') },
  { name: 'doctor', summary: 'look at an installation in a cluster', load: () => import('./doctor.js') },
  { name: 'install', summary: 'install Seccomply in a cluster', load: () => import('./install.js') },
  { name: 'policy', summary: 'check, test, explain and compare policies', load: () => import('./policy.js') },
  { name: 'profile', summary: 'check, ask, compare and make seccomp profiles', load: () => import('./profile.js') },
  { name: 'serve', summary: 'answer admission here, without a cluster', load: () => import('./serve.js') },
  { name: 'uninstall', summary: 'take Seccomply out of a cluster', load: () => import('./uninstall.js') },
  { name: 'webhook', summary: 'answer the admission calls of an API server', load: () => import('./webhook.js') },
];

/** Runs one command line; returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  // Called by kubectl as its plugin, the name people type is kubectl's.
  const isPlugin = basename(process.argv[1] ?? '').startsWith('kubectl-seccomply');
  const program = new Command(isPlugin ? 'kubectl seccomply' : 'seccomply')
    .description('The right seccomp profile on every container: admission webhook, policies, profiles and proof.')
    .version(packageVersion());
  await addLazyCommands(
    program,
    commands,
    argv.filter((word) => !word.startsWith('-')),
  );
  settleAll(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.good;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
    if (error instanceof CliError) {
      process.stderr.write(`seccomply: ${error.message}\n`);
      return error.exitCode;
    }
    throw error;
  }
}

/** Wrong usage of any command throws, and points to its help. */
function settleAll(command: Command): void {
  command.exitOverride().showHelpAfterError('(run with --help for the options and examples)');
  for (const child of command.commands) settleAll(child);
}

// The reader went away, as `| head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
