import type { Command } from 'commander';
import { programFor } from '../src/cli/program.js';

const name = 'seccomply';

/** The page of all commands, each with the very text of its --help. */
export async function cliReference(): Promise<string> {
  const sections = await sectionsBelow([]);
  const list = sections.map(({ title, summary }) => `| [\`${title}\`](#${anchor(title)}) | ${summary} |`);
  return `${[
    '<!-- Made by tools/generate-cli-reference.mjs from src/cli; changes here are lost. -->',
    '# Commands',
    '',
    'What `seccomply COMMAND --help` says. Exit codes are the same everywhere: 0 good, 1 findings or a refusal, 2 wrong usage or input that',
    'cannot be used. As a plugin the program is called `kubectl seccomply`.',
    '',
    '| command | |',
    '|---|---|',
    ...list,
    ...sections.flatMap(({ title, help }) => ['', `## ${title}`, '', '```text', help.trimEnd(), '```']),
  ].join('\n')}\n`;
}

interface Section {
  readonly title: string;
  readonly summary: string;
  readonly help: string;
}

async function sectionsBelow(path: readonly string[]): Promise<readonly Section[]> {
  const command = await commandAt(path);
  const sections: Section[] = [
    { title: [name, ...path].join(' '), summary: oneLine(command.description()), help: helpOf(command) },
  ];
  for (const child of command.commands) sections.push(...(await sectionsBelow([...path, child.name()])));
  return sections;
}

async function commandAt(path: readonly string[]): Promise<Command> {
  let command = await programFor(name, path);
  for (const word of path) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) throw new Error(`there is no command ${[name, ...path].join(' ')}`);
    command = child;
  }
  return command;
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 110,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

function anchor(title: string): string {
  return title.replaceAll(' ', '-');
}
