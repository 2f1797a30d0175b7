/** What became of a container that prints its seccomp mode. */
export type Outcome = 'filtered' | 'unconfined' | 'not started' | 'hangs';

export interface MalformedProfile {
  readonly what: string;
  readonly profile: string;
  /** The lint rules that name it; none where both runtimes take it for what it is. */
  readonly lint: readonly string[];
  readonly runc: Outcome;
  readonly crun: Outcome;
}

const REST = '"syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO"}]';

/** As measured with runc 1.1.5 and crun 1.8.1; the wording of newer versions differs, the outcome should not. */
export const MALFORMED_PROFILES: readonly MalformedProfile[] = [
  { what: 'an empty object', lint: ['SP003'], profile: '{}', runc: 'unconfined', crun: 'not started' },
  { what: 'no default action', lint: ['SP003'], profile: `{${REST}}`, runc: 'not started', crun: 'not started' },
  {
    what: 'an unknown action',
    lint: ['SP004'],
    profile: `{"defaultAction":"SCMP_ACT_DENY"}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a lower-case action',
    lint: ['SP004'],
    profile: `{"defaultAction":"scmp_act_allow",${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an unknown operator',
    lint: ['SP004'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"=="}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an argument index of 6',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an unknown architecture',
    lint: ['SP004'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_FOO"],${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an architecture of the other byte order',
    lint: ['SP029'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_S390X"],${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an empty name',
    lint: ['SP007'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[""],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'no names',
    lint: ['SP007'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'an unknown name',
    lint: ['SP041'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctrl"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'an errno above 4095',
    lint: ['SP009'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errnoRet":5000}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'errnoRet on an ALLOW rule',
    lint: ['SP011'],
    profile:
      '{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ALLOW","errnoRet":1}]}',
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'flags',
    lint: ['SP045'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"],${REST}}`,
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an unknown flag',
    lint: ['SP004'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","flags":["LOG"],${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'NOTIFY without a listener',
    lint: ['SP019'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_NOTIFY"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'KILL by default and no rules',
    lint: ['SP022'],
    profile: '{"defaultAction":"SCMP_ACT_KILL"}',
    runc: 'hangs',
    crun: 'not started',
  },
  {
    what: 'ERRNO by default and no rules',
    lint: ['SP022'],
    profile: '{"defaultAction":"SCMP_ACT_ERRNO"}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'the same conditions with two actions',
    lint: ['SP012'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[' +
      '{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},' +
      '{"names":["keyctl"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: "Docker's conditions",
    lint: ['SP005'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","includes":{"caps":["CAP_BPF"]}}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a single "name"',
    lint: ['SP005'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"keyctl","action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'an allow list written with "name"',
    lint: ['SP005'],
    profile:
      '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"name":"execve","action":"SCMP_ACT_ALLOW"},{"name":"write","action":"SCMP_ACT_ALLOW"}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a single "name" beside empty "names"',
    lint: ['SP005'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"name":"execve","action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a single "name" beside "names" that are null',
    lint: ['SP005'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":null,"name":"execve","action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: '"names" that are null',
    lint: ['SP007'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":null,"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'a rule of no names that would need a listener',
    lint: ['SP007'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_NOTIFY"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'an allow list of a rule that names nothing',
    lint: ['SP007'],
    profile: '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":[],"action":"SCMP_ACT_ALLOW"}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an "errno" that no errno is, beside an action that returns none',
    lint: ['SP005'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","defaultErrno":"EPERM","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errno":"5000"},{"names":["read"],"action":"SCMP_ACT_LOG","errno":"EPERM"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a remark',
    lint: ['SP001'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW", // all but\n${REST}}`,
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'a remark behind #',
    lint: ['SP001'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW", # all but\n${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a comma behind the last value',
    lint: ['SP001'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW",${REST},}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'conditions that are no list',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":{"index":0,"value":1,"op":"SCMP_CMP_EQ"}}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an error number in quotes',
    lint: ['SP009'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errnoRet":"1"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an error number below 0',
    lint: ['SP009'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errnoRet":-1}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a condition without a value',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a condition without an index',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"value":1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a semicolon after a value',
    lint: ['SP001'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW";${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a key twice',
    lint: ['SP002'],
    profile: `{"defaultAction":"SCMP_ACT_LOG","defaultAction":"SCMP_ACT_ALLOW",${REST}}`,
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a key in another case',
    lint: ['SP002'],
    profile: `{"DefaultAction":"SCMP_ACT_ALLOW",${REST}}`,
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'a negative value',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'a value in quotes',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":"5","op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'names that are no list',
    lint: ['SP007'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":"keyctl","action":"SCMP_ACT_ERRNO"}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a rule without an action',
    lint: ['SP004'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an error number of the default beside ALLOW',
    lint: ['SP011'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1,${REST}}`,
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'NOTIFY by default',
    lint: ['SP019'],
    profile: '{"defaultAction":"SCMP_ACT_NOTIFY","listenerPath":"/run/none.sock"}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'listenerMetadata without a listener',
    lint: ['SP019'],
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"x",${REST}}`,
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a default that refuses what the runtime needs',
    lint: ['SP023'],
    profile: '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","write"],"action":"SCMP_ACT_ALLOW"}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'execve refused',
    lint: ['SP023'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'two rules without conditions',
    lint: ['SP013'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO"},{"names":["keyctl"],"action":"SCMP_ACT_TRAP"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'one argument twice in a rule',
    lint: ['SP014'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":6,"op":"SCMP_CMP_GE"},{"index":0,"value":8,"op":"SCMP_CMP_LE"}]}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a contradiction in the second of two arguments',
    lint: ['SP012'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[' +
      '{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":2,"op":"SCMP_CMP_EQ"}]},' +
      '{"names":["keyctl"],"action":"SCMP_ACT_TRAP","args":[{"index":1,"value":2,"op":"SCMP_CMP_EQ"},{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a contradiction between two halves of a rule that names an argument twice',
    lint: ['SP012', 'SP014'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[' +
      '{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]},' +
      '{"names":["keyctl"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'two rules without conditions on a call that socketcall carries, too',
    lint: ['SP012', 'SP013'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[' +
      '{"names":["sendmmsg"],"action":"SCMP_ACT_ERRNO"},{"names":["sendmmsg"],"action":"SCMP_ACT_TRAP"}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'conditions that overlap without contradiction',
    lint: [],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[' +
      '{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":5,"op":"SCMP_CMP_GE"}]},' +
      '{"names":["keyctl"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":7,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a hole between two ordered comparisons',
    lint: ['SP017'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[' +
      '{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":4294967297,"op":"SCMP_CMP_LE"}]},' +
      '{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":2114060288,"op":"SCMP_CMP_LE"}]}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a misspelt key',
    lint: ['SP051'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscall":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'rules that are no list',
    lint: ['SP052'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{"names":["keyctl"],"action":"SCMP_ACT_ERRNO"}}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'a document that is null',
    lint: ['SP052'],
    profile: 'null',
    runc: 'unconfined',
    crun: 'unconfined',
  },
  {
    what: 'a document that is a list',
    lint: ['SP052'],
    profile: '[]',
    runc: 'not started',
    crun: 'unconfined',
  },
  {
    what: 'a default action of no letters',
    lint: ['SP004'],
    profile: '{"defaultAction":""}',
    runc: 'unconfined',
    crun: 'not started',
  },
  {
    what: 'a template',
    lint: ['SP001'],
    profile: '{{- if x }}\n{"defaultAction":"SCMP_ACT_ERRNO"}\n{{- end }}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'text behind an empty object',
    lint: ['SP001'],
    profile: '{}x',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'a key twice, the first of them refusing all',
    lint: ['SP002'],
    profile: '{"defaultAction":"SCMP_ACT_ERRNO","defaultAction":"SCMP_ACT_ALLOW"}',
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'a key twice, the second of them refusing all',
    lint: ['SP002'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_ERRNO"}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'rules twice, the second without an action',
    lint: ['SP002'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO"}],"syscalls":[{"names":["execve"]}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'a value with an exponent',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1e1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an error number of -0',
    lint: ['SP009'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errnoRet":-0}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an index that is no number',
    lint: ['SP008'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":"x","value":1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an error number of which 16 bits are one',
    lint: ['SP009'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errnoRet":65537}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a number for a name',
    lint: ['SP007'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"name":5,"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a form feed',
    lint: ['SP001'],
    profile: '{\f"defaultAction":"SCMP_ACT_ALLOW"}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an architecture that runc 1.1 lacks',
    lint: ['SP029'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_RISCV64"]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'a listener with a relative path',
    lint: ['SP019'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"x"}',
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'setgroups refused',
    lint: ['SP025', 'SP057'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["setgroups"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'exit_group refused',
    lint: ['SP058'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["exit_group"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'faccessat2 refused',
    lint: ['SP024'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["faccessat2"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'faccessat2 refused with an errno that runc does not know',
    lint: ['SP025'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["faccessat2"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'faccessat2 and faccessat refused',
    lint: ['SP025'],
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["faccessat2","faccessat"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an end for a call that runc makes use of',
    lint: ['SP023'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["epoll_ctl"],"action":"SCMP_ACT_KILL_PROCESS"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'the end of a thread for a call that runc makes use of',
    lint: ['SP023'],
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["epoll_ctl"],"action":"SCMP_ACT_KILL"}]}',
    runc: 'hangs',
    crun: 'filtered',
  },
];
