import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { ChainReport } from '../../core/audit/chain/chain-report.js';
import { ChainVerifier } from '../../core/audit/chain/chain-verifier.js';
import { KeptElsewhere } from '../../core/audit/chain/kept-elsewhere.js';
import { recordIn } from '../../core/audit/chain/read-sealed-line.js';
import { LineSplitter, type OnLine, readLines } from '../disk/read-lines.js';
import { readHead } from './head-file.js';
import { countedBytes, type RecordFiles } from './segments.js';

const growthWait = 100;

interface VerifyRecordsOptions {
  /** What was kept elsewhere; what the heads of instances say is added to it. */
  readonly kept?: KeptElsewhere;
  /** Skip lines that are no audit records: the log of a container carries other lines too. */
  readonly mixed?: boolean;
}

/** Checks the chains in files of records. */
export async function verifyRecordFiles(
  { files, complete, heads }: RecordFiles,
  options: VerifyRecordsOptions = {},
): Promise<ChainReport> {
  const { kept = new KeptElsewhere() } = options;
  // Before the segments, which a process that runs goes on writing.
  for (const file of heads) {
    const head = await readHead(file);
    if (head !== undefined) kept.addCheckpoint(head.instance, head.checkpoint);
  }
  const verifier = new ChainVerifier({ complete, kept });
  const counted = await countedBytes(files);
  for (const file of files) {
    const limit = counted.get(file);
    verifier.beginFile(file);
    // A file that is being written may end inside a line for a moment: then what was read is not the end of it yet.
    const settled = limit ?? (await settledSize(file));
    const { rest, restLength, beyond } = await readLines(file, lineReader(verifier, options), { limit: settled });
    if (restLength > 0) verifier.torn(rest, restLength);
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
  const { kept } = options;
  const verifier = new ChainVerifier({ complete: false, ...(kept === undefined ? {} : { kept }) });
  verifier.beginFile(name);
  const splitter = new LineSplitter(lineReader(verifier, options));
  for await (const chunk of stream) splitter.push(Buffer.from(chunk as Buffer));
  if (splitter.restLength > 0) verifier.torn(splitter.rest, splitter.restLength);
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

function lineReader(verifier: ChainVerifier, { mixed = false }: VerifyRecordsOptions): OnLine {
  if (!mixed) return (line) => verifier.line(line);
  return (line) => {
    if (line.includes('"stream":"audit"')) verifier.line(recordIn(line));
    else verifier.skip();
  };
}
