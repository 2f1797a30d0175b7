import { hash } from 'node:crypto';
import { canonicalJson } from '../../../../src/core/document/canonical-json.js';
import { beginning, codes, denial, gaps, type Step, seal, segment, start, stop, verified } from './sealed-chain.js';

/** The line with members of its record put in place of others, and the hash that fits them. */
function resealed(
  line: string | undefined,
  change: (body: Record<string, unknown>) => Record<string, unknown>,
): string {
  const { hash: _, ...body } = JSON.parse(line ?? '{}') as Record<string, unknown>;
  const text = canonicalJson(change(body));
  return `{"hash":"${hash('sha256', text)}",${text.slice(1)}`;
}

const changes: readonly (readonly [string, (body: Record<string, unknown>) => Record<string, unknown>])[] = [
  ['its time', (body) => ({ ...body, time: '2031-01-01T00:00:00.000000Z' })],
  ['its version', (body) => ({ ...body, source: { ...(body.source as object), version: '9.9.9' } })],
  ['its id', (body) => ({ ...body, recordId: 'another' })],
  ['a member that is added', (body) => ({ ...body, note: 'written by somebody else' })],
  [
    'a member that is added to the signature',
    (body) => ({ ...body, checkpoint: { ...(body.checkpoint as object), note: 'x' } }),
  ],
  [
    'what it says of itself',
    (body) => ({ ...body, checkpoint: { ...(body.checkpoint as object), recordSha256: 'a'.repeat(64) } }),
  ],
  [
    'what it says of itself taken out, as older versions have it',
    (body) => {
      const { recordSha256: _, ...older } = body.checkpoint as Record<string, unknown>;
      return { ...body, checkpoint: older };
    },
  ],
];

describe('the last checkpoint of a chain', () => {
  const { lines } = seal([...beginning, denial('a'), stop, 'sign']);
  const before = lines.slice(0, -1);

  test('signs its own record', () => {
    expect(verified(lines)).toMatchObject({ ok: true, unproven: 0, gaps: [], instances: [{ signedUpTo: 6 }] });
  });

  test.each(changes)('is found changed by %s', (_, change) => {
    const report = verified([...before, resealed(lines.at(-1), change)]);
    expect(codes(report)).toContain('bad-checkpoint');
    expect(report.instances[0]?.signedUpTo).toBe(3);
  });

  test('is found changed where its members stand in another order, or twice', () => {
    const line = lines.at(-1) ?? '';
    for (const text of [
      line.slice(75).replace('"stream":"audit"', '"note":"","stream":"audit"').replace('"seq"', '"zzz":1,"seq"'),
      line.slice(75).replace('"time":"2026', '"time":"2031","time":"2026'),
    ]) {
      const changed = `{"hash":"${hash('sha256', `{${text}`)}",${text}`;
      expect(codes(verified([...before, changed]))).toContain('malformed');
    }
  });
});

describe('records of older versions', () => {
  const old: readonly Step[] = [segment, start, 'sign-v1', denial('a'), 'sign-v1', denial('b'), stop, 'sign-v1'];

  test('verify, and only the record of their last checkpoint is unproven', () => {
    const { lines } = seal(old);
    expect(verified(lines)).toMatchObject({
      findings: [],
      gaps: [],
      unproven: 1,
      instances: [{ ended: 'stopped', signedUpTo: 7, unproven: { from: 8, to: 8 } }],
    });
    const later = resealed(lines.at(-1), (body) => ({ ...body, time: '2031-01-01T00:00:00.000000Z' }));
    expect(verified([...lines.slice(0, -1), later])).toMatchObject({ findings: [], unproven: 1 });
  });

  test('that are cut are good up to there, with an end that is unproven', () => {
    const report = verified(seal(old.slice(0, 5)).lines);
    expect(report).toMatchObject({ findings: [], unproven: 1, instances: [{ unprovenEnd: { after: 5 } }] });
    expect(gaps(report)).toEqual(['end-unproven']);
  });

  test('cannot be made to look newer', () => {
    const { lines } = seal(old);
    const newer = resealed(lines.at(-1), (body) => ({
      ...body,
      checkpoint: { ...(body.checkpoint as object), recordSha256: 'a'.repeat(64) },
    }));
    expect(codes(verified([...lines.slice(0, -1), newer]))).toContain('bad-checkpoint');
  });
});
