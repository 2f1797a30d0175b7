import { fromClusterObject } from '../../../../src/core/policy/load/cluster-object.js';
import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';
import { formatPlace, formatProblem } from '../../../../src/core/problem/problem.js';

const POLICY = `apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: web }
spec:
  assign:
    - profile: RuntimeDefault
`;
const EXEMPTION = `apiVersion: seccomply.dev/v1alpha1
kind: SeccompExemption
metadata: { name: profiler }
spec:
  match: { namespaces: [perf] }
  allow: [Unconfined]
  reason: it needs perf_event_open
  owner: team-perf
  expires: 2027-01-31T00:00:00Z
`;

const problems = (text: string, file = 'p.yaml'): string =>
  parseDocuments(text, { file })
    .problems.map((problem) => formatProblem(problem))
    .join('\n');

test('a policy gets its defaults, knows its places and has a content hash that does not depend on how it is written', () => {
  const { policies, problems: found, notes } = parseDocuments(POLICY, { file: 'policies/web.yaml' });
  const [policy] = policies;
  expect([found, notes]).toEqual([[], []]);
  expect(policy?.value.spec).toMatchObject({
    mode: 'Enforce',
    priority: 0,
    existing: 'Tighten',
    unconfined: 'Deny',
    unavailable: 'RuntimeDefault',
    assign: [{ containerTypes: ['Container', 'Sidecar'], stage: 'Enforce' }],
  });
  expect(policy?.reference).toMatchObject({ name: 'web', origin: 'policies/web.yaml:1' });
  expect(formatPlace(policy?.placeOf('spec.assign[0].profile'))).toBe('policies/web.yaml:6:16');
  // Not written: the deepest part of the path that is.
  expect(formatPlace(policy?.placeOf('spec.assign[0].images[3]'))).toBe('policies/web.yaml:6:7');
  expect(formatPlace(policy?.placeOf('spec.require.profiles'))).toBe('policies/web.yaml:4:1');
  const asJson = JSON.stringify({
    kind: 'SeccompPolicy',
    apiVersion: 'seccomply.dev/v1alpha1',
    spec: { priority: 0, assign: [{ profile: 'RuntimeDefault' }] },
    metadata: { labels: { a: 'b' }, name: 'web' },
  });
  const [other] = parseDocuments(asJson, { file: 'web.json' }).policies;
  expect(other?.reference.contentSha256).toBe(policy?.reference.contentSha256);
  const [changed] = parseDocuments(POLICY.replace('RuntimeDefault', 'web-static')).policies;
  expect(changed?.reference.contentSha256).not.toBe(policy?.reference.contentSha256);
});

