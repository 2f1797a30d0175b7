import { formatProblem } from '../../../../../src/core/problem/problem.js';
import { MAX_PROFILES, readProfileFile } from '../../../../../src/core/profile/read/yaml/profile-file.js';

const SPO = 'security-profiles-operator.x-k8s.io/v1';
const spo = (name: string, defaultAction = 'SCMP_ACT_LOG') => ({
  apiVersion: SPO,
  kind: 'SeccompProfile',
  metadata: { name },
  spec: { defaultAction },
});
const SERVICE = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };
const list = (...items: readonly object[]) => ({ apiVersion: 'v1', kind: 'List', items });
const namesIn = (text: string) =>
  readProfileFile(text).profiles.map(({ name, profile }) => [name, profile?.defaultAction]);
const yamlOf = (...objects: readonly object[]) => objects.map((each) => `${JSON.stringify(each)}\n`).join('---\n');

describe('every profile of a file is read', () => {
  test.each<[string, string, readonly string[]]>([
    ['a YAML stream', `# c\n---\n${yamlOf(spo('a'), SERVICE, spo('b'))}`, ['a', 'b']],
    ['JSON objects with --- between', yamlOf(spo('a'), spo('b')), ['a', 'b']],
    ['JSON objects one behind the other', `${JSON.stringify(spo('a'))}\n${JSON.stringify(spo('b'))}`, ['a', 'b']],
    ['Lists inside each other', JSON.stringify(list(SERVICE, list(spo('a'), list(spo('b'))))), ['a', 'b']],
    [
      "the API's own list, whose elements do not say what they are",
      JSON.stringify({
        apiVersion: SPO,
        kind: 'SeccompProfileList',
        items: [{ metadata: { name: 'a' }, spec: spo('').spec }],
      }),
      ['a'],
    ],
    [
      'files in a ConfigMap',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { readme: '{}', 'a.json': '{"defaultAction":"SCMP_ACT_LOG"}' },
      }),
      ['a'],
    ],
    [
      'an object of Seccomply',
      JSON.stringify({
        apiVersion: 'seccomply.dev/v1alpha1',
        kind: 'SeccompProfile',
        metadata: { name: 'a' },
        spec: { stages: ['Enforce'], profile: '{"defaultAction":"SCMP_ACT_LOG"}' },
      }),
      ['a'],
    ],
  ])('%s', (_, text, names) => {
    expect(namesIn(text)).toEqual(names.map((name) => [name, 'SCMP_ACT_LOG']));
  });

  test('a mistake in one document leaves the others alone', () => {
    const text = `${yamlOf(spo('a'))}---\nkind: SeccompProfile\nmetadata: {name: b, name: c}\nspec: {defaultAction: SCMP_ACT_LOG}\n`;
    expect(namesIn(text)).toEqual([
      ['a', 'SCMP_ACT_LOG'],
      ['c', undefined],
    ]);
  });

  test('a text inside another one has its own lines where they can be seen', () => {
    const inner = (file: string) =>
      readProfileFile(file)
        .profiles.flatMap(({ problems }) => problems.map(formatProblem))
        .join('\n');
    expect(
      inner(
        'apiVersion: v1\nkind: ConfigMap\ndata:\n  a.json: |\n\n    {\n      "defaultAction": "SCMP_ACT_LOGG"\n    }\n',
      ),
    ).toMatch(/^:7:24: error: .*\(data\["a\.json"\]\.defaultAction\)/);
    expect(
      inner('{"apiVersion":"v1","kind":"ConfigMap","data":{"a.json":"{\\n\\"defaultAction\\":\\"SCMP_ACT_LOGG\\"}"}}'),
    ).toMatch(/^:1:56: /);
  });

  test('of more than a file may hold the rest is named as not read', () => {
    const many = Array.from({ length: MAX_PROFILES + 5 }, (_, i) => spo(`p${i}`));
    const { profiles, problems } = readProfileFile(JSON.stringify(list(...many)));
    expect(profiles).toHaveLength(MAX_PROFILES);
    expect(problems.map(({ message }) => message)).toEqual(['there are more than 1000 profiles in this file']);
  });
});

