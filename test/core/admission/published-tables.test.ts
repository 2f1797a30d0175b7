import { readFileSync } from 'node:fs';
import { admitObject } from '../../../src/core/admission/explain/admit.js';
import type { RequestFacts } from '../../../src/core/admission/request/request-facts.js';
import type { RuleSet } from '../../../src/core/policy/rules/rule-set.js';
import { admitted, ask, container, exemption, field, NOW, pod, policy, requestOf, rulesOf } from './support.js';

/**
 * What others publish about seccomp and pods, put to the sets that ship: the checks `seccompProfile_baseline` and
 * `seccompProfile_restricted` of Pod Security admission with the pods it is tested with, Gatekeeper's K8sPSPSeccompV2 examples,
 * and the tables of Kyverno's restrict-seccomp (baseline) and restrict-seccomp-strict (restricted). Each row says what they
 * say and what we say, and where that differs, why.
 */
type Published = 'pass' | 'fail' | 'warn';
/** `repaired`: admitted with a patch. `warned`: admitted as it is, with a warning. */
type Ours = 'admitted' | 'repaired' | 'warned' | 'refused';
type Verdicts = readonly [published: Published, ours: Ours];

interface Row {
  readonly what: string;
  readonly object: object;
  readonly baseline?: Verdicts;
  readonly restricted?: Verdicts;
  /** The reasons for which we say something else; every difference has one, and nothing else has. */
  readonly why?: Reason;
}

const REASONS = {
  repaired: 'an unset field is given RuntimeDefault rather than refused',
  ceiling: 'restricted goes by what a profile allows, and nobody knows what a foreign Localhost file allows',
  notAProfile: 'no runtime could make sense of the field',
  ourFolder: 'files below seccomply/ are catalogue profiles, and this one is not known by name and hash',
  notNormal: 'the path is another spelling of a file, so two readers could take it for two',
  privileged: 'a privileged container runs unconfined whatever its field says',
  hostAccess: 'the container gets around every profile through its node',
  annotation: 'annotations give no profile since Kubernetes 1.27, so they neither help nor harm',
  template: 'the pod of a template is refused when it is created; until then its author is warned',
  windows: 'there is no seccomp on Windows, and the API server refuses the field there',
} as const;
type Reason = keyof typeof REASONS;

const RD = 'RuntimeDefault';
const U = 'Unconfined';
const L = 'Localhost/operator/default/profile1.json';
const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];

