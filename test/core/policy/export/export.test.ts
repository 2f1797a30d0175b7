import { exportAdmissionPolicies } from '../../../../src/core/policy/export/admission-policies.js';
import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';
import type { Catalogue } from '../../../../src/core/profile/catalogue.js';

/** Two profiles: `plain`, within the runtime default, and `asking`, whose file depends on capabilities and which is not on the nodes. */
const catalogue: Catalogue = {
  names: () => ['asking', 'plain'],
  get: (name) =>
    name === 'plain' || name === 'asking'
      ? {
          name,
          digest: '0'.repeat(64),
          available: name === 'plain',
          withinRuntimeDefault: name === 'plain',
          refusesNothing: false,
        }
      : undefined,
  pathOf: (name, stage, capabilities) =>
    name === 'plain'
      ? `seccomply/plain.${stage.toLowerCase()}.json`
      : name === 'asking'
        ? `seccomply/asking.${stage.toLowerCase()}.${capabilities.length}.json`
        : undefined,
  byPath: () => undefined,
  within: () => false,
};
const options = {
  catalogue,
  baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'],
  longestExemption: 90 * 86_400_000,
  now: Date.parse('2026-12-01T00:00:00Z'),
};

function exported(text: string, more: Partial<Parameters<typeof exportAdmissionPolicies>[1]> = {}) {
  const { documents, problems } = documentSet([parseDocuments(text)]);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return exportAdmissionPolicies(documents, { ...options, ...more });
}

const policy = (name: string, spec: string) => `
apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: ${name} }
spec: ${spec}
---`;

const exemption = (name: string, expires: string) => `
apiVersion: seccomply.dev/v1alpha1
kind: SeccompExemption
metadata: { name: ${name} }
spec: { match: { namespaces: [perf] }, allow: [Unconfined], reason: x, owner: x, expires: "${expires}" }
---`;

const namesOf = ({ objects }: ReturnType<typeof exported>) =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).filter((name) => !name.includes('Binding'));
const gapsOf = ({ gaps }: ReturnType<typeof exported>) =>
  gaps.map(({ document, path, effect, why }) => `${document} (${path ?? ''}): ${effect}: ${why}`);

test('the built-in requirement alone', () => {
  expect(namesOf(exported(''))).toEqual([
    'ValidatingAdmissionPolicy seccomply-built-in-deny',
    'ValidatingAdmissionPolicy seccomply-built-in-templates-warn',
  ]);
  expect(exported('', { baseline: 'off' }).objects).toEqual([]);
});

test('an object for each action that a policy takes', () => {
  const text = policy(
    'strict',
    '{ require: { profiles: [RuntimeDefault], privileged: Warn, hostAccess: Deny, templates: Deny } }',
  );
  expect(namesOf(exported(text, { baseline: 'off' }))).toEqual([
    'ValidatingAdmissionPolicy seccomply-strict-deny',
    'ValidatingAdmissionPolicy seccomply-strict-warn',
    'ValidatingAdmissionPolicy seccomply-strict-templates-deny',
    'ValidatingAdmissionPolicy seccomply-strict-templates-warn',
    'ValidatingAdmissionPolicy seccomply-strict-unchanged-templates-warn',
  ]);
  const warn = policy(
    'soft',
    '{ mode: Warn, require: { profiles: [RuntimeDefault], privileged: Deny, templates: Ignore } }',
  );
  expect(namesOf(exported(warn, { baseline: 'off' }))).toEqual(['ValidatingAdmissionPolicy seccomply-soft-warn']);
});

test('one object assigns for all policies, in their order, and those that only warn or record assign nothing', () => {
  const made = exported(
    policy('b', '{ assign: [{ profile: RuntimeDefault }] }') +
      policy('a', '{ priority: -1, assign: [{ profile: plain, containerTypes: [Container] }] }') +
      policy('c', '{ mode: Warn, assign: [{ profile: plain }] }'),
  );
  expect(namesOf(made)[0]).toBe('MutatingAdmissionPolicy seccomply-assign');
  const text = JSON.stringify(made.objects[0]);
  expect(text.indexOf("'RuntimeDefault'")).toBeLessThan(text.indexOf('plain.enforce.json'));
  expect(text).toContain('policy1');
  expect(text).not.toContain('policy2');
});

