// The profiles of the catalogue that are written and not recorded.

import type { Profile, Rule } from '../src/core/profile/model.js';
import { runtimeDefault, runtimeDefaultByFamily } from '../src/core/profile/runtime-default.js';
import { CLOSED_SOCKETCALL } from '../src/core/recommend/derive.js';

/** What containers hardly ever need of containerd's default, and what attacks have used. */
const HARDLY_EVER = ['mknod', 'mknodat', 'modify_ldt', 'process_vm_readv', 'process_vm_writev', 'ptrace', 'vmsplice'];
const AF_UNIX = 1n;
const AF_INET = 2n;
const AF_INET6 = 10n;
const AF_NETLINK = 16n;
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

/** What a capability opens stays open: a container that adds SYS_PTRACE means it. */
function runtimeDefaultPlus(): Profile {
  const source = runtimeDefaultByFamily('containerd');
  const rules: Rule[] = [];
  for (const rule of source.rules) {
    const needsCapability = (rule.includes?.caps?.length ?? 0) > 0;
    const names = rule.names.filter((name) => {
      if (name === 'socketcall') return false;
      if (name === 'socket') return rule.args.every((arg) => FAMILIES.includes(arg.valueTwo));
      return needsCapability || !HARDLY_EVER.includes(name);
    });
    if (names.length > 0) rules.push({ ...rule, names });
  }
  return {
    ...source,
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
      { architecture: 'SCMP_ARCH_S390X', subArchitectures: ['SCMP_ARCH_S390'] },
    ],
    rules: [...rules, CLOSED_SOCKETCALL],
  };
}
