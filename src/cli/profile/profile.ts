import { Command } from 'commander';
import { addLazyCommands, type LazyCommand } from '../output/lazy-commands.js';

const commands: readonly LazyCommand[] = [
  { name: 'list', summary: 'list the profiles of a catalogue', load: () => import('./list.js') },
  {
    name: 'show',
    summary: 'say what a profile does, most dangerous syscalls first',
    load: () => import('./show.js'),
  },
  { name: 'lint', summary: 'find mistakes in profiles, and dangers', load: () => import('./lint.js') },
  {
    name: 'compile',
    summary: 'make the file that goes onto a node out of a profile',
    load: () => import('./compile.js'),
  },
  {
    name: 'simulate',
    summary: 'say what becomes of a syscall, as libseccomp and the runtime do it',
    load: () => import('./simulate.js'),
  },
  {
    name: 'diff',
    summary: 'say what one profile allows and another does not',
    load: () => import('./diff.js'),
  },
  { name: 'merge', summary: 'make one profile of several', load: () => import('./merge.js') },
  {
    name: 'score',
    summary: 'say in four figures how much a profile leaves open',
    load: () => import('./score.js'),
  },
  { name: 'convert', summary: 'write a profile in another format', load: () => import('./convert.js') },
];

const help = `
A profile is given as
  a file        profile.json, ./web.yaml: OCI, Docker's or containers/common's JSON, or a SeccompProfile object;
                of a file with several, --name says which
  -             standard input
  a name        web-static: of the catalogue (seccomply profile list); a file of this very name goes before it
  RuntimeDefault  what the container runtime uses by itself`;

export async function command(words: readonly string[]): Promise<Command> {
  const parent = new Command('profile')
    .description('Look at seccomp profiles, check them, ask them, compare them, and make files for nodes out of them.')
    .addHelpText('after', help);
  await addLazyCommands(parent, commands, words);
  return parent;
}
