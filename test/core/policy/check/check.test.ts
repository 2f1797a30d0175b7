import { readdirSync, readFileSync } from 'node:fs';
import type { CheckContext } from '../../../../src/core/policy/check/check-context.js';
import { checkPolicies } from '../../../../src/core/policy/check/check-policies.js';
import { problemCodes } from '../../../../src/core/policy/check/problem-codes.js';
import { checkProfiles } from '../../../../src/core/policy/check/profiles.js';
import { fromClusterObject } from '../../../../src/core/policy/load/cluster-object.js';
import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import type { LoadedPolicy } from '../../../../src/core/policy/load/loaded-document.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';
import { formatProblem } from '../../../../src/core/problem/problem.js';
import type { Catalogue } from '../../../../src/core/profile/catalogue.js';
import { catalogueOf } from '../../../../src/core/profile/catalogue-of.js';

const profiles: Readonly<Record<string, boolean>> = { 'web-static': true, cache: true, 'audit-log': false };
const catalogue: Catalogue = {
  names: () => Object.keys(profiles).sort(),
  get: (name) =>
    Object.hasOwn(profiles, name)
      ? {
          name,
          digest: '0'.repeat(64),
          available: true,
          withinRuntimeDefault: profiles[name] === true,
          refusesNothing: false,
        }
      : undefined,
  pathOf: (name) => `seccomply/${name}.json`,
  byPath: () => undefined,
  within: (a, b) => a === b || (a === 'web-static' && b === 'cache'),
};
const context: CheckContext = {
  catalogue,
  baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'],
  longestExemption: 90 * 86_400_000,
  now: Date.parse('2026-12-01T00:00:00Z'),
};

/** A policy whose name is its first word: `policy('web', 'priority: 1', …)`. */
const policy = (name: string, spec: string): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: ${name} }\nspec:\n${spec.trim().replace(/^/gm, '  ')}\n`;
const exemption = (name: string, spec: string): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompExemption\nmetadata: { name: ${name} }\nspec:\n  reason: r\n  owner: team-a\n${spec.trim().replace(/^/gm, '  ')}\n`;

function found(texts: readonly string[], changes: Partial<CheckContext> = {}) {
  const set = documentSet([parseDocuments(texts.join('---\n'), { file: 'p.yaml' })]);
  if (set.problems.length > 0) throw new Error(set.problems.map(formatProblem).join('\n'));
  return checkPolicies(set.documents, { ...context, ...changes });
}
const check = (texts: readonly string[], changes: Partial<CheckContext> = {}): string =>
  found(texts, changes).map(formatProblem).join('\n');
/** Only the problems with this code, so that a test is about one thing. */
const only = (code: string, texts: readonly string[], changes: Partial<CheckContext> = {}): string =>
  found(texts, changes)
    .filter((problem) => problem.code === code)
    .map(formatProblem)
    .join('\n');

const ALL = '[Container, Sidecar, Init, Ephemeral]';
const EVERYTHING = policy('everything', `assign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]`);

test('a policy for everything has no problem', () => {
  expect(check([EVERYTHING])).toBe('');
});

