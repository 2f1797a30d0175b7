import {
  beginning,
  codes,
  denial,
  endedOf,
  gaps,
  instance,
  later,
  latest,
  seal,
  segment,
  start,
  stop,
  timeOf,
  verified,
} from './sealed-chain.js';

const first = seal([...beginning, denial('a'), stop, 'sign']);
const forged = seal([...beginning, denial('b'), stop, 'sign']);
const cut = seal(beginning);
/** A later instance that found the end of a chain and stopped. */
const finds = (end: Parameters<typeof endedOf>[0], of = later, hour = '09') =>
  seal([segment, start, endedOf(end), stop, 'sign'], of, { time: (seq) => timeOf(seq).replace('T09', `T${hour}`) })
    .lines;

test('what a start found stands, whatever a later start finds', () => {
  for (const now of [forged, cut])
    expect(codes(verified([...now.lines, ...finds(first), ...finds(now, latest)]))).toEqual(['ended-differently']);
  expect(verified([...first.lines, ...finds(first), ...finds(first, latest)])).toMatchObject({
    findings: [],
    gaps: [],
  });
});

test('an end is vouched for since the first of those who found it and signed that', () => {
  const crashed = seal([...beginning, denial('a')]);
  const report = verified([...crashed.lines, ...finds(crashed, latest, '11'), ...finds(crashed, later, '10')]);
  expect(report.instances[0]).toMatchObject({
    ended: 'crashed',
    unproven: { until: timeOf(3).replace('T09', 'T10') },
    unprovenEnd: { after: 4, until: timeOf(3).replace('T09', 'T10') },
  });
  expect(report.gaps).toMatchObject([
    {
      code: 'end-unproven',
      message: expect.stringContaining('whether more records came after record 4 until 2026-11-24T10:57:22.000003Z'),
    },
  ]);
});

test('a chain without a signed stop is never said to be whole, whatever was said of it', () => {
  const signed = seal([...beginning, denial('a'), 'sign']);
  const stoppedSaid = seal([segment, start, endedOf(signed, 'stopped'), stop, 'sign'], later).lines;
  const report = verified([...signed.lines, ...stoppedSaid]);
  expect(report).toMatchObject({ findings: [], unproven: 0 });
  expect(gaps(report)).toEqual(['end-unproven']);
});

test('a running instance is said to run', () => {
  const report = verified(
    [...beginning, denial('a'), 'sign'].length > 0 ? seal([...beginning, denial('a'), 'sign']).lines : [],
    {
      before: (verifier) => verifier.isRunning(instance),
    },
  );
  expect(report).toMatchObject({ findings: [], unproven: 0, instances: [{ ended: 'running' }] });
  expect(gaps(report)).toEqual(['running']);
});

describe('the file that says who found an end', () => {
  const file = { file: 'ended.json', instance, recordedBy: later };

  test('names one that is here and says so', () => {
    const report = verified([...first.lines, ...finds(first)], { before: (verifier) => verifier.addEndedFile(file) });
    expect(report).toMatchObject({ findings: [], gaps: [] });
  });

  test('names one that is not here', () => {
    const report = verified(first.lines, { before: (verifier) => verifier.addEndedFile(file) });
    expect(report).toMatchObject({ findings: [], gaps: [{ code: 'instance-elsewhere', instance: later }] });
  });

  test('names one that says nothing of it', () => {
    const silent = seal([segment, start, stop, 'sign'], later).lines;
    const report = verified([...first.lines, ...silent], { before: (verifier) => verifier.addEndedFile(file) });
    expect(codes(report)).toEqual(['ended-differently']);
  });
});

test('what the head signed when a start looked at it is held against the chain', () => {
  const found = seal([...beginning, denial('a'), 'sign']);
  const end = endedOf(cut);
  if (end.recordType !== 'instance-ended') throw new Error('another record');
  const head = { lastSeq: found.lastSeq - 1, lastHash: found.lastHash };
  const next = seal([segment, start, { ...end, ended: { ...end.ended, head } }, stop, 'sign'], later).lines;
  expect(codes(verified([...cut.lines, ...next]))).toEqual(['tail-cut']);
});

test('of a stream, what a crash took before it was printed is said not to be here; another or an earlier end is a finding', () => {
  const whole = seal([...beginning, denial('a'), denial('b')]);
  const other = seal([...beginning, denial('a'), denial('c')]);
  const next = finds(whole);
  const stream = { complete: false };
  const report = verified([...whole.lines.slice(0, 4), ...next], stream);
  expect(codes(report)).toEqual([]);
  expect(gaps(report)).toEqual(['records-elsewhere', 'end-unproven']);
  expect(codes(verified([...whole.lines.slice(0, 4), ...next]))).toEqual(['ended-differently']);
  expect(codes(verified([...other.lines, ...next], stream))).toEqual(['ended-differently']);
  expect(codes(verified([...whole.lines, ...finds(cut)], stream))).toEqual(['ended-differently']);
});
