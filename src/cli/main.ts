#!/usr/bin/env node
import { basename } from 'node:path';
import { CommanderError } from 'commander';
import { CliError, EXIT } from './output/exit.js';
import { endWithOutput } from './output/write.js';
import { programFor } from './program.js';

/** Runs one command line; returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  // Called by kubectl as its plugin, the name people type is kubectl's.
  const isPlugin = basename(process.argv[1] ?? '').startsWith('kubectl-seccomply');
  const program = await programFor(
    isPlugin ? 'kubectl seccomply' : 'seccomply',
    argv.filter((word) => !word.startsWith('-')),
  );
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

process.stdout.on('error', endWithOutput);
// There is no other place to complain.
process.stderr.on('error', () => undefined);
process.exitCode = await main(process.argv.slice(2));
