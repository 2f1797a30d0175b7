const RULE: Readonly<Record<string, string>> = { names: '["keyctl"]', action: '"SCMP_ACT_ERRNO"' };
const ARGUMENT: Readonly<Record<string, string>> = { index: '1', value: '1', op: '"SCMP_CMP_EQ"' };
const PROFILE: Readonly<Record<string, string>> = {
  defaultAction: '"SCMP_ACT_ALLOW"',
  syscalls: `[${objectOf(RULE)}]`,
};

/** Values of every kind, at home in none of the places. */
const VALUES: readonly string[] = '5 1.5 null true "" "x" [] {} [null] [5] ["x"] [""] [{}]'.split(' ');
const NUMBERS: readonly string[] = (
  '1.0 1e1 -0 0.0 "1" 01 +1 0x1 1. .5 NaN -1 6 4294967295 4294967296 65537 69632 18446744073709551615 18446744073709551616 ' +
  '-18446744073709551615 -18446744073709551616 1e30'
).split(' ');
const ARCHITECTURES: readonly string[] =
  'X86_64 X86 X32 ARM AARCH64 MIPS MIPSEL MIPSEL64N32 PPC PPC64LE S390X RISCV64 PARISC SHEB M68K NATIVE FOO'.split(' ');
const ACTIONS: readonly string[] = 'KILL KILL_PROCESS TRAP ERRNO TRACE ALLOW LOG NOTIFY DENY'.split(' ');

const REFUSES_EXECVE = `[${objectOf({ ...RULE, names: '["execve"]' })}]`;
const REFUSES_KEYCTL = `[${objectOf(RULE)}]`;

/** For each key two values, of which one stops a container and the other does not. */
const TWICE: readonly (readonly [place: 'profile' | 'rule' | 'argument', key: string, one: string, other: string])[] = [
  ['profile', 'defaultAction', '"SCMP_ACT_ALLOW"', '"SCMP_ACT_ERRNO"'],
  ['profile', 'defaultAction', '"SCMP_ACT_ALLOW"', 'null'],
  ['profile', 'syscalls', REFUSES_KEYCTL, REFUSES_EXECVE],
  ['profile', 'syscalls', REFUSES_EXECVE, 'null'],
  ['profile', 'syscalls', REFUSES_EXECVE, '[{"names":["keyctl"]}]'],
  ['profile', 'syscalls', REFUSES_KEYCTL, '[{}]'],
  ['profile', 'syscalls', REFUSES_KEYCTL, '5'],
  ['profile', 'architectures', '["SCMP_ARCH_X86"]', '["x"]'],
  ['profile', 'flags', '[]', '["x"]'],
  ['profile', 'defaultErrnoRet', '1', 'null'],
  ['rule', 'names', '["execve"]', '["keyctl"]'],
  ['rule', 'names', '["execve"]', '[]'],
  ['rule', 'names', '["execve"]', 'null'],
  ['rule', 'names', '["keyctl"]', '[""]'],
  ['rule', 'action', '"SCMP_ACT_ALLOW"', '"x"'],
  ['rule', 'errnoRet', '1', '5000'],
  ['rule', 'args', '[]', '[{"index":9,"op":"SCMP_CMP_EQ"}]'],
  ['argument', 'index', '1', '6'],
  ['argument', 'value', '1', '1.5'],
  ['argument', 'op', '"x"', '"SCMP_CMP_EQ"'],
];