/** Containers as `name: profile`; undefined leaves the field out. */
type Profiles = Readonly<Record<string, string | undefined>>;
interface Shape {
  readonly pod?: string;
  readonly c?: Profiles;
  readonly init?: Profiles;
  readonly sidecar?: Profiles;
  readonly debug?: Profiles;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

function shape({ pod: profile, c = { a: undefined }, init = {}, sidecar = {}, debug = {}, annotations, spec }: Shape) {
  const some = (profiles: Profiles, more: Readonly<Record<string, unknown>> = {}) =>
    Object.entries(profiles).map(([name, one]) => container(name, one, more));
  const initContainers = [...some(init), ...some(sidecar, { restartPolicy: 'Always' })];
  const ephemeralContainers = some(debug);
  return pod({
    ...(annotations === undefined ? {} : { metadata: { annotations } }),
    ...(profile === undefined ? {} : { securityContext: { seccompProfile: field(profile) } }),
    ...(initContainers.length === 0 ? {} : { initContainers }),
    containers: some(c),
    ...(ephemeralContainers.length === 0 ? {} : { ephemeralContainers }),
    ...spec,
  });
}

function row(
  what: string,
  given: Shape,
  baseline: Verdicts | undefined,
  restricted: Verdicts | undefined,
  why?: Reason,
): Row {
  return {
    what,
    object: shape(given),
    ...(baseline === undefined ? {} : { baseline }),
    ...(restricted === undefined ? {} : { restricted }),
    ...(why === undefined ? {} : { why }),
  };
}

/** `type` and `localhostProfile` as no helper would write them. */
const raw = (seccompProfile: unknown): Shape => ({
  spec: { containers: [{ name: 'a', image: 'a', securityContext: { seccompProfile } }] },
});
const localhost = (path: string): Shape => raw({ type: 'Localhost', localhostProfile: path });
const first = (securityContext: object): Shape => ({
  spec: { containers: [{ name: 'a', image: 'a', securityContext }] },
});

const PASS: Verdicts = ['pass', 'admitted'];
const FAIL: Verdicts = ['fail', 'refused'];
const GIVEN: Verdicts = ['pass', 'repaired'];
const REPAIRED: Verdicts = ['fail', 'repaired'];
const OVER: Verdicts = ['pass', 'refused'];

const PSA: readonly Row[] = [
  row('unset everywhere', {}, GIVEN, REPAIRED, 'repaired'),
  row('unset everywhere, an init container too', { init: { i: undefined } }, GIVEN, REPAIRED, 'repaired'),
  row('empty security contexts', first({}), GIVEN, REPAIRED, 'repaired'),
  row('RuntimeDefault on the pod', { pod: RD, init: { i: undefined } }, PASS, PASS),
  row('RuntimeDefault on the pod and a container', { pod: RD, c: { a: RD }, init: { i: undefined } }, PASS, PASS),
  row('Localhost on the pod', { pod: L, init: { i: undefined } }, PASS, OVER, 'ceiling'),
  row('Unconfined on the pod', { pod: U }, FAIL, FAIL),
  row('Unconfined on the pod, RuntimeDefault on each container', { pod: U, c: { a: RD, b: RD } }, FAIL, FAIL),
  row(
    'Unconfined on the pod, with a container and an init container that override it',
    { pod: U, c: { a: RD }, init: { i: RD } },
    FAIL,
    FAIL,
  ),
  row('Unconfined on a container', { c: { a: U } }, FAIL, FAIL),
  row('Unconfined on an init container', { init: { i: U } }, FAIL, FAIL),
  row('Unconfined on a sidecar', { sidecar: { s: U } }, FAIL, FAIL),
  row('Unconfined on a debug container', { debug: { d: U } }, FAIL, FAIL),
  row('RuntimeDefault on the pod, Unconfined on a container', { pod: RD, c: { a: U } }, FAIL, FAIL),
  row('RuntimeDefault on the pod, Unconfined on an init container', { pod: RD, init: { i: U } }, FAIL, FAIL),
  row('RuntimeDefault on the pod, Unconfined on a debug container', { pod: RD, debug: { d: U } }, FAIL, FAIL),
  row(
    'two of six containers Unconfined',
    { pod: RD, c: { a: undefined, b: undefined, c: U, d: U, e: RD, f: RD } },
    FAIL,
    FAIL,
  ),
  row(
    'the pod and two of six containers Unconfined',
    { pod: U, c: { a: undefined, b: undefined, c: U, d: U, e: RD, f: RD } },
    FAIL,
    FAIL,
  ),
  row(
    'pod unset, two of four containers set',
    { c: { a: undefined, b: undefined, d: RD, e: RD } },
    GIVEN,
    REPAIRED,
    'repaired',
  ),
  row(
    'pod unset, container RuntimeDefault, init container Localhost',
    { c: { a: RD }, init: { i: L } },
    PASS,
    OVER,
    'ceiling',
  ),
  row(
    'pod unset, container RuntimeDefault, init container unset',
    { c: { a: RD }, init: { i: undefined } },
    GIVEN,
    REPAIRED,
    'repaired',
  ),
  row('pod unset, container unset, init container RuntimeDefault', { init: { i: RD } }, GIVEN, REPAIRED, 'repaired'),
  row('pod unset, container RuntimeDefault, init container Unconfined', { c: { a: RD }, init: { i: U } }, FAIL, FAIL),
  row(
    'pod unset, container RuntimeDefault, debug container unset',
    { c: { a: RD }, debug: { d: undefined } },
    GIVEN,
    REPAIRED,
    'repaired',
  ),
  row('pod unset, sidecar unset', { c: { a: RD }, sidecar: { s: undefined } }, GIVEN, REPAIRED, 'repaired'),
  row(
    'RuntimeDefault on each container of each type',
    { c: { a: RD }, init: { i: RD }, sidecar: { s: RD }, debug: { d: RD } },
    PASS,
    PASS,
  ),
  row('Windows, unset', { spec: { os: { name: 'windows' } } }, PASS, PASS),
  row(
    'Windows, Unconfined on the pod',
    { pod: U, spec: { os: { name: 'windows' } } },
    FAIL,
    ['pass', 'refused'],
    'windows',
  ),
  row('Linux by name, unset', { spec: { os: { name: 'linux' } } }, GIVEN, REPAIRED, 'repaired'),
  row('Linux by name, Unconfined', { c: { a: U }, spec: { os: { name: 'linux' } } }, FAIL, FAIL),
  row('an unknown type', raw({ type: 'Unknown' }), FAIL, FAIL),
  row('a type in lower case', raw({ type: 'unconfined' }), FAIL, FAIL),
  row('an unknown type on the pod, overridden everywhere', { pod: 'Bogus', c: { a: RD } }, FAIL, FAIL),
  row(
    'a privileged container, RuntimeDefault',
    first({ privileged: true, seccompProfile: { type: RD } }),
    ['pass', 'warned'],
    OVER,
    'privileged',
  ),
  row('privileged: false', first({ privileged: false, seccompProfile: { type: RD } }), PASS, PASS),
  row('a privileged container, Unconfined', first({ privileged: true, seccompProfile: { type: U } }), FAIL, FAIL),
  row(
    "the kubelet's folder, writable",
    {
      pod: RD,
      spec: {
        volumes: [{ name: 'k', hostPath: { path: '/var/lib/kubelet' } }],
        containers: [{ name: 'a', image: 'a', volumeMounts: [{ name: 'k', mountPath: '/k' }] }],
      },
    },
    ['pass', 'warned'],
    OVER,
    'hostAccess',
  ),
  row(
    'hostPID with SYS_PTRACE',
    {
      pod: RD,
      spec: {
        hostPID: true,
        containers: [{ name: 'a', image: 'a', securityContext: { capabilities: { add: ['SYS_PTRACE'] } } }],
      },
    },
    ['pass', 'warned'],
    OVER,
    'hostAccess',
  ),
  row('hostPID as root', { pod: RD, spec: { hostPID: true } }, ['pass', 'warned'], OVER, 'hostAccess'),
  row(
    'hostPID as another user',
    {
      pod: RD,
      spec: {
        hostPID: true,
        containers: [{ name: 'a', image: 'a', securityContext: { runAsNonRoot: true } }],
      },
    },
    PASS,
    PASS,
  ),
  row(
    'the pod annotation says unconfined',
    { c: { a: RD }, annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } },
    ['fail', 'warned'],
    undefined,
    'annotation',
  ),
  row(
    'a container annotation says unconfined',
    { c: { a: RD }, annotations: { 'container.seccomp.security.alpha.kubernetes.io/a': 'unconfined' } },
    ['fail', 'warned'],
    undefined,
    'annotation',
  ),
  row(
    'an annotation of an init container says unconfined',
    {
      c: { a: RD },
      init: { i: RD },
      annotations: { 'container.seccomp.security.alpha.kubernetes.io/i': 'unconfined' },
    },
    ['fail', 'warned'],
    undefined,
    'annotation',
  ),
  row(
    'an annotation that no runtime knows',
    { c: { a: RD }, annotations: { 'container.seccomp.security.alpha.kubernetes.io/a': 'unknown' } },
    ['fail', 'warned'],
    undefined,
    'annotation',
  ),
  row(
    'annotations alone say runtime/default and localhost',
    {
      annotations: {
        'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
        'container.seccomp.security.alpha.kubernetes.io/a': 'localhost/testing',
      },
    },
    GIVEN,
    undefined,
  ),
];

