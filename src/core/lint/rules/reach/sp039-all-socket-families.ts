import { reachOf } from '../../../outcomes/syscall-decisions.js';
import { allow, masked, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { takeOut } from './take-out.js';

const FAMILIES =
  'mostly 1 (AF_UNIX), 2 (AF_INET), 10 (AF_INET6) and 16 (AF_NETLINK), one rule each: "index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, and the family as "valueTwo". Programs that need another one (packet capture, CAN, Bluetooth, VSOCK) fail then.';

export const sp039AllSocketFamilies: LintRule = {
  id: 'SP039',
  severity: 'warning',
  title: 'Sockets of every family',
  why: "socket without a condition reaches the kernel's code for every address family: AF_ALG, AF_VSOCK, AF_PACKET, AF_CAN and others that containers hardly ever need and exploits have used.",
  fix: `Allow socket for the families that are needed only, ${FAMILIES}`,
  failing: { text: refuseAllBut([allow(['socket'])]) },
  passing: {
    text: refuseAllBut([allow(['socket'], masked(0, 0xffffffff, 1)), allow(['socket'], masked(0, 0xffffffff, 2))]),
  },
  *check(subject) {
    if (subject.names('socket') && !subject.defaultLetsThrough && reachOf(subject.decision('socket')) === 'all')
      yield {
        path: subject.placeOf('socket'),
        message: 'socket is let through for every address family, AF_ALG, AF_VSOCK and AF_PACKET among them',
        advice: `${takeOut(subject, 'socket')}, and allow it in rules for the families that are needed, ${FAMILIES}`,
      };
  },
};