describe('rules that are never reached', () => {
  test('a rule behind one that takes everything', () => {
    const text = policy(
      'web',
      `assign:
- { name: all, containerTypes: ${ALL}, profile: RuntimeDefault }
- { name: nginx, images: [nginx], profile: web-static }`,
    );
    expect(check([text])).toMatchInlineSnapshot(`
"p.yaml:7:5: warning: rule nginx is never reached: rule all before it takes every container that it could match (spec.assign[1]) [PL001]
    move it before rule all, or remove it"
`);
  });

  test('a rule without a name, behind a wider image pattern', () => {
    const text = policy(
      'web',
      'assign:\n- { images: ["**/nginx"], profile: web-static }\n- { images: [nginx, "nginx:1.*"], profile: cache }',
    );
    expect(only('PL001', [text])).toMatchInlineSnapshot(`
"p.yaml:7:5: warning: rule 1 is never reached: rule 0 before it takes every container that it could match (spec.assign[1]) [PL001]
    move it before rule 0, or remove it"
`);
  });

  test('one of several patterns', () => {
    const text = policy(
      'web',
      'assign:\n- { images: [nginx], profile: web-static }\n- { images: [redis, "nginx:1"], profile: cache }',
    );
    expect(only('PL001', [text])).toMatchInlineSnapshot(`
"p.yaml:7:23: warning: this image pattern is never reached: rule 0 before it takes every image that it could match (spec.assign[1].images[1]) [PL001]
    move it before rule 0, or remove it"
`);
  });

  test.each([
    ['other types', 'assign:\n- { profile: RuntimeDefault }\n- { containerTypes: [Init], profile: RuntimeDefault }'],
    ['one type more', `assign:\n- { profile: RuntimeDefault }\n- { containerTypes: ${ALL}, profile: RuntimeDefault }`],
    [
      'other container names',
      'assign:\n- { containers: [web], profile: cache }\n- { containers: ["web-*"], profile: RuntimeDefault }',
    ],
    [
      'a tag more',
      'assign:\n- { images: ["nginx:1"], profile: cache }\n- { images: [nginx], profile: RuntimeDefault }',
    ],
    [
      'both conditions',
      'assign:\n- { images: [nginx], containers: [a], profile: cache }\n- { images: [nginx], profile: RuntimeDefault }',
    ],
  ])('not with %s', (_, spec) => expect(only('PL001', [policy('web', spec)])).toBe(''));

  test('a policy behind one of higher priority for the same pods', () => {
    const web = policy(
      'web',
      'match: { namespaces: [shop] }\nassign: [{ name: nginx, images: [nginx], profile: web-static }]',
    );
    const first = policy(
      'first',
      `priority: 10\nmatch: { namespaces: ["sh*"] }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]`,
    );
    expect(check([web, first])).toMatchInlineSnapshot(`
"p.yaml:6:12: warning: rule nginx is never reached: rule 0 of first (p.yaml:8) is looked at first and takes every container that it could match (spec.assign[0]) [PL002]
    give web a spec.priority above 10, or narrow first"
`);
  });

  test('a policy behind one of the same priority, by its name', () => {
    const web = policy('web', 'assign: [{ images: [nginx], profile: web-static }]');
    expect(check([web, EVERYTHING])).toMatchInlineSnapshot(`
"p.yaml:5:12: warning: rule 0 is never reached: rule 0 of everything (p.yaml:7) is looked at first and takes every container that it could match (spec.assign[0]) [PL002]
    give web a spec.priority above 0 (they have the same priority now, and the name decides), or narrow everything"
`);
  });

  test.each([
    ['fewer namespaces', 'priority: 10\nmatch: { namespaces: [shop] }'],
    ['a condition on labels', 'priority: 10\nmatch: { podSelector: { matchLabels: { app: web } } }'],
    ['an exclude', 'priority: 10\nmatch: { exclude: [{ namespaces: [legacy] }] }'],
    ['only a warning', 'priority: 10\nmode: Warn'],
  ])('not behind a policy with %s', (_, spec) => {
    const first = policy('first', `${spec}\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]`);
    expect(only('PL002', [policy('web', 'assign: [{ images: [nginx], profile: web-static }]'), first])).toBe('');
  });
});

describe('ties in priority', () => {
  const pair = (a: string, b: string): string =>
    only('PL003', [
      policy('a', `${a}\nassign: [{ images: ["nginx:*"], profile: web-static }]`),
      policy('b', `${b}\nassign: [{ images: ["**/nginx"], profile: cache }]`),
    ]);

  test('between policies that can match the same container', () => {
    expect(pair('priority: 5', 'priority: 5')).toMatchInlineSnapshot(`
"p.yaml:12:13: warning: b and a (p.yaml:1) have the same priority (5) and can match the same container: a wins by its name alone, with web-static instead of cache (spec.priority) [PL003]
    give the one that should win a higher spec.priority, or keep the two apart with spec.match"
`);
  });

  test('are a note where both give the same', () => {
    const nginx = 'assign: [{ images: [nginx], profile: web-static }]';
    expect(
      only('PL003', [policy('a', nginx), policy('b', nginx.replace('nginx', '"**/nginx"'))]),
    ).toMatchInlineSnapshot(`
"p.yaml:10:1: info: b and a (p.yaml:1) have the same priority (0) and can match the same container; both give web-static, so it does not matter which one wins (spec.priority) [PL003]
    nothing needs to be done; a spec.priority would make the order plain"
`);
  });

  test('are a note, too, where the rule that is never reached gives the same', () => {
    const shop = policy('shop', 'match: { namespaces: [shop] }\nassign: [{ profile: RuntimeDefault }]');
    expect(only('PL002', [shop, EVERYTHING])).toMatchInlineSnapshot(`
"p.yaml:6:12: info: rule 0 is never reached: rule 0 of everything (p.yaml:8) is looked at first and takes every container that it could match; both give RuntimeDefault (spec.assign[0]) [PL002]
    nothing needs to be done"
`);
  });

  test.each([
    ['other priorities', 'priority: 1', 'priority: 2'],
    ['other namespaces', 'match: { namespaces: [a, "x-*"] }', 'match: { namespaces: [b, "y-*"] }'],
    [
      'other labels',
      'match: { podSelector: { matchLabels: { t: a } } }',
      'match: { podSelector: { matchLabels: { t: b } } }',
    ],
    [
      'a label that the other has not',
      'match: { podSelector: { matchExpressions: [{ key: t, operator: Exists }] } }',
      'match: { podSelector: { matchExpressions: [{ key: t, operator: DoesNotExist }] } }',
    ],
    [
      'other labels of the namespace',
      'match: { namespaceSelector: { matchLabels: { t: a } } }',
      'match: { namespaceSelector: { matchExpressions: [{ key: t, operator: NotIn, values: [a] }] } }',
    ],
    ['other service accounts', 'match: { serviceAccounts: ["shop/a"] }', 'match: { serviceAccounts: ["*/b"] }'],
    [
      'a service account of another namespace',
      'match: { serviceAccounts: ["shop/*"] }',
      'match: { namespaces: [perf] }',
    ],
    ['an exclude', 'match: { namespaces: [shop] }', 'match: { exclude: [{ namespaces: ["sh*"] }] }'],
    ['a mode that changes nothing', 'mode: Audit', 'mode: Enforce'],
  ])('are none with %s', (_, a, b) => expect(pair(a, b)).toBe(''));

  test.each([
    ['namespaces that meet', 'match: { namespaces: ["a-*"] }', 'match: { namespaces: ["*-b"] }'],
    [
      'labels that can both be there',
      'match: { podSelector: { matchLabels: { t: a } } }',
      'match: { podSelector: { matchLabels: { u: b } } }',
    ],
    [
      'an exclude that leaves some',
      'match: { namespaces: [shop, perf] }',
      'match: { exclude: [{ namespaces: [shop] }] }',
    ],
    [
      'an exclude by runtime class',
      'match: { namespaces: [shop] }',
      'match: { exclude: [{ namespaces: [shop], runtimeClassNames: [gvisor] }] }',
    ],
  ])('are some with %s', (_, a, b) => expect(pair(a, b)).toContain('[PL003]'));
});

