import type { AuditRecord } from '../record.js';

type MemberType = 'string' | 'number' | ((value: unknown) => boolean);
type Shape = Readonly<Record<string, MemberType>>;

const checkpointShape: Shape = {
  lastSeq: 'number',
  lastHash: 'string',
  publicKey: 'string',
  recordSha256: orAbsent((value) => typeof value === 'string'),
  signature: 'string',
};
const tornShape: Shape = { file: 'string', bytes: 'number', sha256: 'string' };
const headShape: Shape = { lastSeq: 'number', lastHash: 'string' };
const previousShape: Shape = { number: 'number', lastSeq: 'number', lastHash: 'string', bytes: 'number' };

/** What the records that the proof is made of hold, each in a member of its own. */
const shapes = new Map<string, readonly [part: string, shape: Shape]>([
  ['segment', ['segment', { number: 'number', previous: (value) => value === null || hasShape(value, previousShape) }]],
  ['start', ['start', { publicKey: 'string' }]],
  ['stop', ['stop', {}]],
  ['checkpoint', ['checkpoint', checkpointShape]],
  [
    'instance-ended',
    [
      'ended',
      {
        endedInstance: 'string',
        how: (value) => value === 'stopped' || value === 'crashed',
        lastSeq: 'number',
        lastHash: 'string',
        torn: orAbsent((value) => hasShape(value, tornShape)),
        head: orAbsent((value) => value === 'missing' || value === 'unreadable' || hasShape(value, headShape)),
      },
    ],
  ],
  ['store', ['store', { state: 'string', message: 'string' }]],
]);

/** Whether the proof reads what records of this type hold. */
export function isPartOfProof(recordType: string): boolean {
  return shapes.has(recordType);
}

/** Whether a record holds what its type says; anybody can make an intact one that does not. */
export function hasItsPart(record: AuditRecord): boolean {
  const known = shapes.get(record.recordType);
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
  return Object.entries(shape).every(([name, type]) =>
    typeof type === 'function' ? type(members[name]) : typeof members[name] === type,
  );
}

function orAbsent(holds: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || holds(value);
}
