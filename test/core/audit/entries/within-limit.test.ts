import fc from 'fast-check';
import type { Finding } from '../../../../src/core/admission/decision.js';
import type { AdmissionEntry, OtherFinding } from '../../../../src/core/audit/admission-entry.js';
import { policySetInForce, policySetRefused } from '../../../../src/core/audit/entries/policy-set-entry.js';
import { recordsOf } from '../../../../src/core/audit/entries/records-of.js';
import { entryBytesLimit, jsonBytes, withinLimit } from '../../../../src/core/audit/entries/within-limit.js';
import { runs } from '../../../support/require.js';
import { denialEntry } from '../denial-entry.js';

const bytesOf = (entry: object): number => Buffer.byteLength(JSON.stringify(entry));

test('what is within the limit stays as it is', () => {
  const entry = denialEntry();
  expect(withinLimit(entry)).toBe(entry);
});

test('the other findings go first, from the last, and the record says how many and what they all were', () => {
  const { container, finding, policy } = denialEntry();
  if (container === undefined || finding === undefined || policy === undefined) throw new Error('no finding');
  const otherFindings: OtherFinding[] = Array.from({ length: 30 }, (_, index) => ({
    container: { ...container, name: `c-${index}`, image: 'i'.repeat(500) },
    finding,
    policy,
  }));
  const whole = denialEntry({ otherFindings, actor: { username: 'dev', groups: ['a', 'b'] } });
  const cut = withinLimit(whole);
  const kept = cut.otherFindings?.length ?? 0;
  expect(kept).toBeGreaterThan(8);
  expect(kept).toBeLessThan(20);
  expect(cut).toEqual({
    ...whole,
    otherFindings: otherFindings.slice(0, kept),
    otherFindingsOmitted: 30 - kept,
    findingsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(bytesOf(cut)).toBeLessThanOrEqual(entryBytesLimit);
  const other = withinLimit({ ...whole, otherFindings: otherFindings.with(29, { container, finding, policy }) });
  expect(other.findingsSha256).not.toBe(cut.findingsSha256);
});

test('lists end with how many more there were, texts with how long they were, and both with a SHA-256', () => {
  const groups = Array.from({ length: 32 }, (_, index) => `${index}`.padEnd(512, '\u0001'));
  const { actor, finding, policy, container } = withinLimit(
    denialEntry({ actor: { username: '\u0002'.repeat(512), groups } }),
  );
  expect(actor.groups?.at(-1)).toMatch(/^… and \d+ more, SHA-256 [0-9a-f]{64}$/);
  expect(Number(/and (\d+) more/.exec(actor.groups?.at(-1) ?? '')?.[1])).toBe(33 - (actor.groups?.length ?? 0));
  expect(actor.username).toBe('\u0002'.repeat(512));
  expect({ finding, policy, container }).toEqual({
    finding: denialEntry().finding,
    policy: denialEntry().policy,
    container: denialEntry().container,
  });
  const control = '\u0003'.repeat(1_024);
  const text = withinLimit(
    denialEntry({
      decision: { allowed: false, outcome: 'denied', mode: 'enforce', code: 403, message: control },
      request: { webhook: 'validate', dryRun: false, namespace: control, name: control },
    }),
  ).decision.message;
  expect(text?.replace(/^\p{Cc}+/u, '')).toMatch(/^… \(1024 characters, SHA-256 [0-9a-f]{64}\)$/);
});

/** Texts that take many bytes for their length. */
const text = (most: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('', 'short', 'x'.repeat(most)) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('\u0000', '"', '\\', 'é', '漢', '😀', '\ud800').map((one) => one.repeat(most)),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: most, unit: 'binary' }) },
  );

const anyFinding = fc
  .record({
    kind: fc.constantFrom<Finding['kind']>('violation', 'exempted', 'warning', 'fallback'),
    mode: fc.constantFrom<Finding['mode']>('Enforce', 'Warn', 'Audit'),
    container: text(600),
    image: fc.oneof(text(600), fc.constant(`${'i'.repeat(400)}@sha256:${'0'.repeat(64)}`)),
    fieldPath: text(600),
    requested: text(600),
    effective: text(600),
    expected: text(600),
    message: text(1_200),
    inheritedBy: fc.array(text(600), { maxLength: 40 }),
    name: text(300),
  })
  .map(({ name, ...finding }): Finding => {
    const policy = { name, contentSha256: 'c'.repeat(64), origin: name };
    const exemption = { ...policy, expires: '2027-01-01', owner: name, reason: finding.message, ticket: name };
    return { ...finding, code: 'unconfined', containerType: 'Ephemeral', policy, exemption };
  });

