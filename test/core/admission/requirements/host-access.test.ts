import { ask, container, exemption, NOW, pod, policy, requestOf, rulesOf } from '../support.js';

const strict = policy('p', { require: { hostAccess: 'Deny', privileged: 'Deny' } });

interface PodShape {
  readonly volumes?: Readonly<Record<string, string | object>>;
  /** By volume: `ro`, `rw`, or the mount's own fields. */
  readonly mounts?: Readonly<Record<string, 'ro' | 'rw' | object>>;
  readonly add?: readonly string[];
  readonly security?: object;
  readonly spec?: object;
}

function shape({ volumes = {}, mounts = {}, add, security = {}, spec = {} }: PodShape): object {
  return pod({
    ...spec,
    volumes: Object.entries(volumes).map(([name, volume]) => ({
      name,
      ...(typeof volume === 'string' ? { hostPath: { path: volume } } : volume),
    })),
    containers: [
      container('c', 'RuntimeDefault', {
        securityContext: { ...(add === undefined ? {} : { capabilities: { add } }), ...security },
        volumeMounts: Object.entries(mounts).map(([name, mount]) => ({
          name,
          mountPath: `/${name}`,
          ...(mount === 'ro' ? { readOnly: true } : mount === 'rw' ? {} : mount),
        })),
      }),
    ],
  });
}

const found = (object: object, documents = strict) =>
  ask(rulesOf(documents), 'validate', requestOf(object)).findings.map(({ code, kind, requested }) =>
    kind === 'violation' ? `${code}: ${requested}` : `${kind} ${code}`,
  );

