import {
  admitted,
  ask,
  catalogueOf,
  container,
  DAY,
  ENTRIES,
  exemption,
  field,
  NOW,
  namespace,
  pathIn,
  pod,
  policy,
  profilesOf,
  requestOf,
  rulesOf,
} from '../support.js';

const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const everything = { name: 'everything', containerTypes: ALL, profile: 'RuntimeDefault' };
const demo = rulesOf(policy('all', { assign: [everything] }));
const web = (spec: object = {}, rule: object = {}): string =>
  policy('web', { assign: [{ name: 'main', profile: 'web-static', ...rule }], ...spec });
const WEB = `Localhost/${pathIn('web-static')}`;
const bare = rulesOf('');

describe('which rule wins', () => {
  test('priority, then name, then the order of the rules', () => {
    const rules = rulesOf(
      policy('b', { assign: [everything] }) +
        policy('a', {
          assign: [
            { containers: ['x'], profile: 'wide' },
            { containers: ['x*'], profile: 'net-service' },
          ],
        }) +
        policy('z', { priority: 1, assign: [{ images: ['nginx'], profile: 'web-static' }] }),
    );
    const object = pod({
      containers: [container('x'), container('xy'), container('nginx'), container('other')],
    });
    expect(admitted(rules, object).profiles).toEqual({
      x: `Localhost/${pathIn('wide')}`,
      xy: `Localhost/${pathIn('net-service')}`,
      nginx: WEB,
      other: 'RuntimeDefault',
    });
  });

  test('images, containers and containerTypes must all hold; init and debug containers only by name', () => {
    const rules = rulesOf(
      policy('p', {
        assign: [
          { images: ['app'], containers: ['app'], profile: 'web-static' },
          { containerTypes: ['Ephemeral'], profile: 'net-service' },
        ],
      }),
    );
    const { profiles } = admitted(
      rules,
      pod({
        initContainers: [
          container('init', undefined, { image: 'app' }),
          container('side', undefined, { restartPolicy: 'Always' }),
        ],
        containers: [container('app', undefined, { image: 'app:2' }), container('other', undefined, { image: 'app' })],
        ephemeralContainers: [container('debug')],
      }),
    );
    expect(profiles).toEqual({
      init: 'Unset',
      side: 'Unset',
      app: WEB,
      other: 'Unset',
      debug: `Localhost/${pathIn('net-service')}`,
    });
  });

  test.each([
    [{ namespaces: ['shop'] }, true],
    [{ namespaces: ['sho*', 'x'] }, true],
    [{ namespaces: ['*op'] }, true],
    [{ namespaces: ['*ho*'] }, true],
    [{ namespaces: ['shops', 'team-*'] }, false],
    [{ namespaceSelector: { matchLabels: { tier: 'web' } } }, true],
    [{ namespaceSelector: { matchLabels: { tier: 'db' } } }, false],
    [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }, true],
    [{ namespaceSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] } }, false],
    [{ podSelector: { matchLabels: { app: 'web' } } }, true],
    [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }, true],
    [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['x', 'web'] }] } }, true],
    [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] } }, false],
    [{ serviceAccounts: ['shop/default'] }, true],
    [{ serviceAccounts: ['*/def*'] }, true],
    [{ serviceAccounts: ['shop/builder'] }, false],
    [{ namespaces: ['shop'], podSelector: { matchLabels: { app: 'db' } } }, false],
    [{ exclude: [{ namespaces: ['shop'] }] }, false],
    [{ exclude: [{ namespaces: ['shop'], podSelector: { matchLabels: { app: 'db' } } }] }, true],
    [{ exclude: [{ runtimeClassNames: ['gvisor', 'kata-*'] }] }, false],
    [{ exclude: [{ runtimeClassNames: ['runc'] }] }, true],
  ])('match %j: %j', (match, matches) => {
    const rules = rulesOf(policy('p', { match, assign: [everything] }) + namespace('shop', { tier: 'web' }));
    const object = pod({
      metadata: { labels: { app: 'web' } },
      runtimeClassName: 'kata-qemu',
      containers: [container('c')],
    });
    expect(admitted(rules, object).profiles).toEqual({ c: matches ? 'RuntimeDefault' : 'Unset' });
  });

  test('a pod without a namespace or service account has those of the request and default', () => {
    const rules = rulesOf(policy('p', { match: { serviceAccounts: ['shop/default'] }, assign: [everything] }));
    const object = { kind: 'Pod', metadata: { name: 'x', namespace: '' }, spec: { containers: [container('c')] } };
    expect(ask(rules, 'mutate', requestOf(object)).outcome).toBe('patched');
    expect(
      ask(rules, 'mutate', requestOf({ ...object, spec: { ...object.spec, serviceAccountName: 'x' } })).outcome,
    ).toBe('allowed');
  });

  test('namespace labels of the caller count before those of documents', () => {
    const rules = rulesOf(
      policy('p', { match: { namespaceSelector: { matchLabels: { tier: 'web' } } }, assign: [everything] }) +
        namespace('shop', { tier: 'web' }),
    );
    expect(rules.needsNamespaceLabels('shop')).toBe(true);
    const request = requestOf(pod({ containers: [container('c')] }));
    expect(ask(rules, 'mutate', request).outcome).toBe('patched');
    expect(ask(rules, 'mutate', request, { namespaceLabels: { tier: 'db' } }).outcome).toBe('allowed');
  });
});

