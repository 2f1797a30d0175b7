import { outcomeInWords } from '../../compare/words.js';
import { saysName } from '../../profile/as-runtimes-read.js';
import type { Profile } from '../../profile/model.js';
import type { ParsedProfile } from '../../profile/read/parsed-profile.js';
import { MAX_ERRNO } from '../../syscalls/errno-names.js';
import { counted, listed } from '../../text/words.js';
import { document, type LintFinding, type LintRule } from '../subject/lint-rule.js';
import type { LintSubject } from '../subject/lint-subject.js';

const ALLOW_ALL_BUT = (rule: object) =>
  document({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['keyctl'], action: 'SCMP_ACT_ERRNO', ...rule }] });

const BASED_ON = (baseProfileName: string | undefined) =>
  document({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1',
    kind: 'SeccompProfile',
    metadata: { name: 'web' },
    spec: {
      defaultAction: 'SCMP_ACT_ERRNO',
      baseProfileName,
      syscalls: [{ names: ['uname'], action: 'SCMP_ACT_ALLOW' }],
    },
  });

/** What is wrong with a document before anything is known of what its rules do together. */
export const DOCUMENT_RULES: readonly LintRule[] = [
  {
    id: 'SP001',
    severity: 'error',
    title: 'The file is not JSON',
    why: 'Container runtimes read a profile as JSON and refuse anything else: remarks, a ";" or a "," too many, single quotes, YAML. Of these crun takes comments in the manner of C, runc none. The container is not created.',
    fix: 'Mend the byte that the message names. Every mistake is reported at once, with what to write in its place.',
    failing: {
      text: '{\n  "defaultAction": "SCMP_ACT_LOG"; <--- what happens to all other syscalls\n  "syscalls": []\n}',
    },
    passing: { text: '{\n  "defaultAction": "SCMP_ACT_LOG",\n  "syscalls": []\n}' },
  },
  {
    id: 'SP002',
    severity: 'error',
    title: 'A key stands twice, or in another case',
    why: 'runc takes keys in any case and the last of two; crun takes them in their exact case. The same file means two things.',
    fix: 'Keep one of the two, in the spelling of the OCI runtime specification.',
    failing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_LOG","Syscalls":[]}' },
    passing: { text: '{"defaultAction":"SCMP_ACT_LOG","syscalls":[]}' },
  },
  {
    id: 'SP003',
    severity: 'error',
    title: 'There is no default action',
    why: 'Without "defaultAction" a runtime refuses the profile; when there are no rules either, runc starts the container without any filter.',
    fix: 'Say what happens to syscalls that no rule names: "defaultAction": "SCMP_ACT_ERRNO".',
    failing: { text: '{}' },
    passing: { text: '{"defaultAction":"SCMP_ACT_ERRNO"}' },
  },
  {
    id: 'SP004',
    severity: 'error',
    title: 'An unknown action, operator, architecture or flag',
    why: 'Runtimes take the names of the specification only, in their exact case, and refuse the profile otherwise.',
    fix: 'Write the name that the message suggests.',
    failing: { text: ALLOW_ALL_BUT({ action: 'DENY' }) },
    passing: { text: ALLOW_ALL_BUT({}) },
  },
  {
    id: 'SP005',
    severity: 'error',
    compiled: 'off',
    title: 'Conditions that a runtime passes over',
    why: 'A runtime that reads this file from a node (Localhost) does not know includes, excludes, archMap, minKernel, name and errno. It ignores them: every rule with a condition holds always, so the profile is far wider than it looks; a rule that says name holds never under runc and stops crun; an errno is EPERM unless errnoRet says more.',
    fix: 'Compile the profile for the node and the container (seccomply profile compile), and install what comes out.',
    failing: {
      text: document({
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'] } }],
      }),
    },
    passing: {
      text: document({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] }),
    },
    check: unknownToRuntimes,
  },
  {
    id: 'SP006',
    severity: 'error',
    title: 'Two keys where one may stand',
    why: 'Docker refuses a profile with both "architectures" and "archMap", and a rule with both "name" and "names".',
    fix: 'Keep one of the two.',
    failing: { text: ALLOW_ALL_BUT({ name: 'keyctl' }) },
    passing: { text: ALLOW_ALL_BUT({}) },
  },
  {
    id: 'SP007',
    severity: 'error',
    title: 'A rule names nothing, or no syscall',
    why: 'A rule without names does nothing; an empty name makes runc refuse the profile; a name with white space in it is no syscall, so its rule does nothing.',
    fix: 'Write each name in quotes of its own, without white space, or remove the rule.',
    failing: { text: ALLOW_ALL_BUT({ names: ['keyctl, add_key', ''] }) },
    passing: { text: ALLOW_ALL_BUT({ names: ['keyctl', 'add_key'] }) },
  },
  {
    id: 'SP008',
    severity: 'error',
    title: 'A condition on an argument cannot be met',
    why: 'Arguments are counted from 0 to 5, and values are unsigned numbers of 64 bits. runc refuses anything else; crun takes some of it and means another number.',
    fix: 'Write the index of the argument, and the value as a decimal number.',
    failing: { text: ALLOW_ALL_BUT({ args: [{ index: 6, value: -1, op: 'SCMP_CMP_EQ' }] }) },
    passing: { text: ALLOW_ALL_BUT({ args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] }) },
  },
  {
    id: 'SP009',
    severity: 'error',
    title: 'An error number that does not exist',
    why: `A filter can return error numbers up to ${MAX_ERRNO}. Larger ones make libseccomp refuse the profile.`,
    fix: 'Write an error number of Linux: 1 is EPERM, 38 is ENOSYS.',
    failing: { text: ALLOW_ALL_BUT({ errnoRet: 5000 }) },
    passing: { text: ALLOW_ALL_BUT({ errnoRet: 1 }) },
  },
  {
    id: 'SP010',
    severity: 'warning',
    title: 'The call seems to succeed and is not made',
    why: 'errnoRet 0 tells the program that all went well, and nothing was done: it goes on with data that is not there.',
    fix: 'Write 1 (EPERM) or 38 (ENOSYS), unless a program is to be deceived on purpose.',
    failing: { text: ALLOW_ALL_BUT({ errnoRet: 0 }) },
    passing: { text: ALLOW_ALL_BUT({ errnoRet: 1 }) },
    *check({ profile, rules, top }) {
      if (profile.defaultAction === 'SCMP_ACT_ERRNO' && profile.defaultErrnoRet === 0)
        yield {
          path: top('defaultErrnoRet'),
          message: 'every syscall that no rule names seems to succeed and is not made',
        };
      for (const { rule, path } of rules)
        if (rule.action === 'SCMP_ACT_ERRNO' && rule.errnoRet === 0)
          yield {
            path: `${path}.errnoRet`,
            message: `${listed(rule.names)} ${rule.names.length === 1 ? 'seems' : 'seem'} to succeed, and nothing is done`,
          };
    },
  },
  {
    id: 'SP011',
    severity: 'error',
    compiled: 'info',
    title: 'An error number beside an action that returns none',
    why: 'Only ERRNO and TRACE have a number. crun refuses a profile that gives one to another action, runc ignores it.',
    fix: 'Remove the number, or use SCMP_ACT_ERRNO.',
    failing: {
      text: document({
        defaultAction: 'SCMP_ACT_LOG',
        syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', errnoRet: 1 }],
      }),
    },
    passing: {
      text: document({ defaultAction: 'SCMP_ACT_LOG', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] }),
    },
    *check({ profile, rules, top }) {
      const returnsNone = (action: string) => action !== 'SCMP_ACT_ERRNO' && action !== 'SCMP_ACT_TRACE';
      if (profile.defaultErrnoRet !== undefined && returnsNone(profile.defaultAction))
        yield {
          path: top('defaultErrnoRet'),
          message: `"defaultErrnoRet" beside the default action ${profile.defaultAction}: crun refuses the profile, runc ignores it`,
        };
      for (const { rule, path } of rules)
        if (rule.errnoRet !== undefined && returnsNone(rule.action))
          yield {
            path: `${path}.errnoRet`,
            message: `"errnoRet" beside ${rule.action}: crun refuses the profile, runc ignores it`,
          };
    },
  },
  {
    id: 'SP044',
    severity: 'info',
    title: 'A rule that changes nothing',
    why: 'A runtime skips a rule whose action is the default, and a name that an earlier rule has settled does nothing the second time. Readers take such rules for protection.',
    fix: 'Remove what is not needed.',
    failing: { text: ALLOW_ALL_BUT({ names: ['keyctl', 'keyctl'] }) },
    passing: { text: ALLOW_ALL_BUT({}) },
    check: redundant,
  },
  {
    id: 'SP050',
    severity: 'info',
    title: 'A very large profile',
    why: 'The kernel takes filters of at most 4096 instructions, and every syscall that is not allowed without conditions walks through them.',
    fix: 'Name each syscall once, leave the architectures of other machines out, and filter fewer arguments.',
    failing: { text: ALLOW_ALL_BUT({ names: Array.from({ length: 1001 }, () => 'keyctl') }) },
    passing: { text: ALLOW_ALL_BUT({}) },
    check: large,
  },
  {
    id: 'SP051',
    severity: 'warning',
    title: 'A key that belongs elsewhere',
    why: 'Runtimes ignore keys they do not know: a misspelt "syscalls" leaves a profile without rules. Keys that look like nothing known are notes only.',
    fix: 'Write the key that was meant, or remove it.',
    failing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","syscall":[]}' },
    passing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}' },
  },
  {
    id: 'SP052',
    severity: 'error',
    title: 'A value of the wrong kind',
    why: 'Where a list belongs, runtimes refuse a text or an object, and the other way round.',
    fix: 'Write a value of the kind that the message names.',
    failing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{"names":["keyctl"]}}' },
    passing: { text: ALLOW_ALL_BUT({}) },
  },
  {
    id: 'SP054',
    severity: 'warning',
    compiled: 'error',
    title: 'The base profile is in another document',
    why: 'The security-profiles-operator adds the rules of the profile that baseProfileName names. They are not in this document, so nothing that is said here of what the profile lets through counts them, and Seccomply does not compile such a profile.',
    fix: 'Merge the base profile into this one (seccomply profile merge --union), and lint what comes out.',
    failing: { text: BASED_ON('runc-v1.5.1') },
    passing: { text: BASED_ON(undefined) },
    *check({ profile, top }) {
      if (profile.baseProfileName !== undefined)
        yield {
          path: top('baseProfileName'),
          message: `the rules of the base profile ${JSON.stringify(profile.baseProfileName)} are not in this document, and are not looked at`,
        };
    },
  },
];

