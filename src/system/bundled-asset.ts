import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A file that the build puts beside the program (a thread's code, the page's style). Undefined where there is none: the program
 * runs from its sources.
 */
export function bundledAsset(name: string): string | undefined {
  // Chunks of the bundle are one folder below its entries.
  const here = dirname(fileURLToPath(import.meta.url));
  return [join(here, name), join(here, '..', name)].find((file) => existsSync(file));
}