const KYVERNO: readonly Row[] = [
  row('bad 1: Unconfined on the pod', { pod: U, c: { container01: undefined } }, FAIL, FAIL),
  row('bad 2: Unconfined on the container', { c: { container01: U } }, FAIL, FAIL),
  row('bad 3: one of two Unconfined, the other unset', { c: { container01: undefined, container02: U } }, FAIL, FAIL),
  row('bad 4: one of two Unconfined, the other RuntimeDefault', { c: { container01: RD, container02: U } }, FAIL, FAIL),
  row('bad 5: init container Unconfined', { init: { i1: U } }, FAIL, FAIL),
  row('bad 6: one of two init containers Unconfined, the other unset', { init: { i1: undefined, i2: U } }, FAIL, FAIL),
  row(
    'bad 7: one of two init containers Unconfined, the other RuntimeDefault',
    { init: { i1: RD, i2: U } },
    FAIL,
    FAIL,
  ),
  row('good 1: RuntimeDefault on the pod', { pod: RD }, PASS, PASS),
  row('good 2: Localhost on the pod', { pod: L }, PASS, OVER, 'ceiling'),
  row('good 3: RuntimeDefault on the container', { c: { a: RD } }, PASS, PASS),
  row('good 4: Localhost on the container', { c: { a: L } }, PASS, OVER, 'ceiling'),
  row(
    'good 5: Localhost on the pod, RuntimeDefault on one of two',
    { pod: L, c: { a: undefined, b: RD } },
    PASS,
    OVER,
    'ceiling',
  ),
  row('good 6: RuntimeDefault and Localhost on the containers', { c: { a: RD, b: L } }, PASS, OVER, 'ceiling'),
  row('good 7: RuntimeDefault on pod and init container', { pod: RD, init: { i1: RD } }, PASS, PASS),
  row(
    'good 8: RuntimeDefault on the pod, Localhost on the init container',
    { pod: RD, init: { i1: L } },
    PASS,
    OVER,
    'ceiling',
  ),
  row(
    'good 9: RuntimeDefault on the pod and one of two init containers',
    { pod: RD, init: { i1: undefined, i2: RD } },
    PASS,
    PASS,
  ),
  row(
    'good 10: RuntimeDefault on the pod, Localhost and RuntimeDefault on init containers',
    { pod: RD, init: { i1: L, i2: RD } },
    PASS,
    OVER,
    'ceiling',
  ),
  row('baseline only: unset', {}, GIVEN, REPAIRED, 'repaired'),
  row(
    'baseline only: unset containers of two types',
    { c: { a: undefined, b: undefined }, init: { i1: undefined } },
    GIVEN,
    REPAIRED,
    'repaired',
  ),
  row(
    'baseline only: one of two init containers RuntimeDefault, the rest unset',
    { init: { i1: undefined, i2: RD } },
    GIVEN,
    REPAIRED,
    'repaired',
  ),
];

