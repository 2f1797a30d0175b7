import { clusterCatalogue } from '../../../src/cluster/policies/cluster-catalogue.js';
import { isOnNodes, readProfileObject } from '../../../src/cluster/policies/profile-object.js';
import { catalogueFacts } from '../../../src/core/compare/catalogue-facts.js';
import { comparable } from '../../../src/core/compare/comparable.js';
import { formatProblem } from '../../../src/core/problem/problem.js';
import { catalogueOf } from '../../../src/core/profile/catalogue-of.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';

const allowing = (names: readonly string[], more: readonly object[] = []): string =>
  JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }, ...more] });
const object = (name: string, profile: string, spec: object = {}, status: object = {}): unknown => ({
  apiVersion: 'seccomply.dev/v1alpha1',
  kind: 'SeccompProfile',
  metadata: { name, generation: 3, uid: 'u', resourceVersion: '7', managedFields: [] },
  spec: { profile, ...spec },
  status,
});
const onNodes = { nodesReady: 2, nodesTotal: 2 };
const small = allowing(['read', 'write']);
const wide = allowing(['read', 'write', 'kexec_load']);
const digestOf = (text: string): string => {
  const { profile } = parseProfile(text);
  if (profile === undefined) throw new Error('not a profile');
  return catalogueFacts(profile).digest;
};

test('a profile within the runtime default is approved; a wider one is when its very content was', () => {
  expect(readProfileObject(object('a', small)).read).toMatchObject({ withinRuntimeDefault: true, approved: true });
  expect(readProfileObject(object('a', wide)).read).toMatchObject({ withinRuntimeDefault: false, approved: false });
  expect(readProfileObject(object('a', wide, { approval: { digest: digestOf(wide) } })).read?.approved).toBe(true);
  expect(readProfileObject(object('a', wide, { approval: { digest: digestOf(small) } })).read?.approved).toBe(false);
  // A status that somebody managed to write changes nothing.
  expect(readProfileObject(object('a', wide, {}, { approved: true, digest: digestOf(small) })).read?.approved).toBe(
    false,
  );
  expect(readProfileObject(object('a', wide)).problems.map(formatProblem)).toMatchInlineSnapshot(`
[
  "cluster:seccompprofiles/a@3: error: it allows more than the default of containerd (kexec_load), and nobody has approved that (spec.approval) [PF20]
    Look at it (seccomply profile diff RuntimeDefault a); then, with the verb approve, set spec.approval.digest to ed657723beac2108ab3f6ad53be4ad3be63a5482403b4d2e40c4270d88c5010e.",
]
`);
});

test('what cannot be read says where, whatever it is', () => {
  const broken = readProfileObject(object('a', '{\n "defaultAction": "SCMP_ACT_NO"\n}'));
  expect(broken.read).toBeUndefined();
  expect(broken.problems[0]).toMatchObject({
    severity: 'error',
    place: { file: 'cluster:seccompprofiles/a@3', line: 2 },
  });
  for (const odd of [undefined, null, 7, [], {}, object('a', small, { stages: [] }), object('UPPER', small)])
    expect(readProfileObject(odd).read).toBeUndefined();
});

test('a change of the status alone does not have the profile read again', () => {
  const first = readProfileObject(object('a', small));
  const counted = readProfileObject(object('a', wide, {}, onNodes), first);
  expect(counted.read).toBe(first.read);
  expect(isOnNodes(counted)).toBe(true);
  for (const metadata of [{ generation: 4 }, { uid: 'v' }, { uid: undefined }, { generation: undefined }]) {
    const next = object('a', wide) as { readonly metadata: object };
    const read = readProfileObject({ ...next, metadata: { ...next.metadata, ...metadata } }, counted);
    expect(read.read?.withinRuntimeDefault).toBe(false);
  }
});

