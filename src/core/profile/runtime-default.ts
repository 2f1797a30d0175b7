import type { ArchMapEntry, Argument, Operator, Profile, Rule } from './model.js';
import { NAMESPACE_FLAGS } from './runtime-base.js';
import {
  AF_ALG,
  AF_NETLINK,
  AF_VSOCK,
  BY_ARCHITECTURE,
  CONTAINERD_ALLOWED,
  CONTAINERD_ALLOWED_SINCE_4_8,
  CONTAINERD_BY_CAPABILITY,
  CRIO_ALLOWED,
  CRIO_BY_CAPABILITY,
  CRIO_EPERM,
  NETLINK_AUDIT,
  NETLINK_PROTOCOLS,
  PERSONALITIES,
  SOCKET_FAMILIES,
} from './runtime-default-table.js';

export const CONTAINER_RUNTIMES = ['containerd', 'crio'] as const;
export type ContainerRuntime = (typeof CONTAINER_RUNTIMES)[number];
/** Whose default the nodes have; `any`: it is not known, so what is within the default is within that of each. */
export type NodeDefault = ContainerRuntime | 'any';

/** What `RuntimeDefault` means under a container runtime, as a logical profile with conditions: its decisions, in a shape of our own. */
export function runtimeDefault(runtime: ContainerRuntime): Profile {
  return runtime === 'containerd' ? CONTAINERD : CRIO;
}

/**
 * The same with its socket families one by one, in the 32 bits that the kernel looks at: for filters that are made of it, where one family
 * has to be told from another. It refuses what the runtime's own lets through for comparing 64 bits: AF_ALG and AF_VSOCK with a high
 * bit set, and families that the kernel does not have.
 */
export function runtimeDefaultByFamily(runtime: ContainerRuntime): Profile {
  const profile = runtimeDefault(runtime);
  const rules = profile.rules.filter(({ names, args }) => !(names.includes('socket') && args.length > 0));
  return { ...profile, rules: [...rules, ...(runtime === 'containerd' ? CONTAINERD_FAMILIES : CRIO_FAMILIES)] };
}

const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;

