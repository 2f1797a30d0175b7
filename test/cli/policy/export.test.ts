import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Ran, runProgram } from '../../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-export-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]): Promise<Ran> => runProgram(['policy', ...args], { cwd: folder, stdin: '' });
const now = ['--now', '2026-12-01T00:00:00Z'];

const policy = `apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: web }
spec:
  assign: [{ profile: RuntimeDefault }]
`;
const exemption = `apiVersion: seccomply.dev/v1alpha1
kind: SeccompExemption
metadata: { name: legacy }
spec:
  match: { namespaces: [perf] }
  images: ["ghcr.io/acme/profiler@sha256:*"]
  allow: [Unconfined]
  reason: Until it is ported.
  owner: team-perf
  expires: 2027-01-31T00:00:00Z
`;

test('writes the objects to standard output, and what they do not say to standard error', async () => {
  writeFileSync(join(folder, 'policies.yaml'), `${policy}---\n${exemption}`);
  const { code, stdout, stderr } = await run('export', '--as', 'vap', ...now, 'policies.yaml');
  expect(code).toBe(0);
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    '# Made by `seccomply policy export --as vap`; changes here are lost.',
    '# Make it again before 2027-01-31T00:00:00Z: an exemption ends then, and what stands here goes on allowing it.',
  ]);
  const kinds = parseAllDocuments(stdout).map((document) => (document.toJS() as { readonly kind: string }).kind);
  expect(kinds).toEqual([
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ]);
  expect(stderr).toMatchInlineSnapshot(`
"6 objects.

What they do not say, or say otherwise than the webhook:
  every exemption (spec.expires): refuses less: CEL has no clock: an exemption ends when the export is made again

They do not look whether a container that a rule is for was really changed ('not injected').
Make the export again before 2027-01-31T00:00:00Z: an exemption ends then.
"
`);
});

test('writes a file for each object', async () => {
  writeFileSync(join(folder, 'policies.yaml'), policy);
  const { code, stdout } = await run('export', '--as', 'vap', '--out', 'made/here', 'policies.yaml');
  expect([code, stdout]).toEqual([0, '']);
  expect(readdirSync(join(folder, 'made/here')).sort()).toEqual([
    'mutatingadmissionpolicy-seccomply-assign.yaml',
    'mutatingadmissionpolicybinding-seccomply-assign.yaml',
    'validatingadmissionpolicy-seccomply-built-in-deny.yaml',
    'validatingadmissionpolicy-seccomply-built-in-templates-warn.yaml',
    'validatingadmissionpolicybinding-seccomply-built-in-deny.yaml',
    'validatingadmissionpolicybinding-seccomply-built-in-templates-warn.yaml',
  ]);
});

test('says how it is called wrongly', async () => {
  writeFileSync(join(folder, 'file'), '');
  writeFileSync(join(folder, 'policies.yaml'), policy);
  expect({
    'no form': await run('export', 'policies.yaml'),
    'no such form': await run('export', '--as', 'opa', 'policies.yaml'),
    'nothing there': await run('export', '--as', 'vap', 'nowhere'),
    'a file in the way': await run('export', '--as', 'vap', '--out', 'file', 'policies.yaml'),
  }).toMatchInlineSnapshot(`
{
  "a file in the way": {
    "code": 2,
    "stderr": "seccomply: file is a file: give --out a folder
",
    "stdout": "",
  },
  "no form": {
    "code": 2,
    "stderr": "error: required option '--as <form>' not specified
(run with --help for the options and examples)
",
    "stdout": "",
  },
  "no such form": {
    "code": 2,
    "stderr": "error: option '--as <form>' argument 'opa' is invalid. Allowed choices are vap.
(run with --help for the options and examples)
",
    "stdout": "",
  },
  "nothing there": {
    "code": 2,
    "stderr": "nowhere: error: there is no such file or folder [PD020]
    check the path; a link may point to something that is gone
seccomply: these policies cannot be used: 1 error, listed above
",
    "stdout": "",
  },
}
`);
});

test('prints the schema of one kind, and of all in one', async () => {
  const one = await run('schema', '--kind', 'SeccompExemption');
  expect(JSON.parse(one.stdout)).toMatchObject({
    title: 'SeccompExemption',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
  });
  const all = await run('schema');
  expect(all.stdout).toBe(readFileSync('docs/reference/schemas/seccomply.generated.json', 'utf8'));
  expect((await run('schema', '--kind', 'Pod')).stderr).toMatchInlineSnapshot(`
"error: option '--kind <kind>' argument 'Pod' is invalid. Allowed choices are all, SeccompPolicy, SeccompExemption, SeccompProfile, PolicyTest.
(run with --help for the options and examples)
"
`);
});
