import fc from 'fast-check';
import type { ChainReport } from '../../../../src/core/audit/chain/chain-report.js';
import { ChainVerifier } from '../../../../src/core/audit/chain/chain-verifier.js';
import { checkpointOf } from '../../../../src/core/audit/chain/checkpoint.js';
import { KeptElsewhere } from '../../../../src/core/audit/chain/kept-elsewhere.js';
import { firstPrevHash, SealedLines } from '../../../../src/core/audit/chain/sealed-lines.js';
import type { AuditEntry } from '../../../../src/core/audit/record.js';
import { runs } from '../../../support/require.js';
import {
  beginning,
  denial,
  instance,
  later,
  newSigner,
  type Step,
  seal,
  sealInput,
  segment,
  signer,
  start,
  stop,
  timeOf,
} from './sealed-chain.js';

/** What somebody without the key has: entries, and signatures as they once were. */
type Forged = Exclude<Step, 'sign-v1'> | { readonly oldCheckpoint: string };

function verified(lines: readonly string[], { kept = [] as readonly string[], complete = true } = {}): ChainReport {
  const elsewhere = new KeptElsewhere();
  for (const line of kept) elsewhere.addLine(Buffer.from(line));
  const verifier = new ChainVerifier({ complete, kept: elsewhere });
  verifier.beginFile('000001.jsonl');
  for (const line of lines) verifier.line(Buffer.from(line));
  return verifier.finish();
}

const codes = (report: ChainReport): readonly string[] => report.findings.map(({ code }) => code);
const places = (report: ChainReport) => report.findings.map(({ code, line }) => [line, code]);

describe('records that no signature covers', () => {
  const dying = [...beginning, denial('a'), 'sign', denial('b'), denial('c'), denial('d')] as const;

  test('are named, with since when, and not vouched for', () => {
    const report = verified(seal(dying).lines);
    expect(report).toMatchObject({ ok: true, unproven: 3 });
    expect(report.instances[0]).toMatchObject({
      signedUpTo: 5,
      unproven: { from: 6, to: 8, since: timeOf(6) },
      ended: 'open',
    });
    expect(report.instances[0]?.unproven).not.toHaveProperty('until');
  });

  test('a denial taken out of them is no finding by itself, and is one beside the lines that a collector kept', () => {
    const { lines } = seal(dying);
    const without = seal(dying.filter((_, index) => index !== 6)).lines;
    expect(verified(without)).toMatchObject({ ok: true, unproven: 2 });
    expect(places(verified(without, { kept: lines }))).toEqual([
      [7, 'kept-differs'],
      [undefined, 'tail-cut'],
    ]);
    expect(verified(lines, { kept: lines })).toMatchObject({ ok: true, unproven: 0, instances: [{ keptUpTo: 8 }] });
    expect(verified(lines, { kept: lines.slice(0, 7) }).instances[0]?.unproven).toMatchObject({ from: 8, to: 8 });
  });

  test('lines that a collector prefixed or printed again count, damaged ones do not', () => {
    const { lines } = seal(dying);
    const kept = lines.map((line) => `2026-11-24T09:57:22.1Z stdout F ${line}`);
    expect(verified(lines, { kept })).toMatchObject({ ok: true, unproven: 0 });
    expect(verified(lines, { kept: lines.map((line) => JSON.stringify(JSON.parse(line))) }).unproven).toBe(0);
    const damaged = verified(lines, { kept: [(lines[7] ?? '').replace('"d"', '"e"')] });
    expect(damaged).toMatchObject({ findings: [{ code: 'kept-changed', seq: 8, instance }], unproven: 3 });
  });

  test('are unsigned until a later start found and signed them', () => {
    const crashed = seal(dying);
    const ended: AuditEntry = {
      recordType: 'instance-ended',
      ended: { endedInstance: instance, how: 'crashed', lastSeq: crashed.lastSeq, lastHash: crashed.lastHash },
    };
    const next = seal([segment, start, ended, 'sign'], later).lines;
    expect(verified([...crashed.lines, ...next])).toMatchObject({
      ok: true,
      unproven: 3,
      instances: [{ ended: 'crashed', unproven: { from: 6, to: 8, since: timeOf(6), until: timeOf(3) } }, {}],
    });
    // Not before the later start has signed that, too.
    const unsigned = verified([...crashed.lines, ...next.slice(0, 3)]);
    expect(unsigned.instances[0]?.unproven).not.toHaveProperty('until');
    // And what is changed after it is found.
    const changed = seal([...dying.slice(0, 6), denial('x'), denial('d')]).lines;
    expect(codes(verified([...changed, ...next]))).toEqual(['ended-differently']);
  });

  test('a chain of which every checkpoint was taken out is unproven from its first record', () => {
    const { lines } = seal([segment, start, denial('a'), denial('b')]);
    expect(verified(lines).instances[0]).toMatchObject({ signedUpTo: 0, unproven: { from: 1, to: 4 } });
  });

  test('whoever has no key changes or removes nothing but records that are said to be unproven', () => {
    const step = fc.constantFrom<'record' | 'sign'>('record', 'record', 'record', 'sign');
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.boolean(),
        fc.nat(),
        fc.constantFrom('remove', 'change', 'insert'),
        fc.boolean(),
        (made, stops, place, act, keepsSignatures) => {
          const original: Exclude<Step, 'sign-v1'>[] = [
            ...beginning,
            ...made.map((one, index) => (one === 'sign' ? 'sign' : denial(`pod-${index}`))),
            ...(stops ? ([stop, 'sign'] as const) : []),
          ];
          const before = seal(original).lines;
          const at = 2 + (place % (original.length - 2));
          const forged = [...original];
          forged.splice(at, act === 'insert' ? 0 : 1, ...(act === 'remove' ? [] : [denial('forged')]));
          // The signatures behind the place: as they were, or gone.
          const old = original.map((one, index) => (one === 'sign' ? before[index] : undefined));
          const attacked = forged.flatMap((one, index): readonly Forged[] => {
            if (one !== 'sign' || index < at) return [one];
            const was = old[index + (act === 'remove' ? 1 : act === 'insert' ? -1 : 0)];
            return keepsSignatures && was !== undefined ? [{ oldCheckpoint: was }] : [];
          });
          const after = sealWithout(attacked);
          const report = verified(after);
          if (!report.ok) return;
          const from = report.instances[0]?.unproven?.from ?? Number.POSITIVE_INFINITY;
          for (const [index, line] of after.entries())
            if (line !== before[index]) expect(index + 1).toBeGreaterThanOrEqual(from);
        },
      ),
      { numRuns: runs(1_000) },
    );
  });

  /** What somebody without the key can make: new hashes, and signatures as they once were. */
  function sealWithout(steps: readonly Forged[]): readonly string[] {
    let prevHash = firstPrevHash;
    return steps.map((step, index) => {
      const sealed = new SealedLines();
      const input = sealInput(index + 1, prevHash);
      let entry: AuditEntry;
      if (step === 'sign') entry = checkpointOf(input, signer);
      else if ('oldCheckpoint' in step) {
        const { recordType, checkpoint } = JSON.parse(step.oldCheckpoint) as {
          recordType: 'checkpoint';
          checkpoint: never;
        };
        entry = { recordType, checkpoint };
      } else entry = step;
      prevHash = sealed.add(entry, input);
      return sealed.bytes.toString('utf8', 0, sealed.bytes.length - 1);
    });
  }
});

