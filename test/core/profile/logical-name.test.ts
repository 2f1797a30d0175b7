import {
  capabilityClass,
  isCatalogueName,
  logicalDigest,
  profilePath,
} from '../../../src/core/profile/logical-name.js';
import type { Profile } from '../../../src/core/profile/model.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';

const parsed = (text: string): Profile => {
  const { profile, problems } = parseProfile(text);
  if (profile === undefined) throw new Error(JSON.stringify(problems));
  return profile;
};

// These values are names of files on nodes: a change here renames every profile of every cluster.
test('digests and paths stay what they are', () => {
  const profile = parsed(
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}',
  );
  expect(logicalDigest(profile)).toMatchInlineSnapshot(
    `"1d2c0eff706efb64c09ffa879516a167b84801f97b04c6ee7c3063de93653ef7"`,
  );
  expect(profilePath('web', logicalDigest(profile), 'Enforce', [])).toMatchInlineSnapshot(
    `"seccomply/web.f2c84ec2a3d87047d40b11f2998d58ec.json"`,
  );
});

test('the digest is of what is said, not of how it is written', () => {
  const one = parsed(
    '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"syscalls":[{"names":["read","write","read"],"action":"SCMP_ACT_KILL","comment":"x","args":[{"index":0,"value":1,"valueTwo":7,"op":"SCMP_CMP_EQ"}],"includes":{"caps":["CAP_SYS_ADMIN"]}}]}',
  );
  const other = parsed(`{
    "syscalls": [ { "includes": { "caps": ["CAP_SYS_ADMIN"] }, "args": [{ "op": "SCMP_CMP_EQ", "value": 1, "index": 0 }],
      "action": "SCMP_ACT_KILL_THREAD", "names": ["write", "read"] } ], "defaultAction": "SCMP_ACT_ERRNO" }`);
  expect(logicalDigest(one)).toBe(logicalDigest(other));
});

test.each([
  ['the errno', '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38}'],
  ['a flag', '{"defaultAction":"SCMP_ACT_ERRNO","flags":["SECCOMP_FILTER_FLAG_LOG"]}'],
  ['an architecture', '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"]}'],
  ['a rule', '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}'],
])('%s makes another digest', (_, text) => {
  expect(logicalDigest(parsed(text))).not.toBe(logicalDigest(parsed('{"defaultAction":"SCMP_ACT_ERRNO"}')));
});

test('stage and capability class make other paths', () => {
  const paths = [
    profilePath('web', 'd', 'Enforce', []),
    profilePath('web', 'd', 'Complain', []),
    profilePath('web', 'd', 'Record', []),
    profilePath('web', 'd', 'Enforce', ['CAP_BPF']),
    profilePath('web', 'e', 'Enforce', []),
  ];
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) expect(path).toMatch(/^seccomply\/web\.[0-9a-f]{32}\.json$/);
});

test('the capability class is what the profile mentions of what the container adds', () => {
  const profile = runtimeDefault('containerd');
  expect(capabilityClass(profile, [])).toEqual([]);
  expect(capabilityClass(profile, ['NET_ADMIN', 'sys_ptrace', 'CAP_BPF'])).toEqual(['CAP_BPF', 'CAP_SYS_PTRACE']);
  expect(capabilityClass(profile, ['ALL'])).toHaveLength(14);
  expect(capabilityClass(parsed('{"defaultAction":"SCMP_ACT_LOG"}'), ['ALL'])).toEqual([]);
});

test.each([
  ['web-static', true],
  ['a', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['Web', false],
  ['-a', false],
  ['a.b', false],
  ['', false],
])('%j is a catalogue name: %s', (name, answer) => {
  expect(isCatalogueName(name)).toBe(answer);
});
