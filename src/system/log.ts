import { type DestinationStream, pino } from 'pino';
import type { Paint } from './terminal/colour.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What the program says about itself, on standard error. Records of admissions are not log lines: they go to the audit log. */
export interface Log {
  debug(message: string, details?: LogDetails): void;
  info(message: string, details?: LogDetails): void;
  warn(message: string, details?: LogDetails): void;
  error(message: string, details?: LogDetails): void;
}

/** Plain values beside the message; `error` is a thrown thing, whose stack goes to the log and nowhere else. */
export type LogDetails = Readonly<Record<string, unknown>> & { readonly error?: unknown };

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  /** Which process it is, e.g. `webhook`; the lines call it `role`. */
  readonly process: string;
  readonly paint: Paint;
  readonly write: (line: string) => void;
}

export function openLog(options: LogOptions): Log {
  const destination: DestinationStream = {
    write: options.format === 'json' ? options.write : (line) => options.write(textLine(line, options.paint)),
  };
  const logger = pino(
    {
      level: options.level,
      base: { role: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  );
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, details: LogDetails = {}): void =>
      logger[level](details, message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** `21:14:03 warning: …`, with the details behind it. */
function textLine(line: string, paint: Paint): string {
  const { level, time, msg, role: _, error, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const word = level === 'error' ? paint('red', 'error: ') : level === 'warn' ? paint('yellow', 'warning: ') : '';
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const tail = details.length === 0 ? '' : paint('gray', `  ${details.join(' ')}`);
  const stack = (error as { stack?: string } | undefined)?.stack;
  return `${paint('gray', clock)} ${word}${String(msg)}${tail}\n${stack === undefined ? '' : `${stack}\n`}`;
}