describe('an orderly stop', () => {
  test('without the checkpoint over it is a finding', () => {
    const { lines } = seal([...beginning, denial('a'), stop, 'sign']);
    expect(codes(verified(lines))).toEqual([]);
    expect(codes(verified(lines.slice(0, -1)))).toEqual(['stop-unsigned']);
  });

  test('that records follow is a finding at the first of them', () => {
    const { lines } = seal([...beginning, stop, 'sign', denial('late')]);
    expect(places(verified(lines))).toEqual([[6, 'after-stop']]);
  });
});

test('a second start cannot hand the chain to another key', () => {
  const other = newSigner();
  const { lines } = seal([
    ...beginning,
    denial('a'),
    { recordType: 'start', start: { publicKey: other.publicKey, durability: 'disk', pid: 1, host: 'h' } },
  ]);
  expect(places(verified(lines))).toEqual([[5, 'other-key']]);
});

describe('a line that is no record is named as what it is', () => {
  const { lines } = seal([...beginning, denial('a'), denial('b'), denial('c'), stop, 'sign']);
  const nul = (line = ''): string => `\0${line.slice(1)}`;
  const put = (at: number, ...instead: readonly string[]) => [...lines.slice(0, at), ...instead, ...lines.slice(at)];
  const replace = (at: number, ...instead: readonly string[]) => [
    ...lines.slice(0, at),
    ...instead,
    ...lines.slice(at + 1),
  ];
  const changed = (line = ''): string => line.replace('"shop"', '"shoq"');

  test.each([
    ['a blank line', put(4, ''), [[5, 'blank-line']]],
    ['blanks', put(4, ' \t'), [[5, 'blank-line']]],
    ['a line of another program', put(4, '{"level":30,"msg":"hello"}'), [[5, 'not-a-record']]],
    ['NUL bytes put in', put(4, '\0\0\0'), [[5, 'hole']]],
    ['a changed copy of a record put in', put(4, changed(lines[3])), [[5, 'changed']]],
    ['a NUL byte over the beginning of a record', replace(4, nul(lines[4])), [[5, 'hole']]],
    ['a NUL byte within a record', replace(4, (lines[4] ?? '').replace('shop', 'sh\0p')), [[5, 'hole']]],
    [
      'a record in whose place there is nothing',
      replace(4, ''),
      [
        [5, 'blank-line'],
        [6, 'missing'],
      ],
    ],
    [
      'a record in whose place there is something else',
      replace(4, 'hello'),
      [
        [5, 'not-a-record'],
        [6, 'missing'],
      ],
    ],
    [
      'two changed records',
      [...lines.slice(0, 3), changed(lines[3]), changed(lines[4]), ...lines.slice(5)],
      [
        [4, 'changed'],
        [5, 'changed'],
      ],
    ],
    [
      'a changed record and a missing one',
      [...lines.slice(0, 3), changed(lines[3]), ...lines.slice(5)],
      [
        [4, 'changed'],
        [5, 'missing'],
      ],
    ],
  ] as const)('%s', (_, given, expected) => {
    expect(places(verified(given))).toEqual(expected);
  });
});
