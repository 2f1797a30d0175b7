import { lintProfile } from '../../../src/core/lint/lint.js';
import { HELPFUL, REQUIRED } from '../../../src/core/lint/rules/runtime/example-allow-list.js';
import {
  allow,
  allowAllBut,
  equal,
  masked,
  refuse,
  refuseAllBut,
} from '../../../src/core/lint/subject/example-profile.js';

interface Rule {
  names: string[];
  readonly action: string;
  readonly args?: readonly object[];
}

interface Document {
  readonly syscalls: Rule[];
}

/** With one line for each rule, so that an advice's lines tell them apart. */
function linesOf(text: string): string {
  const { syscalls, ...rest } = JSON.parse(text) as Document;
  const top = JSON.stringify(rest).slice(0, -1);
  return `${top}, "syscalls": [\n${syscalls.map((rule) => JSON.stringify(rule)).join(',\n')}\n]}`;
}

const codesOf = (text: string) =>
  lintProfile(text)
    .problems.filter(({ severity, code }) => severity !== 'info' || /SP032|SP044/.test(code))
    .map(({ code }) => code);

/** Does literally what an advice says, sentence by sentence. */
function follow(text: string, advice: string): string {
  const document = JSON.parse(text) as Document;
  const { syscalls } = document;
  for (const [, name, lines = ''] of advice.matchAll(/Take (\w+) out of the rules? in lines? ([\d, and]+)/g))
    for (const line of lines.match(/\d+/g) ?? []) {
      const rule = syscalls[Number(line) - 2];
      if (rule !== undefined) rule.names = rule.names.filter((each) => each !== name);
    }
  for (const [, rule] of advice.matchAll(/dd a rule: ("names": \["\w+"\][^.]*)\./g))
    syscalls.push(JSON.parse(`{${rule}}`) as Rule);
  for (const [, index, flags = ''] of advice.matchAll(
    /Refuse clone for each of these flags.*?"index": (\d).*?"valueTwo": ([^.]*)/g,
  ))
    for (const flag of flags.match(/\d+(?= \()/g) ?? [])
      syscalls.push({
        names: ['clone'],
        action: 'SCMP_ACT_ERRNO',
        args: [masked(Number(index), Number(flag), Number(flag))],
      });
  const allowed = /allow it with ("index": .*?"valueTwo": \d+)/.exec(advice);
  if (allowed !== null)
    syscalls.push({ names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [JSON.parse(`{${allowed[1]}}`) as object] });
  if (advice.includes('allow it in rules for the families'))
    for (const family of [1, 2])
      syscalls.push({ names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [masked(0, 0xffffffff, family)] });
  const refused = /^Refuse ([^.]*), too\./.exec(advice)?.[1]?.replace(/ \(with errnoRet 38\)/, '');
  for (const name of refused?.split(/, | and /) ?? [])
    syscalls.push(
      name.includes(' with ')
        ? { names: ['clone'], action: 'SCMP_ACT_ERRNO', args: [masked(0, 0x10000000, 0x10000000)] }
        : ({ names: [name], action: 'SCMP_ACT_ERRNO', ...(name === 'clone3' ? { errnoRet: 38 } : {}) } as Rule),
    );
  return linesOf(JSON.stringify({ ...document, syscalls: syscalls.filter(({ names }) => names.length > 0) }));
}

const BASE = [...REQUIRED, ...HELPFUL.filter((name) => name !== 'clone')];
const NEWUSER = masked(0, 0x10000000, 0x10000000);
const NO_CLONE3 = refuse(['clone3'], { errnoRet: 38 });

test.each([
  [
    'SP034',
    'clone3 in a rule with others',
    allowAllBut([refuse(['unshare', 'clone3', 'setns']), refuse(['clone'], { args: [NEWUSER] })]),
  ],
  ['SP034', 'clone3 in a rule of its own', allowAllBut([refuse(['clone3'], { action: 'SCMP_ACT_KILL_PROCESS' })])],
  ['SP034', 'clone3 in no rule', refuseAllBut([allow([...BASE, 'clone'])])],
  [
    'SP034',
    'clone3 refused twice',
    allowAllBut([refuse(['keyctl', 'clone3']), refuse(['bpf', 'clone3'], { errnoRet: 13 })]),
  ],
  [
    'SP032',
    'a deny list that leaves flags open',
    allowAllBut([refuse(['unshare', 'setns']), NO_CLONE3, refuse(['clone'], { args: [NEWUSER] })]),
  ],
  [
    'SP032',
    'a deny list that refuses unshare by its flag',
    allowAllBut([NO_CLONE3, refuse(['unshare'], { args: [NEWUSER] })]),
  ],
  ['SP032', 'a deny list, clone3 open', allowAllBut([refuse(['unshare']), refuse(['clone'], { args: [NEWUSER] })])],
  ['SP032', 'clone and unshare in a plain rule', refuseAllBut([allow([...BASE, 'clone', 'unshare']), NO_CLONE3])],
  [
    'SP032',
    'clone in two rules',
    refuseAllBut([
      allow([...BASE]),
      allow(['clone'], masked(0, 0x10000000, 0)),
      allow(['clone'], equal(0, 0x20011)),
      NO_CLONE3,
    ]),
  ],
  ['SP032', 'clone3 let through as well', refuseAllBut([allow([...BASE, 'clone', 'clone3'])])],
  [
    'SP033',
    'clone3 in a plain rule',
    refuseAllBut([allow([...BASE, 'clone3']), allow(['clone'], masked(0, 0x7e020000, 0))]),
  ],
  ['SP033', 'clone3 by the default', allowAllBut([refuse(['unshare']), refuse(['clone'], { args: [NEWUSER] })])],
  ['SP039', 'socket in a plain rule', refuseAllBut([allow([...BASE, 'socket', 'clone']), NO_CLONE3])],
  ['SP039', 'socket in two plain rules', refuseAllBut([allow([...BASE, 'socket']), allow(['socket', 'bind'])])],
  ['SP063', 'chmod', allowAllBut([refuse(['chmod', 'mkdir', 'rename'])])],
  ['SP063', 'mount', allowAllBut([refuse(['mount', 'umount', 'kexec_load'])])],
  ['SP063', 'unshare', allowAllBut([refuse(['unshare'])])],
  ['SP063', 'fork', allowAllBut([refuse(['fork'])])],
  ['SP063', 'unlinkat', allowAllBut([refuse(['unlinkat'])])],
])('the advice of %s, followed, helps: %s', (code, _, given) => {
  const text = linesOf(given);
  const before = codesOf(text);
  expect(before).toContain(code);
  const [problem] = lintProfile(text).problems.filter((each) => each.code === code);
  const after = codesOf(follow(text, problem?.advice ?? ''));
  expect(after).not.toContain(code);
  // What a runtime works around is part of the price, and other flags of clone stay a note of SP032.
  expect(after.filter((each) => !before.includes(each) && !/SP024|SP032/.test(each))).toEqual([]);
});

test('SP032 tells to refuse unshare only where it is open', () => {
  const text = allowAllBut([refuse(['unshare']), NO_CLONE3, refuse(['clone'], { args: [NEWUSER] })]);
  expect(lintProfile(text).problems.find(({ code }) => code === 'SP032')?.advice).not.toContain('unshare');
});

test.each([
  ['open', ['openat', 'openat2']],
  ['access', ['faccessat', 'faccessat2']],
  ['stat', ['newfstatat', 'statx']],
  ['execve', []],
])('SP063 leaves what runtimes need beside %s', (name, needed) => {
  const advice = lintProfile(allowAllBut([refuse([name])])).problems.find(({ code }) => code === 'SP063')?.advice ?? '';
  for (const each of needed) expect(advice.slice(0, advice.indexOf('Leave'))).not.toContain(`${each} `);
  const text = linesOf(allowAllBut([refuse([name])]));
  expect(codesOf(follow(text, advice)).filter((code) => /SP02[35]|SP057/.test(code))).toEqual(
    codesOf(text).filter((code) => /SP02[35]|SP057/.test(code)),
  );
});

test('SP063 says that nothing starts without clone', () => {
  const advice = lintProfile(allowAllBut([refuse(['fork'])])).problems.find(({ code }) => code === 'SP063')?.advice;
  expect(advice).toContain('No program can start a process or a thread then.');
});
