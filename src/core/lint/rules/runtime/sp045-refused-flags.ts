import { plainVersion, takesFlags } from '../../../profile/runtime-base.js';
import { compareVersions } from '../../../syscalls/syscall-table.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp045RefusedFlags: LintRule = {
  id: 'SP045',
  severity: 'error',
  compiled: 'off',
  title: 'Flags that a runtime does not take',
  why: 'runc before 1.2 does not start a container whose profile has any "flags"; SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs 1.5. crun takes them, and where the kernel does not, it silently goes on without any.',
  fix: 'Remove the flags, or compile the profile with --runtime and --runtime-version of the nodes. Without SECCOMP_FILTER_FLAG_LOG refusals are not logged; without SECCOMP_FILTER_FLAG_SPEC_ALLOW kernels before 5.16 slow the container down.',
  failing: {
    text: allowAllBut([refuse(['keyctl'])], { flags: ['SECCOMP_FILTER_FLAG_LOG'] }),
    options: { runtime: 'runc', runtimeVersion: '1.1.15' },
  },
  passing: {
    text: allowAllBut([refuse(['keyctl'])], { flags: ['SECCOMP_FILTER_FLAG_LOG'] }),
    options: { runtime: 'runc', runtimeVersion: '1.3.6' },
  },
  *check({ profile, options, top }) {
    if ((profile.flags ?? []).length === 0) return;
    const old = options.runtime !== 'crun' && !takesFlags(options);
    if (old)
      yield {
        path: top('flags'),
        message:
          options.runtimeVersion === undefined
            ? 'runc before 1.2 does not start a container whose profile has "flags"'
            : `runc ${options.runtimeVersion} does not start a container whose profile has "flags"`,
        ...(options.runtimeVersion === undefined ? { severity: 'warning' as const } : {}),
      };
    const killable = profile.flags?.indexOf('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV') ?? -1;
    const version = options.runtimeVersion;
    const tooOld = version === undefined || compareVersions(plainVersion(version), '1.5') < 0;
    if (!old && killable >= 0 && options.runtime !== 'crun' && tooOld)
      yield {
        path: `${top('flags')}[${killable}]`,
        severity: 'warning',
        message: 'runc before 1.5 does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
      };
  },
};
