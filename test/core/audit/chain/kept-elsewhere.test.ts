import { KeptElsewhere } from '../../../../src/core/audit/chain/kept-elsewhere.js';
import {
  beginning,
  checkpointIn,
  codes,
  denial,
  endedOf,
  gaps,
  instance,
  later,
  newSigner,
  seal,
  segment,
  start,
  startOf,
  stop,
  verified,
} from './sealed-chain.js';

const whole = seal([...beginning, denial('a'), denial('b'), 'sign', denial('c'), stop, 'sign']);
const { lines } = whole;

function keptOf(given: readonly string[]): KeptElsewhere {
  const kept = new KeptElsewhere();
  for (const [index, line] of given.entries()) kept.addLine(Buffer.from(line), { file: 'kept.log', line: index + 1 });
  return kept;
}

describe('what lies with the records cannot speak against lines that were kept', () => {
  const other = newSigner();
  // The whole chain made anew with another key, and another denial in it.
  const anew = seal(
    [segment, startOf(other), 'sign', denial('x'), denial('b'), 'sign', denial('c'), stop, 'sign'],
    instance,
    {
      key: other,
    },
  ).lines;
  const checkpoints = lines.filter((line) => line.includes('"recordType":"checkpoint"'));

  test.each([
    ['all of them', lines],
    ['checkpoints alone', checkpoints],
  ])('%s', (_, kept) => {
    const bare = codes(verified(anew, { kept: keptOf(kept) }));
    expect(bare).toContain('checkpoint-differs');
    expect(bare).toContain('other-key');
    const heads = verified(anew, {
      kept: keptOf(kept),
      before(verifier) {
        for (const line of anew)
          for (const folder of [instance, later])
            if (line.includes('"recordType":"checkpoint"'))
              verifier.addHead({ file: folder, instance: folder, head: { instance, checkpoint: checkpointIn(line) } });
      },
    });
    expect(codes(heads)).toEqual(expect.arrayContaining(bare));
    expect(codes(heads).filter((code) => code === 'bad-head')).toHaveLength(3);
  });
});

test('each of several checkpoints of one record is compared, and its own line, too', () => {
  const other = newSigner();
  const made = seal([segment, startOf(other), 'sign'], instance, { key: other }).lines[2] ?? '';
  for (const kept of [
    [...lines, made],
    [made, ...lines],
  ])
    expect(codes(verified(lines, { kept: keptOf(kept) }))).toEqual(
      expect.arrayContaining(['checkpoint-differs', 'kept-twice', 'other-key']),
    );
  const [second = ''] = seal([segment, start, 'sign'], instance, { time: () => 'later' }).lines.slice(1);
  expect(codes(verified(lines, { kept: keptOf([second, ...lines.slice(2)]) }))).toEqual(['kept-differs']);
});

test('a head signs nothing that the chain does not sign', () => {
  const unsigned = seal([segment, start, denial('a'), denial('b')]).lines;
  const signs = seal([segment, start, denial('a'), denial('b'), 'sign']).lines[4];
  const report = verified(unsigned, {
    before: (verifier) =>
      verifier.addHead({ file: 'head.json', instance, head: { instance, checkpoint: checkpointIn(signs) } }),
  });
  expect(report).toMatchObject({ unproven: 4, instances: [{ keptUpTo: 0, signedUpTo: 0 }] });
  expect(codes(report)).toEqual(['tail-cut']);
});

describe('a line that was kept and changed', () => {
  const edited = (lines[3] ?? '').replace('"shop"', '"shoq"');

  test('is a finding that names the line and what it says of itself', () => {
    const report = verified(lines, { kept: keptOf(lines.map((line, index) => (index === 3 ? edited : line))) });
    expect(report.findings).toEqual([
      {
        code: 'kept-changed',
        message: `a line of what was kept elsewhere was changed: it says that it is record 4 of instance ${instance}, and its hash does not fit its content`,
        file: 'kept.log',
        line: 4,
        seq: 4,
        instance,
      },
    ]);
  });

  test.each([
    ['where a collector put something around it', `2026-11-24T09:57:22Z stdout F ${edited}`],
    ['where it cannot be read', (lines[3] ?? '').replace('"seq":', '"seq"=')],
    ['where it was printed again', JSON.stringify(JSON.parse(edited), null, 1).replaceAll('\n', '')],
  ])('is found %s', (_, line) => {
    expect(codes(verified(lines, { kept: keptOf([line]) }))).toEqual(['kept-changed']);
  });

  test('is told apart from lines of others, copies that were interrupted, and what a collector does', () => {
    const [first = '', second = ''] = lines;
    const odd = [
      'starting up',
      '{"level":30,"msg":"ready"}',
      '{"recordId":"x","stream":"audit-unrecorded"}',
      '',
      `{"time":"t","log":${first},"host":"h"}`,
      `prefix ${second} suffix`,
      (lines[2] ?? '').slice(0, 200),
      `${(lines[3] ?? '').slice(0, 500)}${lines[3]}`,
      ...lines.slice(4).map((line) => `2026 stdout F ${line}`),
      ...lines.slice(2, 3),
      (lines[5] ?? '').slice(0, -3),
    ];
    const kept = keptOf(odd);
    expect(verified(lines, { kept })).toMatchObject({ findings: [], unproven: 0, instances: [{ keptUpTo: 9 }] });
    expect(kept.records).toBe(lines.length);
  });
});

test('lines that were kept show the end of a crashed chain where they have the word of the next start', () => {
  const crashed = seal([...beginning, denial('a'), denial('b')]);
  const next = seal([segment, start, endedOf(crashed), stop, 'sign'], later).lines;
  const all = [...crashed.lines, ...next];
  expect(gaps(verified(all))).toEqual(['end-unproven']);
  expect(gaps(verified(all, { kept: keptOf(crashed.lines) }))).toEqual(['not-collected', 'end-unproven']);
  expect(verified(all, { kept: keptOf(all) })).toMatchObject({ findings: [], unproven: 0, gaps: [] });
});

test('an instance of which nothing was kept is not shown to be the one that it was', () => {
  const one = seal([...beginning, denial('a'), stop, 'sign']);
  const planted = seal([...beginning, denial('b'), stop, 'sign'], later);
  const all = [...one.lines, ...planted.lines];
  expect(gaps(verified(all))).toEqual([]);
  expect(verified(all, { kept: keptOf(one.lines) })).toMatchObject({ findings: [], gaps: [{ code: 'not-collected' }] });
  expect(gaps(verified(all, { kept: keptOf([...one.lines, ...planted.lines.slice(1, 2)]) }))).toEqual([]);
});

test('a log that begins within a line, and one whose first line was changed', () => {
  const { lines } = seal([...beginning, denial('a'), stop, 'sign']);
  for (const cut of [5, 9, 50, 300]) {
    const kept = new KeptElsewhere();
    const [first = '', ...rest] = lines;
    for (const [index, line] of [`2026-11-30T08:00:00Z stdout F ${first.slice(cut)}`, ...rest].entries())
      kept.addLine(Buffer.from(line), { file: 'x.log', line: index + 1 });
    expect(verified(lines, { kept }).findings).toEqual([]);
  }
  const kept = new KeptElsewhere();
  for (const [index, line] of lines.entries())
    kept.addLine(Buffer.from(line.replace('"number":1', '"number":2')), { file: 'x.log', line: index + 1 });
  expect(verified(lines, { kept }).findings).toMatchObject([{ code: 'kept-changed', line: 1 }]);
});
