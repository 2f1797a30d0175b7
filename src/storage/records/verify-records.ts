import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { ChainReport } from '../../core/audit/chain/chain-report.js';
import { ChainVerifier } from '../../core/audit/chain/chain-verifier.js';
import type { OutsideCheckpoint } from '../../core/audit/chain/outside-checkpoints.js';
import { LineSplitter, readLines } from '../disk/read-lines.js';
import { countedBytes, type RecordFiles } from './segments.js';

const growthWait = 100;

interface VerifyRecordsOptions {
  readonly outside?: readonly OutsideCheckpoint[];
  /** Skip lines that are no audit records: the log of a container carries other lines too. */
  readonly mixed?: boolean;
}

/** Checks the chains in files of records. */
export async function verifyRecordFiles(
  { files, complete }: RecordFiles,
  options: VerifyRecordsOptions = {},
): Promise<ChainReport> {
  const verifier = new ChainVerifier({ complete, outside: options.outside ?? [] });
  const counted = await countedBytes(files);
  for (const file of files) {
    const limit = counted.get(file);
    verifier.beginFile(file);
    // A file that is being written may end inside a line for a moment: then what was read is not the end of it yet.
    const settled = limit ?? (await settledSize(file));
    const { rest, beyond } = await readLines(file, lineReader(verifier, options), settled);
    if (rest.length > 0) verifier.torn(rest.length);
    else if (limit !== undefined && beyond > 0) verifier.leftOut(file, beyond);
  }
  return verifier.finish();
}

/** Checks the chains in a stream of lines, over any number of instances. */
export async function verifyRecordStream(
  stream: Readable,
  name: string,
  options: VerifyRecordsOptions = {},
): Promise<ChainReport> {
  const verifier = new ChainVerifier({ complete: false, outside: options.outside ?? [] });
  verifier.beginFile(name);
  const splitter = new LineSplitter(lineReader(verifier, options));
  for await (const chunk of stream) splitter.push(Buffer.from(chunk as Buffer));
  if (splitter.rest.length > 0) verifier.torn(splitter.rest.length);
  return verifier.finish();
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

function lineReader(verifier: ChainVerifier, { mixed = false }: VerifyRecordsOptions): (line: Buffer) => void {
  if (!mixed) return (line) => verifier.line(line);
  return (line) => {
    if (line.includes('"stream":"audit"')) verifier.line(line);
    else verifier.skip();
  };
}
