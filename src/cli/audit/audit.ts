import { Command } from 'commander';
import { tailCommand } from './tail.js';
import { verifyCommand } from './verify.js';

export function command(): Command {
  return new Command('audit')
    .description('Read the audit records, and check that nobody changed them.')
    .addCommand(tailCommand())
    .addCommand(verifyCommand());
}
