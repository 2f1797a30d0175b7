import { generateKeyPairSync, hash } from 'node:crypto';
import fc from 'fast-check';
import type { ChainReport } from '../../../../src/core/audit/chain/chain-report.js';
import { ChainVerifier } from '../../../../src/core/audit/chain/chain-verifier.js';
import { checkpointOf, publicKeyText } from '../../../../src/core/audit/chain/checkpoint.js';
import { KeptElsewhere } from '../../../../src/core/audit/chain/kept-elsewhere.js';
import { firstPrevHash, SealedLines } from '../../../../src/core/audit/chain/sealed-lines.js';
import type { CheckpointEntry } from '../../../../src/core/audit/log-entries.js';
import type { AuditEntry } from '../../../../src/core/audit/record.js';
import { canonicalJson } from '../../../../src/core/document/canonical-json.js';
import { runs } from '../../../support/require.js';
import { denialEntry } from '../denial-entry.js';

type SealInput = Parameters<SealedLines['add']>[1];

const instance = '20261124T095722Z-1f3a9c2b';

function newKey() {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: publicKeyText(privateKey) };
}
const key = newKey();

function seal(entry: AuditEntry, input: SealInput): { readonly line: string; readonly hash: string } {
  const lines = new SealedLines();
  const hash = lines.add(entry, input);
  return { line: lines.bytes.toString('utf8', 0, lines.bytes.length - 1), hash };
}

interface Kept {
  readonly instance: string;
  readonly checkpoint: CheckpointEntry['checkpoint'];
}

interface Made {
  readonly lines: string[];
  readonly checkpoints: Kept[];
}