const GATEKEEPER: readonly Row[] = [
  row('Unconfined on the pod', { pod: U, c: { nginx: undefined } }, FAIL, FAIL),
  row('Unconfined on the container', { c: { nginx: U } }, FAIL, FAIL),
  row('RuntimeDefault on the container', { c: { nginx: RD } }, PASS, PASS),
  row('Localhost on the container, any file allowed', { c: { nginx: L } }, PASS, OVER, 'ceiling'),
  row('no profile', { c: { nginx: undefined } }, GIVEN, REPAIRED, 'repaired'),
  row(
    'a debug container without a profile',
    { c: { nginx: RD }, debug: { nginx2: undefined } },
    GIVEN,
    REPAIRED,
    'repaired',
  ),
  row('the own field wins over the pod: Unconfined below RuntimeDefault', { pod: RD, c: { nginx: U } }, FAIL, FAIL),
  row(
    'the pod field is for who inherits it: RuntimeDefault below Localhost',
    { pod: L, c: { nginx: RD } },
    PASS,
    OVER,
    'ceiling',
  ),
];

/** What the standards do not go into, and the API server lets through or an odd client sends. */
const EDGES: readonly Row[] = [
  row('Localhost without a path', raw({ type: 'Localhost' }), OVER, OVER, 'notAProfile'),
  row('Localhost with an empty path', localhost(''), OVER, OVER, 'notAProfile'),
  row('Localhost with an absolute path', localhost('/etc/passwd'), OVER, OVER, 'notAProfile'),
  row('Localhost with a way up', localhost('a/../../x.json'), OVER, OVER, 'notAProfile'),
  row('Localhost with an empty part', localhost('team//x.json'), OVER, OVER, 'notNormal'),
  row('Localhost with a "." part', localhost('./team/x.json'), OVER, OVER, 'notNormal'),
  row('Localhost with a "/" at the end', localhost('team/x.json/'), OVER, OVER, 'notNormal'),
  row('a catalogue file that nobody knows', localhost('seccomply/x.json'), OVER, OVER, 'ourFolder'),
  row('the same, spelt with two "/"', localhost('seccomply//x.json'), OVER, OVER, 'notNormal'),
  row('the same, spelt with "./"', localhost('./seccomply/x.json'), OVER, OVER, 'notNormal'),
  row('the catalogue folder itself', localhost('seccomply'), OVER, OVER, 'ourFolder'),
  row('a folder that only begins like it', localhost('seccomply-own/x.json'), PASS, OVER, 'ceiling'),
  row('an own folder in capitals', localhost('Seccomply/x.json'), PASS, OVER, 'ceiling'),
  row('a path of 300 characters', localhost(`team/${'x'.repeat(290)}.json`), PASS, OVER, 'ceiling'),
  row('a path beyond ASCII', localhost('équipe/profil.json'), PASS, OVER, 'ceiling'),
  row('an empty profile', raw({}), FAIL, FAIL),
  row('a profile that is null', raw(null), GIVEN, REPAIRED, 'repaired'),
  row('a profile that is a list', raw([{ type: RD }]), FAIL, FAIL),
  row('a profile that is text', raw(RD), FAIL, FAIL),
  row('a type that is a list', raw({ type: [RD] }), FAIL, FAIL),
  row('a type with a blank', raw({ type: 'RuntimeDefault ' }), FAIL, FAIL),
  row('containers that are an object', { spec: { containers: { a: { name: 'a' } } } }, FAIL, FAIL),
  row('a container that is null', { spec: { containers: [null] } }, FAIL, FAIL),
  row('init containers that are null', { c: { a: RD }, spec: { initContainers: null } }, PASS, PASS),
];

