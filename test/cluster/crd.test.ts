import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { customResourceDefinitions, GROUP, VERSION } from '../../src/core/policy/crd/crd.js';
import { fromClusterObject } from '../../src/core/policy/load/cluster-object.js';
import { profileObjectSchema } from '../../src/core/policy/schema/profile-object-schema.js';
import { isKubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { type Resource, resources } from '../../src/kubernetes/resources.js';
import { anyDocument } from '../core/policy/random-document.js';
import { runs } from '../support/require.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await ControlPlane.start();
  for (const definition of customResourceDefinitions())
    await cluster.client.create(resources.customResourceDefinitions, definition as unknown as KubeObject, {
      fieldValidation: 'Strict',
    });
  await eventually('the kinds are served', async () => {
    for (const kind of Object.keys(kinds)) await cluster.client.list(resourceOf(kind));
    return true;
  });
});
afterAll(() => cluster?.stop());

const kinds: Readonly<Record<string, string>> = {
  SeccompPolicy: 'seccomppolicies',
  SeccompExemption: 'seccompexemptions',
  SeccompProfile: 'seccompprofiles',
};

function resourceOf(kind: string): Resource {
  return { group: GROUP, version: VERSION, plural: kinds[kind] ?? '', kind, namespaced: false };
}

/** What the API server says to an object that is not kept; undefined when it takes it. */
async function refusal(document: unknown): Promise<string | undefined> {
  const object = document as KubeObject;
  try {
    await cluster.client.create(resourceOf(object.kind ?? ''), object, { dryRun: true, fieldValidation: 'Strict' });
    return undefined;
  } catch (error) {
    if (isKubeError(error) && (error.status === 422 || error.status === 400)) return error.message;
    throw error;
  }
}

/** What our own reader says. */
function mistakes(document: unknown): readonly string[] {
  const { kind } = document as KubeObject;
  if (kind === 'SeccompProfile') {
    const parsed = profileObjectSchema.safeParse(document);
    return parsed.success ? [] : parsed.error.issues.map(({ message }) => message);
  }
  return fromClusterObject(document)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
}

it('the kinds are established, and every name in them is free', async () => {
  for (const { metadata } of customResourceDefinitions()) {
    const { status } = await cluster.client.get<KubeObject & { status: { conditions: readonly Condition[] } }>(
      resources.customResourceDefinitions,
      metadata.name,
    );
    const states = Object.fromEntries(status.conditions.map((condition) => [condition.type, condition.status]));
    expect(states).toMatchObject({ Established: 'True', NamesAccepted: 'True' });
    expect(states.NonStructuralSchema).toBeUndefined();
  }
});

interface Condition {
  readonly type: string;
  readonly status: string;
}

it('schema and API server agree on random documents', async () => {
  const documents = fc.sample(anyDocument, { numRuns: runs(500) });
  let accepted = 0;
  for (let at = 0; at < documents.length; at += 25) {
    const batch = documents.slice(at, at + 25);
    const refusals = await Promise.all(batch.map(refusal));
    for (const [index, document] of batch.entries()) {
      const theirs = refusals[index];
      const ours = mistakes(document);
      if (theirs === undefined) accepted += 1;
      if ((theirs === undefined) !== (ours.length === 0))
        throw new Error(
          `they disagree on ${JSON.stringify(document)}\nAPI server: ${theirs ?? 'takes it'}\nours: ${ours.join('; ') || 'takes it'}`,
        );
    }
  }
  // A test of which every document is refused would show nothing.
  expect(accepted).toBeGreaterThan(documents.length / 10);
  expect(accepted).toBeLessThan((documents.length * 9) / 10);
}, 600_000);

it('a null where there is a default is as if the key were not there', async () => {
  const document = { ...minimal('SeccompPolicy'), spec: { mode: null, assign: [{ profile: 'RuntimeDefault' }] } };
  expect(await refusal(document)).toBeUndefined();
});

it('fills in the defaults that our reader fills in', async () => {
  const document = { ...minimal('SeccompPolicy'), spec: { assign: [{ profile: 'RuntimeDefault' }], require: {} } };
  const { spec } = (await cluster.client.create(resourceOf('SeccompPolicy'), document as KubeObject, {
    dryRun: true,
  })) as KubeObject & { readonly spec: unknown };
  expect(spec).toEqual(fromClusterObject(document).document?.value.spec);
});