const policy = (spec: string): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: web }\nspec:\n${spec.replace(/^/gm, '  ')}\n`;
const exemption = (change: (text: string) => string): string => change(EXEMPTION);

describe('mistakes in a policy', () => {
  test.each<[name: string, text: string]>([
    ['no kind', POLICY.replace('kind: SeccompPolicy\n', '')],
    ['a kind in lower case', POLICY.replace('SeccompPolicy', 'seccomppolicy')],
    ['a misspelt kind', POLICY.replace('SeccompPolicy', 'SecompPolicy')],
    ['no apiVersion', POLICY.replace(/^apiVersion.*\n/, '')],
    ['another apiVersion', POLICY.replace('v1alpha1', 'v1')],
    ['no metadata', POLICY.replace(/metadata.*\n/, '')],
    ['a bad name', POLICY.replace('name: web', 'name: Web_Tier')],
    ['a reserved name', POLICY.replace('name: web', 'name: built-in')],
    ['a namespace of its own', POLICY.replace('name: web', 'name: web, namespace: shop')],
    ['no spec', POLICY.replace(/spec:[\s\S]*/, '')],
    ['an empty spec', policy('{}')],
    ['nothing behind spec:', POLICY.replace(/spec:[\s\S]*/, 'spec:\n')],
    ['a misspelt key', policy('asign:\n  - profile: RuntimeDefault')],
    ['a key in the wrong place', policy('images: [nginx]\nassign:\n  - profile: RuntimeDefault')],
    ['a key of another product', policy('validationFailureAction: enforce\nassign:\n  - profile: RuntimeDefault')],
    ['a mode that there is not', policy('mode: enforce\nassign:\n  - profile: RuntimeDefault')],
    ['a priority in quotes', policy('priority: "10"\nassign:\n  - profile: RuntimeDefault')],
    ['a priority with a fraction', policy('priority: 1.5\nassign:\n  - profile: RuntimeDefault')],
    ['a priority beyond everything', policy('priority: 5000000000\nassign:\n  - profile: RuntimeDefault')],
    ['a text where a list belongs', policy('match: { namespaces: shop }\nassign:\n  - profile: RuntimeDefault')],
    ['an object where a list belongs', policy('assign:\n  profile: RuntimeDefault')],
    ['an empty list', policy('match: { namespaces: [] }\nassign:\n  - profile: RuntimeDefault')],
    ['a number where a text belongs', policy('match: { namespaces: [42] }\nassign:\n  - profile: RuntimeDefault')],
    ['a namespace in upper case', policy('match: { namespaces: [Shop] }\nassign:\n  - profile: RuntimeDefault')],
    [
      'a regular expression for namespaces',
      policy('match: { namespaces: ["team-.*"] }\nassign:\n  - profile: RuntimeDefault'),
    ],
    [
      'a service account without a namespace',
      policy('match: { serviceAccounts: [deploy] }\nassign:\n  - profile: RuntimeDefault'),
    ],
    [
      'a service account with two slashes',
      policy('match: { serviceAccounts: [a/b/c] }\nassign:\n  - profile: RuntimeDefault'),
    ],
    [
      'a runtime class to match',
      policy('match: { runtimeClassNames: [gvisor] }\nassign:\n  - profile: RuntimeDefault'),
    ],
    ['an empty exclude', policy('match: { exclude: [{}] }\nassign:\n  - profile: RuntimeDefault')],
    [
      'a label with a wildcard',
      policy('match: { podSelector: { matchLabels: { app: "web-*" } } }\nassign:\n  - profile: RuntimeDefault'),
    ],
    [
      'a label that is true',
      policy('match: { podSelector: { matchLabels: { web: true } } }\nassign:\n  - profile: RuntimeDefault'),
    ],
    [
      'a bad label key',
      policy('match: { podSelector: { matchLabels: { "a/b/c": x } } }\nassign:\n  - profile: RuntimeDefault'),
    ],
    [
      'In without values',
      policy(
        'match: { podSelector: { matchExpressions: [{ key: a, operator: In }] } }\nassign:\n  - profile: RuntimeDefault',
      ),
    ],
    [
      'Exists with values',
      policy(
        'match: { podSelector: { matchExpressions: [{ key: a, operator: Exists, values: [b] }] } }\nassign:\n  - profile: RuntimeDefault',
      ),
    ],
    [
      'an operator that there is not',
      policy(
        'match: { podSelector: { matchExpressions: [{ key: a, operator: Equals, values: [b] }] } }\nassign:\n  - profile: RuntimeDefault',
      ),
    ],
    ['a rule without a profile', policy('assign:\n  - images: [nginx]')],
    ['a rule that assigns Unconfined', policy('assign:\n  - profile: Unconfined')],
    ['a bad image pattern', policy('assign:\n  - images:\n      - nginx\n      - "Nginx:1"\n    profile: web-static')],
    [
      'a container type that there is not',
      policy('assign:\n  - containerTypes: [InitContainer]\n    profile: RuntimeDefault'),
    ],
    [
      'two rules of a name',
      policy('assign:\n  - name: a\n    profile: RuntimeDefault\n  - name: a\n    profile: web-static'),
    ],
    ['a rule that is called by a number', policy('assign:\n  - name: "0"\n    profile: RuntimeDefault')],
    ['a stage of the runtime default', policy('assign:\n  - profile: RuntimeDefault\n    stage: Complain')],
    ['a ceiling that nothing is over', policy('require:\n  ceiling: Unconfined')],
    ['a boolean for a choice', policy('require:\n  privileged: true')],
    ['a ceiling that nobody knows', policy('require:\n  ceiling: Localhost/team/app.json')],
    ['a path into the folder of the catalogue', policy('require:\n  profiles: ["Localhost/seccomply/*"]')],
    [
      'several at once, in the order of the text',
      policy('mode: Strict\nassign:\n  - profile: Web\n    stage: enforce\nrequired: {}'),
    ],
  ])('%s', (_, text) => {
    expect(problems(text)).toMatchSnapshot();
    expect(problems(text)).not.toBe('');
  });
});

describe('mistakes in an exemption', () => {
  test.each<[name: string, change: (text: string) => string]>([
    ['no end', (text) => text.replace(/ {2}expires.*\n/, '')],
    ['an end without a zone', (text) => text.replace('T00:00:00Z', '')],
    ['a day that there is not', (text) => text.replace('01-31', '02-30')],
    ['no reason', (text) => text.replace('it needs perf_event_open', '" "')],
    ['no owner', (text) => text.replace(/ {2}owner.*\n/, '')],
    [
      'labels alone',
      (text) => text.replace('{ namespaces: [perf] }', '{ podSelector: { matchLabels: { app: profiler } } }'),
    ],
    ['a pattern over policies', (text) => `${text}  policies: ["web-*"]\n`],
    ['a profile that there cannot be', (text) => text.replace('[Unconfined]', '[unconfined_]')],
    ['nothing allowed', (text) => text.replace('[Unconfined]', '[]')],
    ['a key of a policy', (text) => `${text}  profile: RuntimeDefault\n`],
  ])('%s', (_, change) => {
    expect(problems(exemption(change))).toMatchSnapshot();
    expect(problems(exemption(change))).not.toBe('');
  });
});

describe('several documents', () => {
  test('each stands alone: a bad one keeps no other from loading', () => {
    const text = `${POLICY}---\n${POLICY.replace('name: web', 'name: bad').replace('assign', 'asign')}---\n${EXEMPTION}---\nkind: ConfigMap\napiVersion: v1\nmetadata: { name: x }\n---\nkind: ConfigMap\napiVersion: v1\n`;
    const read = parseDocuments(text, { file: 'all.yaml' });
    expect(read.policies.map(({ reference }) => reference.origin)).toEqual(['all.yaml:1']);
    expect(read.exemptions.map(({ reference }) => reference.origin)).toEqual(['all.yaml:15']);
    expect(read.broken).toEqual([{ kind: 'SeccompPolicy', name: 'bad' }]);
    expect([...read.problems, ...read.notes].map(formatProblem)).toMatchInlineSnapshot(`
