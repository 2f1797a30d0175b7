import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../../system/errno.js';
import { endedFile, readRecorder } from './ended-file.js';
import { headFile, readHead } from './head-file.js';

const instancePattern = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
const segmentPattern = /^(\d{6})\.jsonl$/;

/** `20261124T095722Z-1f3a9c2b`: sorts by its start, differs for processes that start together. */
export function instanceName(milliseconds: number, random: Uint8Array): string {
  const time = new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${Buffer.from(random.subarray(0, 4)).toString('hex')}`;
}

/** Whether a name is one that `instanceName` makes. */
export function isInstanceName(name: string): boolean {
  return instancePattern.test(name);
}

export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`;
}

/** The number of a segment by the name of its file; undefined for other files. */
export function segmentNumber(file: string): number | undefined {
  const [, digits] = segmentPattern.exec(basename(file)) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The instance that the folder of a file is named after, if it is. */
export function instanceOfFolder(file: string): string | undefined {
  const name = basename(dirname(file));
  return instancePattern.test(name) ? name : undefined;
}

/** Names of the instance folders in a folder of records, oldest first. */
export async function instancesIn(folder: string): Promise<readonly string[]> {
  return (await instancesAndOthersIn(folder)).right;
}

interface RightAndOther {
  readonly right: readonly string[];
  /** What has such a name and is something else. */
  readonly other: readonly string[];
}

async function instancesAndOthersIn(folder: string): Promise<RightAndOther> {
  return named(folder, instancePattern, 'isDirectory');
}

/** Names of the files of one instance, in their order. Only regular files are right: others have no records, and may keep whoever opens them waiting. */
export async function segmentsAndOthersIn(instanceFolder: string): Promise<RightAndOther> {
  return named(instanceFolder, segmentPattern, 'isFile');
}

async function named(folder: string, pattern: RegExp, is: 'isDirectory' | 'isFile'): Promise<RightAndOther> {
  const right: string[] = [];
  const other: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (pattern.test(entry.name)) (entry[is]() ? right : other).push(entry.name);
  return { right: right.sort(), other: other.sort() };
}

/** The folder of an instance, and what lies in it beside the segments. */
interface InstanceFolder {
  readonly path: string;
  /** By its name; undefined for a copy with another one. */
  readonly instance: string | undefined;
  readonly head: Awaited<ReturnType<typeof readHead>>;
  readonly recorder: Awaited<ReturnType<typeof readRecorder>>;
}

/** Something that was found in place of records, or beside them. */
interface OddEntry {
  readonly path: string;
  readonly code: 'not-a-file' | 'misplaced' | 'chain-missing';
  readonly message: string;
}

export interface RecordFiles {
  readonly files: readonly string[];
  /** Whether a whole folder of records was named: then no chain may be missing. */
  readonly complete: boolean;
  /** Of each instance whose folder is here. What is read of them is older than the list of files. */
  readonly folders: readonly InstanceFolder[];
  readonly odd: readonly OddEntry[];
}

/**
 * The files that a path given by a person means: a file; the folder of one instance; the folder of records, or the data folder
 * around it.
 * @throws what the file system throws when there is nothing of that name
 */
export async function recordFilesAt(path: string): Promise<RecordFiles> {
  const status = await stat(path);
  if (status.isFile()) return { files: [path], complete: false, folders: [], odd: [] };
  if (!status.isDirectory())
    return { files: [], complete: false, folders: [], odd: [notAFile(path, 'a file or a folder')] };
  const around = await atFolder(path);
  const audit = await atFolder(join(path, 'audit')).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  const whole = [around, ...(audit === undefined ? [] : [audit])];
  const isOneInstance = around.own.length > 0 && whole.every(({ folders }) => folders.length === 0);
  const misplaced = isOneInstance
    ? []
    : whole.flatMap(({ own }) =>
        own.map(
          (file): OddEntry => ({
            path: file,
            code: 'misplaced',
            message:
              'a file of records lies beside the folders of instances, and not in one of them: somebody put it there',
          }),
        ),
      );
  const own = isOneInstance ? [await folderAt(await realpath(path), path)] : [];
  return {
    files: whole.flatMap(({ own, files }) => [...own, ...files]),
    complete: !isOneInstance,
    folders: [...own, ...whole.flatMap(({ folders }) => folders)],
    odd: [...whole.flatMap(({ odd }) => odd), ...misplaced],
  };
}

interface FoundIn {
  /** Segments of the folder itself. */
  readonly own: readonly string[];
  readonly files: readonly string[];
  readonly folders: readonly InstanceFolder[];
  readonly odd: readonly OddEntry[];
}

async function atFolder(folder: string): Promise<FoundIn> {
  const instances = await instancesAndOthersIn(folder);
  const files: string[] = [];
  const folders: InstanceFolder[] = [];
  const odd = instances.other.map((name) => notAFile(join(folder, name), 'a folder'));
  for (const instance of instances.right) {
    const path = join(folder, instance);
    // Before the list of its segments, which a process that runs makes longer.
    folders.push(await folderAt(path, path));
    const segments = await segmentsAndOthersIn(path);
    files.push(...segments.right.map((name) => join(path, name)));
    odd.push(...segments.other.map((name) => notAFile(join(path, name), 'a file')));
  }
  const own = await segmentsAndOthersIn(folder);
  return {
    own: own.right.map((name) => join(folder, name)),
    files,
    folders,
    odd: [...odd, ...own.other.map((name) => notAFile(join(folder, name), 'a file'))],
  };
}

async function folderAt(named: string, path: string): Promise<InstanceFolder> {
  return {
    path,
    instance: instanceOfFolder(join(named, headFile)),
    head: await readHead(join(path, headFile)),
    recorder: await readRecorder(join(path, endedFile)),
  };
}

function notAFile(path: string, wanted: string): OddEntry {
  return {
    path,
    code: 'not-a-file',
    message: `${wanted} is wanted here, and this is something else: nothing of it was read`,
  };
}
