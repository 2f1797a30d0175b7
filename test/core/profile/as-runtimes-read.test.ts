import { asRuntimesRead, passedOver } from '../../../src/core/profile/as-runtimes-read.js';
import { logicalDigest } from '../../../src/core/profile/logical-name.js';
import type { Profile } from '../../../src/core/profile/model.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';

function parsed(document: object): Profile {
  const { profile } = parseProfile(JSON.stringify(document));
  if (profile === undefined) throw new Error('this is no profile');
  return profile;
}

const rule = (more: object) => ({ action: 'SCMP_ACT_ERRNO', ...more });

test.each([
  ['includes', { syscalls: [rule({ names: ['bpf'], includes: { caps: ['CAP_BPF'] } })] }, ['includes']],
  ['an archMap', { archMap: [{ architecture: 'SCMP_ARCH_X86_64' }] }, ['archMap']],
  ['name', { syscalls: [rule({ name: 'bpf' })] }, ['name']],
  ['names beside name', { syscalls: [rule({ name: 'mount', names: ['bpf'] })] }, []],
  ['errno', { syscalls: [rule({ names: ['bpf'], errno: 'EACCES' })] }, ['errno']],
  ['errno that is EPERM, as without it', { syscalls: [rule({ names: ['bpf'], errno: 'EPERM' })] }, []],
  [
    'errno beside an action without one',
    { syscalls: [rule({ names: ['bpf'], action: 'SCMP_ACT_TRAP', errno: '2' })] },
    [],
  ],
  ['defaultErrno', { defaultErrno: 'ENOSYS' }, ['defaultErrno']],
  ['both spellings of one number', { defaultErrno: 'ENOSYS', defaultErrnoRet: 38 }, []],
])('%s: what is passed over', (_, more, keys) => {
  expect(passedOver(parsed({ defaultAction: 'SCMP_ACT_ERRNO', ...more }))).toEqual(keys);
});

test('a runtime reads what plain OCI JSON says', () => {
  const profile = parsed({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    defaultErrno: 'ENOSYS',
    syscalls: [
      rule({ name: 'mount' }),
      rule({ names: ['bpf'], errno: 'EACCES', excludes: { arches: ['amd64'] } }),
      rule({ names: ['acct'], errno: 'EACCES', errnoRet: 22 }),
    ],
  });
  expect(asRuntimesRead(profile)).toEqual({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    rules: [
      { names: [], action: 'SCMP_ACT_ERRNO', args: [] },
      { names: ['bpf'], action: 'SCMP_ACT_ERRNO', args: [] },
      { names: ['acct'], action: 'SCMP_ACT_ERRNO', args: [], errnoRet: 22 },
    ],
  });
});

test('which keys say it does not rename a profile', () => {
  const said = parsed({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule({ name: 'bpf', errno: 'EACCES' })] });
  const plain = parsed({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule({ names: ['bpf'], errnoRet: 13 })] });
  expect(logicalDigest(said)).toBe(logicalDigest(plain));
});