/** The keys of Docker's and containers/common's formats, each reported once, where it stands first. */
function* unknownToRuntimes({ parsed, written: profile, top }: LintSubject): Iterable<LintFinding> {
  // The security-profiles-operator makes a file of its object; it is not read from a node.
  if (parsed.format === 'spo') return;
  if (profile.archMap !== undefined && profile.archMap.length > 0)
    yield {
      path: top('archMap'),
      message:
        '"archMap" is ignored by a runtime that reads this file: only the node\'s own architecture is filtered, and 32-bit callers are killed',
      advice: 'Compile the profile for the node (seccomply profile compile), or list the "architectures".',
    };
  const conditions = [
    ...profile.rules.flatMap((rule, i) => (rule.includes === undefined ? [] : [`${parsed.rulePaths[i]}.includes`])),
    ...profile.rules.flatMap((rule, i) => (rule.excludes === undefined ? [] : [`${parsed.rulePaths[i]}.excludes`])),
  ];
  const [first] = conditions;
  if (first !== undefined) {
    const rules = profile.rules.filter((rule) => rule.includes !== undefined || rule.excludes !== undefined).length;
    yield {
      path: first,
      message: `${counted(rules, 'rule')} with "includes" or "excludes": a runtime that reads this file ignores the conditions, so ${rules === 1 ? 'the rule holds' : 'all of them hold'} always`,
    };
  }
  yield* ignoredErrnos(profile, parsed, top);
  const single = profile.rules.findIndex(saysName);
  if (single >= 0)
    yield {
      path: `${parsed.rulePaths[single]}.name`,
      message:
        '"name" is not known to a runtime that reads this file: runc ignores such a rule, crun refuses the profile',
      advice: 'Write "names": [ … ].',
    };
  const native = profile.architectures?.indexOf('SCMP_ARCH_NATIVE') ?? -1;
  if (native >= 0)
    yield {
      path: `${top('architectures')}[${native}]`,
      message:
        'SCMP_ARCH_NATIVE is known to Podman and CRI-O, not to a runtime that reads this file: the container does not start',
      advice: 'Write the architectures, or compile the profile for the node.',
    };
}

