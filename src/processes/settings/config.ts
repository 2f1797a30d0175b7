import { formatProblem, type Place, type Problem } from '../../core/problem/problem.js';
import { UserError } from '../../core/problem/user-error.js';
import { didYouMean } from '../../core/text/did-you-mean.js';
import type { ConfigFile } from './config-file.js';
import {
  defaultOf,
  kebab,
  type Role,
  type Setting,
  type SettingName,
  settingNames,
  settings,
  variable,
} from './settings.js';
import type { Read } from './value.js';

type ValueOf<S> = S extends Setting<infer T> ? T : never;
type Named = { readonly [N in SettingName]: ValueOf<(typeof settings)[N]> };
type WithDefault = {
  [N in SettingName]: (typeof settings)[N] extends { readonly default: unknown } ? N : never;
}[SettingName];

/** Every setting of a role, read and checked. What has no default and was not given is absent. */
export type Config = { readonly role: Role } & Pick<Named, WithDefault> & Partial<Omit<Named, WithDefault>>;

export type Flags = { readonly [N in SettingName]?: string | readonly string[] };

export interface ConfigSources {
  readonly flags: Flags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigFile;
}

/** The settings cannot be used; `problems` says why, one by one. */
export class ConfigError extends UserError {
  override readonly name = 'ConfigError';
  readonly code = 'config-refused';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/**
 * The settings of a role: a flag before a variable, a variable before the file, the file before the default.
 * @throws ConfigError with every problem at once, each with its place and a way out
 */
export function configOf(
  role: Role,
  sources: ConfigSources,
): { readonly config: Config; readonly notes: readonly Problem[] } {
  const problems: Problem[] = [...(sources.file?.problems ?? [])];
  const values: Record<string, unknown> = { role };
  for (const name of settingNames) {
    const given = givenFor(name, role, sources);
    if (given === undefined) continue;
    const { read }: { readonly read: (value: unknown) => Read<unknown> } = settings[name];
    const result = read(given.value);
    if (result.ok) values[name] = result.value;
    else
      problems.push({
        code: 'config-bad-value',
        severity: 'error',
        message: `${given.from} ${shown(given.value)} ${result.reason}`,
        ...(result.advice === undefined ? {} : { advice: result.advice }),
        ...(given.place === undefined ? {} : { place: given.place }),
      });
  }
  const config = values as unknown as Config;
  problems.push(...contradictions(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, notes: strangeVariables(sources.environment) };
}

interface Given {
  readonly value: unknown;
  /** How the person calls it: `--listen`, `SECCOMPLY_LISTEN`, `listen`. */
  readonly from: string;
  readonly place?: Place;
}

function givenFor(name: SettingName, role: Role, { flags, environment, file }: ConfigSources): Given | undefined {
  const flag = flags[name];
  if (flag !== undefined) return { value: flag, from: `--${kebab(name)}` };
  const inEnvironment = environment[variable(name)];
  if (inEnvironment !== undefined && inEnvironment !== '') return { value: inEnvironment, from: variable(name) };
  const inFile = file?.values.get(name);
  if (inFile !== undefined) return { value: inFile.value, from: kebab(name), place: inFile.place };
  const fallback = defaultOf(name, role);
  return fallback === undefined ? undefined : { value: fallback, from: `the default of --${kebab(name)}` };
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return typeof value === 'object' ? short : `"${short}"`;
}

function contradictions(config: Partial<Config>): readonly Problem[] {
  const problems: Problem[] = [];
  const needs = (one: SettingName, other: SettingName, why: string): void => {
    if (config[one] === undefined || config[other] !== undefined) return;
    problems.push({
      code: 'config-incomplete',
      severity: 'error',
      message: `--${kebab(one)} needs --${kebab(other)}`,
      advice: why,
    });
  };
  needs(
    'tlsCert',
    'tlsKey',
    'Give the private key that belongs to the certificate, or leave both out for development certificates.',
  );
  needs(
    'tlsKey',
    'tlsCert',
    'Give the certificate that belongs to the key, or leave both out for development certificates.',
  );
  if (config.role === 'serve' && config.cluster === 'on')
    problems.push({
      code: 'config-not-for-role',
      severity: 'error',
      message: '--cluster on is for webhook: serve never works with a cluster',
      advice: 'Run seccomply webhook --cluster on, or leave --cluster out.',
    });
  needs('tlsCa', 'tlsCert', '--tls-ca names the authority of a certificate of your own.');
  needs('clientNames', 'clientCa', '--client-names is checked on certificates that --client-ca has signed.');
  if (
    config.bodyLimit !== undefined &&
    config.inFlightLimit !== undefined &&
    config.bodyLimit > config.inFlightLimit * 0.875
  )
    problems.push({
      code: 'config-limits',
      severity: 'error',
      message: '--body-limit does not fit into --in-flight-limit (an eighth of which is kept for small bodies)',
      advice: 'Raise --in-flight-limit or lower --body-limit.',
    });
  const { listen, adminListen } = config;
  if (
    listen !== undefined &&
    adminListen !== undefined &&
    listen.port !== 0 &&
    listen.host === adminListen.host &&
    listen.port === adminListen.port
  )
    problems.push({
      code: 'config-same-address',
      severity: 'error',
      message: '--listen and --admin-listen are the same address',
      advice: 'Leave --admin-listen out to answer everything on one address.',
    });
  return problems;
}

/** Known to the tests and tools of this repo, or to the command line, and no settings. */
const otherVariables = new Set([
  'SECCOMPLY_CONFIG',
  'SECCOMPLY_RUNS',
  'SECCOMPLY_REQUIRE_ALL',
  'SECCOMPLY_CACHE',
  'SECCOMPLY_DIST',
  'SECCOMPLY_PROGRAM',
  'SECCOMPLY_SCREENSHOTS',
  'SECCOMPLY_SEED',
  'SECCOMPLY_SHOW',
]);

/**
 * Variables that look like a misspelt setting. Never an error: a Service that is called `seccomply` puts
 * SECCOMPLY_PORT and SECCOMPLY_SERVICE_HOST into every container beside it.
 */
function strangeVariables(environment: ConfigSources['environment']): readonly Problem[] {
  const known = settingNames.map(variable);
  return Object.keys(environment)
    .filter((name) => name.startsWith('SECCOMPLY_') && !known.includes(name) && !otherVariables.has(name))
    .filter((name) => !/_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)/.test(name))
    .map((name) => {
      // Without what all of them begin with, which would make any two of them look alike.
      const meant = didYouMean(bare(name), known.map(bare));
      const near = known.find((each) => bare(each) === meant);
      return {
        code: 'config-unknown-variable',
        severity: 'warning',
        message: `the environment variable ${name} is not a setting, and is not read`,
        ...(near === undefined ? {} : { advice: `Did you mean ${near}?` }),
      };
    });
}

function bare(variableName: string): string {
  return variableName.slice('SECCOMPLY_'.length);
}
