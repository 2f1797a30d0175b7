import { Command } from 'commander';
import { initCommand } from './init.js';
import { showCommand } from './show.js';

export function command(): Command {
  return new Command('certs')
    .description('Make development certificates, and look at certificates of any kind.')
    .addCommand(initCommand())
    .addCommand(showCommand());
}