describe('contradictions', () => {
  test('a policy that does not allow what it assigns', () => {
    expect(
      check([
        policy(
          'web',
          `assign: [{ name: all, containerTypes: ${ALL}, profile: web-static }]\nunavailable: Deny\nrequire: { profiles: [RuntimeDefault, cache] }`,
        ),
      ]),
    ).toMatchInlineSnapshot(`
"p.yaml:5:89: error: rule all assigns web-static, and require.profiles of this policy does not allow that: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    add "web-static" to require.profiles of this policy, or assign another profile"
`);
  });

  test('a policy that assigns what another one, for the same pods, does not allow', () => {
    const web = policy(
      'web',
      'priority: 1\nmatch: { namespaces: [shop] }\nassign: [{ name: own, images: [nginx], profile: Localhost/team/web.json }]',
    );
    const strict = policy(
      'strict',
      `assign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]\nrequire: { profiles: [RuntimeDefault, "*"] }`,
    );
    expect(check([web, strict])).toMatchInlineSnapshot(`
"p.yaml:7:51: error: rule own assigns Localhost/team/web.json, and require.profiles of strict (p.yaml:9) does not allow that: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    add "Localhost/team/web.json" to require.profiles of strict, assign another profile, or keep the two apart with spec.match"
`);
  });

  test('a warning where only some pods are in both', () => {
    const web = policy('web', 'priority: 1\nassign: [{ images: [nginx], profile: Localhost/team/web.json }]');
    const strict = policy(
      'strict',
      `match: { namespaces: [shop] }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]\nrequire: { ceiling: RuntimeDefault }`,
    );
    expect(only('PL004', [web, strict])).toMatchInlineSnapshot(`
"p.yaml:6:40: warning: rule 0 assigns Localhost/team/web.json, a file whose content is not known, and so it is over require.ceiling of strict (p.yaml:8): a container that both are for is refused (spec.assign[0].profile) [PL004]
    remove require.ceiling of strict, assign another profile, or keep the two apart with spec.match"
`);
  });

  test('by what a profile allows', () => {
    const at = (profile: string, ceiling: string): string =>
      only('PL004', [
        policy('web', `assign: [{ containerTypes: ${ALL}, profile: ${profile} }]\nrequire: { ceiling: ${ceiling} }`),
      ]);
    expect(at('audit-log', 'RuntimeDefault')).toMatchInlineSnapshot(`
"p.yaml:5:78: error: rule 0 assigns audit-log, and that allows more than require.ceiling of this policy, RuntimeDefault: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    choose a wider require.ceiling for this policy, or assign another profile"
`);
    expect(at('cache', 'web-static')).toContain('[PL004]');
    for (const [profile, ceiling] of [
      ['web-static', 'RuntimeDefault'],
      ['web-static', 'cache'],
      ['RuntimeDefault', 'RuntimeDefault'],
    ] as const)
      expect(at(profile, ceiling)).toBe('');
  });

  test('with the built-in requirement', () => {
    expect(
      only('PL004', [policy('web', `assign: [{ containerTypes: ${ALL}, profile: Localhost/x.json }]`)], {
        baseline: ['RuntimeDefault'],
      }),
    ).toMatchInlineSnapshot(`
"p.yaml:5:78: error: rule 0 assigns Localhost/x.json, which the built-in requirement does not allow: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    assign one of RuntimeDefault, or widen the built-in requirement with --baseline"
`);
    expect(
      check([policy('web', `assign: [{ containerTypes: ${ALL}, profile: Localhost/x.json }]`)], { baseline: 'off' }),
    ).toBe('');
  });

  test('none with a requirement that only warns, or for other container types', () => {
    const web = (more: string): string => policy('web', `assign: [{ profile: Localhost/x.json }]\n${more}`);
    expect(only('PL004', [web('mode: Warn\nrequire: { profiles: [RuntimeDefault] }')])).toBe('');
    expect(only('PL004', [web('require: { profiles: [RuntimeDefault, Unset], containerTypes: [Init] }')])).toBe('');
  });

  test('what a pod gets while the profile is not on the nodes', () => {
    expect(
      check([policy('web', `assign: [{ containerTypes: ${ALL}, profile: web-static }]\nrequire: { profiles: ["*"] }`)]),
    ).toMatchInlineSnapshot(`
"p.yaml:5:78: info: while web-static is not on the nodes, rule 0 gives RuntimeDefault, which require.profiles does not allow (this policy itself): such pods are refused until the profile is there (spec.assign[0].profile) [PL019]
    write unavailable: Deny, which says so, or add RuntimeDefault to require.profiles"
`);
  });
});

