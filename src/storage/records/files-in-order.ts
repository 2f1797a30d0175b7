import { open, realpath } from 'node:fs/promises';
import { hasItsPart } from '../../core/audit/chain/proof-parts.js';
import { readIntactRecord } from '../../core/audit/intact-record.js';
import type { AuditRecord } from '../../core/audit/record.js';
import { instanceOfFolder, segmentNumber } from './segments.js';

/** The first record of a segment is far smaller. */
const firstLineBytes = 16 * 1024;

interface RecordFile {
  readonly path: string;
  /** The instance whose folder it lies in, where the folder says so. */
  readonly folderOf: string | undefined;
  /** How many of its bytes count, where the next segment says so: what a failed write left behind them does not. */
  readonly counted: number | undefined;
}

interface Placed {
  readonly path: string;
  readonly folderOf: string | undefined;
  readonly instance: string;
  readonly number: number | undefined;
  readonly first: AuditRecord | undefined;
}

/** Files of records in the order in which their chains go through them, however they were named; each once. */
export async function filesInOrder(paths: readonly string[]): Promise<readonly RecordFile[]> {
  const known = new Set<string>();
  const placed: Placed[] = [];
  for (const path of paths) {
    const real = await realpath(path);
    if (known.has(real)) continue;
    known.add(real);
    placed.push(await placeOf(path));
  }
  const counted = countedBytes(placed);
  return placed
    .sort((one, other) => compare(one.instance, other.instance) || (one.number ?? 0) - (other.number ?? 0))
    .map((file) => ({
      path: file.path,
      folderOf: file.folderOf,
      counted: file.number === undefined ? undefined : counted.get(`${file.instance}/${file.number}`),
    }));
}

async function placeOf(path: string): Promise<Placed> {
  const folderOf = instanceOfFolder(path);
  const number = segmentNumber(path);
  const first = number === undefined ? undefined : await firstRecord(path);
  // Files of other names, as a collector gives them, stay in the order in which they were named.
  return { path, folderOf, number, first, instance: folderOf ?? first?.source.instance ?? '' };
}

function countedBytes(files: readonly Placed[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const { first, instance, number } of files) {
    if (first?.recordType !== 'segment' || !hasItsPart(first) || first.source.instance !== instance) continue;
    const { previous } = first.segment;
    if (previous !== null && number !== undefined && previous.number < number)
      counted.set(`${instance}/${previous.number}`, previous.bytes);
  }
  return counted;
}

async function firstRecord(file: string): Promise<AuditRecord | undefined> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(firstLineBytes);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
    return end < 0 ? undefined : readIntactRecord(buffer.subarray(0, end));
  } finally {
    await handle.close();
  }
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
