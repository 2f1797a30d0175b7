import type { ChainState } from './chain-state.js';
import { readSealedLine } from './read-sealed-line.js';
import { recordStart } from './sealed-lines.js';

const lineEnd = 0x0a;

/** Whether bytes are what a write that failed can leave behind a chain: records that go on with it, then an unfinished one or NUL bytes. */
export function isLeftByWrite(bytes: Buffer, { instance, seq, hash }: ChainState): boolean {
  let next = seq + 1;
  let prevHash = hash;
  let from = 0;
  for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, from)) {
    const line = readSealedLine(Buffer.from(bytes.subarray(from, end)));
    if (line === undefined || line.actual !== line.claimed || line.instance !== instance) return false;
    if (line.seq !== next || line.prevHash !== prevHash) return false;
    next += 1;
    prevHash = line.actual;
    from = end + 1;
  }
  return isUnfinished(bytes.subarray(from));
}

/** Whether it is the beginning of a record, with or without the NUL bytes of what did not reach the disk, or these alone. */
function isUnfinished(rest: Buffer): boolean {
  const nul = rest.indexOf(0);
  const begun = nul < 0 ? rest : rest.subarray(0, nul);
  if (nul >= 0 && rest.subarray(nul).some((byte) => byte !== 0)) return false;
  const start = Buffer.from(recordStart);
  const compared = Math.min(begun.length, start.length);
  return begun.subarray(0, compared).equals(start.subarray(0, compared));
}