describe('requirements', () => {
  test('out of reach for types that no rule is for', () => {
    expect(
      check([policy('web', 'assign: [{ profile: RuntimeDefault }]\nrequire: { profiles: [RuntimeDefault] }')]),
    ).toMatchInlineSnapshot(`
"p.yaml:6:12: warning: web requires a profile of Init and Ephemeral containers, and no rule assigns one to each of them: most real pods would be refused (spec.require) [PL012]
    add a last rule { profile: RuntimeDefault, containerTypes: [Container, Sidecar, Init, Ephemeral] } to spec.assign, add Unset to require.profiles, or leave these types out of require.containerTypes"
`);
  });

  test('out of reach for images that no rule is for', () => {
    expect(
      check([
        policy(
          'web',
          `assign: [{ images: [nginx], containerTypes: ${ALL}, profile: RuntimeDefault }]\nrequire: { profiles: [RuntimeDefault] }`,
        ),
      ]),
    ).toMatchInlineSnapshot(`
"p.yaml:6:12: warning: web requires a profile, and assigns one only to some Container, Sidecar, Init and Ephemeral containers, by image or name: the others are refused unless they set one themselves (spec.require) [PL012]
    add a last rule { profile: RuntimeDefault, containerTypes: [Container, Sidecar, Init, Ephemeral] } to spec.assign, add Unset to require.profiles, or leave these types out of require.containerTypes"
`);
  });

  test('a note where nothing is assigned, which may be meant', () => {
    expect(
      check([
        policy(
          'web',
          'match: { namespaces: [shop] }\nrequire: { profiles: [RuntimeDefault], containerTypes: [Container, Init] }',
        ),
      ]),
    ).toMatchInlineSnapshot(`
"p.yaml:6:12: info: web requires a profile, and no policy assigns one to the Container and Init containers of these pods: those that set none themselves are refused (spec.require) [PL012]
    add a last rule { profile: RuntimeDefault, containerTypes: [Container, Init] } to spec.assign, add Unset to require.profiles, or leave these types out of require.containerTypes"
`);
  });

  test('in reach with the help of a policy for more pods', () => {
    const strict = policy('strict', 'match: { namespaces: [shop] }\nrequire: { profiles: [RuntimeDefault] }');
    expect(check([strict, EVERYTHING])).toBe('');
    expect(
      only('PL012', [
        strict.replace('[shop]', '["*"]'),
        EVERYTHING.replace('assign', 'match: { namespaces: [perf] }\n  assign'),
      ]),
    ).toContain('[PL012]');
  });

  test('evaded by labels', () => {
    const spec = `match:
  podSelector: { matchLabels: { app: web } }
  exclude: [{ namespaces: [a] }, { podSelector: { matchLabels: { skip: "yes" } } }]
assign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]
require: { profiles: [RuntimeDefault] }`;
    expect(check([policy('web', spec)])).toMatchInlineSnapshot(`
"p.yaml:6:18: warning: a pod gets around this requirement by leaving out a label: labels belong to the author of the pod (spec.match.podSelector) [PL013]
    choose the pods of a requirement by namespaces or namespaceSelector; move assign, which may go by labels, into a policy of its own
p.yaml:7:51: warning: a pod gets around this requirement by carrying a label: labels belong to the author of the pod (spec.match.exclude[1].podSelector) [PL013]
    exclude namespaces instead, or write a SeccompExemption, which has an owner and an end"
`);
    expect(only('PL013', [policy('web', spec.replace(/require.*/, ''))])).toBe('');
  });

  test('left by a service account', () => {
    const spec = (match: string): string =>
      `match: ${match}\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]\nrequire: { profiles: [RuntimeDefault] }`;
    const found = (match: string) => only('PL021', [policy('web', spec(match))]);
    expect(
      found('{ serviceAccounts: [shop/web], exclude: [{ serviceAccounts: [shop/builder, "ci-*/runner"] }] }'),
    ).toMatchInlineSnapshot(`
"p.yaml:5:29: info: a pod gets around this requirement with a service account other than shop/web: its author names any of its namespace (spec.match.serviceAccounts) [PL021]
    choose by namespaces or namespaceSelector, or see to it that nobody else makes pods in the namespaces of these accounts
p.yaml:5:70: info: a pod leaves this requirement with the service account shop/builder or ci-*/runner: its author names any of its namespace (spec.match.exclude[0].serviceAccounts) [PL021]
    choose by namespaces or namespaceSelector, or see to it that nobody else makes pods in the namespaces of these accounts"
`);
    expect(found('{ serviceAccounts: ["shop/*"], exclude: [{ serviceAccounts: ["kube-system/*"] }] }')).toBe('');
    expect(only('PL021', [policy('web', spec('{ serviceAccounts: [a/b] }').replace(/require.*/, ''))])).toBe('');
  });

  test('left by a runtime class', () => {
    const spec = (names: string): string =>
      `match: { exclude: [{ runtimeClassNames: ${names} }] }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]\nrequire: { profiles: [RuntimeDefault] }`;
    expect(check([policy('web', spec('[gvisor, "kata-*"]'))])).toMatchInlineSnapshot(`
"p.yaml:5:43: info: a pod leaves this requirement by naming the runtime class gvisor or kata-*: the name alone does not say that it is a sandbox (spec.match.exclude[0].runtimeClassNames) [PL014]
    see to it that each RuntimeClass that goes by such a name has a sandboxed handler (gVisor, Kata), and that few may make RuntimeClasses"
`);
    expect(check([policy('web', spec('["*"]'))])).toMatchInlineSnapshot(`
"p.yaml:5:43: warning: a pod gets around this requirement by naming any runtime class, and not every one is a sandbox (spec.match.exclude[0].runtimeClassNames) [PL014]
    list the sandboxed ones by name: [gvisor, "kata-*"]"
`);
  });

  test('init and ephemeral containers that are left unset', () => {
    const web = policy('web', 'priority: 1\nassign: [{ profile: RuntimeDefault }]');
    expect(check([web])).toMatchInlineSnapshot(`
"p.yaml:6:11: info: Init and Ephemeral containers of these pods get no profile: unset, they run without a filter unless the kubelet has seccompDefault (spec.assign) [PL015]
    add a rule with containerTypes: [Init, Ephemeral] and profile: RuntimeDefault, here or in a policy for every pod, as policies/baseline has it"
`);
    expect(check([web, EVERYTHING])).toBe('');
  });
});