const anyEntry = fc
  .record({
    findings: fc.array(anyFinding, { maxLength: 45 }),
    warnings: fc.array(text(1_200), { maxLength: 40 }),
    message: text(2_000),
    list: fc.array(text(600), { maxLength: 40 }),
    own: text(600),
  })
  .map(({ findings, warnings, message, list, own }): AdmissionEntry => {
    const metadata = {
      name: own,
      generateName: own,
      uid: own,
      labels: { 'pod-template-hash': own },
      ownerReferences: [{ controller: true, kind: own, name: `x-${own}`, uid: own }],
    };
    const extra = Object.fromEntries(
      ['credential-id', 'node-name', 'node-uid', 'pod-name', 'pod-uid'].map((key) => [
        `authentication.kubernetes.io/${key}`,
        list,
      ]),
    );
    const assignment = {
      container: own,
      containerType: 'Container',
      rule: own,
      stage: 'Enforce',
      profile: own,
    } as const;
    const [entry] = recordsOf(
      {
        uid: own,
        name: own,
        namespace: own,
        operation: own,
        subResource: own,
        kind: { kind: own },
        resource: { group: own, version: own, resource: own },
        userInfo: { username: own, uid: own, groups: list, extra },
        object: { metadata },
      },
      {
        webhook: 'validate',
        outcome: 'denied',
        allowed: false,
        code: 403,
        message,
        patch: [],
        warnings,
        assignments: [
          { ...assignment, effective: own, result: 'fallback', policy: { name: own, contentSha256: own, origin: own } },
        ],
        findings,
      },
      { observedTime: new Date(0) },
    );
    if (entry === undefined) throw new Error('nothing to record');
    return entry;
  });

test('no admission takes more, and what decided it is never left out', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const cut = withinLimit(entry);
      expect(bytesOf(cut)).toBeLessThanOrEqual(entryBytesLimit);
      const named = ({ finding, policy, exemption, actor }: AdmissionEntry) => [
        ...[finding?.code, finding?.requested, policy?.name, exemption?.name, actor.username].map(Boolean),
      ];
      expect(named(cut)).toEqual(named(entry));
      expect(JSON.stringify(cut).isWellFormed()).toBe(true);
      const others = (one: AdmissionEntry) => (one.otherFindings?.length ?? 0) + (one.otherFindingsOmitted ?? 0);
      expect(others(cut)).toBe(others(entry));
    }),
    { numRuns: runs(100) },
  );
});

test('no other record takes more either', () => {
  const wide = '\u0001'.repeat(1_000);
  const problems = Array.from({ length: 150 }, () => ({ code: 'x', severity: 'error' as const, message: wide }));
  const refused = withinLimit(policySetRefused(problems));
  expect(refused.policySet.problems?.length ?? 0).toBeGreaterThan(1);
  expect((refused.policySet.problems?.length ?? 0) + (refused.policySet.omitted ?? 0)).toBe(150);
  const set = (hash: string) => ({
    contentSha256: hash,
    exemptions: [],
    policies: Array.from({ length: 250 }, (_, index) => ({
      name: `${hash === 'a' || index < 125 ? index : `new-${index}`}`.padEnd(253, 'x'),
      contentSha256: hash.repeat(64),
      origin: `policies/${'long/'.repeat(20)}${index}.yaml`,
    })),
  });
  const { policySet } = withinLimit(policySetInForce(set('b'), set('a')));
  const lists = [policySet.added, policySet.changed, policySet.removed];
  expect(lists.reduce((sum, list) => sum + (list?.length ?? 0), 0) + (policySet.omitted ?? 0)).toBe(375);
  expect(policySet.added?.length).toBeGreaterThan(10);
  for (const entry of [
    refused,
    { recordType: 'policy-set', policySet } as const,
    withinLimit({
      recordType: 'registration',
      registration: { kind: wide, change: 'changed', detail: wide.repeat(50) },
    }),
    withinLimit({
      recordType: 'store',
      store: { state: 'failing', code: 'x', message: wide.repeat(50), unrecorded: 1 },
    }),
  ])
    expect(jsonBytes(entry)).toBeLessThanOrEqual(entryBytesLimit);
});