test('of an object with mistakes everywhere a hundred are told', () => {
  const rules = Array.from({ length: 2_000 }, (_, at) => ({ names: ['read'], action: `SCMP_ACT_${at}` }));
  const { read, problems } = readProfileObject(object('a', allowing(['read'], rules)));
  expect(read).toBeUndefined();
  expect(problems).toHaveLength(100);
});

test('the text of a profile is JSON: YAML is refused, even of the form that the security-profiles-operator reads', () => {
  const { read, problems } = readProfileObject(
    object('a', 'kind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_LOG\n'),
  );
  expect(read).toBeUndefined();
  expect(problems).toMatchObject([{ code: 'SP001', place: { file: 'cluster:seccompprofiles/a@3', line: 1 } }]);
});

test('counts of nodes: nobody has counted is not the same as everybody has it', () => {
  const nodes = (status: object) => isOnNodes(readProfileObject(object('a', small, {}, status)));
  expect(nodes({})).toBe(false);
  expect(nodes({ nodesReady: 0, nodesTotal: 0 })).toBe(false);
  expect(nodes({ nodesReady: 1, nodesTotal: 2 })).toBe(false);
  expect(nodes({ nodesReady: 2, nodesTotal: 2 })).toBe(true);
  expect(nodes({ nodesReady: '2', nodesTotal: -1 })).toBe(false);
});

test('files: every stage with every class of capabilities that the profile asks about', () => {
  const asks = allowing(
    ['read'],
    [{ names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } }],
  );
  const { read } = readProfileObject(
    object('a', asks, { stages: ['Enforce', 'Complain'], capabilities: [['SYS_ADMIN', 'NET_RAW'], ['NET_RAW']] }),
  );
  expect(read?.stages).toEqual(['Enforce', 'Complain']);
  expect(read?.classes).toEqual([[], ['CAP_SYS_ADMIN']]);
});

test('the catalogue has what is approved, in the stages and classes that are kept', () => {
  const asks = allowing(
    ['read'],
    [{ names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } }],
  );
  const catalogue = clusterCatalogue(
    [
      object('small', small, {}, onNodes),
      object('wide', wide, {}, onNodes),
      object('asks', asks, { stages: ['Enforce', 'Record'] }),
    ].map((one) => readProfileObject(one)),
  );
  expect(catalogue.names()).toEqual(['asks', 'small']);
  expect(catalogue.get('small')).toMatchObject({ available: true });
  expect(catalogue.get('asks')).toMatchObject({ available: false });
  expect(catalogue.get('wide')).toBeUndefined();
  expect(catalogue.pathOf('wide', 'Enforce', [])).toBeUndefined();
  expect(catalogue.pathOf('small', 'Enforce', [])).toMatch(/^seccomply\/small\.[0-9a-f]{32}\.json$/);
  expect(catalogue.pathOf('small', 'Complain', [])).toBeUndefined();
  expect(catalogue.pathOf('asks', 'Record', [])).toBeDefined();
  expect(catalogue.pathOf('asks', 'Enforce', ['NET_RAW'])).toBeDefined();
  expect(catalogue.pathOf('asks', 'Enforce', ['SYS_ADMIN'])).toBeUndefined();
  expect(catalogue.byPath(catalogue.pathOf('small', 'Enforce', []) ?? '', [])?.entry.name).toBe('small');
});