describe('profiles', () => {
  test('of very many that are in no catalogue two hundred are placed, and the others counted', () => {
    const all = Array.from({ length: 250 }, (_, index) => policy(`p${index}`, 'assign: [{ profile: web-statc }]'));
    const found = checkProfiles(
      parseDocuments(all.join('---\n')).policies,
      [],
      catalogueOf([], { within: () => false }),
    );
    expect(found).toHaveLength(201);
    expect(found.at(-1)?.message).toBe('50 more problems of the kind PL005 are not listed');
  });

  test('that are in no catalogue', () => {
    const spec = `assign: [{ containerTypes: ${ALL}, profile: web-statc }]\nrequire: { ceiling: runtimedefault, profiles: [web-statc, "db-*", "web-*", "*", unconfined] }`;
    expect(
      only('PL005', [
        policy('web', spec),
        exemption('e', 'match: { namespaces: [a] }\nallow: [nothing-like-it]\nexpires: 2027-01-01T00:00:00Z'),
      ]),
    ).toMatchInlineSnapshot(`
"p.yaml:5:78: error: there is no profile "web-statc" in the catalogue: RuntimeDefault is assigned instead (spec.assign[0].profile) [PL005]
    did you mean web-static? The catalogue has audit-log, cache and web-static; name further files with --profiles
p.yaml:6:23: error: there is no profile "runtimedefault" in the catalogue: nothing can be held against it (spec.require.ceiling) [PL005]
    did you mean RuntimeDefault? The catalogue has audit-log, cache and web-static; name further files with --profiles
p.yaml:6:50: warning: there is no profile "web-statc" in the catalogue (spec.require.profiles[0]) [PL005]
    did you mean web-static? The catalogue has audit-log, cache and web-static; name further files with --profiles
p.yaml:6:61: warning: no profile in the catalogue is called anything like "db-*" (spec.require.profiles[1]) [PL005]
    the catalogue has audit-log, cache and web-static; name further files with --profiles
p.yaml:6:83: warning: there is no profile "unconfined" in the catalogue (spec.require.profiles[4]) [PL005]
    did you mean Unconfined? The catalogue has audit-log, cache and web-static; name further files with --profiles
p.yaml:15:11: warning: there is no profile "nothing-like-it" in the catalogue (spec.allow[0]) [PL005]
    the catalogue has audit-log, cache and web-static; name further files with --profiles"
`);
  });

  test('when the catalogue is empty', () => {
    const empty = { ...catalogue, names: () => [], get: () => undefined };
    expect(
      only('PL005', [policy('web', `unavailable: Deny\nassign: [{ containerTypes: ${ALL}, profile: web-static }]`)], {
        catalogue: empty,
      }),
    ).toMatchInlineSnapshot(`
"p.yaml:6:78: error: there is no profile "web-static" in the catalogue: every pod it matches is refused (spec.assign[0].profile) [PL005]
    the catalogue is empty; name further files with --profiles"
`);
  });
});