describe('what a container already has', () => {
  const spo = 'Localhost/operator/nginx.json';
  const NET = `Localhost/${pathIn('net-service')}`;
  test.each([
    // existing, assigned, what there is, what it ends up with
    ['Tighten', 'web-static', 'RuntimeDefault', WEB],
    ['Tighten', 'wide', 'RuntimeDefault', 'RuntimeDefault'],
    ['Tighten', 'web-static', NET, WEB],
    ['Tighten', 'net-service', WEB, WEB],
    ['Tighten', 'web-static', spo, spo],
    ['Tighten', 'RuntimeDefault', WEB, WEB],
    ['Tighten', 'RuntimeDefault', `Localhost/${pathIn('wide')}`, `Localhost/${pathIn('wide')}`],
    ['Tighten', 'Localhost/team/a.json', 'RuntimeDefault', 'RuntimeDefault'],
    ['Keep', 'web-static', 'RuntimeDefault', 'RuntimeDefault'],
    ['Keep', 'web-static', NET, NET],
    ['Override', 'RuntimeDefault', WEB, 'RuntimeDefault'],
    ['Override', 'web-static', spo, WEB],
    ['Override', 'Localhost/team/a.json', 'RuntimeDefault', 'Localhost/team/a.json'],
  ])('%s: %s over %s gives %s', (existing, profile, before, after) => {
    const rules = rulesOf(policy('p', { existing, assign: [{ profile }] }));
    const own = admitted(rules, pod({ containers: [container('c', before)] }));
    expect(own.decision.allowed).toBe(true);
    expect(own.profiles).toEqual({ c: after });
    const result = before === after ? (before === profile ? 'unchanged' : 'kept') : 'replaced';
    expect(own.mutate?.assignments).toMatchObject([{ result, effective: after }]);
    expect(own.mutate?.patch.map(({ op }) => op)).toEqual(before === after ? [] : ['replace']);

    const inherited = admitted(
      rules,
      pod({ securityContext: { seccompProfile: field(before) }, containers: [container('c')] }),
    );
    expect(inherited.decision.allowed).toBe(true);
    expect(inherited.profiles).toEqual({ c: before === after ? 'Unset' : after });
    expect(inherited.mutate?.patch.map(({ op }) => op)).toEqual(before === after ? [] : ['add']);
  });

  test('a logging stage within the runtime default may stand for RuntimeDefault, and gives way to Enforce', () => {
    const complain = rulesOf(web({}, { stage: 'Complain' }));
    const { profiles, decision } = admitted(complain, pod({ containers: [container('c', 'RuntimeDefault')] }));
    expect(profiles).toEqual({ c: `Localhost/${pathIn('web-static', 'Complain')}` });
    expect(decision.allowed).toBe(true);
    const enforce = admitted(rulesOf(web()), pod({ containers: [container('c', profiles.c)] }));
    expect(enforce.profiles).toEqual({ c: WEB });
  });

  test('Replace repairs an own Unconfined and no inherited one', () => {
    const rules = rulesOf(web({ unconfined: 'Replace' }));
    const own = admitted(rules, pod({ containers: [container('c', 'Unconfined')] }));
    expect(own.profiles).toEqual({ c: WEB });
    expect(own.mutate?.patch).toMatchObject([{ op: 'replace' }]);
    const inherited = admitted(
      rules,
      pod({ securityContext: { seccompProfile: field('Unconfined') }, containers: [container('c')] }),
    );
    expect(inherited.decision).toMatchObject({ allowed: false, patch: [] });
    expect(inherited.decision.message).toMatchInlineSnapshot(
      `"the pod has seccompProfile Unconfined, not allowed by policy built-in: remove it from the pod's securityContext or set type RuntimeDefault, or ask for a SeccompExemption (spec.securityContext.seccompProfile, inherited by "c")"`,
    );
  });

  test('Deny refuses an Unconfined that a rule could repair, even without the built-in requirement', () => {
    const rules = rulesOf(web(), { baseline: 'off' });
    const { decision } = admitted(rules, pod({ containers: [container('c', 'Unconfined')] }));
    expect(decision.message).toMatchInlineSnapshot(
      `"container "c" has seccompProfile Unconfined, not allowed by policy web: remove it, and the policy gives web-static (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
    expect(
      admitted(rulesOf('', { baseline: 'off' }), pod({ containers: [container('c', 'Unconfined')] })).decision.allowed,
    ).toBe(true);
  });

  test('the path follows the capabilities that the container adds', () => {
    const securityContext = { capabilities: { add: ['SYS_CHROOT'] } };
    const { profiles, decision } = admitted(
      rulesOf(web()),
      pod({ containers: [container('c', undefined, { securityContext })] }),
    );
    expect(profiles).toEqual({ c: `Localhost/${pathIn('web-static', 'Enforce', true)}` });
    expect(decision.allowed).toBe(true);
    const foreign = container('c', `Localhost/${pathIn('web-static', 'Enforce', true)}`);
    expect(admitted(bare, pod({ containers: [foreign] })).decision.allowed).toBe(false);
  });
});

describe('a profile that is not on the nodes yet', () => {
  const coming = (unavailable: string, profile = 'coming'): string =>
    policy('p', { unavailable, assign: [{ name: 'r', profile }] });
  const object = pod({ containers: [container('c')] });

  test.each([
    ['coming', 'not on the nodes yet'],
    ['unlisted', 'not in the catalogue'],
  ])('RuntimeDefault instead of %s, which is %s, and it says so', (profile, absence) => {
    const { profiles, decision } = admitted(rulesOf(coming('RuntimeDefault', profile)), object);
    expect(profiles).toEqual({ c: 'RuntimeDefault' });
    expect(decision.assignments).toMatchObject([{ profile, effective: 'RuntimeDefault', result: 'fallback' }]);
    expect(decision.findings).toMatchObject([{ kind: 'fallback', code: 'unavailable' }]);
    expect(decision.warnings).toEqual([`container "c" gets RuntimeDefault instead of ${profile}, which is ${absence}`]);
  });

  test('it never takes the place of an existing profile under Tighten', () => {
    const { profiles } = admitted(rulesOf(coming('RuntimeDefault')), pod({ containers: [container('c', WEB)] }));
    expect(profiles).toEqual({ c: WEB });
  });

  test('Inject assigns it all the same', () => {
    const { profiles, decision } = admitted(rulesOf(coming('Inject')), object);
    expect(profiles).toEqual({ c: `Localhost/${pathIn('coming')}` });
    expect(decision.warnings).toEqual(['container "c" gets coming, and cannot start before it is on its node']);
    expect(admitted(rulesOf(coming('Inject', 'unlisted')), object).decision.allowed).toBe(false);
  });

  test('Deny refuses', () => {
    expect(admitted(rulesOf(coming('Deny')), object).decision.message).toMatchInlineSnapshot(
      `"container "c" is to get coming from rule r, which is not on the nodes yet, refused by policy p: try again when it is, or set unavailable: RuntimeDefault in the policy (spec.containers[0].securityContext.seccompProfile)"`,
    );
    expect(admitted(rulesOf(coming('Deny', 'unlisted')), object).decision.message).toMatchInlineSnapshot(
      `"container "c" is to get unlisted from rule r, which is not in the catalogue, refused by policy p: add the profile to the catalogue, or correct its name in the policy (spec.containers[0].securityContext.seccompProfile)"`,
    );
  });
});

describe('requirements', () => {
  const tooWide = { require: { profiles: ['RuntimeDefault', 'web-*'] } };

  test.each([
    ['RuntimeDefault', true],
    [WEB, true],
    [`Localhost/${pathIn('wide')}`, true],
    ['Localhost/team/app.json', true],
    [undefined, true],
    ['Unconfined', false],
    ['unconfined', false],
    ['', false],
    ['Localhost/', false],
    ['Localhost/../x', false],
    ['Localhost//etc/x', false],
    ['Localhost/./team/app.json', false],
    ['Localhost/team//app.json', false],
    ['Localhost/seccomply', false],
    ['Localhost/seccomply/web-static.json', false],
    [`Localhost/${pathIn('web-static', 'Enforce', false, 'f')}`, false],
    [`Localhost/${pathIn('unlisted')}`, false],
    [`Localhost/seccomply//${pathIn('web-static').slice(10)}`, false],
    [`Localhost/${pathIn('web-static', 'Complain')}`, false],
    [`Localhost/${pathIn('web-static', 'Record')}`, false],
  ])('built-in: %j on a container or its pod: %j', (profile, allowed) => {
    const own = admitted(bare, pod({ containers: [container('c', profile)] }));
    expect(own.decision.allowed).toBe(allowed);
    if (profile === undefined) return;
    const inherited = admitted(
      bare,
      pod({ securityContext: { seccompProfile: field(profile) }, containers: [container('c')] }),
    );
    expect(inherited.decision.allowed).toBe(allowed);
    if (!allowed) expect(inherited.decision.findings).toMatchObject([{ container: 'pod', inheritedBy: ['c'] }]);
  });

  test.each([
    {},
    [],
    'RuntimeDefault',
    7,
    { type: null },
    { type: ['Unconfined'] },
    { type: 'Localhost' },
    { type: 'Localhost', localhostProfile: 7 },
  ])('what is no profile is a violation: %j', (seccompProfile) => {
    const { decision } = admitted(
      demo,
      pod({ containers: [{ name: 'c', image: 'c', securityContext: { seccompProfile } }] }),
    );
    expect(decision).toMatchObject({ allowed: false, code: 403, findings: [{ code: 'unknown-type' }] });
  });

  test('null is as good as absent', () => {
    for (const securityContext of [null, { seccompProfile: null }])
      expect(admitted(demo, pod({ containers: [{ name: 'c', image: 'c', securityContext }] })).profiles).toEqual({
        c: 'RuntimeDefault',
      });
  });

  test('what a policy does not allow, and the way out', () => {
    const rules = rulesOf(policy('strict', tooWide));
    const { decision } = admitted(
      rules,
      pod({ containers: [container('a', 'Localhost/team/app.json'), container('b')] }),
    );
    expect(decision.message).toMatchInlineSnapshot(
      `"container "a" has seccompProfile Localhost/team/app.json, not allowed by policy strict: set type RuntimeDefault (spec.containers[0].securityContext.seccompProfile, its own field); container "b" has no seccompProfile, not allowed by policy strict: set type RuntimeDefault (spec.containers[1].securityContext.seccompProfile, neither its own nor the pod's)"`,
    );
  });

  test('an inherited value is told once, with who inherits it', () => {
    const { decision } = admitted(
      demo,
      pod({
        securityContext: { seccompProfile: field('Unconfined') },
        initContainers: [container('i')],
        containers: [container('a'), container('b', 'RuntimeDefault')],
      }),
    );
    expect(decision.findings).toHaveLength(1);
    expect(decision.findings[0]).toMatchObject({ container: 'pod', containerType: 'Pod', inheritedBy: ['i', 'a'] });
  });

  test('a pod field that nobody inherits still counts', () => {
    const object = pod({
      securityContext: { seccompProfile: field('Unconfined') },
      containers: [container('c', 'RuntimeDefault')],
    });
    expect(admitted(bare, object).decision.message).toMatchInlineSnapshot(
      `"the pod has seccompProfile Unconfined, not allowed by policy built-in: remove it from the pod's securityContext or set type RuntimeDefault, or ask for a SeccompExemption (spec.securityContext.seccompProfile, inherited by no container)"`,
    );
  });

  test('ceiling is judged by content', () => {
    const under = (ceiling: string) => rulesOf(policy('c', { require: { ceiling } }));
    const ask1 = (ceiling: string, profile: string | undefined): boolean =>
      admitted(under(ceiling), pod({ containers: [container('c', profile)] })).decision.allowed;
    expect(ask1('RuntimeDefault', 'RuntimeDefault')).toBe(true);
    expect(ask1('RuntimeDefault', WEB)).toBe(true);
    expect(ask1('RuntimeDefault', `Localhost/${pathIn('wide')}`)).toBe(false);
    expect(ask1('RuntimeDefault', 'Localhost/team/app.json')).toBe(false);
    expect(ask1('RuntimeDefault', undefined)).toBe(false);
    expect(ask1('net-service', WEB)).toBe(true);
    expect(ask1('web-static', `Localhost/${pathIn('net-service')}`)).toBe(false);
    expect(ask1('net-service', 'RuntimeDefault')).toBe(false);
  });

  test('containerTypes limits whom it is for', () => {
    const rules = rulesOf(policy('p', { require: { profiles: ['RuntimeDefault'], containerTypes: ['Container'] } }));
    const object = pod({ initContainers: [container('i')], containers: [container('c', 'RuntimeDefault')] });
    expect(admitted(rules, object).decision.allowed).toBe(true);
    const inherited = {
      securityContext: { seccompProfile: field('Localhost/x.json') },
      initContainers: [container('i')],
    };
    expect(
      admitted(rules, pod({ ...inherited, containers: [container('c', 'RuntimeDefault')] })).decision.allowed,
    ).toBe(true);
    expect(admitted(rules, pod({ ...inherited, containers: [container('c')] })).decision.allowed).toBe(false);
  });

  test('Warn warns, Audit only records', () => {
    const object = pod({ containers: [container('c')] });
    const warn = admitted(rulesOf(policy('w', { mode: 'Warn', ...tooWide })), object).decision;
    expect(warn).toMatchObject({ allowed: true, findings: [{ kind: 'violation', mode: 'Warn', code: 'unset' }] });
    expect(warn.warnings).toEqual(['container "c" has no seccompProfile, against policy w']);
    const audit = admitted(rulesOf(policy('a', { mode: 'Audit', ...tooWide })), object).decision;
    expect(audit).toMatchObject({ allowed: true, warnings: [], findings: [{ mode: 'Audit' }] });
  });

  test('rules of Warn and Audit policies change nothing, and say what they would have done', () => {
    const rules = rulesOf(
      policy('all', { assign: [everything] }) +
        policy('try', { mode: 'Warn', priority: 1, assign: [{ profile: 'web-static' }] }) +
        policy('later', { mode: 'Warn', priority: -1, assign: [{ profile: 'web-static' }] }) +
        policy('quiet', { mode: 'Audit', priority: 1, assign: [{ profile: 'web-static' }] }),
    );
    const { profiles, decision } = admitted(rules, pod({ containers: [container('c')] }));
    expect(profiles).toEqual({ c: 'RuntimeDefault' });
    expect(decision.warnings).toEqual(['policy try (Warn) would give container "c" web-static']);
    expect(decision.findings.map(({ code, mode, policy: { name } }) => [code, mode, name])).toEqual([
      ['would-assign', 'Audit', 'quiet'],
      ['would-assign', 'Warn', 'try'],
    ]);
  });

  test('policies that contradict each other are both named', () => {
    const rules = rulesOf(
      policy('giver', { assign: [everything] }) + policy('taker', { require: { profiles: ['web-*'] } }),
    );
    expect(admitted(rules, pod({ containers: [container('c')] })).decision.message).toMatchInlineSnapshot(
      `"container "c" gets RuntimeDefault from policy giver (rule everything), not allowed by policy taker: policies giver and taker contradict each other, so change one of them (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
    const own = rulesOf(policy('p', { assign: [everything], require: { profiles: ['web-*'] } }));
    expect(admitted(own, pod({ containers: [container('c')] })).decision.message).toMatchInlineSnapshot(
      `"container "c" gets RuntimeDefault from policy p (rule everything), not allowed by policy p: policy p assigns what it does not allow, so change its assign or its require (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });

  test('the logging stages count only where a rule assigned them to this very container', () => {
    const rules = rulesOf(
      web({ require: { profiles: ['*'], ceiling: 'RuntimeDefault' } }, { containers: ['a'], stage: 'Record' }),
    );
    const record = `Localhost/${pathIn('web-static', 'Record')}`;
    expect(admitted(rules, pod({ containers: [container('a')] }))).toMatchObject({
      decision: { allowed: true },
      profiles: { a: record },
    });
    const { decision } = admitted(rules, pod({ containers: [container('b', record)] }));
    expect(decision.message).toMatchInlineSnapshot(
      `"container "b" has the Record stage of web-static, which no rule assigned to it, not allowed by policies web and built-in: set a profile that is allowed: net-service, web-static (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
  });

  test('the baseline is configurable', () => {
    const rules = rulesOf('', { baseline: ['RuntimeDefault'] });
    expect(admitted(rules, pod({ containers: [container('c')] })).decision.allowed).toBe(false);
  });
});

describe('what no profile helps against', () => {
  const strict = (more: object) =>
    rulesOf(policy('p', { require: { profiles: ['*', 'RuntimeDefault', 'Unset'], ...more } }));
  const privileged = pod({ containers: [container('c', undefined, { securityContext: { privileged: true } })] });

  test('privileged: Ignore, Warn, Deny', () => {
    expect(admitted(bare, privileged).decision.findings).toEqual([]);
    expect(admitted(strict({ privileged: 'Ignore' }), privileged).decision.findings).toEqual([]);
    const warn = admitted(strict({}), privileged).decision;
    expect(warn.allowed).toBe(true);
    expect(warn.warnings).toMatchInlineSnapshot(`
[
  "container "c" is privileged and so runs unconfined whatever its seccompProfile says, against policy p",
]
`);
    expect(admitted(strict({ privileged: 'Deny' }), privileged).decision.message).toMatchInlineSnapshot(
      `"container "c" is privileged and so runs unconfined whatever its seccompProfile says, not allowed by policy p: remove privileged: true and add the capabilities that it needs, or ask for a SeccompExemption that allows Privileged (spec.containers[0].securityContext.privileged)"`,
    );
  });

  const mounts = (path: string, more: object = {}, volume: object = {}): object =>
    pod({
      volumes: [{ name: 'v', hostPath: { path }, ...volume }],
      containers: [container('c', undefined, { volumeMounts: [{ name: 'v', mountPath: '/x', ...more }] })],
    });
  test.each([
    [mounts('/var/lib/kubelet'), true],
    [mounts('/var/lib/kubelet/seccomp'), true],
    [mounts('/var//lib/./kubelet/'), true],
    [mounts('/'), true],
    [mounts('/var/lib'), true],
    [mounts('/', { subPath: 'var/lib/kubelet' }), true],
    [mounts('/', { subPath: 'home' }), true],
    [mounts('/', { subPath: 'srv' }), false],
    [mounts('/proc/1/root/var/lib/kubelet'), true],
    [mounts('/proc/1/root', { readOnly: true }), true],
    [mounts('/proc/self/task/7/cwd/x'), true],
    [mounts('/proc'), true],
    [mounts('/proc/sys', { readOnly: true }), false],
    [mounts('/proc/1/rootfs', { readOnly: true }), false],
    [mounts('/var/lib/kubelet', { readOnly: true }), true],
    [mounts('/var/lib/kubelet-x'), false],
    [mounts('/etc/kubernetes/manifests'), true],
    [mounts('/run/containerd/containerd.sock'), true],
    [mounts('/var/run/docker.sock'), true],
    [mounts('/var/run/docker.sock', { readOnly: true }), true],
    [mounts('/var/run', { readOnly: true }), true],
    [mounts('/run'), true],
    [mounts('/var/log'), false],
    [
      pod({
        hostPID: true,
        containers: [container('c', undefined, { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } })],
      }),
      true,
    ],
    [pod({ hostPID: true, containers: [container('c')] }), true],
    [
      pod({ hostPID: true, containers: [container('c', undefined, { securityContext: { runAsNonRoot: true } })] }),
      false,
    ],
    [
      pod({ containers: [container('c', undefined, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } })] }),
      true,
    ],
  ])('hostAccess: %#', (object, found) => {
    const { decision } = admitted(strict({ hostAccess: 'Deny', privileged: 'Ignore' }), object);
    expect(decision.allowed).toBe(!found);
    expect(decision.findings.map(({ code }) => code)).toEqual(found ? ['host-access'] : []);
    expect(admitted(strict({}), object).decision.warnings).toHaveLength(found ? 1 : 0);
  });

  test('readOnly is no advice where a socket can be reached: it answers through a read-only folder, too', () => {
    for (const path of ['/', '/run', '/var/run/containerd'])
      expect(admitted(strict({ hostAccess: 'Deny' }), mounts(path)).decision.message).toMatch(
        /: remove the mount, or ask for a SeccompExemption that allows HostAccess/,
      );
  });

  test('a thousand mounts of a volume whose path has a hundred thousand characters: the path is gone through once', () => {
    const path = `/var/./run/${'x/../'.repeat(20_000)}containerd`;
    const volumes = [{ name: 'v', hostPath: { path } }];
    const volumeMounts = Array.from({ length: 1_000 }, () => ({ name: 'v', mountPath: '/x', subPath: '../crio/a/..' }));
    const object = pod({ volumes, containers: [container('c', undefined, { volumeMounts })] });
    const rules = strict({ hostAccess: 'Deny' });
    const { split } = String.prototype;
    let goneThrough = 0;
    String.prototype.split = function (this: string, ...how: Parameters<typeof split>) {
      goneThrough += this.length;
      return split.apply(this, how);
    } as typeof split;
    try {
      const { findings } = ask(rules, 'validate', requestOf(object));
      expect(findings).toHaveLength(250);
      expect(findings[0]?.requested).toBe("can write the host's /run/crio (a runtime's state)");
    } finally {
      String.prototype.split = split;
    }
    expect(goneThrough).toBeLessThan(2 * path.length);
  });

  test('the sentence of host access', () => {
    expect(admitted(strict({ hostAccess: 'Deny' }), mounts('/var/lib/kubelet')).decision.message).toMatchInlineSnapshot(
      `"container "c" can write the host's /var/lib/kubelet (the kubelet's folder), not allowed by policy p: remove the mount, or ask for a SeccompExemption that allows HostAccess (spec.containers[0].volumeMounts[0])"`,
    );
  });
});

describe('exemptions', () => {
  const unconfined = pod({ containers: [container('c', 'Unconfined')] });
  const ask1 = (spec: object, object: object = unconfined, now = NOW) =>
    admitted(
      rulesOf(policy('all', { assign: [everything] }) + exemption('e', { allow: ['Unconfined'], ...spec })),
      object,
      { now },
    ).decision;

  test('lift a requirement, with everything an auditor needs', () => {
    const decision = ask1({ ticket: 'T-1' });
    expect(decision).toMatchObject({
      allowed: true,
      findings: [
        {
          kind: 'exempted',
          code: 'unconfined',
          exemption: { name: 'e', owner: 'team', reason: 'because', ticket: 'T-1', expires: '2027-01-31T00:00:00Z' },
        },
      ],
      warnings: [],
    });
  });

  test.each([
    [{ images: ['c:1'] }, true],
    [{ images: ['c@sha256:*'] }, false],
    [{ containers: ['c'] }, true],
    [{ containers: ['d'] }, false],
    [{ containerTypes: ['Init'] }, false],
    [{ allow: ['Unset'] }, false],
    [{ policies: ['built-in', 'all'] }, true],
    [{ policies: ['built-in'] }, false],
    [{ policies: ['all'] }, false],
    [{ match: { namespaces: ['other'] } }, false],
    [{ match: { namespaces: ['sh*'], podSelector: { matchLabels: { a: 'b' } } } }, false],
  ])('%j: %j', (spec, lifts) => {
    expect(ask1(spec).allowed).toBe(lifts);
  });

  test('only while now < expires ≤ now + term', () => {
    const expires = Date.parse('2027-01-31T00:00:00Z');
    expect(ask1({}, unconfined, expires - 1).allowed).toBe(true);
    expect(ask1({}, unconfined, expires).allowed).toBe(false);
    expect(ask1({}, unconfined, expires - 90 * DAY).allowed).toBe(true);
    expect(ask1({}, unconfined, expires - 90 * DAY - 1).allowed).toBe(false);
    expect(ask1({}, unconfined, expires).message).toMatchInlineSnapshot(
      `"container "c" has seccompProfile Unconfined, not allowed by policy built-in (exemption e expired at 2027-01-31T00:00:00Z): remove it or set type RuntimeDefault, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
    expect(ask1({}, unconfined, expires - 91 * DAY).message).toMatch(
      /exemption e does nothing yet: it expires at 2027-01-31T00:00:00Z, more than 90 days ahead\)/,
    );
  });

  test('every use of the last 14 days warns', () => {
    const expires = Date.parse('2027-01-31T00:00:00Z');
    expect(ask1({}, unconfined, expires - 14 * DAY - 1).warnings).toEqual([]);
    expect(ask1({}, unconfined, expires - 14 * DAY).warnings).toEqual([
      'exemption e lets container "c" be Unconfined only until 2027-01-31T00:00:00Z: 14 days left',
    ]);
    expect(ask1({}, unconfined, expires - DAY).warnings?.[0]).toMatch(/: 1 day left$/);
    expect(ask1({}, unconfined, expires - 1).warnings?.[0]).toMatch(/: less than a day left$/);
  });

  test('a pod-level Unconfined only if every container that inherits it is exempt', () => {
    const object = (...containers: object[]) =>
      pod({ securityContext: { seccompProfile: field('Unconfined') }, containers });
    expect(ask1({ containers: ['a'] }, object(container('a'))).allowed).toBe(true);
    expect(ask1({ containers: ['a'] }, object(container('a'), container('b'))).allowed).toBe(false);
    expect(ask1({ containers: ['a'] }, object(container('a'), container('b', 'RuntimeDefault'))).allowed).toBe(true);
    expect(ask1({ containers: ['b'] }, object(container('b', 'RuntimeDefault'))).allowed).toBe(false);
    expect(ask1({}, object(container('b', 'RuntimeDefault'))).allowed).toBe(true);
  });

  test('what is exempt stays as it is under Replace', () => {
    const rules = (allow: string) =>
      rulesOf(web({ unconfined: 'Replace' }) + exemption('e', { containers: ['c'], allow: [allow] }));
    expect(admitted(rules('Unconfined'), unconfined)).toMatchObject({
      profiles: { c: 'Unconfined' },
      decision: { allowed: true },
    });
    expect(admitted(rules('Unset'), unconfined).profiles).toEqual({ c: WEB });
  });

  test('Localhost files and Unset', () => {
    const strict = policy('strict', { require: { profiles: ['RuntimeDefault'], ceiling: 'RuntimeDefault' } });
    const rules = rulesOf(
      strict + exemption('e', { allow: ['Localhost/vendor/*.json', 'Unset'], policies: ['strict'] }),
    );
    const allowed = (profile?: string) =>
      admitted(rules, pod({ containers: [container('c', profile)] })).decision.allowed;
    expect(allowed('Localhost/vendor/a.json')).toBe(true);
    expect(allowed()).toBe(true);
    expect(allowed('Localhost/other/a.json')).toBe(false);
    expect(allowed('Unconfined')).toBe(false);
  });

  test('nothing exempts what is no profile', () => {
    const rules = rulesOf(exemption('e', { allow: ['Unconfined', 'Unset', 'Localhost/**', '*'] }));
    for (const profile of [
      'bogus',
      'Localhost/',
      `Localhost/${pathIn('web-static', 'Record')}`,
      'Localhost/seccomply/x.json',
    ])
      expect(admitted(rules, pod({ containers: [container('c', profile)] })).decision.allowed).toBe(false);
  });

  test('privileged, by what it comes to', () => {
    const privileged = pod({ containers: [container('c', undefined, { securityContext: { privileged: true } })] });
    const strict = policy('p', { require: { privileged: 'Deny' } });
    expect(admitted(rulesOf(strict), privileged).decision.allowed).toBe(false);
    expect(admitted(rulesOf(strict + exemption('e', { allow: ['Unconfined'] })), privileged).decision.allowed).toBe(
      true,
    );
  });
});

describe('/validate', () => {
  const rules = rulesOf(web());
  const validate = (object: unknown, context = {}) => ask(rules, 'validate', requestOf(object), context);

  test('refuses what assignment would have changed and did not', () => {
    const unset = validate(pod({ containers: [container('c')] }));
    expect(unset).toMatchObject({ allowed: false, patch: [], findings: [{ code: 'not-injected' }] });
    expect(unset.message).toMatchInlineSnapshot(
      `"container "c" has no seccompProfile, and not web-static as assigned by policy web: not injected: the mutating webhook did not run, or another webhook changed it after ours; create the pod again (spec.containers[0].securityContext.seccompProfile)"`,
    );
    expect(validate(pod({ containers: [container('c', 'RuntimeDefault')] })).allowed).toBe(false);
    expect(validate(pod({ containers: [container('c', WEB)] })).allowed).toBe(true);
    expect(validate(pod({ containers: [container('c', 'Localhost/team/x.json')] })).allowed).toBe(true);
  });

  test('accepts for a while what the set before would have given', () => {
    const object = pod({ containers: [container('c', 'RuntimeDefault')] });
    expect(validate(object, { previous: demo }).allowed).toBe(true);
    expect(validate(pod({ containers: [container('c')] }), { previous: bare }).allowed).toBe(true);
    expect(validate(pod({ containers: [container('c')] }), { previous: demo }).allowed).toBe(false);
    expect(validate(pod({ containers: [container('c', 'Unconfined')] }), { previous: bare }).allowed).toBe(false);

    const record = rulesOf(web({}, { stage: 'Record' }));
    const recorded = pod({ containers: [container('c', `Localhost/${pathIn('web-static', 'Record')}`)] });
    expect(validate(recorded, { previous: record }).allowed).toBe(true);
    expect(validate(recorded).allowed).toBe(false);

    const older = catalogueOf(ENTRIES.map((entry) => ({ ...entry, hash: 'a' })));
    const outdated = pod({ containers: [container('c', `Localhost/${pathIn('web-static', 'Enforce', false, 'a')}`)] });
    expect(validate(outdated, { previous: rulesOf(web(), { catalogue: older }) }).allowed).toBe(true);
    expect(validate(outdated).allowed).toBe(false);
  });
});

describe('UPDATE', () => {
  const update = (before: unknown, after: unknown, webhook: 'mutate' | 'validate' = 'validate') =>
    ask(demo, webhook, requestOf(after, { operation: 'UPDATE', oldObject: before }));
  const old = pod({ containers: [container('a', 'Unconfined'), container('b', 'Unconfined')] });

  test('judges only containers whose image changed, and never patches', () => {
    expect(update(old, old).allowed).toBe(true);
    const swapped = pod({
      containers: [container('a', 'Unconfined'), container('b', 'Unconfined', { image: 'evil' })],
    });
    expect(update(old, swapped).findings.map(({ container: name }) => name)).toEqual(['b']);
    expect(update(old, swapped).allowed).toBe(false);
    const unset = pod({ containers: [container('a')] });
    const changed = pod({ containers: [container('a', undefined, { image: 'other' })] });
    for (const webhook of ['mutate', 'validate'] as const)
      expect(update(unset, changed, webhook)).toMatchObject({ outcome: 'allowed', patch: [] });
  });

  test('a pod-level field where a changed container inherits it', () => {
    const inherits = (image: string) =>
      pod({
        securityContext: { seccompProfile: field('Unconfined') },
        containers: [container('a', undefined, { image }), container('b', 'RuntimeDefault')],
      });
    expect(update(inherits('x'), inherits('x')).allowed).toBe(true);
    expect(update(inherits('x'), inherits('y')).allowed).toBe(false);
  });

  test('an exemption is asked for the new image', () => {
    const rules = rulesOf(exemption('e', { images: ['good'], allow: ['Unconfined'] }));
    const of = (image: string) => pod({ containers: [container('a', 'Unconfined', { image })] });
    const request = requestOf(of('evil'), { operation: 'UPDATE', oldObject: of('good') });
    expect(ask(rules, 'validate', request).allowed).toBe(false);
  });

  test('tells that a new image would get a profile which a pod that runs cannot be given', () => {
    const rules = rulesOf(policy('web', { assign: [{ name: 'nginx', images: ['nginx'], profile: 'web-static' }] }));
    const of = (image: string, profile?: string) => pod({ containers: [container('a', profile, { image })] });
    const swap = (to: unknown, webhook: 'mutate' | 'validate' = 'validate') =>
      ask(rules, webhook, requestOf(to, { operation: 'UPDATE', oldObject: of('busybox') }));
    expect(swap(of('nginx'))).toMatchObject({
      allowed: true,
      warnings: ['container "a" keeps no seccompProfile and not web-static: create the pod again'],
      findings: [
        {
          kind: 'warning',
          code: 'not-injected',
          message:
            'container "a" keeps no seccompProfile, and its new image would get web-static from policy web (rule nginx): a pod that runs cannot be changed, so create it again',
        },
      ],
    });
    expect(swap(of('nginx'), 'mutate').warnings).toEqual([]);
    expect(swap(of('alpine')).warnings).toEqual([]);
    expect(swap(of('nginx', 'Unconfined')).findings.map(({ code }) => code)).toEqual(['unconfined']);
  });

  test('without the old object everything is new', () => {
    expect(update(null, old).allowed).toBe(false);
  });
});

describe('pods/ephemeralcontainers', () => {
  const debug = (...ephemeralContainers: object[]) =>
    pod({ securityContext: {}, containers: [container('c', 'Unconfined')], ephemeralContainers });
  const call = (before: unknown, after: unknown, webhook: 'mutate' | 'validate' = 'mutate') =>
    ask(
      demo,
      webhook,
      requestOf(after, { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: before }),
    );

  test('only new entries get a profile and are judged', () => {
    const decision = call(
      debug(container('old', 'Unconfined')),
      debug(container('old', 'Unconfined'), container('new')),
    );
    expect(decision.patch).toEqual([
      {
        op: 'add',
        path: '/spec/ephemeralContainers/1/securityContext',
        value: { seccompProfile: { type: 'RuntimeDefault' } },
      },
    ]);
    expect(call(debug(), debug(container('new', 'Unconfined'))).allowed).toBe(false);
    expect(call(debug(), debug(container('new')), 'validate').findings).toMatchObject([{ code: 'not-injected' }]);
  });
});

describe('left alone', () => {
  test('Windows pods', () => {
    const object = pod({ os: { name: 'windows' }, containers: [container('c')] });
    expect(admitted(rulesOf(web({ require: { profiles: ['web-*'] } })), object)).toMatchObject({
      decision: { allowed: true, warnings: [] },
      profiles: { c: 'Unset' },
    });
    // The API server refuses the field on such a pod; what is written is judged all the same.
    expect(
      admitted(demo, pod({ os: { name: 'windows' }, containers: [container('c', 'Unconfined')] })).decision.allowed,
    ).toBe(false);
  });

  test('mirror pods: the annotation and a node as user, both', () => {
    const object = pod({
      metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } },
      containers: [container('c', 'Unconfined')],
    });
    const node = { userInfo: { username: 'system:node:n1' } };
    expect(ask(demo, 'mutate', requestOf(object, node))).toMatchObject({ allowed: true, patch: [], findings: [] });
    expect(ask(demo, 'mutate', requestOf(object)).allowed).toBe(false);
    expect(ask(demo, 'mutate', requestOf(pod({ containers: [container('c', 'Unconfined')] }), node)).allowed).toBe(
      false,
    );
  });

  test.each([
    [{ operation: 'DELETE' }],
    [{ operation: 'CONNECT' }],
    [{ subResource: 'status', operation: 'UPDATE' }],
    [{ subResource: 'binding', kind: { group: '', version: 'v1', kind: 'Binding' } }],
    [
      {
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        resource: { group: '', version: 'v1', resource: 'configmaps' },
      },
    ],
    [
      {
        kind: { group: 'example.com', version: 'v1', kind: 'Pod' },
        resource: { group: 'example.com', version: 'v1', resource: 'pods' },
      },
    ],
  ])('%j', (more) => {
    const object = pod({ containers: [container('c', 'Unconfined')] });
    expect(ask(demo, 'mutate', requestOf(object, more))).toMatchObject({ allowed: true, patch: [] });
  });

  test('but nothing passes for lack of a label', () => {
    const object = { spec: { containers: [container('c', 'Unconfined')] } };
    for (const more of [
      { kind: null, resource: 7 },
      { kind: {}, resource: {} },
      { operation: 'MAKE' },
      { kind: { kind: 'Pod', version: 'v2' }, resource: undefined },
    ])
      expect(ask(demo, 'mutate', requestOf(object, more)).allowed).toBe(false);
  });
});

describe('legacy annotations', () => {
  const key = 'container.seccomp.security.alpha.kubernetes.io/c';

  test('warn, and are set to match the field that we write', () => {
    const object = pod({
      metadata: { annotations: { [key]: 'unconfined', 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' } },
      containers: [container('c')],
    });
    const { mutate } = admitted(demo, object);
    expect(mutate?.patch[1]).toEqual({
      op: 'replace',
      path: '/metadata/annotations/container.seccomp.security.alpha.kubernetes.io~1c',
      value: 'runtime/default',
    });
    expect(mutate?.warnings).toMatchInlineSnapshot(`
[
  "annotation container.seccomp.security.alpha.kubernetes.io/c, which gives no profile, is set to "runtime/default" to ma…",
  "annotation seccomp.security.alpha.kubernetes.io/pod gives no profile in a current cluster: remove it",
]
`);
    const { mutate: withPath } = admitted(rulesOf(web()), object);
    expect(withPath?.patch[1]?.value).toBe(WEB.replace('Localhost', 'localhost'));
  });

  test.each(['runtime/default', 'docker/default'])('%s matches RuntimeDefault already', (value) => {
    const { mutate } = admitted(
      demo,
      pod({ metadata: { annotations: { [key]: value } }, containers: [container('c')] }),
    );
    expect(mutate?.patch).toHaveLength(1);
  });
});

describe('templates', () => {
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [container('c', 'Unconfined')] } };
  const kinds = [
    ['apps/v1', 'Deployment', { template }],
    ['apps/v1', 'ReplicaSet', { template }],
    ['apps/v1', 'StatefulSet', { template }],
    ['apps/v1', 'DaemonSet', { template }],
    ['batch/v1', 'Job', { template }],
    ['batch/v1', 'CronJob', { jobTemplate: { spec: { template } } }],
    ['v1', 'ReplicationController', { template }],
    ['v1', 'PodTemplate', undefined],
  ] as const;
  const workload = (
    [apiVersion, kind, spec]: readonly [string, string, object | undefined],
    metadata: object = {},
  ): { readonly [key: string]: unknown; readonly spec?: object } => ({
    apiVersion,
    kind,
    metadata: { name: 'w', namespace: 'shop', ...metadata },
    ...(spec === undefined ? { template } : { spec }),
  });

  test.each(kinds)('%s %s is warned of', (...kind) => {
    const { decision, mutate } = admitted(demo, workload(kind));
    expect(decision).toMatchObject({ allowed: true, patch: [], findings: [{ mode: 'Warn', code: 'unconfined' }] });
    expect(mutate?.patch).toEqual([]);
    expect(decision.warnings).toEqual(['container "c" has seccompProfile Unconfined, against policy built-in']);
    const owned = workload(kind, { ownerReferences: [{ controller: true, kind: 'X', name: 'x' }] });
    expect(admitted(demo, owned).decision.findings).toEqual([]);
  });

  test('Ignore, Deny, and what was there before', () => {
    const rules = (templates: string) =>
      rulesOf(policy('p', { require: { profiles: ['RuntimeDefault'], templates } }), { baseline: 'off' });
    const deployment = workload(kinds[0]);
    expect(admitted(rules('Ignore'), deployment).decision.findings).toEqual([]);
    expect(admitted(rules('Deny'), deployment).decision.message).toMatchInlineSnapshot(
      `"container "c" has seccompProfile Unconfined, not allowed by policy p: set type RuntimeDefault, or ask for a SeccompExemption (spec.template.spec.containers[0].securityContext.seccompProfile, its own field)"`,
    );
    const request = requestOf(deployment, {
      kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      operation: 'UPDATE',
      oldObject: { ...deployment, spec: { ...(deployment.spec ?? {}), replicas: 3 } },
    });
    expect(ask(rules('Deny'), 'validate', request)).toMatchObject({ allowed: true, findings: [{ mode: 'Warn' }] });
  });

  test('are judged as if assignment had happened', () => {
    const unset = { template: { spec: { containers: [container('c')] } } };
    const rules = rulesOf(
      policy('p', { assign: [everything], require: { profiles: ['RuntimeDefault'], templates: 'Deny' } }),
    );
    expect(admitted(rules, workload(['apps/v1', 'Deployment', unset])).decision).toMatchObject({
      allowed: true,
      findings: [],
    });
  });
});

describe('what is not shaped like a pod', () => {
  test.each([
    [{ containers: 'x' }],
    [{ containers: { 0: container('c', 'Unconfined') } }],
    [{ containers: [null] }],
    [{ containers: ['x'] }],
    [{ initContainers: 7 }],
    [{ containers: [[]] }],
  ])('%j is refused', (spec) => {
    expect(ask(rulesOf('', { baseline: 'off' }), 'validate', requestOf(pod(spec)))).toMatchObject({
      allowed: false,
      code: 403,
      findings: [{ code: 'malformed' }],
    });
  });

  test.each([[{}], [{ spec: null }], [{ spec: { containers: null } }], [{ metadata: 7, spec: { containers: [] } }]])(
    '%j has no containers',
    (object) => {
      expect(ask(demo, 'mutate', requestOf(object))).toMatchObject({ allowed: true, patch: [] });
    },
  );

  test.each([[null], ['x'], [[]], [{ spec: 'x' }]])('object %j is refused', (object) => {
    expect(ask(demo, 'mutate', requestOf(object)).allowed).toBe(false);
  });

  test('a thousand containers, and too many', () => {
    const of = (count: number) => pod({ containers: Array.from({ length: count }, () => ({ name: 'x', image: 'y' })) });
    expect(ask(demo, 'mutate', requestOf(of(1_000))).patch).toHaveLength(1_000);
    const refused = ask(demo, 'mutate', requestOf(of(1_001)));
    expect(refused.message).toMatchInlineSnapshot(
      `"the pod cannot be judged (there are more than 1000 containers), not allowed by policy built-in: correct the object (spec.containers)"`,
    );
  });

  test('one denial line, however many violations', () => {
    const many = pod({
      containers: Array.from({ length: 1_000 }, (_, index) => container(`c${index}\n`, 'Unconfined')),
    });
    const { message = '', findings } = ask(demo, 'validate', requestOf(many));
    expect(message).not.toMatch(/[\r\n]/);
    expect(message.length).toBeLessThan(10_000);
    expect(message).toMatch(/; and 9\d\d more$/);
    expect(findings).toHaveLength(250);
  });

  test('warnings stay within what the API server passes on', () => {
    const rules = rulesOf(policy('w'.repeat(250), { mode: 'Warn', require: { profiles: ['web-static'] } }));
    const many = pod({
      containers: Array.from({ length: 300 }, (_, index) => container(`n${index}`, 'Localhost/é.json')),
    });
    const { warnings } = ask(rules, 'validate', requestOf(many));
    expect([...warnings.join('')].length).toBeLessThanOrEqual(4096);
    expect(Math.max(...warnings.map((warning) => warning.length))).toBeLessThanOrEqual(160);
    expect(warnings.at(-1)).toMatch(/^seccomply: and \d+ more warnings$/);
  });

  test('keys that name a prototype are plain keys', () => {
    const object = JSON.parse(
      '{"metadata":{"labels":{"__proto__":"x","constructor":"y"},"annotations":{"__proto__":{}}},"spec":{"containers":[{"name":"__proto__","image":"constructor","securityContext":{"__proto__":{"seccompProfile":{"type":"RuntimeDefault"}}}}]}}',
    );
    const { patch } = ask(demo, 'mutate', requestOf(object));
    expect(patch).toMatchObject([{ op: 'add', path: '/spec/containers/0/securityContext/seccompProfile' }]);
    expect(({} as Record<string, unknown>).seccompProfile).toBeUndefined();
  });
});

test('profiles of the result are read by the tests as written', () => {
  expect(profilesOf(pod({ containers: [container('a', WEB)] }))).toEqual({ a: WEB });
});
