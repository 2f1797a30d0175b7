import { environment } from '../../processes/settings/environment.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { type Paint, painter, wantsColour } from '../../system/terminal/colour.js';
import { EXIT } from './exit.js';

/** Colours for standard output. */
export function stdoutPaint(): Paint {
  return painter(wantsColour(process.stdout, environment));
}

/** Colours for standard error. */
export function stderrPaint(): Paint {
  return painter(wantsColour(process.stderr, environment));
}

/** What shells report of a program that SIGPIPE ended, which is what this comes to: what was left unsaid may have been a finding. */
const READER_LEFT = 128 + 13;

/** For `error` of standard output: a command ends quietly when its reader went away, as `| head` does, and else says why. */
export function endWithOutput(error: unknown): never {
  if (errnoOf(error) === 'EPIPE') process.exit(READER_LEFT);
  process.stderr.write(`seccomply: standard output cannot be written: ${fileTrouble(error)}\n`);
  process.exit(EXIT.usage);
}

/** For servers: calls are answered, and records kept on disk, whether or not anybody takes what is printed. */
export function outliveOutput(): void {
  process.stdout.off('error', endWithOutput).on('error', () => undefined);
}

/** Writes to standard output and waits until it is taken. */
export async function writeOut(text: string): Promise<void> {
  if (text !== '') await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
}
