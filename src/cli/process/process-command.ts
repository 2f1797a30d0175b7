import { Command, Option } from 'commander';
import { ConfigError, type Flags } from '../../processes/settings/config.js';
import { environment } from '../../processes/settings/environment.js';
import { type ProcessSettings, readSettings } from '../../processes/settings/read-settings.js';
import {
  defaultOf,
  descriptionOf,
  isTakenBy,
  kebab,
  type ProcessName,
  type Setting,
  type SettingName,
  settingNames,
  settings,
  variable,
} from '../../processes/settings/settings.js';
import { CliError } from '../output/exit.js';
import { problemText } from '../output/problems.js';
import { stderrPaint } from '../output/write.js';
import { runServer } from './run-server.js';

/**
 * A command whose options are the settings of a process; `run` gets them read and checked, and is the process. Commands are entered in
 * cli/program.ts.
 */
export function processCommand<P extends ProcessName>(
  process: P,
  texts: { readonly description: string; readonly help: string },
  run: (given: ProcessSettings<P>) => Promise<void>,
): Command {
  const command = new Command(process)
    .description(texts.description)
    .option('--config <FILE>', 'settings from a YAML or JSON file; flags and SECCOMPLY_… variables come first');
  for (const name of settingNames) if (isTakenBy(name, process)) command.addOption(optionOf(name, process));
  command.addHelpText('after', texts.help);
  return command.action(async (options: Flags & { readonly config?: string }) => {
    const given = settingsOf(process, options);
    await runServer(() => run(given));
  });
}

function settingsOf<P extends ProcessName>(
  process: P,
  options: Flags & { readonly config?: string },
): ProcessSettings<P> {
  try {
    return readSettings(process, options, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const paint = stderrPaint();
    const problems = error.problems.map((problem) => problemText(problem, paint)).join('\n');
    throw new CliError(`the settings cannot be used\n${problems}`);
  }
}

function optionOf(name: SettingName, process: ProcessName): Option {
  const { takes, variable: own }: Setting<unknown> = settings[name];
  const several = takes.endsWith('…');
  const value = takes === '' ? '' : ` <${several ? `${takes.slice(0, -1)}...` : takes}>`;
  const fallback = defaultOf(name, process);
  // Shown only: whether a flag was given must stay known, since a variable or the file comes before the default.
  const shown = [
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
    ...(own === undefined ? [] : [`variable ${variable(name)}`]),
  ];
  const description = descriptionOf(name, process);
  return new Option(
    `--${kebab(name)}${value}`,
    shown.length === 0 ? description : `${description} (${shown.join(', ')})`,
  );
}
