import { readProfileObject } from '../../../src/cluster/policies/profile-object.js';
import { type DesiredStatusOptions, desiredStatuses } from '../../../src/cluster/status/desired-statuses.js';
import { fromClusterObject } from '../../../src/core/policy/load/cluster-object.js';
import type { KubeObject } from '../../../src/kubernetes/kube-object.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const apiVersion = 'seccomply.dev/v1alpha1';
const object = (kind: string, name: string, spec: object, more: object = {}): KubeObject =>
  ({ apiVersion, kind, metadata: { name, uid: `uid-${name}`, generation: 2 }, spec, ...more }) as KubeObject;
const exemption = (name: string, expires: string): KubeObject =>
  object('SeccompExemption', name, {
    match: { namespaces: ['perf'] },
    images: ['ghcr.io/acme/profiler@sha256:*'],
    allow: ['Unconfined'],
    reason: 'needs perf_event_open',
    owner: 'team-perf',
    expires,
  });
const profile = (name: string, syscalls: readonly string[], more: object = {}): KubeObject =>
  object(
    'SeccompProfile',
    name,
    {
      profile: JSON.stringify({
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: syscalls, action: 'SCMP_ACT_ALLOW' }],
      }),
    },
    more,
  );

function statuses(objects: readonly KubeObject[], more: Partial<DesiredStatusOptions> = {}) {
  const profiles = objects.filter(({ kind }) => kind === 'SeccompProfile');
  return desiredStatuses(
    objects.filter((one) => !profiles.includes(one)).map((one) => ({ object: one, read: fromClusterObject(one) })),
    profiles.map((one) => ({ object: one, read: readProfileObject(one) })),
    { baseline: 'off', longestExemption: 90 * 86_400_000, lastGood: new Set(), now, ...more },
  );
}

const said = (objects: readonly KubeObject[], more: Partial<DesiredStatusOptions> = {}) =>
  statuses(objects, more).changes.map(
    ({ resource, object: { metadata }, status }) =>
      `${resource.plural}/${metadata.name}: ${status.conditions.map((one) => `${one.type}=${one.status} ${one.reason}`).join(', ')}`,
  );

test('says what a person has to know of each document', () => {
  expect(
    said([
      object('SeccompPolicy', 'gives', { assign: [{ profile: 'small' }] }),
      object('SeccompPolicy', 'refuses', { require: { profiles: ['RuntimeDefault'] } }),
      object('SeccompPolicy', 'broken', { assign: 7 }),
      exemption('long', '2026-05-01T00:00:00Z'),
      exemption('soon', '2026-03-04T00:00:00Z'),
      exemption('past', '2026-02-27T00:00:00Z'),
      exemption('far', '2026-12-01T00:00:00Z'),
      profile('small', ['read', 'write']),
      profile('wide', ['read', 'kexec_load']),
      profile('ready', ['read'], { status: { nodesReady: 3, nodesTotal: 3 } }),
    ]),
  ).toEqual([
    'seccomppolicies/gives: Ready=True InForce, Conflicted=True Contradicts',
    'seccomppolicies/refuses: Ready=True InForce, Conflicted=False NoConflict',
    'seccomppolicies/broken: Ready=False Invalid',
    'seccompexemptions/long: Ready=True InForce, Active=True InForce',
    'seccompexemptions/soon: Ready=True InForce, Active=True EndsSoon',
    'seccompexemptions/past: Ready=True InForce, Active=False Expired',
    'seccompexemptions/far: Ready=True InForce, Active=False TooLong',
    'seccompprofiles/small: Ready=False NotOnNodes, Approved=True WithinRuntimeDefault',
    'seccompprofiles/wide: Ready=False WaitsForApproval, Approved=False WaitsForApproval',
    'seccompprofiles/ready: Ready=True OnNodes, Approved=True WithinRuntimeDefault',
  ]);
});

test('a broken document of which an earlier version was good says that this one stays in force', () => {
  const broken = object('SeccompPolicy', 'broken', { assign: 7 });
  expect(said([broken], { lastGood: new Set(['uid-broken']) })).toEqual([
    'seccomppolicies/broken: Ready=False LastGoodInForce',
  ]);
  expect(statuses([broken]).set.broken).toEqual([{ kind: 'SeccompPolicy', name: 'broken' }]);
});

test('writes nothing where the status says so already, and keeps since when it is so', () => {
  const policy = object('SeccompPolicy', 'web', { assign: [{ profile: 'RuntimeDefault' }] });
  const [first] = statuses([policy]).changes;
  const later = now + 3_600_000;
  const others = { type: 'Synced', status: 'True' };
  const status = { ...first?.status, conditions: [others, ...(first?.status.conditions ?? [])], nodesReady: 1 };
  expect(said([{ ...policy, status } as KubeObject], { now: later })).toEqual([]);
  const changed = object(
    'SeccompPolicy',
    'web',
    { assign: [{ profile: 'RuntimeDefault' }], mode: 'Audit' },
    { status },
  );
  const [second] = statuses([{ ...changed, metadata: { ...changed.metadata, generation: 3 } }], { now: later }).changes;
  expect(second?.status.observedGeneration).toBe(3);
  expect(second?.status.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(
    Array(2).fill('2026-03-01T12:00:00Z'),
  );
});