it('takes every document of the ready sets and of the docs', async () => {
  const taken: string[] = [];
  for (const file of [...filesIn('policies'), ...filesIn('docs')])
    for (const [index, document] of documentsIn(file).entries()) {
      if (!Object.hasOwn(kinds, document.kind ?? '')) continue;
      expect([`${file}#${index}`, await refusal(document)]).toEqual([`${file}#${index}`, undefined]);
      taken.push(`${file}#${index}`);
    }
  expect(taken.length).toBeGreaterThan(8);
});

it('says what is wrong in words', async () => {
  const bad = (spec: unknown, kind = 'SeccompPolicy') => refusal({ ...minimal(kind), spec });
  const good = { profile: 'RuntimeDefault' };
  const exempt = { reason: 'x', owner: 'x', expires: '2027-01-31T00:00:00Z', allow: ['Unconfined'] };
  expect({
    'not a profile': await bad({ assign: [{ profile: 'Unconfined' }] }),
    'stage without catalogue': await bad({ assign: [{ ...good, stage: 'Record' }] }),
    'same name': await bad({
      assign: [
        { ...good, name: 'a' },
        { ...good, name: 'a' },
      ],
    }),
    namespace: await bad({ match: { namespaces: ['Shop'] }, assign: [good] }),
    'empty exclusion': await bad({ match: { exclude: [{}] }, assign: [good] }),
    'operator without values': await bad({
      match: { podSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] } },
    }),
    'label key': await bad({ match: { podSelector: { matchLabels: { 'a b': 'c' } } } }),
    mode: await bad({ mode: 'enforce' }),
    'unknown key': await bad({ asign: [good] }),
    'no scope': await bad({ ...exempt, match: { podSelector: { matchLabels: { a: 'b' } } } }, 'SeccompExemption'),
    time: await bad({ ...exempt, match: { namespaces: ['a'] }, expires: '2027-02-29T00:00:00Z' }, 'SeccompExemption'),
    'no reason': await bad({ ...exempt, match: { namespaces: ['a'] }, reason: ' ' }, 'SeccompExemption'),
    'profile too long': (await bad({ profile: 'x'.repeat(1_048_577) }, 'SeccompProfile'))?.slice(0, 120),
  }).toMatchInlineSnapshot(`
{
  "empty exclusion": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: spec.match.exclude[0]: Invalid value: an empty block excludes every pod: remove it, or say what it excludes",
  "label key": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: spec.match.podSelector.matchLabels: Invalid value: each key must be the key of a label: name or example.com/name",
  "mode": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: [spec.mode: Unsupported value: "enforce": supported values: "Enforce", "Warn", "Audit", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]",
  "namespace": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: spec.match.namespaces[0]: Invalid value: "Shop": must be the name of a namespace, where a single * stands for any characters",
  "no reason": "POST /apis/seccomply.dev/v1alpha1/seccompexemptions: SeccompExemption.seccomply.dev "example" is invalid: spec.reason: Invalid value: " ": must be filled in",
  "no scope": "POST /apis/seccomply.dev/v1alpha1/seccompexemptions: SeccompExemption.seccomply.dev "example" is invalid: spec.match: Invalid value: an exemption must name its namespaces: add namespaces or namespaceSelector; a pod could give itself any label, so labels alone are not a scope",
  "not a profile": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: spec.assign[0].profile: Invalid value: "Unconfined": must be RuntimeDefault, the lower case name of a catalogue profile, or Localhost/<path>",
  "operator without values": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: spec.match.podSelector.matchExpressions[0].values: Invalid value: the operators In and NotIn need values, Exists and DoesNotExist take none",
  "profile too long": "POST /apis/seccomply.dev/v1alpha1/seccompprofiles: SeccompProfile.seccomply.dev "example" is invalid: [spec.profile: Too",
  "same name": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: spec.assign: Invalid value: two rules have the same name: messages and records tell rules apart by it",
  "stage without catalogue": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "example" is invalid: spec.assign[0].stage: Invalid value: only catalogue profiles come in stages: remove stage, or assign a catalogue profile",
  "time": "POST /apis/seccomply.dev/v1alpha1/seccompexemptions: SeccompExemption.seccomply.dev "example" is invalid: spec.expires: Invalid value: "2027-02-29T00:00:00Z": must be a time with its time zone, such as 2027-01-31T00:00:00Z",
  "unknown key": "POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy in version "v1alpha1" cannot be handled as a SeccompPolicy: strict decoding error: unknown field "spec.asign"",
}
`);
  const reserved = { ...minimal('SeccompPolicy'), metadata: { name: 'built-in' }, spec: { assign: [good] } };
  expect(await refusal(reserved)).toMatchInlineSnapshot(
    `"POST /apis/seccomply.dev/v1alpha1/seccomppolicies: SeccompPolicy.seccomply.dev "built-in" is invalid: <nil>: Invalid value: built-in is the name of the requirement that always applies: choose another name"`,
  );
});

