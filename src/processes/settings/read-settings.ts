import type { Problem } from '../../core/problem/problem.js';
import { type Config, configOf, type Flags } from './config.js';
import { readConfigFile } from './config-file.js';
import { type Environment, isGiven } from './environment.js';
import type { ProcessName } from './settings.js';

/** What a process is started with. */
export interface ProcessSettings<P extends ProcessName> {
  readonly config: Config<P>;
  /** Worth a line in the log: variables that look like settings and are none. */
  readonly notes: readonly Problem[];
  readonly environment: Environment;
}

/**
 * Reads flags, variables and the file of --config (else SECCOMPLY_CONFIG).
 * @throws ConfigError
 */
export function readSettings<P extends ProcessName>(
  process: P,
  { config: named, ...flags }: Flags & { readonly config?: string },
  environment: Environment,
): ProcessSettings<P> {
  const path = named ?? environment.SECCOMPLY_CONFIG;
  const file = isGiven(path) ? { file: readConfigFile(path) } : {};
  return { ...configOf(process, { flags, environment, ...file }), environment };
}
