import type { Command } from 'commander';

/** What a command module exports. `words` are those of the command line after this command's own name. */
export interface CommandModule {
  command(words: readonly string[]): Command | Promise<Command>;
}

/** A command that is loaded only when it is called, so that `webhook` never pays for `profile`. */
export interface LazyCommand {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

/** Adds commands to their parent: whole the one that the command line names, by name and summary the others. */
export async function addLazyCommands(
  parent: Command,
  commands: readonly LazyCommand[],
  words: readonly string[],
): Promise<void> {
  const names = new Set(commands.map(({ name }) => name));
  const wanted = words.find((word) => names.has(word));
  for (const entry of commands) {
    if (entry.name === wanted) {
      const child = await (await entry.load()).command(words.slice(words.indexOf(wanted) + 1));
      parent.addCommand(child.copyInheritedSettings(parent));
    } else parent.command(entry.name).description(entry.summary).allowUnknownOption();
  }
}