function workload(apiVersion: string, kind: string, { spec }: { readonly spec?: object }, more: object = {}): object {
  const template = { metadata: { labels: { app: 'x' } }, spec };
  const metadata = { name: 'x', namespace: 'shop', ...more };
  if (kind === 'CronJob') return { apiVersion, kind, metadata, spec: { jobTemplate: { spec: { template } } } };
  return kind === 'PodTemplate'
    ? { apiVersion, kind, metadata, template }
    : { apiVersion, kind, metadata, spec: { template } };
}

const WORKLOADS: readonly Row[] = (
  [
    ['apps/v1', 'Deployment'],
    ['apps/v1', 'ReplicaSet'],
    ['apps/v1', 'StatefulSet'],
    ['apps/v1', 'DaemonSet'],
    ['batch/v1', 'Job'],
    ['batch/v1', 'CronJob'],
    ['v1', 'ReplicationController'],
    ['v1', 'PodTemplate'],
  ] as const
).flatMap(([apiVersion, kind]): Row[] => {
  const made = (given: Shape, more: object = {}) => workload(apiVersion, kind, shape(given), more);
  const owner = { ownerReferences: [{ apiVersion: 'x/v1', kind: 'X', name: 'x', uid: '1', controller: true }] };
  return [
    {
      what: `${kind}: Unconfined on the pod`,
      object: made({ pod: U }),
      baseline: ['warn', 'warned'],
      restricted: ['warn', 'warned'],
    },
    {
      what: `${kind}: Unconfined on an init container`,
      object: made({ init: { i: U } }),
      baseline: ['warn', 'warned'],
      restricted: ['warn', 'warned'],
    },
    { what: `${kind}: RuntimeDefault`, object: made({ pod: RD }), baseline: PASS, restricted: PASS },
    { what: `${kind}: unset`, object: made({}), baseline: PASS, restricted: ['warn', 'admitted'], why: 'repaired' },
    {
      what: `${kind}: Localhost`,
      object: made({ pod: L }),
      baseline: PASS,
      restricted: ['pass', 'warned'],
      why: 'ceiling',
    },
    {
      what: `${kind}: Unconfined, with an owner that was judged`,
      object: made({ pod: U }, owner),
      baseline: ['warn', 'admitted'],
      restricted: ['warn', 'admitted'],
      why: 'template',
    },
  ];
});

