import fc from 'fast-check';
import { formatProblem } from '../../../../../src/core/problem/problem.js';
import { printOci } from '../../../../../src/core/profile/print/print-oci.js';
import { parseProfile } from '../../../../../src/core/profile/read/yaml/parse-profile.js';
import { runs } from '../../../../support/require.js';

const complaints = (text: string): string =>
  `\n${parseProfile(text, { file: 'p.json' }).problems.map(formatProblem).join('\n')}\n`;

describe('the seed example', () => {
  const text = `{
  "defaultAction": "SCMP_ACT_LOG";     <--- what happens to every other syscall
  "architectures": [                   <--- where it applies
    "SCMP_ARCH_X86_64",
    "SCMP_ARCH_X86"
  ],
  "syscalls": [
    {
      "names": [ "capset", "setgid" ], <--- these are refused
      "action": "SCMP_ACT_ERRNO"
    }
  ]
}
`;

  test('gets one message for each mistake, with the place and what to write', () => {
    expect(complaints(text)).toMatchInlineSnapshot(`
"
p.json:2:34: error: a ";" cannot stand here: JSON separates values with "," [SP001]
    write "," instead of ";"
p.json:2:40: error: a remark is not JSON: \`<--- what happens to every other syscall\` [SP001]
    remove it, from here to the end of the line
p.json:3:40: error: a remark is not JSON: \`<--- where it applies\` [SP001]
    remove it, from here to the end of the line
p.json:9:40: error: a remark is not JSON: \`<--- these are refused\` [SP001]
    remove it, from here to the end of the line
"
`);
  });

  test('is read as meant, but only as a partial profile', () => {
    const parsed = parseProfile(text);
    expect(parsed.profile).toBeUndefined();
    expect(parsed.partial).toEqual({
      defaultAction: 'SCMP_ACT_LOG',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      rules: [{ names: ['capset', 'setgid'], action: 'SCMP_ACT_ERRNO', args: [] }],
    });
  });
});

describe('text that is not JSON', () => {
  test.each<[string, string]>([
    ['an empty file', ''],
    ['white space only', ' \n\t\n'],
    ['a byte order mark', '\ufeff{"defaultAction":"SCMP_ACT_ALLOW"}'],
    ['a comment before', '// nginx\n{"defaultAction":"SCMP_ACT_ALLOW"} # end'],
    [
      'a trailing comma',
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a","b",],"action":"SCMP_ACT_LOG",},],}',
    ],
    ['missing commas', '{"defaultAction":"SCMP_ACT_ALLOW"\n"syscalls":[{"names":["a" "b"]\n"action":"SCMP_ACT_LOG"}]}'],
    ['single and typographic quotes', "{'defaultAction': \u201cSCMP_ACT_ALLOW\u201d}"],
    ['a text without its closing quote', '{"defaultAction":"SCMP_ACT_ALLOW,\n"syscalls":[]}'],
    ['bare words', '{defaultAction: SCMP_ACT_ALLOW, syscalls: None}'],
    ['braces left open', '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"'],
    ['a brace too many', '{"defaultAction":"SCMP_ACT_ALLOW"}}'],
    [
      'a bracket where a brace belongs',
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"]}',
    ],
    ['two documents', '{"defaultAction":"SCMP_ACT_ALLOW"}\n{"defaultAction":"SCMP_ACT_LOG"}'],
    ['something left out', '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[ ... ]}'],
    ['a value left out', '{"defaultAction":\n"syscalls":[]}'],
    ['= for :', '{"defaultAction" = "SCMP_ACT_ALLOW"}'],
    ['numbers of other languages', '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":0x26}'],
    ['a script', '#!/bin/sh\ndocker run nginx\n'],
    ['a web page', '<!DOCTYPE html><html></html>'],
    ['prose', 'block everything please'],
    ['UTF-16', '{\0"\0'],
    ['YAML of the OCI form', 'defaultAction: SCMP_ACT_ALLOW\nsyscalls: []\n'],
    ['a list', '["read"]'],
    ['a tab and an unknown escape', '{"defaultAction":"SCMP_ACT_\tALLOW\\x"}'],
  ])('%s', (_, text) => {
    expect(complaints(text)).toMatchSnapshot();
  });

  test('deep nesting is refused, not followed', () => {
    const deep = `{"defaultAction":${'['.repeat(100_000)}`;
    expect(parseProfile(deep).problems.map((problem) => problem.message)).toContain(
      'values are nested more than 64 deep',
    );
  });
});

