import { Container, containersUnavailable, type Runtime } from '../../tools/container.js';
import { itNeeds } from '../support/require.js';

/** What became of a container that prints its seccomp mode. */
type Outcome = 'filtered' | 'unconfined' | 'not started' | 'hangs';

interface Malformed {
  readonly what: string;
  readonly profile: string;
  readonly runc: Outcome;
  readonly crun: Outcome;
}

const REST = '"syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO"}]';

/** As measured with runc 1.1.5 and crun 1.8.1; the wording of newer versions differs, the outcome should not. */
const TABLE: readonly Malformed[] = [
  { what: 'an empty object', profile: '{}', runc: 'unconfined', crun: 'not started' },
  { what: 'no default action', profile: `{${REST}}`, runc: 'not started', crun: 'not started' },
  { what: 'an unknown action', profile: `{"defaultAction":"SCMP_ACT_DENY"}`, runc: 'not started', crun: 'not started' },
  {
    what: 'a lower-case action',
    profile: `{"defaultAction":"scmp_act_allow",${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an unknown operator',
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"=="}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an argument index of 6',
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an unknown architecture',
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_FOO"],${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an architecture of the other byte order',
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_S390X"],${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'an empty name',
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[""],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'no names',
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'an unknown name',
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctrl"],"action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'an errno above 4095',
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errnoRet":5000}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'errnoRet on an ALLOW rule',
    profile:
      '{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ALLOW","errnoRet":1}]}',
    runc: 'filtered',
    crun: 'not started',
  },
  {
    what: 'flags',
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"],${REST}}`,
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'an unknown flag',
    profile: `{"defaultAction":"SCMP_ACT_ALLOW","flags":["LOG"],${REST}}`,
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'NOTIFY without a listener',
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_NOTIFY"}]}',
    runc: 'not started',
    crun: 'filtered',
  },
  {
    what: 'KILL by default and no rules',
    profile: '{"defaultAction":"SCMP_ACT_KILL"}',
    runc: 'hangs',
    crun: 'not started',
  },
  {
    what: 'ERRNO by default and no rules',
    profile: '{"defaultAction":"SCMP_ACT_ERRNO"}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: 'the same conditions with two actions',
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[' +
      '{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},' +
      '{"names":["keyctl"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}',
    runc: 'not started',
    crun: 'not started',
  },
  {
    what: "Docker's conditions",
    profile:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","includes":{"caps":["CAP_BPF"]}}]}',
    runc: 'filtered',
    crun: 'filtered',
  },
  {
    what: 'a single "name"',
    profile: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"keyctl","action":"SCMP_ACT_ERRNO"}]}',
    runc: 'filtered',
    crun: 'not started',
  },
];

function outcomeOf(runtime: Runtime, seccomp: string): Outcome {
  const container = new Container({ runtime, seccomp, args: ['grep', '^Seccomp:', '/proc/self/status'] });
  try {
    const { status, stdout, stderr } = container.run(8_000);
    if (stdout.includes('Seccomp:\t2')) return 'filtered';
    if (stdout.includes('Seccomp:\t0')) return 'unconfined';
    if (status === null) return 'hangs';
    if (status !== 0 && stderr !== '') return 'not started';
    throw new Error(`exit ${status}: ${stdout}${stderr}`);
  } finally {
    container.remove();
  }
}

describe.each(['runc', 'crun'] as const)('what %s does with a malformed profile', (runtime) => {
  const unavailable = containersUnavailable(runtime);
  const inContainer = itNeeds(unavailable === undefined, unavailable ?? '');
  for (const row of TABLE) {
    inContainer(row.what, () => {
      expect(outcomeOf(runtime, row.profile)).toBe(row[runtime]);
    });
  }
});