const SETS = { baseline: shipped('baseline'), restricted: shipped('restricted') } as const;
type Level = keyof typeof SETS;

function shipped(name: string, more = ''): RuleSet {
  const file = new URL(`../../../policies/${name}/${name}.yaml`, import.meta.url);
  return rulesOf(`${readFileSync(file, 'utf8')}\n${more}`);
}

function ours(rules: RuleSet, object: object): Ours {
  const { mutate, decision } = admitObject(rules, object, { now: NOW, namespaceLabels: undefined });
  if (!decision.allowed) return 'refused';
  if (mutate !== undefined && mutate.patch.length > 0) return 'repaired';
  return [...(mutate?.warnings ?? []), ...decision.warnings].length > 0 ? 'warned' : 'admitted';
}

const isRefusal = (verdict: Published | Ours): boolean => verdict === 'fail' || verdict === 'refused';
const isWarning = (verdict: Published | Ours): boolean => verdict === 'warn' || verdict === 'warned';

/** Whether a person would be told the same. A repair beside a pass is the same: the pod is let in, with more than was asked. */
function agree([published, mine]: Verdicts): boolean {
  return isRefusal(published) === isRefusal(mine) && isWarning(published) === isWarning(mine);
}

describe.each([
  ['Pod Security admission', PSA],
  ['Kyverno', KYVERNO],
  ['Gatekeeper', GATEKEEPER],
  ['what no standard goes into', EDGES],
  ['workloads, as Pod Security admission warns', WORKLOADS],
])('%s', (_, rows) => {
  const cases = rows.flatMap((one) =>
    (['baseline', 'restricted'] as const).flatMap((level) => {
      const verdicts = one[level];
      return verdicts === undefined ? [] : [{ level, ...one, verdicts }];
    }),
  );

  test.each(cases)('$level: $what', ({ level, object, verdicts }) => {
    expect(ours(SETS[level as Level], object)).toBe(verdicts[1]);
  });

  test('every difference has its reason, and nothing else has', () => {
    for (const { what, baseline, restricted, why } of rows) {
      const differs = [baseline, restricted].some((verdicts) => verdicts !== undefined && !agree(verdicts));
      expect([what, why === undefined ? undefined : REASONS[why]]).toEqual([
        what,
        differs ? expect.any(String) : undefined,
      ]);
    }
  });
});

/**
 * The parameters that Gatekeeper's K8sPSPSeccompV2 is tested with, as the requirement of a policy that assigns nothing. Two of its
 * cases have no counterpart: a list that is empty, and so refuses every pod, is a mistake here.
 */
