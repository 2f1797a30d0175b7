import type { FoundHead } from '../../../../src/core/audit/chain/instance-heads.js';
import {
  beginning,
  checkpointIn,
  codes,
  denial,
  gaps,
  instance,
  later,
  newSigner,
  seal,
  segment,
  startOf,
  stop,
  verified,
} from './sealed-chain.js';

const steps = [...beginning, denial('a'), denial('b'), 'sign', denial('c')] as const;
const { lines } = seal(steps);
const checkpoint = checkpointIn(lines[5]);

const withHead = (given: readonly string[], head: FoundHead['head']) =>
  verified(given, { before: (verifier) => verifier.addHead({ file: 'head.json', instance, head }) });
const said = (given: readonly string[]) => codes(withHead(given, { instance, checkpoint }));

test('the head of a whole chain says nothing', () => {
  expect(said(lines)).toEqual([]);
});

test('a chain without the signature that its head copies was cut, or it was left out', () => {
  expect(said(lines.slice(0, 5))).toEqual(['tail-cut']);
  expect(said(lines.slice(0, 4))).toEqual(['tail-cut']);
  expect(said(seal([...steps.slice(0, 5), denial('c')]).lines)).toEqual(['checkpoint-missing']);
  expect(codes(withHead([], { instance, checkpoint }))).toEqual(['chain-missing']);
});

test('a record that the head does not sign is found at its line', () => {
  const forged = seal([...beginning, denial('a'), denial('x'), 'sign', denial('c')]).lines;
  expect(withHead(forged, { instance, checkpoint }).findings).toMatchObject([
    { code: 'checkpoint-differs', line: 5 },
    { code: 'checkpoint-missing' },
  ]);
});

test('a head with another key, one of another instance, one whose signature does not hold, and an unreadable one are found', () => {
  const other = newSigner();
  const anew = seal([segment, startOf(other), 'sign', denial('a'), denial('b'), 'sign'], instance, {
    key: other,
  }).lines;
  expect(said(anew)).toContain('other-key');
  expect(codes(withHead(lines, { instance: later, checkpoint }))).toEqual(['bad-head']);
  expect(codes(withHead(lines, { instance, checkpoint: { ...checkpoint, lastSeq: 4 } }))).toEqual(['bad-head']);
  expect(codes(withHead(lines, 'unreadable'))).toEqual(['bad-head']);
});

test('a head that is missing is said of a chain that did not stop in order', () => {
  expect(gaps(withHead(lines, 'missing'))).toEqual(['head-missing', 'end-unproven']);
  const stopped = seal([...beginning, stop, 'sign']).lines;
  expect(withHead(stopped, 'missing')).toMatchObject({
    findings: [],
    gaps: [],
    notes: [expect.stringContaining('which an orderly stop leaves')],
  });
  const old = seal([...steps.slice(0, 2), 'sign-v1', denial('a')]).lines;
  expect(withHead(old, 'missing').notes.join()).toContain('old versions wrote none');
});
