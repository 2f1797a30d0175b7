import fc from 'fast-check';
import type { Profile } from '../../../../src/core/profile/model.js';
import { ACTIONS, OPERATORS } from '../../../../src/core/profile/model.js';
import { printDocker } from '../../../../src/core/profile/print/print-docker.js';
import { printOci } from '../../../../src/core/profile/print/print-oci.js';
import { printSpo } from '../../../../src/core/profile/print/yaml/print-spo.js';
import { parseProfile } from '../../../../src/core/profile/read/yaml/parse-profile.js';
import { runs } from '../../../support/require.js';

const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const plainProfile = fc.record(
  {
    defaultAction: fc.constantFrom(...ACTIONS),
    defaultErrnoRet: fc.nat(4094),
    architectures: fc.constant(['SCMP_ARCH_X86_64']),
    rules: fc.array(
      fc.record(
        {
          names: fc.array(fc.constantFrom('read', 'write', 'socket'), { minLength: 1 }),
          action: fc.constantFrom(...ACTIONS),
          errnoRet: fc.nat(4094),
          args: fc.array(
            fc.record({ index: fc.nat(5), value: u64, valueTwo: u64, op: fc.constantFrom(...OPERATORS) }),
            { maxLength: 6 },
          ),
        },
        { requiredKeys: ['names', 'action', 'args'] },
      ),
    ),
  },
  { requiredKeys: ['defaultAction', 'rules'] },
) as fc.Arbitrary<Profile>;

test('OCI JSON for people: two spaces, exact numbers', () => {
  const profile: Profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    architectures: [],
    rules: [
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0xffff_ffff_ffff_ffffn, valueTwo: 0n, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ],
  };
  expect(printOci(profile)).toMatchInlineSnapshot(`
"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "architectures": [],
  "syscalls": [
    {
      "names": [
        "clone"
      ],
      "action": "SCMP_ACT_ALLOW",
      "args": [
        {
          "index": 0,
          "value": 18446744073709551615,
          "valueTwo": 0,
          "op": "SCMP_CMP_MASKED_EQ"
        }
      ]
    }
  ]
}
"
`);
  expect(printOci(profile, { layout: 'compact' })).toMatchInlineSnapshot(
    `"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":[],"syscalls":[{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":18446744073709551615,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]}"`,
  );
});

test('what is printed is read back as the same profile, and printed to the same bytes', () => {
  fc.assert(
    fc.property(plainProfile, fc.constantFrom('pretty' as const, 'compact' as const), (profile, layout) => {
      for (const print of [printOci, printDocker]) {
        const text = print(profile, { layout });
        const parsed = parseProfile(text);
        expect(parsed.profile).toEqual(profile);
        expect(parsed.profile && print(parsed.profile, { layout })).toBe(text);
        expect(() => JSON.parse(text)).not.toThrow();
      }
    }),
    { numRuns: runs(300) },
  );
});

test('Docker JSON keeps conditions; OCI JSON refuses to drop them', () => {
  const profile: Profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
    rules: [
      {
        names: ['bpf'],
        action: 'SCMP_ACT_ALLOW',
        args: [],
        comment: 'for tracers',
        includes: { caps: ['CAP_BPF'], arches: ['amd64'], minKernel: '4.8' },
        excludes: { caps: ['CAP_SYS_ADMIN'] },
      },
    ],
  };
  expect(parseProfile(printDocker(profile)).profile).toEqual(profile);
  expect(() => printOci(profile)).toThrow('compile it before printing');
});

describe('a SeccompProfile object', () => {
  test('is YAML that reads back as the same profile', () => {
    fc.assert(
      fc.property(plainProfile, (profile) => {
        const { text, problems } = printSpo(profile, { name: 'web', namespace: 'shop' });
        if (text === undefined) {
          expect(problems.map((problem) => problem.code)).toContain('SP053');
          return;
        }
        const { defaultErrnoRet: _, ...kept } = profile;
        const parsed = parseProfile(text);
        expect(parsed.profile).toEqual(kept);
        expect(parsed.name).toBe('web');
      }),
      { numRuns: runs(200) },
    );
  });

  test('says what it cannot hold', () => {
    const { problems } = printSpo(
      {
        defaultAction: 'SCMP_ACT_ERRNO',
        defaultErrnoRet: 38,
        rules: [
          {
            names: ['a'],
            action: 'SCMP_ACT_ALLOW',
            args: [{ index: 0, value: 2n ** 63n, valueTwo: 0n, op: 'SCMP_CMP_EQ' }],
            includes: { caps: ['CAP_BPF'] },
          },
        ],
      },
      { name: 'x' },
    );
    expect(problems.map((problem) => problem.message)).toMatchInlineSnapshot(`
[
  "a SeccompProfile object has no conditions on rules and no archMap",
  "a SeccompProfile object cannot hold defaultErrnoRet 38: unlisted syscalls would get EPERM (1)",
  "a SeccompProfile object cannot hold a value above 9223372036854775807",
]
`);
  });

  test.each([
    ['SCMP_ACT_ERRNO', 1],
    ['SCMP_ACT_TRACE', 1],
    ['SCMP_ACT_ERRNO', undefined],
    ['SCMP_ACT_KILL_PROCESS', 38],
    ['SCMP_ACT_LOG', 0],
  ] as const)('leaves out a number that changes nothing: %s with %s', (defaultAction, defaultErrnoRet) => {
    const number = defaultErrnoRet === undefined ? {} : { defaultErrnoRet };
    const { text, problems } = printSpo({ defaultAction, ...number, rules: [] }, { name: 'x' });
    expect(problems).toEqual([]);
    expect(text).not.toContain('defaultErrnoRet');
  });

  test.each([
    ['SCMP_ACT_ERRNO', 0, 'unlisted syscalls would get EPERM (1)'],
    ['SCMP_ACT_TRACE', 38, 'of unlisted syscalls a tracer would be told 1'],
  ] as const)('says what a number would become: %s with %s', (defaultAction, defaultErrnoRet, what) => {
    const { problems } = printSpo({ defaultAction, defaultErrnoRet, rules: [] }, { name: 'x' });
    expect(problems.map(({ message }) => message)).toEqual([
      `a SeccompProfile object cannot hold defaultErrnoRet ${defaultErrnoRet}: ${what}`,
    ]);
  });
});
