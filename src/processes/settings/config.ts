import type { Place, Problem } from '../../core/problem/problem.js';
import { ProblemsError } from '../../core/problem/user-error.js';
import { didYouMean } from '../../core/text/did-you-mean.js';
import { listed } from '../../core/text/words.js';
import type { ConfigFile } from './config-file.js';
import { type Environment, isGiven } from './environment.js';
import {
  defaultOf,
  isTakenBy,
  kebab,
  type ProcessName,
  processNames,
  type Setting,
  type SettingName,
  settingNames,
  settings,
  variable,
} from './settings.js';
import type { Reader } from './value.js';

type Settings = typeof settings;
type ValueOf<S> = S extends { readonly read: Reader<infer T> } ? T : never;
type TakenBy<P extends ProcessName> = {
  [N in SettingName]: P extends Settings[N]['processes'][number] ? N : never;
}[SettingName];
type WithDefault<P extends ProcessName> = {
  [N in TakenBy<P>]: Settings[N] extends { readonly default: infer D }
    ? P extends (D extends string ? P : keyof D)
      ? N
      : never
    : never;
}[TakenBy<P>];
type Values<N extends SettingName> = { readonly [K in N]: ValueOf<Settings[K]> };

/** Every setting that a process takes, read and checked. What has no default and was not given is absent. */
export type Config<P extends ProcessName> = { readonly process: P } & Values<WithDefault<P>> &
  Partial<Values<Exclude<TakenBy<P>, WithDefault<P>>>>;

/** What the two that answer admission calls take. */
export type AdmissionConfig = Config<'serve' | 'webhook'>;

export type Flags = { readonly [N in SettingName]?: string | readonly string[] | true };

export interface ConfigSources {
  readonly flags: Flags;
  readonly environment: Environment;
  readonly file?: ConfigFile;
}

/** The settings cannot be used; `problems` says why, one by one. */
export class ConfigError extends ProblemsError {
  override readonly name = 'ConfigError';
  readonly code = 'config-refused';
}

/**
 * The settings of a process: a flag before a variable, a variable before the file, the file before the default.
 * @throws ConfigError with every problem at once, each with its place and a way out
 */
export function configOf<P extends ProcessName>(
  process: P,
  sources: ConfigSources,
): { readonly config: Config<P>; readonly notes: readonly Problem[] } {
  const problems: Problem[] = [...(sources.file?.problems ?? []), ...keysOfOthers(process, sources.file)];
  const values: Record<string, unknown> = { process };
  for (const name of settingNames) {
    const given = isTakenBy(name, process) ? givenFor(name, process, sources) : undefined;
    if (given === undefined) continue;
    const { read }: Setting<unknown> = settings[name];
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
  problems.push(...contradictions(values as Partial<AdmissionConfig>));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: values as unknown as Config<P>, notes: strangeVariables(process, sources.environment) };
}

/** Refused, as their flags are: a setting that has no effect would go unnoticed, and it may be one that protects. */
function keysOfOthers(process: ProcessName, file: ConfigFile | undefined): readonly Problem[] {
  return [...(file?.values ?? [])]
    .filter(([name]) => !isTakenBy(name, process))
    .map(([name, { place }]) => ({
      code: 'config-not-for-role',
      severity: 'error',
      message: `${kebab(name)} is a setting of ${takersOf(name)}: ${process} does not take it`,
      advice: 'Leave it out here, and give each process a file of its own.',
      place,
    }));
}

function takersOf(name: SettingName): string {
  return listed(processNames.filter((one) => isTakenBy(name, one)));
}

interface Given {
  readonly value: unknown;
  /** How the person calls it: `--listen`, `SECCOMPLY_LISTEN`, `listen`. */
  readonly from: string;
  readonly place?: Place;
}

function givenFor(
  name: SettingName,
  process: ProcessName,
  { flags, environment, file }: ConfigSources,
): Given | undefined {
  const flag = flags[name];
  if (flag !== undefined) return { value: flag, from: `--${kebab(name)}` };
  const inEnvironment = environment[variable(name)];
  if (isGiven(inEnvironment)) return { value: inEnvironment, from: variable(name) };
  const inFile = file?.values.get(name);
  if (inFile !== undefined) return { value: inFile.value, from: kebab(name), place: inFile.place };
  const fallback = defaultOf(name, process);
  return fallback === undefined ? undefined : { value: fallback, from: `the default of --${kebab(name)}` };
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return typeof value === 'object' ? short : `"${short}"`;
}

function contradictions(config: Partial<AdmissionConfig>): readonly Problem[] {
  const problems: Problem[] = [];
  const needs = (one: keyof AdmissionConfig, other: keyof AdmissionConfig, why: string): void => {
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
  if (config.process === 'serve' && config.cluster === 'on')
    problems.push({
      code: 'config-not-for-role',
      severity: 'error',
      message: '--cluster on is for webhook: serve never works with a cluster',
      advice: 'Run seccomply webhook --cluster on, or leave --cluster out.',
    });
  needs('tlsCa', 'tlsCert', '--tls-ca names the authority of a certificate of your own.');
  needs('clientNames', 'clientCa', '--client-names is checked on certificates that --client-ca has signed.');
  needs('clientCertificates', 'clientCa', 'Name the authority that has signed the certificates.');
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
 * Variables that look like a misspelt setting, or are one of another process. Never an error: a Service that is called `seccomply` puts
 * SECCOMPLY_PORT and SECCOMPLY_SERVICE_HOST into every container beside it, and several processes may be given the same variables.
 */
function strangeVariables(process: ProcessName, environment: Environment): readonly Problem[] {
  const names = settingNames.filter((name) => isTakenBy(name, process));
  const known = names.map(variable);
  const ofOthers = new Map(settingNames.map((name) => [variable(name), name] as const));
  return Object.keys(environment)
    .filter((name) => name.startsWith('SECCOMPLY_') && !known.includes(name) && !otherVariables.has(name))
    .filter((name) => !/_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)/.test(name))
    .map((name) => {
      const other = ofOthers.get(name);
      if (other !== undefined)
        return {
          code: 'config-not-for-role',
          severity: 'info',
          message: `the environment variable ${name} is a setting of ${takersOf(other)}, and is not read`,
        };
      // Without what nearly all of them begin with, which would make any two of them look alike.
      const meant = didYouMean(withoutPrefix(name), names.map(upperSnake));
      const near = known[names.findIndex((each) => upperSnake(each) === meant)];
      return {
        code: 'config-unknown-variable',
        severity: 'warning',
        message: `the environment variable ${name} is not a setting, and is not read`,
        ...(near === undefined ? {} : { advice: `Did you mean ${near}?` }),
      };
    });
}

function withoutPrefix(variableName: string): string {
  return variableName.slice('SECCOMPLY_'.length);
}

/** `tlsCert` → `TLS_CERT`. */
function upperSnake(name: SettingName): string {
  return kebab(name).replaceAll('-', '_').toUpperCase();
}
