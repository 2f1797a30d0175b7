import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { packageRoot } from '../system/package-root.js';
import { makeFolder } from './make-folder.js';

export interface DemoFile {
  /** Its name in the set. */
  readonly name: string;
  /** Where the package has it. */
  readonly source: string;
  readonly text: string;
}

/** How far ahead the demo's exemption ends, in ms. */
const AHEAD = 30 * 86_400_000;
const EXPIRES = /^( *expires: *)(\S+)/gm;

/**
 * The policies of the demo set, with its exemption ending 30 days after `now` (ms since 1970), at midnight UTC. Lines stay
 * where they are, so a place in the text is one in the package's file, too.
 */
export async function demoFiles(now: number): Promise<readonly DemoFile[]> {
  const folder = join(packageRoot(), 'policies', 'demo');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml')).sort();
  return Promise.all(
    names.map(async (name) => {
      const source = join(folder, name);
      return { name, source, text: withDate(await readFile(source, 'utf8'), now) };
    }),
  );
}

/**
 * Copies the demo set into `targetFolder` (made when missing), its exemption moved to 30 days ahead. A file there that
 * somebody has edited stays as it is; one that differs in the date alone is written anew. Returns the files' paths.
 */
export async function demoSet(targetFolder: string, now: number): Promise<readonly string[]> {
  await makeFolder(targetFolder);
  const files = await demoFiles(now);
  const paths: string[] = [];
  for (const { name, text } of files) {
    const path = join(targetFolder, basename(name));
    paths.push(path);
    const there = await readFile(path, 'utf8').catch(() => undefined);
    if (there === text || (there !== undefined && withDate(there, now) !== text)) continue;
    const draft = join(targetFolder, `.${name}.${process.pid}`);
    await writeFile(draft, text);
    await rename(draft, path);
  }
  return paths;
}

function withDate(text: string, now: number): string {
  const midnight = Math.floor((now + AHEAD) / 86_400_000) * 86_400_000;
  return text.replace(EXPIRES, (_, key: string) => `${key}${new Date(midnight).toISOString().replace('.000Z', 'Z')}`);
}