[
  "all.yaml:12:3: error: unknown key "asign" (spec.asign) [PD007]
    did you mean "assign"? In spec there can be: description, mode, priority, match, assign, existing, unconfined, unavailable, require",
  "all.yaml:25:1: info: 2 documents of kind ConfigMap left alone [PD006]",
]
`);
  });

  test('lists as kubectl prints them, with what the API server adds, and items without a kind', () => {
    const metadata = {
      name: 'web',
      uid: 'u',
      resourceVersion: '7',
      generation: 2,
      creationTimestamp: 'x',
      managedFields: [],
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    };
    const spec = { assign: [{ profile: 'RuntimeDefault' }] };
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'seccomply.dev/v1alpha1', kind: 'SeccompPolicy', metadata, spec, status: { a: 1 } }],
    };
    const typed = {
      apiVersion: 'seccomply.dev/v1alpha1',
      kind: 'SeccompPolicyList',
      items: [
        { metadata: { name: 'db' }, spec },
        { metadata: { name: 'bad' }, spec: { assign: [{ profile: 'Bad' }] } },
      ],
    };
    const text = `${JSON.stringify(list, null, 1)}`;
    const [policyOf] = parseDocuments(text, { file: 'l.json' }).policies;
    expect(policyOf?.reference.contentSha256).toBe(parseDocuments(POLICY).policies[0]?.reference.contentSha256);
    const read = parseDocuments(JSON.stringify(typed, null, 1), { file: 't.json' });
    expect(read.policies.map(({ reference }) => reference)).toMatchObject([{ name: 'db', origin: 't.json:5' }]);
    expect(read.problems.map(formatProblem)).toMatchInlineSnapshot(`
[
  "t.json:24:18: error: "Bad" is not a profile reference (spec.assign[0].profile) [PD013]
    write RuntimeDefault, the lower case name of a catalogue profile, or Localhost/<path>",
]
`);
  });

  test('a list as kubectl prints it in YAML has the same documents and places whether or not it is plain', () => {
    const item = (name: string, profile: string): string => `- apiVersion: seccomply.dev/v1alpha1
  kind: SeccompPolicy
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"seccomply.dev/v1alpha1"}
    creationTimestamp: "2026-11-24T10:00:00Z"
    name: ${name}
    uid: 0f2b5a1e-0000-4000-8000-000000000001
  spec:
    # Whoever comes first.
    assign:
    - images:
      - nginx:1.*
      profile: ${profile}
  status: {}
