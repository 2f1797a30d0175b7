import { errnoOf } from '../errno.js';
import { type Paint, painter, wantsColour } from './output-colour.js';

/** Colours for standard output. */
export function stdoutPaint(): Paint {
  return painter(wantsColour(process.stdout));
}

/** Colours for standard error. */
export function stderrPaint(): Paint {
  return painter(wantsColour(process.stderr));
}

let guarded = false;

/** Writes to standard output and waits until it is taken; a reader that went away, as `| head` does, ends the program quietly. */
export async function writeOut(text: string): Promise<void> {
  if (!guarded)
    process.stdout.on('error', (error) => {
      if (errnoOf(error) === 'EPIPE') process.exit();
      throw error;
    });
  guarded = true;
  if (text !== '') await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
}