describe('exemptions', () => {
  const one = (spec: string): string => check([EVERYTHING, exemption('e', spec)]);
  const until = (expires: string): string => one(`match: { namespaces: [perf] }\nallow: [Unset]\nexpires: ${expires}`);

  test('by their date', () => {
    expect(until('2026-11-01T00:00:00Z')).toMatchInlineSnapshot(`
"p.yaml:15:12: warning: this exemption has expired, 30 days ago: it does nothing (spec.expires) [PL007]
    remove it, or agree on a new date with its owner"
`);
    expect(until('2026-12-01T00:00:00Z')).toContain('[PL007]');
    expect(until('2026-12-10T00:00:00Z')).toMatchInlineSnapshot(`
"p.yaml:15:12: warning: this exemption expires in 9 days: every use of it warns (spec.expires) [PL008]
    get rid of the need for it (team-a owns it), or agree on a new date"
`);
    expect(until('2026-12-15T00:00:00Z')).toContain('[PL008]');
    expect(until('2026-12-15T00:00:01Z')).toBe('');
    expect(until('2027-03-01T00:00:00Z')).toBe('');
    expect(until('2027-03-01T00:00:01Z')).toMatchInlineSnapshot(`
"p.yaml:15:12: error: this exemption ends in 91 days, further ahead than the longest term of 90 days: it does nothing yet (spec.expires) [PL009]
    write a date up to 2027-03-01, and renew it when it is still needed"
`);
  });

  test('that are too broad', () => {
    expect(
      one('match: { namespaces: [perf] }\nallow: [Unset, Unconfined]\nexpires: 2027-01-01T00:00:00Z'),
    ).toMatchInlineSnapshot(`
"p.yaml:14:18: warning: this exemption lets any image run Unconfined (spec.allow[1]) [PL010]
    add images with a digest: ["ghcr.io/acme/profiler@sha256:…"], so that only what was reviewed may do so"
`);
    expect(
      one(
        'match: { namespaces: [perf] }\nimages: ["a@sha256:*", "ghcr.io/a/b:1"]\nallow: [Unconfined]\nexpires: 2027-01-01T00:00:00Z',
      ),
    ).toMatchInlineSnapshot(`
"p.yaml:14:26: warning: this exemption lets "ghcr.io/a/b:1" run Unconfined without a digest: a tag can be moved to another image (spec.images[1]) [PL010]
    write the digest: "ghcr.io/a/b@sha256:…", or "@sha256:*" to ask for any digest at least"
`);
    expect(
      one('match: { namespaces: [perf] }\nimages: ["a:1"]\nallow: ["Localhost/x"]\nexpires: 2027-01-01T00:00:00Z'),
    ).toBe('');
  });

  test('that are for every namespace', () => {
    expect(
      one(
        'match: { namespaces: ["*"], podSelector: { matchLabels: { a: b } } }\nallow: [Unset]\nexpires: 2027-01-01T00:00:00Z',
      ),
    ).toMatchInlineSnapshot(`
"p.yaml:13:24: warning: this exemption is for every namespace, so only labels decide, and a pod could give itself those (spec.match.namespaces) [PL011]
    name the namespaces that need it"
`);
    expect(
      one('match: { namespaceSelector: {} }\nallow: [Unset]\nexpires: 2027-01-01T00:00:00Z'),
    ).toMatchInlineSnapshot(`
"p.yaml:13:31: warning: this exemption is for every namespace (spec.match.namespaceSelector) [PL011]
    name the namespaces that need it"
`);
    expect(
      one('match: { namespaceSelector: { matchLabels: { a: b } } }\nallow: [Unset]\nexpires: 2027-01-01T00:00:00Z'),
    ).toBe('');
  });

  test('for policies that are not there', () => {
    expect(
      one(
        'match: { namespaces: [a] }\nallow: [Unset]\npolicies: [built-in, everythng, other]\nexpires: 2027-01-01T00:00:00Z',
      ),
    ).toMatchInlineSnapshot(`
"p.yaml:15:24: warning: there is no policy "everythng" here, so the exemption lifts nothing of it (spec.policies[1]) [PL017]
    did you mean everything?
p.yaml:15:35: warning: there is no policy "other" here, so the exemption lifts nothing of it (spec.policies[2]) [PL017]
    check the name, or hand in the policy, too; here are built-in and everything"
`);
  });
});

test('a match that no pod can meet', () => {
  const never = policy(
    'never',
    `match: { namespaces: [a], exclude: [{ namespaces: ["*"] }] }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]`,
  );
  expect(only('PL018', [never])).toMatchInlineSnapshot(`
"p.yaml:5:10: warning: no pod can be what match asks for: this policy does nothing (spec.match) [PL018]
    look for conditions that rule each other out, or an exclude that takes out everything"
`);
  const selector = policy(
    'never',
    `match: { podSelector: { matchLabels: { a: x }, matchExpressions: [{ key: a, operator: NotIn, values: [x] }] } }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]`,
  );
  expect(only('PL018', [selector])).toContain('[PL018]');
  const account = policy(
    'never',
    `match: { namespaces: [a], serviceAccounts: ["b/*"] }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]`,
  );
  expect(only('PL018', [account])).toContain('[PL018]');
});

