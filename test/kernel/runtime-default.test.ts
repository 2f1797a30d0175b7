import { existsSync, readFileSync } from 'node:fs';
import { verdictTable } from '../../src/core/compile/verdict-table.js';
import { isLetThrough } from '../../src/core/compile/verdicts.js';
import { compileEvaluator } from '../../src/core/filter/evaluate.js';
import { plainProfile } from '../../src/core/outcomes/node-target.js';
import type { Profile } from '../../src/core/profile/model.js';
import { parseProfile } from '../../src/core/profile/read/yaml/parse-profile.js';
import { runtimeDefault } from '../../src/core/profile/runtime-default.js';
import { isKnownTo, syscallNames } from '../../src/core/syscalls/syscall-table.js';
import { itNeeds } from '../support/require.js';

/** containers/common's profile as Debian packages it (0.50.1, late 2022). CRI-O's default is made from it. */
const DEBIANS = '/usr/share/containers/seccomp.json';
const isInstalled = existsSync(DEBIANS);

/** Decisions that changed between the package and what runtime-default-crio mirrors, and what CRI-O itself changes. */
const SINCE = {
  allowedNow: [
    'fanotify_init',
    'futex_waitv',
    'get_mempolicy',
    'landlock_add_rule',
    'landlock_create_ruleset',
    'landlock_restrict_self',
    'mbind',
    'membarrier',
    'memfd_secret',
    'mount_setattr',
    'process_mrelease',
    'process_vm_readv',
    'process_vm_writev',
    'ptrace',
    'quotactl_fd',
    'set_mempolicy',
    'sigprocmask',
  ],
  refusedNow: ['readdir', 'sigaction', 'sigpending', 'sigsuspend', 'unshare'],
};

function allowed(profile: Profile, capabilities: readonly string[]): ReadonlySet<string> {
  const { table } = verdictTable(profile, { architecture: 'SCMP_ARCH_X86_64', capabilities, kernel: '6.18' });
  if (table === undefined) throw new Error('not compiled');
  const names = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] as const;
  return new Set(
    names
      .flatMap((architecture) => syscallNames(architecture))
      .filter((name) => isKnownTo('2.5.4', name))
      .filter((name) => {
        const verdict = table.byName.get(name);
        if (verdict === undefined) return isLetThrough(table.defaultOutcome);
        return verdict.kind === 'always'
          ? isLetThrough(verdict.outcome)
          : verdict.rules.some((rule) => isLetThrough(rule.outcome));
      }),
  );
}

const CAPABILITIES = [
  [],
  ['CAP_SYS_ADMIN'],
  ['CAP_SYS_PTRACE'],
  ['CAP_SYS_TIME', 'CAP_SYS_CHROOT'],
  ['CAP_DAC_READ_SEARCH'],
  ['CAP_SYSLOG'],
  ['CAP_AUDIT_WRITE'],
];

itNeeds(isInstalled, 'golang-github-containers-common is not installed')(
  'runtime-default-crio decides as the package of containers/common does, apart from what changed since',
  () => {
    const { profile } = parseProfile(readFileSync(DEBIANS, 'utf8'), { file: DEBIANS });
    if (profile === undefined) throw new Error(`${DEBIANS} cannot be read`);
    for (const capabilities of CAPABILITIES) {
      const theirs = allowed(profile, capabilities);
      const ours = allowed(runtimeDefault('crio'), capabilities);
      const more = [...ours].filter((name) => !theirs.has(name)).sort();
      const less = [...theirs].filter((name) => !ours.has(name)).sort();
      expect([capabilities, more]).toEqual([
        capabilities,
        SINCE.allowedNow.filter((name) => ours.has(name) && !theirs.has(name)),
      ]);
      expect([capabilities, less]).toEqual([
        capabilities,
        SINCE.refusedNow.filter((name) => theirs.has(name) && !ours.has(name)),
      ]);
    }
  },
);

/** Since January 2026 containers/common refuses AF_VSOCK; the package is older. */
const AF_VSOCK = 40n;

itNeeds(isInstalled, 'golang-github-containers-common is not installed')(
  'runtime-default-crio lets sockets through as the package does, all but AF_VSOCK',
  () => {
    const { profile } = parseProfile(readFileSync(DEBIANS, 'utf8'), { file: DEBIANS });
    if (profile === undefined) throw new Error(`${DEBIANS} cannot be read`);
    const high = 1n << 32n;
    const families = [0n, 2n, 15n, 16n, 17n, 38n, 39n, AF_VSOCK, 41n, 63n, high, high + 16n, high + AF_VSOCK];
    for (const capabilities of [[], ['CAP_AUDIT_WRITE']]) {
      const setting = { architecture: 'SCMP_ARCH_X86_64', capabilities, kernel: '6.18' } as const;
      const [theirs, ours] = [profile, runtimeDefault('crio')].map((each) =>
        compileEvaluator(plainProfile(each, setting), { runtime: 'crun', libseccomp: '2.5.5' }),
      );
      for (const family of families)
        for (const protocol of [0n, 8n, 9n, 10n, high + 9n]) {
          const args = [family, 3n, protocol];
          const said = [theirs, ours].map((each) => {
            const { action, errno, ambiguous } = each?.evaluate('SCMP_ARCH_X86_64', 'socket', args) ?? {};
            return { action, errno, ambiguous };
          });
          const refused = (errno: number) => ({ action: 'SCMP_ACT_ERRNO', errno, ambiguous: undefined });
          const isAudit = family === 16n && protocol === high + 9n && capabilities.length === 0;
          const wanted = family === AF_VSOCK ? refused(1) : isAudit ? refused(22) : said[0];
          expect([capabilities, args, said[1]]).toEqual([capabilities, args, wanted]);
        }
    }
  },
);