describe('Gatekeeper, with other parameters', () => {
  const FILE = 'Localhost/profile.json';
  const one: Shape = { c: { nginx: undefined } };
  const two: Shape = { c: { nginx: undefined, nginx2: undefined } };
  const oneOfTwo: Shape = { c: { nginx: RD, nginx2: undefined } };
  const below = (profile: string, given: Shape): Shape => ({ ...given, pod: profile });
  const asInit = ({ c = {}, ...more }: Shape): Shape => ({ ...more, c: {}, init: c });

  test.each<[allowed: readonly string[], what: string, given: Shape, violations: number]>([
    [[RD], 'RuntimeDefault on the pod', below(RD, one), 0],
    [[RD], 'RuntimeDefault on the container', { c: { nginx: RD } }, 0],
    [[RD], 'RuntimeDefault on both containers', { c: { nginx: RD, nginx2: RD } }, 0],
    [[RD], 'RuntimeDefault on the pod of two', below(RD, two), 0],
    [[RD], 'RuntimeDefault on the pod and one of two', below(RD, oneOfTwo), 0],
    [[RD], 'a file beside RuntimeDefault', { c: { nginx: RD, nginx2: FILE } }, 1],
    [[RD], 'one of two without a profile', oneOfTwo, 1],
    [[RD], 'two without a profile', two, 2],
    [[RD], 'a file on the pod, for one of two', below(FILE, oneOfTwo), 1],
    [[RD], 'the same for init containers', asInit(below(FILE, oneOfTwo)), 1],
    [[RD, FILE], 'the file beside RuntimeDefault', { c: { nginx: RD, nginx2: FILE } }, 0],
    [[RD, FILE], 'RuntimeDefault on the pod and one of two', below(RD, oneOfTwo), 0],
    [[RD, FILE], 'the same for init containers', asInit(below(RD, oneOfTwo)), 0],
    [[FILE], 'the file on the container', { c: { nginx: FILE } }, 0],
    [['Localhost/other.json'], 'another file on the pod', below(FILE, one), 1],
    [['Localhost/profile1.json', 'Localhost/profile2.json', RD, U], 'a file like others', below(FILE, one), 1],
    [['Localhost/**'], 'any file on the pod', below(FILE, one), 0],
    [[U], 'RuntimeDefault on the pod', below(RD, one), 1],
    [[U], 'RuntimeDefault on the container', { c: { nginx: RD } }, 1],
    [[U], 'RuntimeDefault on both containers', { c: { nginx: RD, nginx2: RD } }, 2],
    [[U], 'a file on the pod, RuntimeDefault on one of two', below(FILE, oneOfTwo), 2],
    [[U], 'the same for init containers', asInit(below(FILE, oneOfTwo)), 2],
  ])('%j allowed: %s', (allowed, _, given, violations) => {
    const rules = rulesOf(policy('gatekeeper', { require: { profiles: [...allowed] } }), { baseline: 'off' });
    const { decision } = admitObject(rules, shape(given), { now: NOW, namespaceLabels: undefined });
    expect(decision.allowed).toBe(violations === 0);
    // What is inherited is reported once, at the field that sets it.
    expect(decision.findings.filter(({ kind }) => kind === 'violation')).toHaveLength(violations);
  });
});

/** What the security-profiles-operator does with pods that run, by a policy of the same meaning. */
describe('security-profiles-operator', () => {
  const rules = rulesOf(
    policy('bound', { assign: [{ images: ['nginx:1.23.2'], containerTypes: ALL, profile: 'web-static' }] }),
  );
  const running = (image: string, debug?: object) =>
    pod({ containers: [container('app', undefined, { image })], ...debug });
  const update = (from: object, to: object, webhook: 'mutate' | 'validate', more: RequestFacts = {}) =>
    ask(rules, webhook, requestOf(to, { operation: 'UPDATE', oldObject: from, ...more }));

  test('a new debug container is given its profile, and nothing else of the pod is touched', () => {
    const debug = { ephemeralContainers: [container('d', undefined, { image: 'docker.io/library/nginx:1.23.2' })] };
    const { patch } = update(running('nginx:1.23.2'), running('nginx:1.23.2', debug), 'mutate', {
      subResource: 'ephemeralcontainers',
    });
    expect(patch.map(({ path }) => path)).toEqual(['/spec/ephemeralContainers/0/securityContext']);
  });

  test('an image swapped for one that is bound: refused there, told here, and refused where a requirement says so', () => {
    const swap = (to: string) => update(running('unbound'), running(to), 'validate');
    for (const image of ['nginx:1.23.2', 'docker.io/library/nginx:1.23.2'])
      expect(swap(image)).toMatchObject({ allowed: true, findings: [{ code: 'not-injected', kind: 'warning' }] });
    expect(swap('unbound:2')).toMatchObject({ allowed: true, findings: [] });
    const strict = rulesOf(policy('strict', { require: { profiles: ['*'] } }));
    const request = requestOf(running('nginx:1.23.2'), { operation: 'UPDATE', oldObject: running('unbound') });
    expect(ask(strict, 'validate', request).allowed).toBe(false);
  });

  test('other subresources bring nothing', () => {
    for (const subResource of ['status', 'resize'])
      expect(update(running('a'), running('nginx:1.23.2'), 'validate', { subResource })).toMatchObject({
        allowed: true,
        findings: [],
      });
  });
});