test('says what it cannot say', () => {
  const made = exported(
    policy(
      'app',
      '{ unavailable: Inject, unconfined: Replace, assign: [{ profile: asking, images: [a] }, { profile: plain, stage: Complain }] }',
    ) +
      policy('deny', '{ unavailable: Deny, assign: [{ profile: asking }] }') +
      exemption('over', '2026-11-30T00:00:00Z') +
      exemption('later', '2027-02-01T00:00:00Z'),
  );
  expect(gapsOf(made)).toMatchInlineSnapshot(`
[
  "SeccompPolicy app (spec.assign[0].profile): assigns less: the file of asking depends on the capabilities that a container adds: containers that add some get nothing",
  "SeccompPolicy app (spec.assign[1].stage): refuses less: who gave a container the Complain form of plain cannot be told: every pod may name it",
  "SeccompPolicy deny (spec.assign[0].profile): assigns less: asking is not on the nodes, and the policy refuses such pods: they are let through without it",
  "SeccompPolicy app (spec.unconfined): refuses more: a container that an exemption allows to be Unconfined is not repaired, even where it does not lift every requirement",
  "SeccompExemption over (spec.expires): refuses more: it is not in force now: expired, or further ahead than an exemption may last",
  "every exemption (spec.expires): refuses less: CEL has no clock: an exemption ends when the export is made again",
]
`);
  expect(made.renewBefore).toBe('2027-02-01T00:00:00Z');
});

test('what a policy refuses of Unconfined itself is written where the built-in requirement does not see to it', () => {
  const assigns = policy('a', '{ assign: [{ profile: plain, containers: [web] }] }');
  const lifts = (policies: string) => `
apiVersion: seccomply.dev/v1alpha1
kind: SeccompExemption
metadata: { name: e }
spec: { match: { namespaces: [perf] }, allow: [Unconfined], policies: [${policies}], reason: x, owner: x, expires: "2027-02-01T00:00:00Z" }
---`;
  const names = (text: string, more = {}) =>
    namesOf(exported(text, more)).filter((name) => name.includes('seccomply-a-'));
  const own = ['ValidatingAdmissionPolicy seccomply-a-deny', 'ValidatingAdmissionPolicy seccomply-a-templates-warn'];
  expect(names(assigns)).toEqual([]);
  expect(names(assigns, { baseline: 'off' })).toEqual(own);
  expect(names(assigns, { baseline: ['*', 'Unconfined'] })).toEqual(own);
  expect(names(assigns + lifts('built-in'))).toEqual(own);
  expect(names(assigns + lifts('built-in, a'))).toEqual([]);
  expect(gapsOf(exported(assigns, { baseline: 'off' }))).toEqual([]);
});

test('a debug container that inherits Unconfined is repaired where the rule names Ephemeral', () => {
  const mutation = (types: string) =>
    JSON.stringify(
      exported(policy('a', `{ unconfined: Replace, assign: [{ profile: plain, containerTypes: [${types}] }] }`))
        .objects[0],
    );
  expect(mutation('Container')).not.toContain("c.type == 'Ephemeral'");
  expect(mutation('Container, Ephemeral')).toContain("(c.own == 'Unconfined' || c.type == 'Ephemeral')");
});

test('an exemption in force is written into what it lifts, with its date, and no other', () => {
  const text = exemption('good', '2027-02-01T00:00:00Z') + exemption('far', '2027-12-01T00:00:00Z');
  const annotations = exported(text).objects.map(({ metadata }) => metadata.annotations?.['seccomply.dev/exemptions']);
  expect(new Set(annotations)).toEqual(new Set(['good until 2027-02-01T00:00:00Z']));
});

test('the same documents give the same objects', () => {
  const text = policy('a', '{ assign: [{ profile: plain }], require: { profiles: ["*"] } }');
  expect(exported(text)).toEqual(exported(text));
});