const ARCH_MAP: readonly ArchMapEntry[] = [
  { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
  { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
  { architecture: 'SCMP_ARCH_S390X', subArchitectures: ['SCMP_ARCH_S390'] },
];

const CONTAINERD: Profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: EPERM,
  archMap: ARCH_MAP,
  rules: [
    allow(CONTAINERD_ALLOWED),
    { ...allow(CONTAINERD_ALLOWED_SINCE_4_8), includes: { minKernel: '4.8' } },
    ...PERSONALITIES.map((domain) => allow(['personality'], [equals(0, domain)])),
    ...BY_ARCHITECTURE.map(({ arches, names }) => ({ ...allow(names), includes: { arches } })),
    ...byCapability(CONTAINERD_BY_CAPABILITY),
    ...filteredClone(),
    {
      names: ['clone3'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: ENOSYS,
      args: [],
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    },
    // All families but AF_ALG and AF_VSOCK, compared in 64 bits.
    allow(['socket'], [compared(0, 'SCMP_CMP_LT', AF_ALG)]),
    allow(['socket'], [compared(0, 'SCMP_CMP_EQ', AF_ALG + 1)]),
    allow(['socket'], [compared(0, 'SCMP_CMP_GT', AF_VSOCK)]),
  ],
};

const CRIO: Profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: ENOSYS,
  archMap: ARCH_MAP,
  rules: [
    allow(CRIO_ALLOWED),
    ...PERSONALITIES.map((domain) => allow(['personality'], [equals(0, domain)])),
    ...BY_ARCHITECTURE.map(({ arches, names }) => ({ ...allow(names), includes: { arches } })),
    ...byCapability(CRIO_BY_CAPABILITY),
    ...refusedWithout(CRIO_BY_CAPABILITY),
    { names: CRIO_EPERM, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: [] },
    { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: [compared(0, 'SCMP_CMP_EQ', AF_VSOCK)] },
    // In comparisons of which it is certain what libseccomp makes. Of netlink, protocols above 31 are left out: no kernel has one.
    ...SOCKET_FAMILIES.filter((family) => family !== AF_NETLINK && family !== AF_VSOCK).map((family) =>
      allow(['socket'], [compared(0, 'SCMP_CMP_EQ', family)]),
    ),
    allow(['socket'], [compared(0, 'SCMP_CMP_GE', SOCKET_FAMILIES.length)]),
    ...netlinkRules(compared(0, 'SCMP_CMP_EQ', AF_NETLINK)),
  ],
};

const CONTAINERD_FAMILIES: readonly Rule[] = familiesWithout([AF_ALG, AF_VSOCK]);

const CRIO_FAMILIES: readonly Rule[] = [
  ...familiesWithout([AF_NETLINK, AF_VSOCK]),
  { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: [equals32(0, AF_VSOCK)] },
  ...netlinkRules(equals32(0, AF_NETLINK)),
];

/** Of CRI-O: every protocol but audit; audit with the capability for it, else EINVAL. */
function netlinkRules(isNetlink: Argument): readonly Rule[] {
  const isAudit = [isNetlink, equals32(2, NETLINK_AUDIT)];
  return [
    ...NETLINK_PROTOCOLS.filter((protocol) => protocol !== NETLINK_AUDIT).map((protocol) =>
      allow(['socket'], [isNetlink, equals32(2, protocol)]),
    ),
    { ...allow(['socket'], isAudit), includes: { caps: ['CAP_AUDIT_WRITE'] } },
    {
      names: ['socket'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EINVAL,
      args: isAudit,
      excludes: { caps: ['CAP_AUDIT_WRITE'] },
    },
  ];
}

function allow(names: readonly string[], args: readonly Argument[] = []): Rule {
  return { names, action: 'SCMP_ACT_ALLOW', args };
}

function byCapability(table: Readonly<Record<string, readonly string[]>>): readonly Rule[] {
  return Object.entries(table).map(([capability, names]) => ({ ...allow(names), includes: { caps: [capability] } }));
}

/** EPERM for what some capability would open, while none of those capabilities is held. */
function refusedWithout(table: Readonly<Record<string, readonly string[]>>): readonly Rule[] {
  const openers = new Map<string, string[]>();
  for (const [capability, names] of Object.entries(table)) {
    for (const name of names) openers.set(name, [...(openers.get(name) ?? []), capability]);
  }
  const groups = new Map<string, { readonly caps: readonly string[]; readonly names: string[] }>();
  for (const [name, caps] of [...openers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = caps.join(' ');
    const group = groups.get(key) ?? { caps, names: [] };
    groups.set(key, group);
    group.names.push(name);
  }
  return [...groups.values()].map(({ caps, names }) => ({
    names,
    action: 'SCMP_ACT_ERRNO',
    errnoRet: EPERM,
    args: [],
    excludes: { caps },
  }));
}

function filteredClone(): readonly Rule[] {
  const s390 = ['s390', 's390x'];
  const without = (index: number) =>
    allow(['clone'], [{ index, value: NAMESPACE_FLAGS, valueTwo: 0n, op: 'SCMP_CMP_MASKED_EQ' }]);
  return [
    { ...without(0), excludes: { caps: ['CAP_SYS_ADMIN'], arches: s390 } },
    {
      ...without(1),
      comment: 'on s390 the flags are the second argument',
      includes: { arches: s390 },
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    },
  ];
}

function familiesWithout(refused: readonly number[]): readonly Rule[] {
  return SOCKET_FAMILIES.filter((family) => !refused.includes(family)).map((family) =>
    allow(['socket'], [equals32(0, family)]),
  );
}

function equals(index: number, value: bigint): Argument {
  return { index, value, valueTwo: 0n, op: 'SCMP_CMP_EQ' };
}

function compared(index: number, op: Operator, value: number): Argument {
  return { index, value: BigInt(value), valueTwo: 0n, op };
}

function equals32(index: number, value: number): Argument {
  return { index, value: 0xffffffffn, valueTwo: BigInt(value), op: 'SCMP_CMP_MASKED_EQ' };
}