`;
    const list = `apiVersion: v1\nitems:\n${item('web', 'web-static')}\n${item('bad', 'Bad')}# the last\n${item('db', 'RuntimeDefault')}kind: List\n`;
    const said = (text: string): unknown => {
      const { policies, problems: found, broken } = parseDocuments(text, { file: 'l.yaml' });
      const documents = policies.map(({ reference, placeOf }) => ({
        ...reference,
        places: ['metadata.name', 'spec.assign[0].images[0]', 'spec'].map((path) => formatPlace(placeOf(path))),
      }));
      return { documents, problems: found.map(formatProblem), broken };
    };
    expect(said(list)).toEqual(said(`${list}metadata: ~\n`));
    expect(said(list)).toMatchObject({
      documents: [
        { name: 'web', origin: 'l.yaml:3', places: ['l.yaml:10:11', 'l.yaml:16:9', 'l.yaml:12:3'] },
        { name: 'db', origin: 'l.yaml:37' },
      ],
      problems: [expect.stringContaining('l.yaml:34:16: error: "Bad" is not a profile reference')],
    });
  });

  test('in a list that is one long line, as programs print it, places are columns', () => {
    const policy = (name: string, profile: string) => ({
      apiVersion: 'seccomply.dev/v1alpha1',
      kind: 'SeccompPolicy',
      metadata: { name },
      spec: { assign: [{ profile }] },
    });
    const long = { apiVersion: 'v1', kind: 'ConfigMap', data: { text: 'x'.repeat(100_000) } };
    const items = [
      long,
      ...Array.from({ length: 20 }, (_, index) => policy(`good-${index}`, 'RuntimeDefault')),
      ...Array.from({ length: 30 }, (_, index) => policy(`bad-${index}`, 'Bad')),
      long,
    ];
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const read = parseDocuments(text, { file: 'l.json' });
    expect(read.policies).toHaveLength(20);
    const columns = read.problems.map(({ place }) => place?.column ?? 0);
    expect(columns).toHaveLength(30);
    for (const column of columns) expect(text.slice(column - 1, column + 4)).toBe('"Bad"');
  });

  test('Namespaces beside the policies give their labels', () => {
    const text =
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { tier: web } }\n---\nkind: Namespace\nmetadata: { name: bad, labels: { n: 1 } }\n---\nkind: Namespace\nmetadata: {}\n';
    const read = parseDocuments(text, { file: 'n.yaml' });
    expect(read.namespaces).toMatchObject([
      { name: 'shop', labels: { tier: 'web', 'kubernetes.io/metadata.name': 'shop' } },
    ]);
    expect(read.problems.map(formatProblem)).toMatchInlineSnapshot(`
[
  "n.yaml:6:34: warning: kubectl reads a plain n as false, not as text (metadata.labels) [PD017]
    put it in quotes: "n"",
  "n.yaml:6:37: error: the label "n" is no text (metadata.labels.n) [PD009]
    put the value in quotes: "1"",
  "n.yaml:9:11: error: a namespace needs a name as Kubernetes takes it (metadata.name) [PD014]
    add metadata: { name: … }",
]
`);
  });
});

describe('a set of documents', () => {
  const parsed = (text: string, file: string) => parseDocuments(text, { file });

  test('a name that stands twice is an error, and the first counts until one of them is gone', () => {
    const set = documentSet([
      parsed(POLICY, 'a.yaml'),
      parsed(POLICY.replace('RuntimeDefault', 'web-static'), 'b.yaml'),
    ]);
    expect(set.documents.policies.map(({ reference }) => reference.origin)).toEqual(['a.yaml:1']);
    expect(set.problems.map(formatProblem)).toMatchInlineSnapshot(`
[
  "b.yaml:3:19: error: a SeccompPolicy called "web" stands here for the second time (metadata.name) [PD016]
    give one of the two another name, or remove it; the other is at a.yaml:1",
]
`);
  });

  test('a policy and an exemption may have the same name', () => {
    const set = documentSet([parsed(`${POLICY}---\n${EXEMPTION.replace('profiler', 'web')}`, 'a.yaml')]);
    expect([set.problems, set.documents.policies.length, set.documents.exemptions.length]).toEqual([[], 1, 1]);
  });

  test('a document that breaks keeps its last good version, one that is taken away goes', () => {
    const two = documentSet([parsed(POLICY, 'a.yaml'), parsed(EXEMPTION, 'b.yaml')]);
    const broken = documentSet(
      [parsed(POLICY.replace('assign', 'asign'), 'a.yaml'), parsed(EXEMPTION, 'b.yaml')],
      two.documents,
    );
    expect(broken.documents.contentSha256).toBe(two.documents.contentSha256);
    expect(broken.notes.map(formatProblem)).toMatchInlineSnapshot(`
[
  "info: the SeccompPolicy "web" stays in force as it was when it last loaded [PD019]
    correct the error above",
]
`);
    const gone = documentSet([parsed(EXEMPTION, 'b.yaml')], two.documents);
    expect(gone.documents.policies).toEqual([]);
    const garbled = documentSet([parsed(`${POLICY}\t{`, 'a.yaml'), parsed(EXEMPTION, 'b.yaml')], two.documents);
    expect(garbled.documents.policies.length).toBe(1);
  });

  test('the hash is over what the documents say, not over where they stand', () => {
    const one = documentSet([parsed(POLICY, 'a.yaml'), parsed(EXEMPTION, 'b.yaml')]);
    const other = documentSet([parsed(`${EXEMPTION}---\n${POLICY}`, 'c.yaml')]);
    expect(other.documents.contentSha256).toBe(one.documents.contentSha256);
  });
});

