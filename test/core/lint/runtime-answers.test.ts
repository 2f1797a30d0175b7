import { lintProfile } from '../../../src/core/lint/lint.js';
import { allow, allowAllBut, refuse, refuseAllBut } from '../../../src/core/lint/subject/example-profile.js';
import type { LintOptions } from '../../../src/core/lint/subject/lint-options.js';

const said = (text: string, code: string, options: LintOptions = {}) =>
  lintProfile(text, options)
    .problems.filter((problem) => problem.code === code)
    .map(({ severity, message }) => `${severity}: ${message}`);

describe("runc's stub answers ENOSYS above the highest number that is named", () => {
  const plain = refuseAllBut([allow(['read', 'clone'])], {
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  });

  test('under runc clone3 and the default need nothing', () => {
    for (const runtimeVersion of [undefined, '1.1.5'])
      for (const code of ['SP034', 'SP035'])
        expect(said(plain, code, { runtime: 'runc', ...(runtimeVersion && { runtimeVersion }) })).toEqual([]);
  });

  test('under crun they do, and where it is not known which', () => {
    expect(said(plain, 'SP034')).toEqual([
      'warning: clone3 is refused with EPERM under crun (runc answers ENOSYS): programs go back to clone on ENOSYS only',
    ]);
    expect(said(plain, 'SP035', { runtime: 'crun' })).toEqual([
      'warning: syscalls newer than this profile are refused with EPERM: programs fall back on ENOSYS only',
    ]);
    expect(said(plain, 'SP035')).toEqual([
      'warning: syscalls newer than this profile are refused with EPERM under crun, with ENOSYS under runc: programs fall back on ENOSYS only',
    ]);
  });

  test.each([
    ['a newer syscall is named', refuseAllBut([allow(['read', 'clone', 'faccessat2'])])],
    ['clone3 is named', refuseAllBut([allow(['read', 'clone']), refuse(['clone3'], { errnoRet: 13 })])],
    ['the default allows', allowAllBut([refuse(['clone3'])])],
  ])('runc refuses clone3 as crun does where %s', (_, text) => {
    expect(said(text, 'SP034', { runtime: 'runc' })).toHaveLength(1);
    expect(said(text, 'SP034')[0]).not.toContain('under crun');
  });
});

describe('what only some versions of a runtime need', () => {
  const noStatx = allowAllBut([refuse(['statx'])]);

  test('is a warning that says which, unless the version is given', () => {
    expect(said(noStatx, 'SP023', { runtime: 'runc' })).toEqual([
      'warning: statx is refused, and runc 1.2 and later need it after the filter is on: the container does not start',
    ]);
    expect(said(noStatx, 'SP023', { runtime: 'runc', runtimeVersion: '1.1.5' })).toEqual([]);
    expect(said(noStatx, 'SP023', { runtime: 'runc', runtimeVersion: '1.3.0' })).toEqual([
      'error: statx is refused, and runc 1.3.0 needs it after the filter is on: the container does not start',
    ]);
  });

  test('what all versions need is an error', () => {
    expect(said(allowAllBut([refuse(['close'])]), 'SP023', { runtime: 'runc' })).toEqual([
      'error: close is refused, and runc needs it after the filter is on: the container does not start',
    ]);
  });

  test('a call that kills is said to', () => {
    expect(said(allowAllBut([refuse(['execve'], { action: 'SCMP_ACT_KILL_PROCESS' })]), 'SP023')).toEqual([
      'error: execve is refused (SCMP_ACT_KILL_PROCESS), and runc and crun need it after the filter is on: the container does not start',
    ]);
  });
});
