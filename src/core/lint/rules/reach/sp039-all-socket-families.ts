import { reachOf } from '../../../outcomes/syscall-decisions.js';
import { allow, masked, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp039AllSocketFamilies: LintRule = {
  id: 'SP039',
  severity: 'warning',
  title: 'Sockets of every family',
  why: "socket without a condition reaches the kernel's code for every address family: AF_ALG, AF_VSOCK, AF_PACKET, AF_CAN and others that containers hardly ever need and exploits have used.",
  fix: 'Allow the families that are needed, mostly 1 (AF_UNIX), 2 (AF_INET), 10 (AF_INET6) and 16 (AF_NETLINK), each with SCMP_CMP_MASKED_EQ, "value": 4294967295. Programs that need another one (packet capture, CAN, Bluetooth, VSOCK) fail then.',
  failing: { text: refuseAllBut([allow(['socket'])]) },
  passing: {
    text: refuseAllBut([allow(['socket'], masked(0, 0xffffffff, 1)), allow(['socket'], masked(0, 0xffffffff, 2))]),
  },
  *check(subject) {
    if (subject.names('socket') && !subject.defaultLetsThrough && reachOf(subject.decision('socket')) === 'all')
      yield {
        path: subject.placeOf('socket'),
        message: 'socket is let through for every address family, AF_ALG, AF_VSOCK and AF_PACKET among them',
      };
  },
};