test('there are enough rows to speak of tables', () => {
  expect([...PSA, ...KYVERNO, ...GATEKEEPER, ...EDGES, ...WORKLOADS].length).toBeGreaterThan(120);
});

describe('what a request tells beside its object', () => {
  const debug = (profile?: string) => ({
    subResource: 'ephemeralcontainers',
    operation: 'UPDATE',
    oldObject: shape({ pod: U, c: { a: U } }),
    object: shape({ c: { a: U }, debug: { d: profile } }),
  });
  const asked = (level: Level, webhook: 'mutate' | 'validate', { object, ...more }: RequestFacts) =>
    ask(SETS[level], webhook, requestOf(object, more));

  test.each(['baseline', 'restricted'] as const)(
    '%s: only the new debug container of an old pod is judged',
    (level) => {
      expect(asked(level, 'mutate', debug()).patch).toEqual([
        { op: 'add', path: '/spec/ephemeralContainers/0/securityContext', value: { seccompProfile: { type: RD } } },
      ]);
      expect(asked(level, 'validate', debug()).message).toMatch(/not injected/);
      expect(asked(level, 'validate', debug(RD)).allowed).toBe(true);
      expect(asked(level, 'validate', debug(U)).allowed).toBe(false);
      expect(asked(level, 'validate', debug(L)).allowed).toBe(level === 'baseline');
    },
  );

  test.each(['baseline', 'restricted'] as const)(
    '%s: an old pod that breaks the standard stays editable, but for its images',
    (level) => {
      const old = shape({ c: { a: U } });
      const update = (object: object) => asked(level, 'validate', { operation: 'UPDATE', oldObject: old, object });
      expect(update(shape({ c: { a: U }, annotations: { a: 'b' } })).allowed).toBe(true);
      const swapped = structuredClone(old) as { spec: { containers: { image: string }[] } };
      for (const one of swapped.spec.containers) one.image = 'other';
      expect(update(swapped).allowed).toBe(false);
    },
  );

  test('exempt images, as the exemptImages parameter has them: by exemption, and until a date', () => {
    const exempt = exemption('nginx', { images: ['nginx-exempt'], allow: [U] });
    const of = (level: Level, image: string) =>
      ours(shipped(level, exempt), pod({ containers: [container('nginx', U, { image })] }));
    for (const level of ['baseline', 'restricted'] as const) {
      expect(of(level, 'nginx-exempt')).toBe('admitted');
      expect(of(level, 'nginx')).toBe('refused');
      // A prefix in theirs; a name in ours, so that nobody gets in by a longer one.
      expect(of(level, 'nginx-exempt-not')).toBe('refused');
      expect(of(level, 'evil.example/nginx-exempt')).toBe('refused');
    }
  });

  test('a user cannot pass for a kubelet with the annotation of a mirror pod', () => {
    const object = shape({ pod: U, annotations: { 'kubernetes.io/config.mirror': 'x' } });
    const as = (username: unknown) => asked('restricted', 'validate', { object, userInfo: { username } });
    expect(as('someone').allowed).toBe(false);
    expect(as('system:serviceaccount:kube-system:x').allowed).toBe(false);
    expect(as(['system:node:n1']).allowed).toBe(false);
    expect(as('system:node:n1').allowed).toBe(true);
  });

  test('all four types of container are given a profile', () => {
    const { profiles } = admitted(
      SETS.restricted,
      shape({ c: { a: undefined }, init: { i: undefined }, sidecar: { s: undefined }, debug: { d: undefined } }),
    );
    expect(Object.values(profiles)).toEqual(ALL.map(() => RD));
  });
});
