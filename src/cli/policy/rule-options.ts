import { InvalidArgumentError, Option } from 'commander';
import { parseTime } from '../../core/policy/values/parse-time.js';
import type { NodeDefault } from '../../core/profile/runtime-default.js';
import { defaultOf, settings } from '../../processes/settings/settings.js';

/** How policies are read and judged, by the options that all commands for policies share with `serve`. */
export interface RuleOptions {
  readonly profiles?: readonly string[];
  readonly baseline: readonly string[] | 'off';
  readonly longestExemption: number;
  readonly runtimeDefault: NodeDefault;
  /** Milliseconds since 1970; absent: when the command runs. */
  readonly now?: number;
}

export function ruleOptions(): readonly Option[] {
  const { baseline, longestExemption, runtimeDefault } = settings;
  return [
    pathsOption(
      '--profiles <path>',
      'catalogue profiles instead of those that come with the program, may be given again',
    ),
    new Option('--baseline <list|off>', 'what the built-in requirement allows')
      .argParser(reading(baseline.read))
      .default(defaultValue('baseline', baseline.read), defaultOf('baseline', 'serve')),
    new Option('--longest-exemption <span>', 'how far ahead an exemption may end')
      .argParser(reading(longestExemption.read))
      .default(defaultValue('longestExemption', longestExemption.read), defaultOf('longestExemption', 'serve')),
    new Option('--runtime-default <runtime>', 'whose default the nodes have: containerd, crio, or any of them')
      .argParser(reading(runtimeDefault.read))
      .default(defaultValue('runtimeDefault', runtimeDefault.read), defaultOf('runtimeDefault', 'serve')),
    new Option('--now <time>', 'the time to judge exemptions by, as 2027-01-31T00:00:00Z').argParser(time),
  ];
}

/** A path that may be given several times; commas part paths too, as in the variables of `serve`. */
export function pathsOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: readonly string[] | undefined) => {
    const paths = value.split(',').filter((path) => path !== '');
    if (paths.length === 0) throw new InvalidArgumentError('Give a path.');
    return [...(before ?? []), ...paths];
  });
}

function time(value: string): number {
  const parsed = parseTime(value);
  if (!parsed.ok) throw new InvalidArgumentError(`${parsed.message}; ${parsed.advice}.`);
  return parsed.value;
}

type Reader<T> = (
  value: unknown,
) =>
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string; readonly advice?: string };

function reading<T>(read: Reader<T>): (value: string) => T {
  return (value) => {
    const result = read(value);
    if (!result.ok) throw new InvalidArgumentError([`It ${result.reason}.`, result.advice ?? ''].join(' ').trim());
    return result.value;
  };
}

function defaultValue<T>(name: 'baseline' | 'longestExemption' | 'runtimeDefault', read: Reader<T>): T {
  const result = read(defaultOf(name, 'serve'));
  if (!result.ok) throw new Error(`the default of ${name} ${result.reason}`);
  return result.value;
}
