import { type Log, openLog } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import { Output } from '../../system/output.js';
import { painter, wantsColour } from '../../system/terminal/colour.js';
import type { Config } from '../settings/config.js';
import type { ProcessSettings } from '../settings/read-settings.js';
import type { ProcessName } from '../settings/settings.js';

interface LogSettings extends Omit<ProcessSettings<ProcessName>, 'config'> {
  readonly config: Pick<Config<ProcessName>, 'process' | 'logLevel' | 'logFormat'>;
}

/** The log of a process, on standard error, begun with what is to be said of its settings. */
export function openProcessLog({ config, notes, environment }: LogSettings): Log {
  const log = openLog({
    level: config.logLevel,
    format: config.logFormat,
    process: config.process,
    paint: painter(wantsColour(process.stderr, environment)),
    write: new Output(process.stderr).write,
  });
  for (const note of notes) logProblem(log, note);
  return log;
}