test('patterns that match nothing in the tests beside their file', () => {
  const text = policy(
    'web',
    'match: { namespaces: [shop, other] }\nassign: [{ images: [nginx, redis], containers: [web, "x-*"], profile: web-static }]',
  );
  const testedWith = (file: string) =>
    file === 'p.yaml' ? [{ name: 'web', image: 'nginx:1', namespace: 'shop' }] : undefined;
  expect(only('PL006', [text], { testedWith })).toMatchInlineSnapshot(`
"p.yaml:5:31: warning: "other" matches no namespace in the tests beside this file (spec.match.namespaces[1]) [PL006]
    correct it, or add a test with a namespace that it should match
p.yaml:6:30: warning: "redis" matches no image in the tests beside this file (spec.assign[0].images[1]) [PL006]
    correct it, or add a test with an image that it should match
p.yaml:6:56: warning: "x-*" matches no container in the tests beside this file (spec.assign[0].containers[1]) [PL006]
    correct it, or add a test with a container that it should match"
`);
  expect(only('PL006', [text], { testedWith: () => undefined })).toBe('');
});

test('a file and a custom resource of the same name', () => {
  const [file] = parseDocuments(EVERYTHING, { file: 'p.yaml' }).policies;
  const { document } = fromClusterObject({
    apiVersion: 'seccomply.dev/v1alpha1',
    kind: 'SeccompPolicy',
    metadata: { name: 'everything', generation: 4 },
    spec: { assign: [{ containerTypes: ['Container', 'Sidecar', 'Init', 'Ephemeral'], profile: 'RuntimeDefault' }] },
  });
  const policies = [document, file] as LoadedPolicy[];
  const problems = checkPolicies({ policies, exemptions: [], namespaces: [], contentSha256: '' }, context);
  expect(problems.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
"cluster:seccomppolicies/everything@4: warning: a SeccompPolicy called "everything" stands both in a file, everything (p.yaml:1), and in the cluster: the file's is looked at first (metadata.name) [PL016]
    remove one of the two, or give it another name
cluster:seccomppolicies/everything@4: info: rule 0 is never reached: rule 0 of everything (p.yaml:1) is looked at first and takes every container that it could match; both give RuntimeDefault (spec.assign[0]) [PL002]
    nothing needs to be done"
`);
});

describe('many policies', () => {
  const many = (count: number, spec: (index: number) => string): readonly string[] =>
    Array.from({ length: count }, (_, index) => policy(`p${index}`, spec(index)));

  test('for a namespace each are compared with those that matter only', () => {
    const texts = many(
      2000,
      (index) =>
        `match: { namespaces: [team-${index}] }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]\nrequire: { profiles: [RuntimeDefault] }`,
    );
    expect(check(texts, { pairBudget: 10_000 })).toBe('');
  });

  test('for an image each, too', () => {
    const texts = many(
      2000,
      (index) => `priority: 1\nassign: [{ images: ["ghcr.io/acme/app-${index}"], profile: web-static }]`,
    );
    expect(check([...texts, EVERYTHING], { pairBudget: 10_000 })).toBe('');
  });

  test('that can all be for the same containers are compared up to a bound, and the check says so', () => {
    const texts = many(
      300,
      (index) =>
        `match: { podSelector: { matchLabels: { app: a${index} } } }\nassign: [{ containerTypes: ${ALL}, profile: RuntimeDefault }]`,
    );
    expect(check(texts, { pairBudget: 5_000 })).toMatchInlineSnapshot(`
"info: with 300 policies that can all be for the same containers, not every pair was compared: there may be more ties, contradictions and rules that are never reached [PL020]
    check a part of the files, or name namespaces in spec.match and whole images in the rules, which tells policies apart"
`);
  });

  test('with the same mistake are not all listed', () => {
    const texts = many(
      250,
      (index) => `match: { namespaces: [n${index}] }\nassign: [{ containerTypes: ${ALL}, profile: nothing-like-it }]`,
    );
    const lines = check(texts)
      .split('\n')
      .filter((line) => !line.startsWith(' '));
    expect(lines.length).toBe(201);
    expect(lines.at(-1)).toMatchInlineSnapshot(`"info: 50 more problems of the kind PL005 are not listed [PL020]"`);
  });
});

test('every code is explained once', () => {
  const codes = problemCodes.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

test('every code that the sources use is explained', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).map((name) => `src/${name}`);
  const used = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('problem-codes.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'(P[DLT]\d{3})'/g)].map(([, code]) => code));
  expect([...new Set(used)].sort()).toEqual(problemCodes.map(({ code }) => code).sort());
});

describe('profiles that refuse nothing', () => {
  const open: Catalogue = {
    ...catalogue,
    get: (name) => {
      const entry = catalogue.get(name);
      return entry && { ...entry, refusesNothing: name === 'audit-log' };
    },
  };
  const assigning = (more: string, rest = ''): string =>
    policy('trial', `assign: [{ containerTypes: ${ALL}, profile: audit-log${more} }]\n${rest}`);
  const told = (texts: readonly string[], changes: Partial<CheckContext> = {}): string =>
    found(texts, { catalogue: open, ...changes })
      .filter(({ code }) => code === 'PL004' || code === 'PL022')
      .map(formatProblem)
      .join('\n');

  test('a rule that assigns one, against the built-in requirement and against one of a policy', () => {
    expect(told([assigning('')])).toMatchInlineSnapshot(`
"p.yaml:5:78: error: rule 0 assigns audit-log, which refuses nothing and so counts as Unconfined, and the built-in requirement does not allow that: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    give the rule stage: Record or Complain, assign one of RuntimeDefault, *, Localhost/**, Unset, or widen the built-in requirement with --baseline"
`);
    expect(told([assigning('', 'require: { profiles: ["*"] }')], { baseline: 'off' })).toMatchInlineSnapshot(`
"p.yaml:5:78: error: rule 0 assigns audit-log, which refuses nothing and so counts as Unconfined, and require.profiles of this policy does not allow that: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    give the rule stage: Record or Complain, add "Unconfined" to require.profiles of this policy, or assign another profile"
`);
  });

  test('a rule that assigns one where nothing is required', () => {
    expect(told([assigning('')], { baseline: 'off' })).toMatchInlineSnapshot(`
"p.yaml:5:78: warning: rule 0 assigns audit-log, which refuses nothing and so counts as Unconfined: its containers run as if they had no profile (spec.assign[0].profile) [PL022]
    assign another profile, or give the rule stage: Record or Complain, which keep within RuntimeDefault"
`);
    expect(told([assigning('')], { baseline: ['Unconfined'] })).toContain('PL022');
  });

  test('with a logging stage there is nothing to say', () => {
    for (const stage of ['Record', 'Complain'])
      expect(told([assigning(`, stage: ${stage}`, 'require: { profiles: ["*"] }')])).toBe('');
  });

  test('one that a requirement or an exemption names', () => {
    const requiring = policy('strict', 'require: { profiles: [RuntimeDefault, audit-log, "audit-*", "*"] }');
    expect(told([requiring])).toMatchInlineSnapshot(`
"p.yaml:5:41: warning: audit-log refuses nothing, so it counts as Unconfined: named here, only the logging stages of a rule are allowed (spec.require.profiles[1]) [PL022]
    remove the name, or write Unconfined where that is meant
p.yaml:5:52: warning: audit-log refuses nothing, so it counts as Unconfined: named here, only the logging stages of a rule are allowed (spec.require.profiles[2]) [PL022]
    remove the name, or write Unconfined where that is meant"
`);
    const exempting = exemption(
      'tracer',
      'match: { namespaces: [perf] }\nallow: [audit-log]\nexpires: 2027-01-31T00:00:00Z',
    );
    expect(told([EVERYTHING, exempting])).toMatchInlineSnapshot(`
"p.yaml:14:11: warning: audit-log refuses nothing, so it counts as Unconfined: named here, only the logging stages of a rule are allowed (spec.allow[0]) [PL022]
    remove the name, or write Unconfined where that is meant"
`);
    expect(told([policy('under', 'require: { ceiling: audit-log }')])).toMatchInlineSnapshot(`
"p.yaml:5:23: warning: audit-log refuses nothing, so as a ceiling it limits nothing (spec.require.ceiling) [PL022]
    choose a profile that refuses something, for example RuntimeDefault, or remove the ceiling"
`);
  });
});

describe('what a rule assigns, against require.ceiling', () => {
  const told = (rule: string, ceiling: string): string =>
    found([policy('trial', `assign: [{ containerTypes: ${ALL}, ${rule} }]\nrequire: { ceiling: ${ceiling} }`)])
      .filter(({ code }) => code === 'PL004')
      .map(formatProblem)
      .join('\n');

  test('a logging stage is within RuntimeDefault, whatever its profile allows', () => {
    for (const profile of ['web-static', 'audit-log'])
      for (const stage of ['Record', 'Complain'])
        expect(told(`profile: ${profile}, stage: ${stage}`, 'RuntimeDefault')).toBe('');
  });

  test('a logging stage is over every profile of the catalogue', () => {
    expect(told('profile: web-static, stage: Record', 'web-static')).toMatchInlineSnapshot(`
"p.yaml:5:78: error: rule 0 assigns web-static at stage Record, and that allows more than require.ceiling of this policy, web-static: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    write RuntimeDefault as require.ceiling of this policy, or assign another profile"
`);
    expect(told('profile: web-static', 'web-static')).toBe('');
  });

  test('RuntimeDefault is over every profile of the catalogue', () => {
    expect(told('profile: RuntimeDefault', 'web-static')).toMatchInlineSnapshot(`
"p.yaml:5:78: error: rule 0 assigns RuntimeDefault, and that allows more than require.ceiling of this policy, web-static: every container that the rule matches is refused (spec.assign[0].profile) [PL004]
    write RuntimeDefault as require.ceiling of this policy, or assign another profile"
`);
  });
});

test('PL012 advises Unset only where that helps', () => {
  const advice = (require: string) =>
    found([policy('strict', `require: { ${require} }`)]).find(({ code }) => code === 'PL012')?.advice;
  expect(advice('profiles: [RuntimeDefault]')).toContain('add Unset to require.profiles');
  expect(advice('profiles: [RuntimeDefault, Unset], ceiling: RuntimeDefault')).not.toContain('Unset');
});