/** Texts that no list of keys and values makes. Each is closed in itself, so that it can stand in a container's configuration. */
const TEXTS: readonly string[] = [
  ...['null', '[]', '5', '"x"', 'true', '{}', '[{}]', '{"a":1}', '{"syscalls":[]}', '{"defaultAction":""}'],
  ...['{"flags":["SECCOMP_FILTER_FLAG_LOG"]}', '{"kind":"ConfigMap","apiVersion":"v1"}'],
  ...[
    '{}x',
    '{} x',
    '{;}',
    '{{}}',
    '{,}',
    '{:}',
    '{"a"}',
    '{{- if x }}\n{"defaultAction":"SCMP_ACT_ERRNO"}\n{{- end }}',
  ],
  ...['{%,}', '{%}{}', '/* */{%}', '{%} // x\n', '{# x\n%}', '{%\0}', '{%,"x":"a\\u0000b"}', '{%,"x":"a\tb"}'],
  ...['{%,"x":"\\q"}', '{%,"x":"\\ud800"}', '\ufeff{%}', '{\u00a0%}', '{\f%}', '{\v%}', '{% % }', '{%,"x":nul}'],
  ...["{'defaultAction':'SCMP_ACT_ALLOW'}", '{defaultAction:"SCMP_ACT_ALLOW"}', '{"defaultAction"="SCMP_ACT_ALLOW"}'],
  ...[
    '{"defaultAction":"SCMP_ACT_ALLOW\\u0000"}',
    '{%,"\u017fyscalls":[{"names":["execve"],"action":"SCMP_ACT_ERRNO"}]}',
  ],
  ...['{%,"SYSCALLS":[{"NAMES":["execve"],"ACTION":"SCMP_ACT_ERRNO"}]}', `{%,"x":${'['.repeat(40)}${']'.repeat(40)}}`],
].map((text) => text.replaceAll('%', '"defaultAction":"SCMP_ACT_ALLOW"'));

/** Profiles with mistakes: every value in every place, keys that stand twice or in another case, texts that are hardly JSON. */
export function oddDocuments(): readonly string[] {
  const documents = [...TEXTS];
  for (const key of [
    'defaultAction',
    'architectures',
    'flags',
    'listenerMetadata',
    'listenerPath',
    'syscalls',
    'archMap',
  ])
    for (const value of VALUES) documents.push(profileWith(key, value));
  for (const key of ['names', 'action', 'errnoRet', 'args', 'name', 'errno', 'includes'])
    for (const value of VALUES) documents.push(ruleWith(key, value));
  for (const key of ['index', 'value', 'valueTwo', 'op'])
    for (const value of VALUES) documents.push(argumentWith(key, value));
  for (const number of NUMBERS) {
    documents.push(profileWith('defaultErrnoRet', number), ruleWith('errnoRet', number));
    for (const key of ['index', 'value', 'valueTwo']) documents.push(argumentWith(key, number));
  }
  for (const action of ACTIONS) {
    const word = `"SCMP_ACT_${action}"`;
    documents.push(profileWith('defaultAction', word), ruleWith('action', word));
    for (const [names, errno] of [
      ['["keyctl"]', '0'],
      ['["keyctl"]', '1'],
      ['["keyctl"]', '5000'],
      ['[]', '5000'],
      ['["no_such_call"]', '5000'],
    ] as const)
      documents.push(profileWith('syscalls', `[${objectOf({ names, action: word, errnoRet: errno })}]`));
  }
  for (const name of ARCHITECTURES) documents.push(profileWith('architectures', `["SCMP_ARCH_${name}"]`));
  for (const [place, key, one, other] of TWICE) {
    const upper = `${key[0]?.toUpperCase()}${key.slice(1)}`;
    for (const [first, second] of [
      [`"${key}":${one}`, `"${key}":${other}`],
      [`"${key}":${other}`, `"${key}":${one}`],
      [`"${upper}":${one}`, `"${key}":${other}`],
      [`"${key}":${one}`, `"${upper}":${other}`],
    ])
      documents.push(inPlace(place, key, `${first},${second}`));
    documents.push(inPlace(place, key, `"${upper}":${other}`));
  }
  return [...new Set(documents)];
}

function inPlace(place: 'profile' | 'rule' | 'argument', key: string, members: string): string {
  const rest = (object: Readonly<Record<string, string>>) => {
    const { [key]: _, ...others } = object;
    return `{${members}${Object.entries(others)
      .map(([name, value]) => `,"${name}":${value}`)
      .join('')}}`;
  };
  if (place === 'profile') return rest(PROFILE);
  if (place === 'rule') return profileWith('syscalls', `[${rest({ ...RULE, names: '["execve"]' })}]`);
  return ruleWith('args', `[${rest(ARGUMENT)}]`);
}

function profileWith(key: string, value: string): string {
  return objectOf({ ...PROFILE, [key]: value });
}

function ruleWith(key: string, value: string): string {
  return profileWith('syscalls', `[${objectOf({ ...RULE, [key]: value })}]`);
}

function argumentWith(key: string, value: string): string {
  return ruleWith('args', `[${objectOf({ ...ARGUMENT, [key]: value })}]`);
}

function objectOf(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([key, value]) => `"${key}":${value}`)
    .join(',')}}`;
}