test('files beside objects: of one name the object counts, also when it may not be used', () => {
  const inFiles = new Map([
    ['small', allowing(['read'])],
    ['wide', small],
    ['extra', allowing(['read', 'write', 'mkdirat'])],
  ]);
  const profileOf = (name: string) => parseProfile(inFiles.get(name) ?? '').profile;
  const files = catalogueOf(
    [...inFiles].map(([name, text]) => ({
      name,
      digest: digestOf(text),
      available: true,
      withinRuntimeDefault: true,
      refusesNothing: false,
      mentionedCapabilities: [],
    })),
    { within: () => false },
  );
  const catalogue = clusterCatalogue(
    [object('small', small), object('wide', wide)].map((one) => readProfileObject(one)),
    {
      catalogue: files,
      comparableOf: (name) => {
        const profile = profileOf(name);
        return profile === undefined ? undefined : comparable(profile);
      },
    },
  );
  expect(catalogue.names()).toEqual(['extra', 'small']);
  expect(catalogue.get('small')?.digest).toBe(digestOf(small));
  expect(catalogue.get('wide')).toBeUndefined();
  expect(catalogue.get('extra')?.available).toBe(true);
  expect(catalogue.within('small', 'extra')).toBe(true);
  expect(catalogue.within('extra', 'small')).toBe(false);
  expect(catalogue.within('wide', 'extra')).toBe(false);
  expect(catalogue.byPath(files.pathOf('wide', 'Enforce', []) ?? '', [])).toBeUndefined();
});

test('an object with more in it than a filter can have is told so, and nothing is made of it', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `call_${index}`);
  expect(readProfileObject(object('a', allowing(names(4_096)))).read).toBeDefined();
  const { read, problems } = readProfileObject(object('a', allowing(names(4_097))));
  expect(read).toBeUndefined();
  expect(problems.map(formatProblem)).toEqual([
    `cluster:seccompprofiles/a@3: error: it names syscalls and compares arguments 4097 times, and a filter of Linux has at most 4096 instructions (spec.profile) [PF21]
    Put the names that are treated alike into one rule, or split the profile.`,
  ]);
  expect(readProfileObject(object('a', `${small}${' '.repeat(256 * 1024)}`)).problems.map(({ code }) => code)).toEqual([
    'PD009',
  ]);
});

const ruled = (rule: object, defaultAction = 'SCMP_ACT_ERRNO'): string =>
  JSON.stringify({ defaultAction, syscalls: [{ action: 'SCMP_ACT_ALLOW', ...rule }] });

test.each([
  [{ names: ['mount'], includes: { caps: ['CAP_NET_RAW'] } }],
  [{ names: ['mount'], includes: { minKernel: '6.19' } }],
  [{ names: ['mount'], excludes: { minKernel: '6.0' } }],
  [{ names: ['mount'], includes: { arches: ['ppc64le'] } }],
])('a rule that only some containers or nodes see needs approval: %j', (rule) => {
  const { read, problems } = readProfileObject(object('a', ruled(rule)));
  expect(read).toMatchObject({ approved: false, withinRuntimeDefault: false });
  expect(problems.map(({ code }) => code)).toContain('PF20');
});

test('what is within one default and not within the other needs approval, unless the nodes are known', () => {
  const onlyUnderCrio = object('a', ruled({ names: ['mount'] }));
  expect(readProfileObject(onlyUnderCrio).read?.approved).toBe(false);
  expect(readProfileObject(onlyUnderCrio, undefined, 'containerd').read?.approved).toBe(false);
  expect(readProfileObject(onlyUnderCrio, undefined, 'crio').read?.approved).toBe(true);
  const onlyUnderContainerd = object('a', ruled({ names: ['mseal'] }));
  expect(readProfileObject(onlyUnderContainerd).read?.approved).toBe(false);
  expect(readProfileObject(onlyUnderContainerd).problems.map(({ message }) => message)).toEqual([
    'it allows more than the default of CRI-O (mseal), and nobody has approved that',
  ]);
  expect(readProfileObject(onlyUnderContainerd, undefined, 'containerd').read?.approved).toBe(true);
});

test('the catalogue knows of each object whether it refuses nothing', () => {
  const allowAll = '{"defaultAction":"SCMP_ACT_LOG"}';
  const approved = readProfileObject(object('all', allowAll, { approval: { digest: digestOf(allowAll) } }));
  const catalogue = clusterCatalogue([approved, readProfileObject(object('small', small))]);
  expect(catalogue.get('all')?.refusesNothing).toBe(true);
  expect(catalogue.get('small')?.refusesNothing).toBe(false);
});