describe('custom resources', () => {
  const object = (spec: unknown, metadata: object = {}): unknown => ({
    apiVersion: 'seccomply.dev/v1alpha1',
    kind: 'SeccompPolicy',
    metadata: { name: 'web', generation: 3, resourceVersion: '42', uid: 'u', ...metadata },
    spec,
    status: {},
  });

  test('are the same documents as in files', () => {
    const { document, problems: found } = fromClusterObject(object({ assign: [{ profile: 'RuntimeDefault' }] }));
    expect(found).toEqual([]);
    expect(document?.home).toBe('cluster');
    expect(document?.reference).toEqual({
      name: 'web',
      origin: 'cluster:seccomppolicies/web@3',
      contentSha256: parseDocuments(POLICY).policies[0]?.reference.contentSha256,
    });
    expect(formatPlace(document?.placeOf('spec.assign[0]'))).toBe('cluster:seccomppolicies/web@3');
  });

  test.each<[name: string, value: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['another kind', { apiVersion: 'v1', kind: 'Pod' }],
    ['a bad spec', object({ assign: [{ profile: 'Web' }], extra: 1 })],
    [
      'a key of the prototype',
      JSON.parse(
        '{"apiVersion":"seccomply.dev/v1alpha1","kind":"SeccompPolicy","metadata":{"name":"web"},"spec":{"match":{"podSelector":{"matchLabels":{"__proto__":"x"}}},"assign":[{"profile":"RuntimeDefault"}]}}',
      ),
    ],
  ])('%s', (_, value) => {
    const { document, problems: found } = fromClusterObject(value);
    expect(document).toBeUndefined();
    expect(found.map(formatProblem).join('\n')).toMatchSnapshot();
  });
});

test('no text makes reading throw', () => {
  for (const text of [
    '{',
    '[',
    '"',
    '- - -',
    '? ',
    '!!',
    '&a',
    '*a',
    '%',
    '---\n...\n---',
    '\ud800',
    '{"kind":"List","items":[null,1,[],{"kind":"List","items":[{"kind":"List","items":[{"kind":"List","items":[]}]}]}]}',
  ])
    for (const file of ['a.yaml', 'a.json', undefined]) expect(() => parseDocuments(text, { file })).not.toThrow();
});

test('a list inside a list: its documents stand where it begins, however many there are', () => {
  const item = (index: number) => ({
    apiVersion: 'seccomply.dev/v1alpha1',
    kind: 'SeccompPolicy',
    metadata: { name: `p${index}` },
    spec: { mode: 'x' },
  });
  const inner = { kind: 'List', items: Array.from({ length: 4_000 }, (_, index) => item(index)) };
  const { problems: found, broken } = parseDocuments(`{"kind": "List", "items": [\n  ${JSON.stringify(inner)}]}`, {
    file: 'l.json',
  });
  expect(broken).toHaveLength(4_000);
  expect(found).toHaveLength(1_001);
  expect(formatPlace(found[1]?.place)).toBe('l.json:2:3');
});

test('of names that stand twice the first two hundred are placed', () => {
  const all = Array.from({ length: 300 }, (_, index) => POLICY.replace('web', `p${index}`)).join('---\n');
  const set = documentSet([parseDocuments(all, { file: 'a.yaml' }), parseDocuments(all, { file: 'b.yaml' })]);
  expect(set.documents.policies).toHaveLength(300);
  expect(set.problems).toHaveLength(201);
  expect(set.problems.at(-1)).toMatchObject({
    code: 'PD016',
    severity: 'error',
    message: '100 more documents have a name that stands before them, too',
  });
});