describe('YAML is YAML as kubectl takes it', () => {
  const BODY =
    'apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata: {name: a}\nspec: {defaultAction: SCMP_ACT_LOG}\n';
  test.each<[string, string]>([
    ['indented', BODY.replace(/^/gm, '   ').trimEnd()],
    ['keys in double quotes', BODY.replace(/^(\w+):/gm, '"$1":')],
    ['keys in single quotes', BODY.replace(/^(\w+):/gm, "'$1':")],
    ['a comment, a directive, a marker', `# c\n%YAML 1.2\n---\n${BODY}`],
    ['a byte order mark', `\ufeff${BODY}`],
    ['blank lines and line ends of Windows', `\r\n\r\n${BODY.replaceAll('\n', '\r\n')}`],
    ['an unusual first key', `status: {}\n${BODY}`],
  ])('%s', (_, text) => {
    expect(namesIn(text)).toEqual([['a', 'SCMP_ACT_LOG']]);
  });
});

describe('what is no profile is named', () => {
  const said = (text: string) => {
    const { others, profiles, problems } = readProfileFile(text);
    return [...others.map(({ foreign }) => foreign), ...problems, ...profiles.flatMap((each) => each.problems)]
      .map((problem) => `\n${formatProblem(problem)}`)
      .join('');
  };
  const PROFILE = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] };
  test.each<[string, string]>([
    [
      "Kubescape's profile",
      JSON.stringify({
        apiVersion: 'spdx.softwarecomposition.kubescape.io/v1beta1',
        kind: 'SeccompProfile',
        spec: { containers: [{ name: 'web', spec: PROFILE }] },
      }),
    ],
    ["a container's config.json", JSON.stringify({ ociVersion: '1.2.0', linux: { seccomp: PROFILE } })],
    ['the same without a profile', JSON.stringify({ ociVersion: '1.2.0', linux: {} })],
    ['docker inspect', JSON.stringify([{ HostConfig: { SecurityOpt: [`seccomp=${JSON.stringify(PROFILE)}`] } }])],
    ['crictl inspect', JSON.stringify({ status: {}, info: { runtimeSpec: { linux: { seccomp: PROFILE } } } })],
    ["the settings of Docker's daemon", '{"seccomp-profile":"/etc/docker/p.json"}'],
    ['a Compose file', 'services:\n  web: {security_opt: ["seccomp:p.json"]}\n'],
    ['a member alone', '"seccomp": {\n  "defaultAction": "SCMP_ACT_ERRNO"\n}\n'],
    ['braces left out', '"defaultAction": "SCMP_ACT_ERRNO",\n"syscalls": []\n'],
    ['TOML', '# c\n[containers]\nseccomp_profile = "/etc/p.json"\n'],
    ['a template in JSON', '{{- if .Values.seccomp }}\n{"defaultAction":"SCMP_ACT_ERRNO"}\n{{- end }}\n'],
    ['a template in YAML', 'kind: Pod\nspec:\n  securityContext: {{ .Values.securityContext }}\n'],
    ['a recording', `apiVersion: ${SPO}\nkind: ProfileRecording\nspec: {kind: SeccompProfile}\n`],
    ['an empty list', 'apiVersion: v1\nkind: List\nitems: []\n'],
    ['values', 'replicaCount: 1\n'],
  ])('%s', (_, text) => {
    expect(said(text)).toMatchSnapshot();
  });

  test.each(['{}x', '{;}', '{{ .x }}', '{"a":}'])(
    'what is missing in %s is not known, since it is not JSON',
    (text) => {
      const codes = readProfileFile(text).profiles.flatMap(({ problems }) => problems.map(({ code }) => code));
      expect(codes).toContain('SP001');
      expect(codes).not.toContain('SP003');
    },
  );

  test('in a folder, JSON without anything of a profile is something else', () => {
    const read = (text: string) => readProfileFile(text, { isFound: true }).profiles.length;
    expect(['{"name":"x"}', '[1]', '{"syscals":[]}', '{}'].map(read)).toEqual([0, 0, 1, 1]);
  });
});

test.each([[''], ['\n  \n'], ['# placeholder\n'], ['---\n# placeholder\n---\n...\n']])(
  '%j in a folder: kubectl passes over what has nothing but remarks',
  (text) => {
    const read = readProfileFile(text, { isFound: true, file: 'k8s/a.yaml' });
    expect(read.profiles).toEqual([]);
    expect([read.problems, read.others]).toEqual([[], []]);
    expect(readProfileFile(text, { file: 'k8s/a.yaml' })).not.toEqual(read);
    expect(readProfileFile(text, { isFound: true, file: 'profiles/a.json' })).not.toEqual(read);
  },
);