/** segment, start, denials, a checkpoint after the third denial, stop, and the checkpoint over it. */
function chain(denials = 5, signer = key, username = 'dev@acme.example'): Made {
  const lines: string[] = [];
  const checkpoints: Kept[] = [];
  let prevHash = firstPrevHash;
  const next = (): SealInput => {
    const seq = lines.length + 1;
    return {
      recordId: `0193a000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
      seq,
      time: `2026-11-24T09:57:22.${String(seq).padStart(6, '0')}Z`,
      source: { component: 'webhook', instance, version: '0.1.0' },
      prevHash,
    };
  };
  const add = (entry: AuditEntry): void => {
    const sealed = seal(entry, next());
    lines.push(sealed.line);
    prevHash = sealed.hash;
  };
  const sign = (): void => {
    const entry = checkpointOf(next(), signer);
    checkpoints.push({ instance, checkpoint: entry.checkpoint });
    add(entry);
  };
  add({ recordType: 'segment', segment: { number: 1, previous: null } });
  add({ recordType: 'start', start: { publicKey: signer.publicKey, durability: 'disk', pid: 1, host: 'h' } });
  for (let count = 1; count <= denials; count += 1) {
    add(denialEntry({ request: { ...denialEntry().request, uid: `uid-${count}` }, actor: { username } }));
    if (count === 3) sign();
  }
  add({ recordType: 'stop', stop: { reason: 'SIGTERM' } });
  sign();
  return { lines, checkpoints };
}

function verified(
  lines: readonly (string | Buffer)[],
  checkpoints: readonly Kept[] = [],
  collected: readonly string[] = [],
): ChainReport {
  const kept = new KeptElsewhere();
  for (const { instance, checkpoint } of checkpoints) kept.addCheckpoint(instance, checkpoint);
  for (const line of collected) kept.addLine(Buffer.from(line));
  const verifier = new ChainVerifier({ complete: true, kept });
  verifier.beginFile('000001.jsonl');
  for (const line of lines) verifier.line(Buffer.from(line));
  return verifier.finish();
}

const codes = (report: ChainReport): readonly string[] => report.findings.map(({ code }) => code);

test('an untouched chain is good, signed to its end and stopped in order', () => {
  const { lines, checkpoints } = chain();
  const report = verified(lines, checkpoints);
  expect(report).toMatchObject({ ok: true, records: lines.length, unproven: 0, findings: [], gaps: [], notes: [] });
  expect(report.instances[0]).not.toHaveProperty('unprovenEnd');
  expect(report.instances).toMatchObject([{ instance, firstSeq: 1, lastSeq: lines.length, ended: 'stopped' }]);
});

test('lines of any length and alphabet stand one after another, each hashed without its hash', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 }),
      fc.nat(40_000),
      (texts, long) => {
        const lines = new SealedLines();
        const input = {
          recordId: 'r',
          seq: 1,
          time: 't',
          source: { component: 'c', instance, version: '1' },
          prevHash: 'p',
        };
        const reasons = [...texts, '…'.repeat(long)];
        const hashes = reasons.map((reason) => lines.add({ recordType: 'stop', stop: { reason } }, input));
        const written = lines.bytes.toString().split('\n');
        expect(written.pop()).toBe('');
        expect(lines.lengths).toEqual(written.map((line) => Buffer.byteLength(line) + 1));
        for (const [index, line] of written.entries()) {
          const { hash: said, ...body } = JSON.parse(line) as {
            readonly hash: string;
            readonly stop: { readonly reason: string };
          };
          expect(body.stop.reason).toBe((reasons[index] as string).toWellFormed());
          expect(line).toBe(`{"hash":"${said}",${canonicalJson(body).slice(1)}`);
          expect([said, said]).toEqual([hashes[index], hash('sha256', canonicalJson(body))]);
        }
      },
    ),
    { numRuns: runs(60) },
  );
});

test('any one changed byte of any record is found, at its line or by its neighbour', () => {
  const { lines } = chain();
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (at, position, change) => {
      const bytes = Buffer.from(lines[at] ?? '');
      const index = position % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ change;
      const broken = lines.map((line, index) => (index === at ? bytes : Buffer.from(line)));
      const report = verified(broken);
      expect(report.ok).toBe(false);
      expect(report.findings[0]?.line).toBeLessThanOrEqual(at + 2);
      expect(report.findings[0]?.line).toBeGreaterThanOrEqual(at + 1);
    }),
    { numRuns: runs(2_000) },
  );
});

test('a record taken out, put in twice, or moved is found', () => {
  const { lines } = chain();
  for (let at = 0; at < lines.length - 2; at += 1) {
    const without = verified(lines.filter((_, index) => index !== at));
    expect([at, without.ok]).toEqual([at, false]);
    const twice = verified([...lines.slice(0, at + 1), ...lines.slice(at)]);
    expect(codes(twice)[0]).toBe('out-of-order');
    const moved = [...lines];
    [moved[at], moved[at + 1]] = [moved[at + 1] ?? '', moved[at] ?? ''];
    expect([at, verified(moved).ok]).toEqual([at, false]);
  }
});

test('a record made anew in the middle breaks the link after it', () => {
  const { lines } = chain();
  const forged = seal(denialEntry({ actor: { username: 'nobody' } }), {
    ...(JSON.parse(lines[3] ?? '{}') as SealInput),
    source: { component: 'webhook', instance, version: '0.1.0' },
  }).line;
  // Sealing spreads its input over the entry; what is forged must differ in content and be intact by itself.
  expect(forged).not.toBe(lines[3]);
  const report = verified(lines.map((line, index) => (index === 3 ? forged : line)));
  expect(report.ok).toBe(false);
  expect(report.findings[0]).toMatchObject({ line: 5, code: 'broken-link' });
});

test('a line printed again by another program is told apart from one that was changed', () => {
  const { lines } = chain();
  const again = lines.map((line, index) =>
    index === 3 ? JSON.stringify(JSON.parse(line), null, 1).replace(/\n\s*/g, ' ') : line,
  );
  expect(verified(again).findings).toMatchObject([{ code: 'rewritten', line: 4 }]);
});

test('a tail that was cut is only seen against a checkpoint kept elsewhere', () => {
  const { lines, checkpoints } = chain();
  const cut = lines.slice(0, -3);
  expect(verified(cut)).toMatchObject({
    ok: true,
    gaps: [{ code: 'end-unproven', message: expect.stringContaining('whether more records came after record 7') }],
    instances: [{ ended: 'open', unprovenEnd: { after: 7 } }],
  });
  expect(codes(verified(cut, checkpoints))).toEqual(['tail-cut']);
});

test('a whole chain made anew with a new key is only seen against a checkpoint kept elsewhere', () => {
  const { checkpoints } = chain();
  const anew = chain(5, newKey()).lines;
  expect(verified(anew).ok).toBe(true);
  expect(codes(verified(anew, checkpoints))).toContain('other-key');
  expect(codes(verified([], checkpoints))).toEqual(['chain-missing']);
});

test('a record made anew with all that follow is only seen against a checkpoint kept elsewhere', () => {
  const { checkpoints } = chain();
  // Another denial in the third place, and the chain after it signed with the same key.
  const anew = chain(5, key, 'another user').lines;
  expect(verified(anew).ok).toBe(true);
  expect(codes(verified(anew, checkpoints))).toEqual(['checkpoint-differs', 'checkpoint-differs']);
});

test('a checkpoint whose signature does not hold is found', () => {
  const { lines, checkpoints } = chain();
  const [first] = checkpoints;
  if (first === undefined) throw new Error('no checkpoint');
  const forged = { ...first, checkpoint: { ...first.checkpoint, lastSeq: 4 } };
  expect(codes(verified(lines, [forged]))).toEqual(['bad-checkpoint']);
});

test('garbage, empty lines and other JSON are findings, never exceptions', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"hash":"', '{}', 'null')), { minLength: 1 }),
      (rubbish) => {
        const report = verified(rubbish);
        expect(report.ok).toBe(false);
      },
    ),
    { numRuns: runs(200) },
  );
});

describe('records that somebody else made up', () => {
  const { lines } = chain();
  const digest = 'a'.repeat(64);
  const ended = { endedInstance: instance, how: 'crashed', lastSeq: 1, lastHash: digest };
  const everyType: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    denial: { ...denialEntry() },
    segment: { segment: { number: 1, previous: { number: 1, lastSeq: 3, lastHash: digest, bytes: 9 } } },
    start: { start: { publicKey: key.publicKey, durability: 'disk', pid: 1, host: 'h' } },
    stop: { stop: { reason: 'SIGTERM' } },
    checkpoint: {
      checkpoint: { lastSeq: 3, lastHash: digest, publicKey: key.publicKey, recordSha256: digest, signature: 'x' },
    },
    'instance-ended': {
      ended: {
        ...ended,
        torn: { file: 'f', bytes: 1, sha256: digest },
        head: { lastSeq: 1, lastHash: digest },
      },
    },
    store: { store: { state: 'changed', code: 'c', message: 'm', unrecorded: 0 } },
    folded: { folded: { recordId: 'r', foldedType: 'denial', count: 1, firstTime: 't', lastTime: 't' } },
    'over-quota': { overQuota: { namespace: 'n', state: 'count', count: 1, firstTime: 't', lastTime: 't' } },
  };

  /** Paths of all members, those of the seal among them. */
  function pathsIn(record: Readonly<Record<string, unknown>>): readonly string[] {
    const seal = ['seq', 'prevHash', 'time', 'source', 'source.instance', 'stream', 'version', 'recordId'];
    const own = (value: unknown, path: string): readonly string[] =>
      typeof value !== 'object' || value === null
        ? [path]
        : [path, ...Object.entries(value).flatMap(([name, member]) => own(member, `${path}.${name}`))];
    return [...seal, ...Object.entries(record).flatMap(([name, member]) => own(member, name))];
  }
  const membersOf = (record: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] =>
    Object.entries(record);

  /** The record with members put in place of its own, or left out, and the hash that fits them. */
  function madeUp(line: string, changes: readonly (readonly [string, unknown])[]): string {
    const { hash: _, ...body } = JSON.parse(line) as Record<string, unknown>;
    for (const [path, value] of changes) {
      const names = path.split('.');
      let target = body;
      for (const name of names.slice(0, -1)) {
        const part = target[name];
        if (typeof part !== 'object' || part === null) break;
        target = part as Record<string, unknown>;
      }
      target[names.at(-1) ?? ''] = structuredClone(value);
    }
    const text = canonicalJson(body);
    return `{"hash":"${hash('sha256', text)}",${text.slice(1)}`;
  }
  test('are findings or records, never exceptions, in a chain and beside one: every member of every type of record', () => {
    const values = [null, 7, -1, 1e300, 'text', [], ['text'], {}, { torn: null }, true, undefined];
    for (const [recordType, members] of Object.entries(everyType)) {
      const record = { ...members, recordType };
      for (const path of pathsIn(record))
        for (const value of values) {
          // A list has no member that is left out.
          if (value === undefined && /\.\d+$/.test(path)) continue;
          const forged = madeUp(lines[3] ?? '', [...membersOf(record), [path, value]]);
          const report = verified([...lines.slice(0, 3), forged, ...lines.slice(4)]);
          expect([recordType, path, value, report.ok]).toEqual([recordType, path, value, false]);
          expect(verified(lines, [], [forged])).toHaveProperty('ok');
          expect(verified([forged], [], [forged])).toHaveProperty('ok');
        }
    }
  });

  test('with any members, likewise', () => {
    const paths = fc.constantFrom(...Object.values(everyType).flatMap(pathsIn));
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(undefined, ...Object.keys(everyType)),
      fc.constantFrom<unknown>(-1, 0, 1.5, 1e300, 2 ** 53, {}, { lastSeq: {} }, { torn: null }),
    );
    fc.assert(
      fc.property(
        fc.nat(lines.length - 1),
        fc.array(fc.tuple(paths, values), { minLength: 1, maxLength: 4 }),
        (at, changes) => {
          const forged = madeUp(lines[at] ?? '', changes);
          const report = verified(lines.map((line, index) => (index === at ? forged : line)));
          if (forged !== lines[at]) expect(report.ok).toBe(false);
          expect(verified(lines, [], [forged])).toHaveProperty('ok');
        },
      ),
      { numRuns: runs(500) },
    );
  });

  test.each(['start', 'stop', 'store', 'checkpoint', 'instance-ended', 'segment'])(
    'with a hash that fits what is no JSON: %s',
    (type) => {
      for (const broken of ['}', ',}', '\u0000}', ' }', ',"seq":5}']) {
        const text = madeUp(lines[3] ?? '', [['recordType', type]])
          .slice(75)
          .replace(/\}$/, broken);
        const forged = `{"hash":"${hash('sha256', `{${text}`)}",${text}`;
        expect(codes(verified([...lines.slice(0, 3), forged]))).toContain('malformed');
        expect(verified(lines, [], [forged])).toHaveProperty('ok');
      }
    },
  );

  test('with a word of an end that is half of one', () => {
    const ended = { endedInstance: 'x', how: 'crashed', lastSeq: 1, lastHash: 'h' };
    for (const wrong of [
      { torn: null },
      { torn: {} },
      { head: null },
      { head: 'gone' },
      { how: 'well' },
      { lastSeq: '1' },
    ]) {
      const forged = madeUp(lines[3] ?? '', [
        ...membersOf({ recordType: 'instance-ended', ended }),
        ['ended', { ...ended, ...wrong }],
      ]);
      expect(codes(verified([...lines.slice(0, 3), forged]))).toEqual(['malformed']);
    }
  });

  test('nested deeper than any is are findings', () => {
    const deep = `{"deep":${'['.repeat(200_000)}${']'.repeat(200_000)},${(lines[3] ?? '').slice(1)}`;
    expect(codes(verified([...lines.slice(0, 3), deep, ...lines.slice(4)]))).toEqual(['changed']);
    expect(codes(verified(lines, [], [deep]))).toEqual(['kept-changed']);
  });
});