describe('capabilities', () => {
  const traced = 'host-access: can trace the processes of its node (hostPID with ';
  const taken = 'host-access: can take over its node by its capabilities (';
  test.each([
    [['SYS_ADMIN'], false, [`${taken}SYS_ADMIN)`]],
    [['CAP_SYS_MODULE', 'sys_rawio'], false, [`${taken}SYS_MODULE, SYS_RAWIO)`]],
    [['DAC_READ_SEARCH'], false, [`${taken}DAC_READ_SEARCH)`]],
    [['ALL'], false, [`${taken}ALL)`]],
    [['BPF', 'PERFMON'], false, [`${taken}BPF, PERFMON)`]],
    [['BPF'], false, []],
    [['PERFMON', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW', 'SYS_TIME', 'SYS_RESOURCE', 'MKNOD', 'SYS_BOOT'], false, []],
    [['SYS_PTRACE'], true, [`${traced}SYS_PTRACE)`]],
    [['SYS_ADMIN'], true, [`${traced}SYS_ADMIN)`, `${taken}SYS_ADMIN)`]],
    [['ALL'], true, [`${traced}ALL)`, `${taken}ALL)`]],
    [['SYS_PTRACE', 'SYS_ADMIN'], true, [`${traced}SYS_PTRACE)`, `${taken}SYS_ADMIN)`]],
    [['SYS_PTRACE', 'SYS_MODULE'], true, [`${traced}SYS_PTRACE)`, `${taken}SYS_MODULE)`]],
    [['NET_ADMIN'], true, ['host-access: can enter the processes of its node (hostPID as root)']],
  ])('%j, hostPID %s', (add, hostPID, expected) => {
    expect(found(shape({ add, spec: { hostPID } }))).toEqual(expected);
  });

  test('are nothing to the node in a user namespace of the pod', () => {
    expect(found(shape({ add: ['ALL'], spec: { hostUsers: false } }))).toEqual([]);
    expect(found(shape({ add: ['SYS_ADMIN'], spec: { hostUsers: true } }))).toHaveLength(1);
    const proc = { volumes: { p: '/proc' }, mounts: { p: 'ro' }, add: ['SYS_PTRACE'] } as const;
    expect(found(shape({ ...proc, spec: { hostUsers: false } }))).toEqual([]);
  });

  test('procMount leaves the settings of the kernel writable', () => {
    expect(found(shape({ security: { procMount: 'Unmasked' } }))).toEqual([
      "host-access: can write the kernel's settings (procMount without a user namespace)",
    ]);
    expect(found(shape({ security: { procMount: 'Default' } }))).toEqual([]);
    expect(found(shape({ security: { procMount: 'Unmasked' }, spec: { hostUsers: false } }))).toEqual([]);
    expect(found(shape({ security: { procMount: 'Unmasked', privileged: true } }))).toEqual(['privileged: privileged']);
  });

  test('a privileged container is what privileged refuses, and with hostPID both', () => {
    expect(found(shape({ security: { privileged: true }, add: ['ALL'] }))).toEqual(['privileged: privileged']);
    expect(found(shape({ security: { privileged: true }, spec: { hostPID: true } }))).toEqual([
      'privileged: privileged',
      `${traced}privileged)`,
    ]);
  });
});

/** Root can become any user, and whoever is the user of a process of the node can open what it has. */
describe('the processes of the node', () => {
  const byPid = ['host-access: can enter the processes of its node (hostPID as root)'];
  const byMount = ['host-access: can enter the processes of its node (/proc as root)'];
  const users = [
    [{}, {}, true],
    [{}, { runAsUser: 0 }, true],
    [{}, { runAsUser: 1000 }, false],
    [{}, { runAsNonRoot: true }, false],
    [{ runAsUser: 65534 }, {}, false],
    [{ runAsNonRoot: true }, {}, false],
    [{ runAsUser: 65534 }, { runAsUser: 0 }, true],
    [{ runAsUser: 0 }, { runAsUser: 1 }, false],
    [{ runAsNonRoot: true }, { runAsNonRoot: false }, true],
    [{ runAsNonRoot: true }, { runAsNonRoot: false, runAsUser: 1 }, false],
    [{}, { runAsUser: null, runAsNonRoot: null }, true],
    [{}, { runAsUser: '1000' }, true],
    [{}, { capabilities: { drop: ['ALL'] } }, false],
    [{}, { capabilities: { drop: ['cap_all'] } }, false],
    [{}, { capabilities: { drop: ['NET_RAW', 'MKNOD'] } }, true],
    [{}, { capabilities: { drop: ['ALL'], add: ['SETUID'] } }, true],
    [{}, { capabilities: { drop: ['ALL'], add: ['CHOWN'] } }, false],
  ] as const;
  test.each(users)('pod %j, container %j: open %s', (securityContext, security, open) => {
    expect(found(shape({ security, spec: { hostPID: true, securityContext } }))).toEqual(open ? byPid : []);
    const proc = { volumes: { p: '/proc' }, mounts: { p: 'ro' } } as const;
    expect(found(shape({ ...proc, security, spec: { securityContext } }))).toEqual(open ? byMount : []);
  });

  test.each(['/proc', '/proc/1', '/proc/self', '/proc/1/task', '/proc/1/task/1'])('are in %s, read-only', (path) => {
    const mount = { volumes: { p: path }, mounts: { p: 'ro' } } as const;
    const who = { runAsNonRoot: true };
    const can = `host-access: can enter the processes of its node (${path}`;
    expect(found(shape(mount))).toEqual([`${can} as root)`]);
    expect(found(shape({ ...mount, security: who, add: ['SYS_PTRACE'] }))).toEqual([`${can} with SYS_PTRACE)`]);
    expect(found(shape({ ...mount, security: who }))).toEqual([]);
    expect(found(shape({ ...mount, spec: { hostUsers: false } }))).toEqual([]);
    expect(found(shape({ ...mount, security: { privileged: true } }))).toEqual(['privileged: privileged']);
  });

  test.each(['/proc/uptime', '/proc/sys', '/proc/1/status', '/proc/1/task/1/status', '/proc/net'])(
    'are not in %s, read-only',
    (path) => {
      expect(found(shape({ volumes: { p: path }, mounts: { p: 'ro' } }))).toEqual([]);
    },
  );
});

/** A runtime follows links in a host path: whoever makes one there says what is mounted. */
describe('a host path below a folder that the pod can write', () => {
  const pair = (upper: string, lower: string, mount: object = {}, lowerMount: object = {}) =>
    pod({
      volumes: [
        { name: 'a', hostPath: { path: upper } },
        { name: 'b', hostPath: { path: lower } },
      ],
      initContainers: [container('i', 'RuntimeDefault', { volumeMounts: [{ name: 'a', mountPath: '/a', ...mount }] })],
      containers: [container('c', 'RuntimeDefault', { volumeMounts: [{ name: 'b', mountPath: '/b', ...lowerMount }] })],
    });
  const link = (lower: string, upper: string) => [
    `host-access: can reach any file of its node by a link on the way to ${lower} (the pod can write ${upper})`,
  ];
  test.each([
    ['/tmp', '/tmp/x', {}, {}, link('/tmp/x', '/tmp')],
    ['/tmp', '/tmp/x', {}, { readOnly: true }, link('/tmp/x', '/tmp')],
    ['/tmp', '/tmp/x', {}, { subPath: 'y' }, link('/tmp/x', '/tmp')],
    ['/tmp/', '//tmp/./x/y/z', {}, {}, link('/tmp/x/y/z', '/tmp')],
    ['/var/run/app', '/run/app/x', {}, {}, link('/run/app/x', '/run/app')],
    ['/data', '/data/x/y', { subPath: 'x' }, {}, link('/data/x/y', '/data/x')],
    ['/data', '/data/x/y', { subPathExpr: 'x/$(A)' }, {}, link('/data/x/y', '/data/x')],
    ['/data', '/data/x/y', { subPath: 'z' }, {}, []],
    ['/data', '/data/x', { subPath: 'x' }, {}, []],
    ['/tmp', '/tmp/x', { readOnly: true }, {}, []],
    ['/tmp', '/tmp', {}, {}, []],
    ['/tmp', '/tmpx', {}, {}, []],
    ['/tmp', '/tmp-x/y', {}, {}, []],
    ['/tmp/x', '/tmp', {}, { readOnly: true }, []],
    ['/var/log', '/var/log/pods', { readOnly: true }, { readOnly: true }, []],
  ])('%s, %s, %j, %j', (upper, lower, mount, lowerMount, expected) => {
    expect(found(pair(upper, lower, mount, lowerMount))).toEqual(expected);
  });

  test('is told of once where the path itself is a way to the node', () => {
    expect(found(pair('/srv', '/srv/kubernetes'))).toEqual([
      "host-access: can write the host's /srv/kubernetes (the cluster's credentials)",
    ]);
  });

  test('among many, whatever their order', () => {
    const names = ['/a', '/a/b', '/a-b', '/a/b/c', '/ab', '/d', '/d/e'];
    for (const order of [names, [...names].reverse()]) {
      const object = pod({
        volumes: order.map((path, index) => ({ name: `v${index}`, hostPath: { path } })),
        containers: [
          container('c', 'RuntimeDefault', {
            volumeMounts: order.map((path, index) => ({
              name: `v${index}`,
              mountPath: path,
              readOnly: path === '/d',
            })),
          }),
        ],
      });
      expect(found(object).sort()).toEqual([...link('/a/b', '/a'), ...link('/a/b/c', '/a')]);
    }
  });

  test('in its sentence', () => {
    expect(ask(rulesOf(strict), 'validate', requestOf(pair('/tmp', '/tmp/x'))).message).toMatchInlineSnapshot(
      `"container "c" can reach any file of its node by a link on the way to /tmp/x (the pod can write /tmp), not allowed by policy p: mount it as a subPath of the volume of /tmp, or make every mount there readOnly, or ask for a SeccompExemption that allows HostAccess (spec.containers[0].volumeMounts[0])"`,
    );
  });
});

/** What the advice of the first refusal says, done. */
describe('advice that can be followed', () => {
  const nonRoot = { runAsNonRoot: true };
  const answer = (object: object) => ask(rulesOf(strict), 'validate', requestOf(object));
  test.each<[string, PodShape, readonly string[], PodShape]>([
    [
      'hostPID',
      { spec: { hostPID: true } },
      ['remove hostPID or set runAsNonRoot: true'],
      { security: nonRoot, spec: { hostPID: true } },
    ],
    [
      'hostPID with SYS_ADMIN',
      { add: ['SYS_ADMIN'], spec: { hostPID: true } },
      ['remove hostPID', 'remove SYS_ADMIN'],
      {},
    ],
    [
      'a writable /proc',
      { volumes: { p: '/proc' }, mounts: { p: 'rw' }, security: nonRoot },
      ['remove the mount or make it readOnly'],
      { volumes: { p: '/proc' }, mounts: { p: 'ro' }, security: nonRoot },
    ],
    ['a writable /proc of root', { volumes: { p: '/proc' }, mounts: { p: 'rw' } }, ['remove the mount'], {}],
    [
      'a read-only /proc of root',
      { volumes: { p: '/proc' }, mounts: { p: 'ro' } },
      ['remove the mount or set runAsNonRoot: true'],
      { volumes: { p: '/proc' }, mounts: { p: 'ro' }, security: nonRoot },
    ],
    ...['/dev/pts', '/var/lib/docker', '/run/containerd/io.containerd.runtime.v2.task', '/run/udev'].map(
      (path): [string, PodShape, readonly string[], PodShape] => [
        path,
        { volumes: { p: path }, mounts: { p: 'rw' } },
        ['remove the mount'],
        {},
      ],
    ),
  ])('%s', (_, workload, advice, followed) => {
    const { allowed, findings } = answer(shape(workload));
    expect(allowed).toBe(false);
    expect(findings.map(({ message }) => /: (remove [^:]*(?:: true)?), or ask for/.exec(message)?.[1])).toEqual(advice);
    expect(answer(shape(followed)).allowed).toBe(true);
  });
});

describe('mounts', () => {
  test.each([
    ['/etc', { readOnly: true }, "can read the host's /etc (above the cluster's credentials)"],
    ['/etc/cron.d', {}, "can write the host's /etc/cron.d (what cron runs)"],
    ['/var/run', { readOnly: true }, "can use the host's /run (above a runtime's socket)"],
    ['/run/containerd/s', { readOnly: true }, "can use the host's /run/containerd/s (a runtime's socket)"],
    ['/var/run/docker.sock', {}, "can use the host's /run/docker.sock (a runtime's socket)"],
    [
      '/var/lib/kubelet/pki',
      { readOnly: true },
      "can read the host's /var/lib/kubelet/pki (the kubelet's credentials and those of all its pods)",
    ],
    ['/', { subPath: 'etc/cron.d' }, "can write the host's /etc/cron.d (what cron runs)"],
    ['/', { subPathExpr: '$(X)' }, "can write the host's / (above the kubelet's folder)"],
    ['/', { subPathExpr: 'etc/cron.d/$(X)' }, "can write the host's /etc/cron.d (what cron runs)"],
    ['/', { subPathExpr: 'srv/$(X)/y' }, undefined],
    ['/var/lib', { subPathExpr: 'my$(X)' }, "can write the host's /var/lib (above the kubelet's folder)"],
    ['/var/log', { subPathExpr: '$(POD_NAME)' }, undefined],
    ['/proc/1/ns/mnt', { readOnly: true }, "can reach the host's files through /proc/1/ns/mnt, whatever they are"],
    ['/proc/self/fd/3', { readOnly: true }, "can reach the host's files through /proc/self/fd/3, whatever they are"],
    ['/dev/fd/3', { readOnly: true }, "can reach the host's files through /dev/fd/3, whatever they are"],
  ])('%s %j', (path, mount, expected) => {
    expect(found(shape({ volumes: { v: path }, mounts: { v: mount } }))).toEqual(
      expected === undefined ? [] : [`host-access: ${expected}`],
    );
  });

  test('of a block device give its disk, wherever it is', () => {
    const volume = { hostPath: { path: '/srv/disk', type: 'BlockDevice' } };
    expect(found(shape({ volumes: { d: volume }, mounts: { d: 'rw' } }))).toEqual([
      "host-access: can write the host's /srv/disk (a block device)",
    ]);
    expect(found(shape({ volumes: { d: volume }, mounts: { d: 'ro' } }))).toEqual([]);
  });

  test('of other volumes are not looked at', () => {
    const volumes = {
      e: { emptyDir: {} },
      s: { secret: { secretName: 'x' } },
      n: { nfs: { server: 'x', path: '/etc' } },
    };
    expect(found(shape({ volumes, mounts: { e: 'rw', s: 'ro', n: 'rw' } }))).toEqual([]);
  });
});

/** Shapes of what runs in clusters: what is found of it, `-` where nothing is. */
describe('workloads', () => {
  const privileged = { privileged: true };
  test.each<[string, PodShape, readonly string[]]>([
    [
      'node-exporter',
      {
        volumes: { proc: '/proc', sys: '/sys', root: '/' },
        mounts: { proc: 'ro', sys: 'ro', root: { readOnly: true, mountPropagation: 'HostToContainer' } },
        spec: { hostPID: true, hostNetwork: true, securityContext: { runAsNonRoot: true, runAsUser: 65534 } },
      },
      ["host-access: can use the host's / (above a runtime's socket)"],
    ],
    [
      'node-exporter without the root file system',
      {
        volumes: { proc: '/proc', sys: '/sys' },
        mounts: { proc: 'ro', sys: 'ro' },
        spec: { hostPID: true, securityContext: { runAsNonRoot: true, runAsUser: 65534 } },
      },
      [],
    ],
    [
      'an agent that runs as root beside all processes',
      { volumes: { cgroup: '/sys/fs/cgroup' }, mounts: { cgroup: 'ro' }, spec: { hostPID: true } },
      ['host-access: can enter the processes of its node (hostPID as root)'],
    ],
    [
      'a log shipper',
      {
        volumes: { log: '/var/log', docker: '/var/lib/docker/containers', id: '/etc/machine-id', tz: '/etc/localtime' },
        mounts: { log: 'rw', docker: 'ro', id: 'ro', tz: 'rw' },
      },
      [],
    ],
    [
      'kube-proxy',
      {
        volumes: { lock: '/run/xtables.lock', mod: '/lib/modules' },
        mounts: { lock: 'rw', mod: 'ro' },
        security: privileged,
      },
      ['privileged: privileged'],
    ],
    [
      'the installer of a CNI plugin',
      { volumes: { bin: '/opt/cni/bin', conf: '/etc/cni/net.d' }, mounts: { bin: 'rw', conf: 'rw' } },
      [
        "host-access: can write the host's /opt/cni/bin (CNI plugins)",
        "host-access: can write the host's /etc/cni/net.d (CNI plugins)",
      ],
    ],
    [
      'a CSI driver',
      {
        volumes: { plugin: '/var/lib/kubelet/plugins/csi.example', pods: '/var/lib/kubelet/pods', dev: '/dev' },
        mounts: { plugin: 'rw', pods: { mountPropagation: 'Bidirectional' }, dev: 'rw' },
        security: privileged,
      },
      [
        'privileged: privileged',
        "host-access: can use the host's /var/lib/kubelet/plugins/csi.example (the sockets of the kubelet's plugins)",
        "host-access: can write the host's /var/lib/kubelet/pods (the kubelet's credentials and those of all its pods)",
        "host-access: can write the host's /dev (above the node's disks and memory)",
      ],
    ],
    [
      'an ingress controller',
      {
        volumes: { ca: '/etc/ssl/certs' },
        mounts: { ca: 'ro' },
        add: ['NET_BIND_SERVICE'],
        spec: { hostNetwork: true },
      },
      [],
    ],
    ['a database on a local disk', { volumes: { data: '/mnt/disks/ssd0' }, mounts: { data: 'rw' } }, []],
    ['a provisioner of local paths', { volumes: { data: '/opt/local-path-provisioner' }, mounts: { data: 'rw' } }, []],
    [
      'a GPU exporter',
      { volumes: { res: '/var/lib/kubelet/pod-resources' }, mounts: { res: 'ro' }, add: ['SYS_PTRACE'] },
      [],
    ],
  ])('%s', (_, workload, expected) => {
    expect(found(shape(workload))).toEqual(expected);
  });
});

describe('exemptions', () => {
  const csi = shape({ volumes: { k: '/var/lib/kubelet' }, mounts: { k: 'rw' }, security: { privileged: true } });

  test.each([
    [['HostAccess'], ['privileged: privileged', 'exempted host-access']],
    [
      ['Privileged'],
      ['exempted privileged', "host-access: can write the host's /var/lib/kubelet (the kubelet's folder)"],
    ],
    [
      ['Privileged', 'HostAccess'],
      ['exempted privileged', 'exempted host-access'],
    ],
    [
      ['Unconfined'],
      ['exempted privileged', "host-access: can write the host's /var/lib/kubelet (the kubelet's folder)"],
    ],
    [
      ['*', 'Unset'],
      ['privileged: privileged', "host-access: can write the host's /var/lib/kubelet (the kubelet's folder)"],
    ],
  ])('%j', (allow, expected) => {
    expect(found(csi, strict + exemption('e', { allow }))).toEqual(expected);
  });

  test('for Privileged do not allow the field to say Unconfined', () => {
    const object = pod({ containers: [container('c', 'Unconfined', { securityContext: { privileged: true } })] });
    const allowed = (allow: readonly string[]) =>
      ask(rulesOf(strict + exemption('e', { allow })), 'validate', requestOf(object)).allowed;
    expect(allowed(['Privileged'])).toBe(false);
    expect(allowed(['Privileged', 'Unconfined'])).toBe(true);
  });

  test('are looked up among many by what they allow', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      exemption(`other-${index}`, { allow: ['Unset'], containers: ['c'] }),
    ).join('');
    for (const allow of [
      ['Privileged', 'HostAccess'],
      ['Unconfined', 'HostAccess'],
    ])
      expect(found(csi, strict + many + exemption('e', { allow }))).toEqual([
        'exempted privileged',
        'exempted host-access',
      ]);
  });

  test('that have expired are named in the refusal', () => {
    const expired = exemption('old', { allow: ['HostAccess'], expires: '2026-11-01T00:00:00Z' });
    const object = shape({ volumes: { k: '/etc/cron.d' }, mounts: { k: 'rw' } });
    expect(ask(rulesOf(strict + expired), 'validate', requestOf(object), { now: NOW }).message).toMatchInlineSnapshot(
      `"container "c" can write the host's /etc/cron.d (what cron runs), not allowed by policy p (exemption old expired at 2026-11-01T00:00:00Z): remove the mount or make it readOnly, or ask for a SeccompExemption that allows HostAccess (spec.containers[0].volumeMounts[0])"`,
    );
  });

  test('in their sentences', () => {
    const soon = exemption('e', { allow: ['HostAccess'], expires: '2026-12-05T00:00:00Z' });
    const object = shape({ volumes: { k: '/etc/cron.d' }, mounts: { k: 'rw' } });
    const { findings, warnings } = ask(rulesOf(strict + soon), 'validate', requestOf(object));
    expect([findings[0]?.message, ...warnings]).toMatchInlineSnapshot(`
[
  "container "c" can write the host's /etc/cron.d (what cron runs) in spite of policy p: exemption e allows it until 2026-12-05T00:00:00Z",
  "exemption e lets container "c" reach its node only until 2026-12-05T00:00:00Z: 4 days left",
]
`);
  });

  test('are no profiles that a requirement could name', () => {
    for (const word of ['HostAccess', 'Privileged'])
      expect(() => rulesOf(policy('q', { require: { profiles: [word] } }))).toThrow(/PD013/);
  });
});

test('a debug container is told of nothing that would change the pod that runs', () => {
  const strict = rulesOf(policy('strict', { require: { hostAccess: 'Deny' } }));
  const adviceFor = (spec: object, securityContext: object) => {
    const before = { hostPID: false, ...spec, containers: [container('a', 'RuntimeDefault')] };
    const debug = container('debug', 'RuntimeDefault', { securityContext });
    const { message } = ask(
      strict,
      'mutate',
      requestOf(pod({ ...before, ephemeralContainers: [debug] }), {
        operation: 'UPDATE',
        subResource: 'ephemeralcontainers',
        oldObject: pod(before),
      }),
    );
    return /policy strict: (.*?), or ask/.exec(message ?? '')?.[1];
  };
  expect(adviceFor({ hostPID: true }, { capabilities: { add: ['SYS_PTRACE'] } })).toBe('remove SYS_PTRACE');
  expect(adviceFor({ hostPID: true }, { privileged: true })).toBe('remove privileged');
  expect(adviceFor({}, { procMount: 'Unmasked' })).toBe('remove procMount');
});
