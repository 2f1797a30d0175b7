import { readdirSync, readFileSync } from 'node:fs';
import { formatProblem } from '../../../../src/core/problem/problem.js';
import { parseJsonProfile } from '../../../../src/core/profile/read/parse-json-profile.js';
import { profileOfText } from '../../../../src/core/profile/read/profile-of-text.js';
import { parseProfile } from '../../../../src/core/profile/read/yaml/parse-profile.js';

const complaints = (text: string): string =>
  `\n${parseJsonProfile(text, { file: 'p.json' }).problems.map(formatProblem).join('\n')}\n`;

const shipped = readdirSync('profiles').filter((name) => /^[a-z-]+\.json$/.test(name));

test.each(shipped)('%s is read as the reader of all formats reads it', (name) => {
  const text = readFileSync(`profiles/${name}`, 'utf8');
  const parsed = parseJsonProfile(text);
  expect(parsed.profile).toBeDefined();
  expect(parsed).toEqual({ ...parseProfile(text), has: parsed.has, placeOf: parsed.placeOf });
});

test('an object of the security-profiles-operator is read from JSON, and refused in YAML', () => {
  const json = '{"kind":"SeccompProfile","metadata":{"name":"web"},"spec":{"defaultAction":"SCMP_ACT_LOG"}}';
  expect(parseJsonProfile(json)).toMatchObject({
    format: 'spo',
    name: 'web',
    profile: { defaultAction: 'SCMP_ACT_LOG', rules: [] },
    problems: [],
  });
  const yaml = 'kind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_LOG\n';
  expect(parseJsonProfile(yaml).profile).toBeUndefined();
  expect(complaints(yaml)).toMatchInlineSnapshot(`
"
p.json:1:1: error: this is YAML, and container runtimes read a profile as JSON only [SP001]
    write it as JSON: every key and every text in double quotes, lists in [ ], objects in { }
"
`);
});

test('places in architectures count the entries that are no strings', () => {
  expect(complaints('{"defaultAction":"SCMP_ACT_LOG","architectures":[3,"amd64"]}')).toMatchInlineSnapshot(`
"
p.json:1:50: error: this must be text in double quotes, it is 3 (architectures[0]) [SP004]
    write text in double quotes
p.json:1:52: error: "amd64" is not an architecture of seccomp profiles (architectures[1]) [SP004]
    did you mean "SCMP_ARCH_X86_64"?
"
`);
});

test.each(['{\u201aa\u2018: 1}', '{"a": \u201ab\u2018}', '{\u201ba\u2019: 1}', '[\u201aa\u2018]'])(
  'odd quotes do not keep the reader for ever: %s',
  (text) => expect(complaints(text)).toMatchSnapshot(),
);

test('a syscall name of nothing but white space and commas', () => {
  const text = '{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["read",", "],"action":"SCMP_ACT_ALLOW"}]}';
  expect(complaints(text)).toMatchInlineSnapshot(`
"
p.json:1:62: error: the syscall name ", " has white space in it, so no runtime knows it (syscalls[0].names[1]) [SP007]
    remove it
"
`);
});

test('one long line with something to say in every place is looked through once', () => {
  const { problems, profile } = parseJsonProfile(`{${'<-->'.repeat(200_000)}`);
  expect(profile).toBeUndefined();
  expect(problems).toHaveLength(1_000);
});

test('a text of more than 4 MiB is not read', () => {
  expect(complaints(`{}${' '.repeat(4 * 1024 * 1024)}`)).toBe(
    '\np.json:1:1: error: this text is larger than 4 MiB [SP001]\n    a profile needs a few kilobytes\n',
  );
});

test('words are made for the mistakes that are told, and for no others', () => {
  let made = 0;
  const { problems, profile } = profileOfText('{}', { mostProblems: 10 }, (_, report) => {
    for (const told of ['error', 'remark'] as const)
      for (let offset = 0; offset < 500; offset += 1)
        report({
          told,
          blocks: told === 'error' && offset === 499,
          tell: () => {
            made += 1;
            return { offset, code: 'SP004', severity: told === 'error' ? told : 'info', message: 'm', advice: 'a' };
          },
        });
    return { root: undefined, isYaml: false };
  });
  expect([made, problems.length, profile]).toEqual([20, 20, undefined]);
});

test.each([
  ['names with white space', (at: number) => `{"names":["a ${at}"],"action":"SCMP_ACT_ALLOW"}`, true],
  ['actions', (at: number) => `{"names":["read"],"action":"SCMP_ACT_${at}"}`, false],
  ['errors', (at: number) => `{"names":["read"],"action":"SCMP_ACT_ERRNO","errno":"E${at}"}`, false],
  ['keys', (at: number) => `{"names":["read"],"action":"SCMP_ACT_ALLOW","k${at}":1}`, true],
])('of %s that nobody knows the first thousand are told, and all count', (_, rule, isRead) => {
  const rules = Array.from({ length: 3_000 }, (_unused, at) => rule(at));
  const { problems, profile } = parseJsonProfile(`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[${rules.join(',')}]}`);
  expect(problems).toHaveLength(1_000);
  expect(profile !== undefined).toBe(isRead);
});

test('a sentence stays short, however long what it tells of', () => {
  const long = JSON.stringify('a '.repeat(100_000));
  for (const text of [
    `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":[${long}],"action":"SCMP_ACT_ALLOW"}]}`,
    `{"defaultAction":${long}}`,
    `{${long}:1}`,
    `{"defaultAction":"SCMP_ACT_LOG",${long}:1,${long}:2}`,
    `{"defaultAction":"SCMP_ACT_LOG","architectures":[${long}],"flags":[${long}],"listenerPath":[${long}]}`,
    `{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":${'9'.repeat(100_000)}}]}`,
  ]) {
    const { problems } = parseJsonProfile(text);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(JSON.stringify(problem).length).toBeLessThan(4_000);
  }
});