/** Where the number beside it is another one, or there is none. */
function* ignoredErrnos(
  { asOci, rules }: Profile,
  parsed: ParsedProfile,
  top: LintSubject['top'],
): Iterable<LintFinding> {
  const sentence = (key: string, known: string, number: number | undefined) => ({
    message: `"${key}" is ignored by a runtime that reads this file: it knows "${known}" only${number === undefined ? '' : `, and that is ${number}`}`,
    advice: `Write "${known}" with the number, or compile the profile.`,
  });
  if (asOci !== undefined)
    yield { path: top('defaultErrno'), ...sentence('defaultErrno', 'defaultErrnoRet', asOci.defaultErrnoRet) };
  const index = rules.findIndex((rule) => rule.asOci !== undefined && rule.errnoRet !== rule.asOci.errnoRet);
  if (index >= 0)
    yield {
      path: `${parsed.rulePaths[index]}.errno`,
      ...sentence('errno', 'errnoRet', rules[index]?.asOci?.errnoRet),
    };
}

function* redundant(subject: LintSubject): Iterable<LintFinding> {
  const { rules, defaultOutcome } = subject;
  const settled = new Map<string, string>();
  for (const placed of rules) {
    const { rule, path, outcome } = placed;
    if (outcome.action === defaultOutcome.action && outcome.errno === defaultOutcome.errno) {
      yield {
        path,
        message: `this rule does what the default does (${outcomeInWords(outcome)}): runtimes skip it${rule.args.length > 0 ? ', and its conditions with it' : ''}`,
      };
      continue;
    }
    const again: { readonly name: string; readonly path: string }[] = [];
    for (const [i, name] of rule.names.entries()) {
      const what = `${outcome.action} ${outcome.errno ?? ''}`;
      if (settled.get(name) === what || rule.names.indexOf(name) < i)
        again.push({ name, path: subject.namePath(placed, i) });
      else if (rule.args.length === 0 && !settled.has(name)) settled.set(name, what);
    }
    const [first] = again;
    if (first !== undefined)
      yield {
        path: first.path,
        message: `${listed([...new Set(again.map(({ name }) => name))])} ${again.length === 1 ? 'is' : 'are'} settled by an earlier rule or name already`,
      };
  }
}

const MOST_INSTRUCTIONS = 4096;
const LARGE_FILE = 1024 * 1024;

function* large({ length, profile, rules, plain, top }: LintSubject): Iterable<LintFinding> {
  if (length > LARGE_FILE)
    yield { path: '', message: `the document has ${length} characters; object stores of Kubernetes end at 1 MiB` };
  const names = profile.rules.reduce((sum, rule) => sum + rule.names.length, 0);
  const architectures = Math.max(1, plain.architectures?.length ?? 1);
  // A syscall takes a jump, and in large filters now and then an end of its own; a condition on 64 bits looks at both halves.
  const perArchitecture = rules.reduce((sum, { rule }) => sum + rule.names.length * (1.1 + 5 * rule.args.length), 0);
  const instructions = Math.round(architectures * perArchitecture);
  if (names > 1000)
    yield { path: top('syscalls'), message: `the rules have ${names} names, more than any kernel has syscalls` };
  else if (instructions > MOST_INSTRUCTIONS)
    yield {
      path: top('syscalls'),
      message: `on ${counted(architectures, 'architecture')} the rules come to about ${instructions} instructions; the kernel takes ${MOST_INSTRUCTIONS}`,
    };
}