it('takes the largest policy that etcd has room for: its rules stay within the cost that the API server allows', async () => {
  const assign = Array.from({ length: 256 }, (_, index) => ({
    name: `rule-${index}`,
    images: Array.from({ length: 40 }, (__, image) => `registry.example.com/team-${index}/application-${image}:1.*`),
    containers: ['web', 'nginx-*'],
    profile: `Localhost/${'team/'.repeat(50)}${index}.json`,
  }));
  const namespaces = Array.from({ length: 1000 }, (_, index) => `team-${index}-*`);
  const exclude = Array.from({ length: 100 }, () => ({ namespaces: namespaces.slice(0, 50) }));
  expect(
    await refusal({ ...minimal('SeccompPolicy'), spec: { match: { namespaces, exclude }, assign } }),
  ).toBeUndefined();
});

it('keeps the numbers of a profile as they are written', async () => {
  const text =
    '{\n  "defaultAction": "SCMP_ACT_ERRNO",\n  "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]}]\n}\n';
  const kept = (await cluster.client.create(resourceOf('SeccompProfile'), {
    ...minimal('SeccompProfile'),
    spec: { profile: text },
  } as KubeObject)) as KubeObject & { readonly spec: { readonly profile: string } };
  expect(kept.spec.profile).toBe(text);
});

it('shows what matters in a table', async () => {
  const { body } = await cluster.client.raw({
    method: 'GET',
    path: `/apis/${GROUP}/${VERSION}`,
  });
  const { resources: served } = JSON.parse(body) as { resources: readonly Served[] };
  const main = served.filter(({ name }) => !name.includes('/'));
  expect(
    Object.fromEntries(
      main.map(({ kind, shortNames, categories, namespaced }) => [kind, { shortNames, categories, namespaced }]),
    ),
  ).toEqual({
    SeccompPolicy: { shortNames: ['secpol'], categories: ['seccomp'], namespaced: false },
    SeccompExemption: { shortNames: ['secex'], categories: ['seccomp'], namespaced: false },
    SeccompProfile: { shortNames: ['secprof'], categories: ['seccomp'], namespaced: false },
  });
  expect(served.map(({ name }) => name).filter((name) => name.endsWith('/status'))).toHaveLength(3);
});

interface Served {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

function minimal(kind: string) {
  return { apiVersion: `${GROUP}/${VERSION}`, kind, metadata: { name: 'example' } };
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|md)$/.test(name) && !name.endsWith('.test.yaml'))
    .map((name) => join(folder, name))
    .sort();
}

/** The documents of a YAML file, or of the YAML examples of a page. */
function documentsIn(file: string): readonly KubeObject[] {
  const text = readFileSync(file, 'utf8');
  const examples = file.endsWith('.md')
    ? [...text.matchAll(/^( *)```ya?ml\n([\s\S]*?)^ *```/gm)].map(([, indent = '', body = '']) =>
        body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      )
    : [text];
  return examples.flatMap((example) =>
    parseAllDocuments(example).flatMap((document) => {
      const object: unknown = document.errors.length > 0 ? null : document.toJS();
      return typeof object === 'object' && object !== null ? [object as KubeObject] : [];
    }),
  );
}