describe('a profile that refuses nothing', () => {
  const open: Catalogue = {
    ...catalogue,
    get: (name) => {
      const entry = catalogue.get(name);
      return entry && { ...entry, refusesNothing: true };
    },
  };
  const built = (text: string, more: Partial<typeof options> = {}) =>
    JSON.stringify(exported(text, { ...more, catalogue: open }).objects.filter(({ kind }) => kind.startsWith('Valid')));

  test('is allowed by no name', () => {
    for (const name of ['"*"', 'plain', '"pl*"'])
      expect(built(policy('p', `{ require: { profiles: [RuntimeDefault, ${name}] } }`))).not.toMatch(
        /seccomply\/plain/,
      );
  });

  test('is allowed with Unconfined, by a requirement and by an exemption', () => {
    const text = built(policy('p', '{ require: { profiles: [Unconfined] } }'), { baseline: [] });
    expect(text).toMatch(/seccomply\/plain\\+\.enforce/);
    expect(text).toMatch(/seccomply\/asking[^|]*\[0-9a-f\]/);
    expect(built(exemption('e', '2026-12-31T00:00:00Z'))).toMatch(/seccomply\/plain[^|]*enforce/);
  });

  test('is allowed at the logging stages that a rule assigns, where its path tells them apart', () => {
    const text = `${policy('p', '{ assign: [{ profile: plain, stage: Record }, { profile: asking, stage: Complain }], require: { profiles: ["*"] } }')}`;
    expect(built(text)).toMatch(/seccomply\/plain[^|]*record/);
    expect(built(text)).not.toMatch(/seccomply\/plain\\+\.enforce|seccomply\/asking[^|]*\[0-9a-f\]/);
    expect(gapsOf(exported(text, { catalogue: open }))).toContainEqual(
      expect.stringContaining('asking refuses nothing'),
    );
  });

  test('is replaced like Unconfined, and by Tighten', () => {
    const mutation = (more: string, catalogueOf = open) =>
      JSON.stringify(
        exported(policy('p', `{ ${more}, assign: [{ profile: RuntimeDefault }] }`), { catalogue: catalogueOf })
          .objects[0],
      );
    expect(mutation('existing: Tighten')).toContain("in ['Localhost/seccomply/plain.enforce.json']");
    expect(mutation('existing: Keep, unconfined: Replace')).toContain("c.own != 'Unset' ? 'RuntimeDefault' : ''");
    expect(mutation('existing: Keep')).toContain("(false ? 'RuntimeDefault' : '')");
    expect(mutation('existing: Tighten', catalogue)).not.toContain('plain.enforce');
  });
});

describe('a ceiling and the logging stages', () => {
  const assigning = (ceiling: string, profile = 'plain') =>
    policy('p', `{ assign: [{ profile: ${profile}, stage: Record }], require: { ceiling: ${ceiling} } }`);
  const allowed = (text: string, more: Partial<typeof options> = {}) =>
    JSON.stringify(
      exported(text, { ...more, baseline: [] }).objects.filter(
        ({ kind, metadata }) => kind.startsWith('Valid') && metadata.name === 'seccomply-p-deny',
      ),
    );
  const wide: Catalogue = {
    ...catalogue,
    get: (name) => {
      const entry = catalogue.get(name);
      return entry && { ...entry, withinRuntimeDefault: false };
    },
  };

  test('they are within RuntimeDefault, whatever their profile allows', () => {
    expect(allowed(assigning('RuntimeDefault'), { catalogue: wide })).toMatch(/seccomply\/plain\\+\.record/);
    expect(allowed(assigning('RuntimeDefault'), { catalogue: wide })).not.toMatch(/seccomply\/plain\\+\.enforce/);
  });

  test('they are over a profile of the catalogue, their own, too', () => {
    expect(allowed(assigning('plain'))).toMatch(/seccomply\/plain\\+\.enforce/);
    expect(allowed(assigning('plain'))).not.toMatch(/seccomply\/plain\\+\.record/);
  });

  test('where the path does not tell stages apart none is allowed, and the gap is told', () => {
    expect(allowed(assigning('RuntimeDefault', 'asking'))).not.toMatch(/seccomply\/asking/);
    expect(gapsOf(exported(assigning('RuntimeDefault', 'asking')))).toContainEqual(
      expect.stringContaining('the ceiling is not for every stage of asking'),
    );
  });

  test('they take the place of RuntimeDefault', () => {
    expect(JSON.stringify(exported(assigning('RuntimeDefault'), { catalogue: wide }).objects[0])).toContain(
      "in ['RuntimeDefault']",
    );
  });
});
