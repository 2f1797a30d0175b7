import type { AuditRecord } from '../record.js';

type Shape = Readonly<Record<string, 'string' | 'number'>>;

const checkpointShape: Shape = { lastSeq: 'number', lastHash: 'string', publicKey: 'string', signature: 'string' };

/** What the records that the proof is made of hold, each in a member of its own. */
const shapes: Readonly<Record<string, readonly [part: string, shape: Shape]>> = {
  start: ['start', { publicKey: 'string' }],
  checkpoint: ['checkpoint', checkpointShape],
  'instance-ended': ['ended', { endedInstance: 'string', how: 'string', lastSeq: 'number', lastHash: 'string' }],
  store: ['store', { state: 'string', message: 'string' }],
};

/** Whether a record holds what its type says; anybody can make an intact one that does not. */
export function hasItsPart(record: AuditRecord): boolean {
  const known = shapes[record.recordType];
  if (known === undefined) return true;
  const [part, shape] = known;
  return hasShape((record as unknown as Readonly<Record<string, unknown>>)[part], shape);
}

export function isCheckpoint(value: unknown): boolean {
  return hasShape(value, checkpointShape);
}

function hasShape(value: unknown, shape: Shape): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([name, type]) => typeof members[name] === type);
}