describe('a profile with mistakes', () => {
  test.each<[string, string]>([
    ['nothing in it', '{}'],
    ['no default', '{"syscalls":[]}'],
    [
      'keys twice, and in another case',
      '{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_LOG","DefaultErrnoRet":1}',
    ],
    [
      'unknown words',
      '{"defaultAction":"ALLOW","architectures":["x86_64","amd64"],"flags":["LOG"],"syscalls":[{"names":["a"],"action":"scmp_act_log","args":[{"index":0,"value":1,"op":"=="}]}]}',
    ],
    [
      'name and names',
      '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}],"syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_LOG"}]}',
    ],
    [
      'names that name nothing',
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_LOG"},{"names":[""," read","a, b",5],"action":"SCMP_ACT_LOG"},{"names":"read","action":"SCMP_ACT_LOG"},{"action":"SCMP_ACT_LOG"}]}',
    ],
    [
      'conditions that compare nothing',
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG","args":[{"index":6,"value":-1,"valueTwo":1e3,"op":"SCMP_CMP_EQ"},{"index":"0","value":"0x10","op":"SCMP_CMP_EQ"},{"value":18446744073709551616},{"index":1.5,"value":1.5,"op":"SCMP_CMP_EQ"}]}]}',
    ],
    [
      'errors out of range',
      '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4096,"syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":-1},{"names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":"EPERM"},{"names":["a"],"action":"SCMP_ACT_ERRNO","errno":"EPRM"}]}',
    ],
    ['values of another kind', '{"defaultAction":5,"syscalls":{"names":["a"]},"archMap":[1]}'],
    [
      'keys that do not belong',
      '{"defaultAction":"SCMP_ACT_ALLOW","syscall":[],"version":2,"syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG","arg":[]},"b"]}',
    ],
  ])('%s', (_, text) => {
    expect(complaints(text)).toMatchSnapshot();
  });
});

describe('formats', () => {
  test('OCI: numbers of 64 bits survive', () => {
    const text =
      '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64"],"flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}';
    const { profile, format, problems } = parseProfile(text);
    expect(problems).toEqual([]);
    expect(format).toBe('oci');
    expect(profile?.rules[0]?.args[0]?.value).toBe(0xffff_ffff_ffff_ffffn);
    expect(profile && printOci(profile, { layout: 'compact' })).toBe(text);
  });

  test('Docker: conditions, archMap, name and comment', () => {
    const { profile, format, problems } = parseProfile(
      '{"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},{"architecture":"SCMP_ARCH_RISCV64","subArchitectures":null}],"syscalls":[{"name":"bpf","action":"SCMP_ACT_ALLOW","args":null,"comment":"","includes":{"caps":["CAP_BPF"],"minKernel":"4.8"},"excludes":{}}]}',
    );
    expect(problems).toEqual([]);
    expect(format).toBe('docker');
    expect(profile).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      archMap: [
        { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
        { architecture: 'SCMP_ARCH_RISCV64', subArchitectures: [] },
      ],
      rules: [
        {
          names: ['bpf'],
          action: 'SCMP_ACT_ALLOW',
          args: [],
          comment: '',
          includes: { caps: ['CAP_BPF'], minKernel: '4.8' },
          asOci: { names: [] },
        },
      ],
    });
  });

  test('containers/common: errors by name or digits, the native architecture', () => {
    const { profile, format, problems } = parseProfile(
      '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"defaultErrno":"ENOSYS","architectures":["SCMP_ARCH_NATIVE"],"syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":2,"errno":"13"}]}',
    );
    expect(problems).toEqual([]);
    expect(format).toBe('containers-common');
    expect(profile?.defaultErrnoRet).toBe(38);
    expect(profile?.asOci).toEqual({ defaultErrnoRet: 1 });
    expect(profile?.rules[0]?.errnoRet).toBe(13);
    expect(profile?.rules[0]?.asOci).toEqual({ names: ['a'], errnoRet: 2 });
  });

  test('what plain OCI JSON says alike is not kept twice', () => {
    const { profile } = parseProfile(
      '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"defaultErrno":"ENOSYS","syscalls":[{"name":"b","names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":13,"errno":"EACCES"}]}',
    );
    expect(profile).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      rules: [{ names: ['a'], action: 'SCMP_ACT_ERRNO', errnoRet: 13, args: [] }],
    });
  });

  test('a SeccompProfile object, as YAML and as JSON', () => {
    const yaml = `apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: web
spec:
  baseProfileName: runc
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_X86_64]
  syscalls:
    - action: SCMP_ACT_ALLOW
      names: [read, write]
      args:
        - index: 0
          value: 0x10
          op: SCMP_CMP_EQ
`;
    const parsed = parseProfile(yaml);
    expect(parsed.problems).toEqual([]);
    expect(parsed.format).toBe('spo');
    expect(parsed.name).toBe('web');
    expect(parsed.profile).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64'],
      baseProfileName: 'runc',
      rules: [
        {
          names: ['read', 'write'],
          action: 'SCMP_ACT_ALLOW',
          args: [{ index: 0, value: 16n, valueTwo: 0n, op: 'SCMP_CMP_EQ' }],
        },
      ],
    });
    expect(parsed.rulePaths).toEqual(['spec.syscalls[0]']);
    expect(parsed.placeOf('spec.syscalls[0].args[0].value')).toEqual({
      line: 14,
      column: 18,
      path: 'spec.syscalls[0].args[0].value',
    });
    const json = '{"kind":"SeccompProfile","metadata":{"name":"web"},"spec":{"defaultAction":"SCMP_ACT_LOG"}}';
    expect(parseProfile(json).profile).toEqual({ defaultAction: 'SCMP_ACT_LOG', rules: [] });
  });

  test('mistakes in YAML have their place too', () => {
    expect(
      complaints(
        'kind: SeccompProfile\nspec:\n  defaultAction: allow\n  syscalls:\n  - names: read\n    action: SCMP_ACT_LOG\n    args:\n    - {index: 0, value: 1.5, op: SCMP_CMP_EQ}\n    - {index: 0, value: 9223372036854775808, op: SCMP_CMP_EQ}\n',
      ),
    ).toMatchSnapshot();
    expect(complaints('kind: SeccompProfile\nspec:\n\tdefaultAction: x\n')).toMatchSnapshot();
  });
});

