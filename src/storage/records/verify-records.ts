import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { ChainReport } from '../../core/audit/chain/chain-report.js';
import { ChainVerifier } from '../../core/audit/chain/chain-verifier.js';
import type { KeptElsewhere } from '../../core/audit/chain/kept-elsewhere.js';
import { recordIn } from '../../core/audit/chain/read-sealed-line.js';
import { recordStart } from '../../core/audit/chain/sealed-lines.js';
import { LineSplitter, type OnLine, readLines } from '../disk/read-lines.js';
import { endedFile } from './ended-file.js';
import { filesInOrder } from './files-in-order.js';
import { headFile } from './head-file.js';
import { ownerFile, ownerOf } from './instance-lock.js';
import { isInstanceName, type RecordFiles } from './segments.js';
import { readSmallFile } from './small-file.js';

const growthWait = 100;
/** More than a write that failed can leave behind a segment. */
const mostLeftOver = 32 * 1024 * 1024;

interface VerifyRecordsOptions {
  /** What was kept elsewhere. */
  readonly kept?: KeptElsewhere;
  /** Skip lines that are no audit records: the log of a container carries other lines too. */
  readonly mixed?: boolean;
}

/** Checks the chains in files of records. */
export async function verifyRecordFiles(
  { files, complete, folders, odd }: RecordFiles,
  options: VerifyRecordsOptions = {},
): Promise<ChainReport> {
  const { kept } = options;
  const verifier = new ChainVerifier({ complete, ...(kept === undefined ? {} : { kept }) });
  for (const { path: file, code, message } of odd) verifier.addFinding({ code, message, file });
  const listed = new Set(folders.map(({ instance }) => instance));
  for (const folder of folders) await addFolder(folder, listed, verifier);
  for (const { path, folderOf, counted } of await filesInOrder(files)) {
    verifier.beginFile(path, folderOf);
    // A file that is being written may end inside a line for a moment: then what was read is not the end of it yet.
    const limit = counted ?? (await settledSize(path));
    if (counted !== undefined && counted > 0 && (await lstat(path)).size === 0)
      verifier.addFinding({
        code: 'missing',
        message: `the file is empty, and the next segment says that it has ${counted} bytes`,
        file: path,
      });
    const { rest, restLength, beyond } = await readLines(path, lineReader(verifier, options), { limit });
    if (restLength > 0) verifier.torn(rest, restLength);
    else if (counted !== undefined && beyond > 0)
      verifier.leftOut(path, await bytesBehind(path, counted, beyond), beyond);
  }
  for (const folder of folders) await sayIfRunning(folder, verifier);
  return verifier.finish();
}

/** Checks the chains in a stream of lines, over any number of instances. */
export async function verifyRecordStream(
  stream: Readable,
  name: string,
  options: VerifyRecordsOptions = {},
): Promise<ChainReport> {
  const { kept } = options;
  const verifier = new ChainVerifier({ complete: false, ...(kept === undefined ? {} : { kept }) });
  verifier.beginFile(name);
  const splitter = new LineSplitter(lineReader(verifier, options));
  for await (const chunk of stream) splitter.push(Buffer.from(chunk as Buffer));
  if (splitter.restLength > 0) verifier.torn(splitter.rest, splitter.restLength);
  return verifier.finish();
}

type Folder = RecordFiles['folders'][number];

/** Hands over what lies beside the segments of an instance. */
async function addFolder(
  folder: Folder,
  listed: ReadonlySet<string | undefined>,
  verifier: ChainVerifier,
): Promise<void> {
  const { path, head, recorder } = folder;
  await sayIfRunning(folder, verifier);
  const instance = folder.instance ?? (typeof head === 'string' ? undefined : head.instance);
  if (instance === undefined) return;
  verifier.addHead({ file: join(path, headFile), instance, head });
  if (recorder === 'missing') return;
  const file = join(path, endedFile);
  // One that is there now and was not listed has started since.
  if (recorder === 'unreadable' || !isInstanceName(recorder.recordedBy))
    verifier.addFinding({
      code: 'ended-differently',
      message: 'the file cannot be read as word of who found the end of the instance: somebody changed it',
      file,
      instance,
    });
  else if (listed.has(recorder.recordedBy) || !(await isFolder(join(path, '..', recorder.recordedBy))))
    verifier.addEndedFile({ file, instance, recordedBy: recorder.recordedBy });
}

/** Before and after its segments are read: it may start or stop meanwhile. */
async function sayIfRunning({ path, instance }: Folder, verifier: ChainVerifier): Promise<void> {
  if (instance === undefined || typeof (await readSmallFile(join(path, ownerFile))) === 'string') return;
  if ((await ownerOf(path)) === 'alive') verifier.isRunning(instance);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** What stands behind the part of a segment that counts; undefined where it is too much to be left by a write. */
async function bytesBehind(file: string, from: number, length: number): Promise<Buffer | undefined> {
  if (length > mostLeftOver) return undefined;
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The size of a file at a moment when it ends with a line; as it is, when it stays unfinished. */
async function settledSize(file: string): Promise<number> {
  const handle = await open(file, 'r');
  try {
    for (let before = -1; ; await setTimeout(growthWait)) {
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      if (size === 0 || size === before || buffer[0] === 0x0a) return size;
      before = size;
    }
  } finally {
    await handle.close();
  }
}

function lineReader(verifier: ChainVerifier, { mixed = false }: VerifyRecordsOptions): OnLine {
  if (!mixed) return (line) => verifier.line(line);
  return (line) => {
    if (isRecord(line)) verifier.line(recordIn(line));
    else verifier.skip();
  };
}

/** Whether a line of a log that carries others is a record, or was one: its mark may be what somebody changed. */
function isRecord(line: Buffer): boolean {
  return line.includes('"stream":"audit"') || (line.includes(recordStart) && line.includes('"prevHash"'));
}
