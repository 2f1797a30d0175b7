import { Command, Option } from 'commander';
import type { Problem } from '../../core/problem/problem.js';
import { type Config, ConfigError, configOf, type Flags } from '../../processes/settings/config.js';
import { readConfigFile } from '../../processes/settings/config-file.js';
import {
  defaultOf,
  kebab,
  type Role,
  type Setting,
  settingNames,
  settings,
} from '../../processes/settings/settings.js';
import { painter, wantsColour } from '../../system/terminal/colour.js';
import { CliError } from '../output/exit.js';
import { problemText } from '../output/problems.js';

export interface ServerRun {
  readonly config: Config;
  /** Worth a line in the log: variables that look like settings and are none. */
  readonly notes: readonly Problem[];
}

/** A command whose options are the settings of a role; `run` gets them read and checked. */
export function serverCommand(
  role: Role,
  texts: { readonly description: string; readonly help: string },
  run: (given: ServerRun) => Promise<void>,
): Command {
  const command = new Command(role)
    .description(texts.description)
    .option('--config <FILE>', 'settings from a YAML or JSON file; flags and SECCOMPLY_… variables come first');
  for (const name of settingNames) command.addOption(optionOf(name, role));
  command.addHelpText('after', texts.help);
  return command.action(async (options: Flags & { readonly config?: string }) => {
    const { config: file = process.env.SECCOMPLY_CONFIG, ...flags } = options;
    await run(settingsOf(role, flags as Flags, file === '' ? undefined : file));
  });
}

function settingsOf(role: Role, flags: Flags, file: string | undefined): ServerRun {
  try {
    return configOf(role, {
      flags,
      environment: process.env,
      ...(file === undefined ? {} : { file: readConfigFile(file) }),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const paint = painter(wantsColour(process.stderr));
    const problems = error.problems.map((problem) => problemText(problem, paint)).join('\n');
    throw new CliError(`the settings cannot be used\n${problems}`);
  }
}

function optionOf(name: keyof typeof settings, role: Role): Option {
  const { takes, description }: Setting<unknown> = settings[name];
  const several = takes.endsWith('…');
  const option = new Option(`--${kebab(name)} <${several ? `${takes.slice(0, -1)}...` : takes}>`, description);
  const fallback = defaultOf(name, role);
  // Shown only: whether a flag was given must stay known, since a variable or the file comes before the default.
  if (fallback !== undefined) option.description = `${description} (default ${fallback})`;
  return option;
}