test('a place is found for every path, at worst that of the nearest thing above', () => {
  const parsed = parseProfile('{\n "syscalls": [\n  {"names": ["a"], "action": "SCMP_ACT_LOG"}\n ]\n}');
  expect(parsed.placeOf('syscalls[0].action')).toEqual({ line: 3, column: 30, path: 'syscalls[0].action' });
  expect(parsed.placeOf('syscalls[7].args')).toEqual({ line: 2, column: 14, path: 'syscalls[7].args' });
});

test('YAML that is all one remark, since its lines end with a carriage return alone', () => {
  expect(parseProfile('#\rkind: SeccompProfile\n').problems).toMatchObject([
    { code: 'SP001', severity: 'error', message: 'there is nothing in this file but remarks', place: { line: 1 } },
  ]);
});

describe('any text at all', () => {
  const fragments = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ';',
    ':',
    '=',
    '"',
    "'",
    '"a"',
    '"names"',
    '"defaultAction"',
    '"SCMP_ACT_LOG"',
    '<--- x',
    '//',
    '/*',
    '\n',
    '\r',
    ' ',
    '-',
    '1',
    '0x1',
    '1e9',
    'word',
    '\\',
    '\u201c',
    '\u201a',
    '...',
    '\ufeff',
    'null',
    '#',
    '->',
    '---\n',
    'kind: SeccompProfile\n',
  );

  test('is read without an exception, and every problem has a place and advice', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(fragments, { maxLength: 60 }).map((parts) => parts.join('')),
          fc.string(),
        ),
        (text) => {
          const { problems, profile } = parseProfile(text);
          if (profile === undefined) expect(problems.some((problem) => problem.severity === 'error')).toBe(true);
          for (const problem of problems) {
            expect(problem.place?.line).toBeGreaterThan(0);
            expect(problem.place?.column).toBeGreaterThan(0);
            expect(problem.advice).not.toBe('');
          }
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  test('is JSON to us exactly when it is JSON to JSON.parse', () => {
    fc.assert(
      fc.property(
        fc.array(fragments, { maxLength: 12 }).map((parts) => `{${parts.join('')}}`),
        (text) => {
          const wellFormed = !parseProfile(text).problems.some((problem) => problem.code === 'SP001');
          let parsed = true;
          try {
            JSON.parse(text);
          } catch {
            parsed = false;
          }
          expect(wellFormed).toBe(parsed);
        },
      ),
      { numRuns: runs(5000) },
    );
  });
});
