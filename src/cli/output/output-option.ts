import { Option } from 'commander';

/** `-o, --output <format>` with the formats a command has; the first is the default. */
export function outputOption<const Format extends string>(...formats: readonly [Format, ...Format[]]): Option {
  return new Option('-o, --output <format>', 'how to print the result').choices([...formats]).default(formats[0]);
}
