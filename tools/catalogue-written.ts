// The profiles of the catalogue that are written and not recorded.

import type { Profile, Rule } from '../src/core/profile/model.js';
import { runtimeDefault, runtimeDefaultByFamily } from '../src/core/profile/runtime-default.js';
import { CLOSED_SOCKETCALL } from '../src/core/recommend/derive.js';

/** What containers hardly ever need of containerd's default, and what attacks have used. */
const HARDLY_EVER = ['mknod', 'mknodat', 'modify_ldt', 'process_vm_readv', 'process_vm_writev', 'ptrace', 'vmsplice'];
/** What containerd's default opens and CRI-O's does not: programs are told that the kernel is older. */
const NOT_UNDER_CRIO = [
  'cachestat',
  'getxattrat',
  'io_pgetevents',
  'io_pgetevents_time64',
  'listmount',
  'listxattrat',
  'lsm_get_self_attr',
  'lsm_list_modules',
  'lsm_set_self_attr',
  'map_shadow_stack',
  'mseal',
  'removexattrat',
  'set_mempolicy_home_node',
  'setxattrat',
  'statmount',
  'uretprobe',
];
const AF_UNIX = 1n;
const AF_INET = 2n;
const AF_INET6 = 10n;
const AF_NETLINK = 16n;
const ENOSYS = 38;
const FAMILIES = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK];

export function writtenProfile(name: string): Profile {
  switch (name) {
    case 'audit-log':
      return { defaultAction: 'SCMP_ACT_LOG', rules: [] };
    case 'runtime-default-containerd':
      return runtimeDefault('containerd');
    case 'runtime-default-crio':
      return runtimeDefault('crio');
    case 'runtime-default-plus':
      return runtimeDefaultPlus();
    default:
      throw new Error(`no written profile is called ${name}`);
  }
}

/** Within both defaults. What a capability opens stays open where both open it: a container that adds SYS_PTRACE means it. */
function runtimeDefaultPlus(): Profile {
  const source = runtimeDefaultByFamily('containerd');
  const rules: Rule[] = [];
  for (const rule of source.rules) {
    const needsCapability = (rule.includes?.caps?.length ?? 0) > 0;
    const names = rule.names.filter(
      (name) =>
        name !== 'socketcall' &&
        name !== 'socket' &&
        !NOT_UNDER_CRIO.includes(name) &&
        (needsCapability || !HARDLY_EVER.includes(name)),
    );
    if (names.length > 0) rules.push({ ...rule, names });
  }
  rules.push({ names: NOT_UNDER_CRIO, action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS, args: [] });
  // CRI-O's families say which protocols of netlink pass.
  const families = runtimeDefaultByFamily('crio').rules.filter(
    ({ names, args }) =>
      names.includes('socket') && args.some(({ index, valueTwo }) => index === 0 && FAMILIES.includes(valueTwo)),
  );
  return {
    ...source,
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
      { architecture: 'SCMP_ARCH_S390X', subArchitectures: ['SCMP_ARCH_S390'] },
    ],
    rules: [...rules, ...families, CLOSED_SOCKETCALL],
  };
}
