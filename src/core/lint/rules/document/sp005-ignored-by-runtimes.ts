import { isCrioCapability, rulesHeldAgainstKernel } from '../../../profile/as-crio-reads.js';
import { saysName } from '../../../profile/as-runtimes-read.js';
import type { Profile } from '../../../profile/model.js';
import type { ParsedProfile } from '../../../profile/read/parsed-profile.js';
import { counted } from '../../../text/words.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp005IgnoredByRuntimes: LintRule = {
  id: 'SP005',
  severity: 'error',
  compiled: 'off',
  title: 'Conditions that a runtime passes over',
  why: 'A runtime that reads this file from a node (Localhost) does not know includes, excludes, archMap, minKernel, name and errno. It ignores them: every rule with a condition holds always, so the profile is far wider than it looks; a rule that says name holds never under runc and stops crun; an errno is EPERM unless errnoRet says more. CRI-O and Podman decide them before runc or crun see the profile (--reading crio), all but minKernel, and hand SCMP_ARCH_NATIVE on, which stops the container.',
  fix: 'Compile the profile for the node and the container (seccomply profile compile), and install what comes out.',
  failing: {
    text: JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'] } }],
    }),
  },
  passing: {
    text: JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }],
    }),
  },
  check: (subject) => (subject.options.reading === 'crio' ? unknownToCrio(subject) : unknownToRuntimes(subject)),
};

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
  yield* nativeArchitecture(profile, top);
}

/** What is left of them where CRI-O reads the file. */
function* unknownToCrio({ parsed, written: profile, setting, top }: LintSubject): Iterable<LintFinding> {
  if (parsed.format === 'spo') return;
  const [kernel, ...more] = rulesHeldAgainstKernel(profile, setting);
  if (kernel !== undefined)
    yield {
      path: `${parsed.rulePaths[kernel]}.${profile.rules[kernel]?.includes?.minKernel === undefined ? 'excludes' : 'includes'}.minKernel`,
      message: `${counted(more.length + 1, 'rule')} with "minKernel": CRI-O ignores it, so ${more.length === 0 ? 'the rule holds' : 'they hold'} on kernel ${setting.kernel}, too`,
    };
  for (const [index, { includes, excludes }] of profile.rules.entries()) {
    for (const [key, condition] of [['includes', includes] as const, ['excludes', excludes] as const]) {
      const odd = condition?.caps?.findIndex((word) => !isCrioCapability(word)) ?? -1;
      if (odd >= 0)
        yield {
          path: `${parsed.rulePaths[index]}.${key}.caps[${odd}]`,
          message: `CRI-O knows no capability ${JSON.stringify(condition?.caps?.[odd])}: no container has it`,
          advice: 'Write it in full and in capitals: "CAP_SYS_ADMIN".',
        };
    }
  }
  yield* nativeArchitecture(profile, top);
}

function* nativeArchitecture({ architectures }: Profile, top: LintSubject['top']): Iterable<LintFinding> {
  const native = architectures?.indexOf('SCMP_ARCH_NATIVE') ?? -1;
  if (native >= 0)
    yield {
      path: `${top('architectures')}[${native}]`,
      message: 'SCMP_ARCH_NATIVE is known to no runtime, and CRI-O hands it on: the container does not start',
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
