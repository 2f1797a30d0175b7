import { Command } from 'commander';
import { addLazyCommands, type LazyCommand } from '../output/lazy-commands.js';

const commands: readonly LazyCommand[] = [
  { name: 'check', summary: 'find mistakes in policies and exemptions', load: () => import('./check.js') },
  { name: 'test', summary: 'run the tests that stand beside policies', load: () => import('./test.js') },
  { name: 'explain', summary: 'tell why a pod gets what it gets', load: () => import('./explain.js') },
  { name: 'diff', summary: 'show whose outcome a change changes', load: () => import('./diff.js') },
  {
    name: 'export',
    summary: 'write policies as objects that the API server judges by itself',
    load: () => import('./export.js'),
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of the documents, for editors',
    load: () => import('./schema.js'),
  },
];

export async function command(words: readonly string[]): Promise<Command> {
  const group = new Command('policy').description('Check, test, explain and compare policies and exemptions.');
  await addLazyCommands(group, commands, words);
  return group;
}
