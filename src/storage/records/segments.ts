import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { headFile } from './head-file.js';

const instancePattern = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
const segmentPattern = /^\d{6}\.jsonl$/;

/** `20261124T095722Z-1f3a9c2b`: sorts by its start, differs for processes that start together. */
export function instanceName(milliseconds: number, random: Uint8Array): string {
  const time = new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${Buffer.from(random.subarray(0, 4)).toString('hex')}`;
}

export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`;
}

/** Names of the instance folders in a folder of records, oldest first. */
export async function instancesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && instancePattern.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** Names of the files of one instance, in their order. */
export async function segmentsIn(instanceFolder: string): Promise<readonly string[]> {
  return (await readdir(instanceFolder)).filter((name) => segmentPattern.test(name)).sort();
}

export interface RecordFiles {
  readonly files: readonly string[];
  /** Whether a whole folder of records was named: then no chain may lack its beginning. */
  readonly complete: boolean;
  /** Of each instance whose files are all here, the file that has its last checkpoint; it may be missing. */
  readonly heads: readonly string[];
}

/**
 * The files that a path given by a person means: a file; the folder of one instance; the folder of records, or the data folder
 * around it.
 * @throws what the file system throws when there is nothing of that name
 */
export async function recordFilesAt(path: string): Promise<RecordFiles> {
  if (!(await stat(path)).isDirectory()) return { files: [path], complete: false, heads: [] };
  const own = await segmentsIn(path);
  if (own.length > 0)
    return { files: own.map((name) => join(path, name)), complete: false, heads: [join(path, headFile)] };
  const files: string[] = [];
  const heads: string[] = [];
  for (const folder of [path, join(path, 'audit')]) {
    for (const instance of await instancesIn(folder).catch(() => [])) {
      const inside = join(folder, instance);
      files.push(...(await segmentsIn(inside)).map((name) => join(inside, name)));
      heads.push(join(inside, headFile));
    }
  }
  return { files, complete: true, heads };
}

/**
 * How many bytes of each file count, for those whose next segment says so: what a failed write left behind them does not.
 */
export async function countedBytes(files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counted = new Map<string, number>();
  for (const file of files) {
    const first = await firstLine(file);
    if (first === undefined) continue;
    const previous = previousOf(first);
    if (previous !== undefined) counted.set(join(dirname(file), segmentName(previous.number)), previous.bytes);
  }
  return counted;
}

function previousOf(line: string): { readonly number: number; readonly bytes: number } | undefined {
  try {
    const record = JSON.parse(line) as {
      readonly segment?: { readonly previous?: { readonly number?: unknown; readonly bytes?: unknown } | null };
    };
    const { number, bytes } = record.segment?.previous ?? {};
    return typeof number === 'number' && typeof bytes === 'number' ? { number, bytes } : undefined;
  } catch {
    return undefined;
  }
}

async function firstLine(file: string): Promise<string | undefined> {
  if (!segmentPattern.test(basename(file))) return undefined;
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(8 * 1024);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
    return end < 0 ? undefined : buffer.toString('utf8', 0, end);
  } finally {
    await handle.close();
  }
}
