import { release } from 'node:os';
import { type CompileOptions, compileProfile } from '../../src/core/compile/compile.js';
import { compileEvaluator } from '../../src/core/filter/evaluate.js';
import type { Profile } from '../../src/core/profile/model.js';
import { printOci } from '../../src/core/profile/print/print-oci.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';
import { RECIPES } from '../../tools/catalogue-recipes.js';
import { containersUnavailable, runtimeVersion } from '../../tools/container.js';
import { workload } from '../../tools/record-workloads.js';
import { runWorkload } from '../../tools/run-workload.js';
import { hasCommand } from '../support/has-command.js';
import { itNeeds } from '../support/require.js';
import { type Call, type ProbedArchitecture, probe } from './probe.js';

const { files } = await loadCatalogue(['profiles']);

function compiled(name: string, options: Partial<CompileOptions> = {}): Profile {
  const source = files.get(name)?.profile();
  if (source === undefined) throw new Error(`no profile ${name}`);
  const { profile, problems } = compileProfile(source, {
    architecture: 'SCMP_ARCH_X86_64',
    capabilities: [],
    kernel: release(),
    ...options,
  });
  if (profile === undefined) throw new Error(JSON.stringify(problems));
  return profile;
}

const compiledText = (name: string, options: Partial<CompileOptions> = {}) => printOci(compiled(name, options));

/** What our own evaluation of the compiled profile says of a call. */
function isRefused(name: string, architecture: ProbedArchitecture, runtime: 'runc' | 'crun', call: Call): boolean {
  const args = (call.args ?? []).map((arg) => BigInt.asUintN(64, BigInt(arg)));
  const answer = compileEvaluator(compiled(name), { runtime, libseccomp: '2.5.4' }).evaluate(
    architecture,
    call.name,
    args,
  );
  if (answer === undefined || answer.ambiguous !== undefined) throw new Error(`no clear answer for ${label(call)}`);
  return answer.action !== 'SCMP_ACT_ALLOW' && answer.action !== 'SCMP_ACT_LOG';
}

const servers = ['nginx', 'redis', 'memcached'];

describe.each(['runc', 'crun'] as const)('under %s', (runtime) => {
  const unavailable = containersUnavailable(runtime);
  const inContainer = itNeeds(unavailable === undefined, unavailable ?? '');

  for (const recipe of RECIPES) {
    for (const id of recipe.kind === 'recorded' ? recipe.workloads : ['nginx']) {
      inContainer(`${recipe.name} serves ${id}`, async () => {
        await runWorkload(workload(id), { runtime, window: 0, seccomp: compiledText(recipe.name) });
      });
    }
  }

  inContainer('web-static serves nginx when compiled for just this runtime without new privileges', async () => {
    const options = { runtime, runtimeVersion: runtimeVersion(runtime), allowPrivilegeEscalation: false };
    await runWorkload(workload('nginx'), {
      runtime,
      window: 1,
      noNewPrivileges: true,
      seccomp: compiledText('web-static', options),
    });
  });

  inContainer('the logging stages serve servers they were not made for', async () => {
    for (const id of servers) {
      for (const stage of ['Record', 'Complain'] as const) {
        await runWorkload(workload(id), { runtime, window: 0, seccomp: compiledText('web-static', { stage }) });
      }
    }
  });
});

/** Calls that reach the kernel without a filter, where they fail harmlessly or do nothing, and never with EPERM, EACCES or ENOSYS. */
const CALLS: readonly Call[] = [
  { name: 'unshare', args: [0x04000000] },
  { name: 'mount', args: [1, 1, 1, 0, 0] },
  { name: 'umount2', args: [1, 0] },
  { name: 'setns', args: [-1, 0] },
  { name: 'pivot_root', args: [1, 1] },
  { name: 'fsopen', args: [1, 0] },
  { name: 'open_tree', args: [-1, 1, 0] },
  { name: 'move_mount', args: [-1, 1, -1, 1, 0] },
  { name: 'bpf', args: [9999, 0, 0] },
  { name: 'perf_event_open', args: [1, 0, 0, -1, 0] },
  { name: 'keyctl', args: [9999] },
  { name: 'add_key', args: [1, 1, 0, 0, 0] },
  { name: 'request_key', args: [1, 1, 0, 0] },
  { name: 'userfaultfd', args: [0x40000000] },
  { name: 'io_uring_setup', args: [0, 1] },
  { name: 'io_uring_enter', args: [-1, 0, 0, 0, 0, 0] },
  { name: 'reboot', args: [0, 0, 0] },
  { name: 'swapon', args: [1, 0] },
  { name: 'acct', args: [1] },
  { name: 'open_by_handle_at', args: [-1, 1, 0] },
  { name: 'ptrace', args: [9999, 999999, 0, 0] },
  { name: 'process_vm_readv', args: [1, 0, 0, 0, 0, 1] },
  { name: 'kcmp', args: [999999, 999999, 0, 0, 0] },
  { name: 'clone3', args: [1, 1] },
  { name: 'clone', args: [0x00020200] },
  { name: 'socket', args: [40, 9999, 0] },
  { name: 'socket', args: [38, 9999, 0] },
  { name: 'socket', args: ['0x100000026', 9999, 0] },
  { name: 'socket', args: [29, 9999, 0] },
  { name: 'socket', args: [63, 9999, 0] },
  { name: 'vmsplice', args: [-1, 0, 0, 0] },
  { name: 'mknodat', args: [-1, 1, 0, 0] },
  { name: 'mq_open', args: [1, 0, 0, 0] },
  { name: 'memfd_create', args: [1, 0] },
  { name: 'inotify_add_watch', args: [-1, 1, 1] },
  { name: 'timer_create', args: [0, 1, 1] },
];
const label = (call: Call) => `${call.name}(${call.args?.join(', ') ?? ''})`;

const namespaces = ['unshare', 'setns', 'pivot_root', 'mount', 'umount2', 'fsopen', 'open_tree', 'move_mount'];
const always = [
  'bpf',
  'perf_event_open',
  'add_key',
  'request_key',
  'userfaultfd',
  'io_uring_setup',
  'io_uring_enter',
  'swapon',
  'acct',
  'open_by_handle_at',
  'kcmp',
];
const introspection = ['ptrace', 'process_vm_readv', 'vmsplice', 'mknodat'];
const containerd = [...namespaces, ...always, 'keyctl', 'reboot', 'clone3', 'clone', 'socket'];

/** What each profile must refuse, by name; `socket` means the families 38 and 40, outside containerd's own with a high bit set, too. */
const DENIED: Readonly<Record<string, readonly string[]>> = {
  'audit-log': [],
  'runtime-default-containerd': containerd,
  'runtime-default-crio': ['unshare', ...always, 'vmsplice'],
  'runtime-default-plus': [...containerd, ...introspection],
  'web-static': [...containerd, ...introspection, 'mq_open', 'memfd_create', 'inotify_add_watch'],
  'db-sql': [...containerd, ...introspection, 'mq_open', 'memfd_create', 'inotify_add_watch'],
  interp: [...containerd, ...introspection, 'mq_open', 'memfd_create'],
  'batch-shell': [
    ...containerd,
    ...introspection.filter((name) => name !== 'mknodat'),
    'mq_open',
    'memfd_create',
    'inotify_add_watch',
  ],
  'net-service': [...containerd, ...introspection, 'mq_open', 'memfd_create'],
  cache: [...containerd, ...introspection, 'mq_open', 'memfd_create', 'inotify_add_watch', 'timer_create'],
};

function isDenied(name: string, { name: syscall, args = [] }: Call): boolean {
  if (DENIED[name]?.includes(syscall) !== true) return false;
  if (syscall !== 'socket' || args[0] === 38 || args[0] === 40) return true;
  return args[0] === '0x100000026' && name !== 'runtime-default-containerd';
}

const REFUSALS = [1, 13, 22, 38];

describe.each(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] as const)('%s callers', (architecture: ProbedArchitecture) => {
  const calls = CALLS.filter(
    (call) => architecture === 'SCMP_ARCH_X86_64' || !call.args?.some((arg) => String(arg).startsWith('0x1')),
  );

  for (const runtime of ['runc', 'crun'] as const) {
    const unavailable =
      containersUnavailable(runtime) ?? (hasCommand('gcc', '--version') ? undefined : 'gcc is not installed');
    const inContainer = itNeeds(unavailable === undefined, unavailable ?? '');

    inContainer(`${runtime}: without a profile every call of the table reaches the kernel`, () => {
      const verdicts = probe(architecture, calls, { runtime });
      const unusable = calls.filter((_, i) => [1, 13, 38].includes(verdicts[i]?.errno ?? 0));
      expect(unusable.map(label)).toEqual([]);
    });

    for (const name of Object.keys(DENIED)) {
      inContainer(`${runtime}: the kernel refuses what ${name} denies, and only by the filter`, () => {
        const free = probe(architecture, calls, { runtime });
        const filtered = probe(architecture, calls, { runtime, seccomp: compiledText(name) });
        const refused = calls.filter((call, i) => {
          const before = free[i];
          const after = filtered[i];
          if (after === undefined || before === undefined) throw new Error(`no verdict for ${label(call)}`);
          if (after.signal !== undefined) return true;
          return after.errno !== before.errno && REFUSALS.includes(after.errno);
        });
        const missing = calls.filter((call) => isDenied(name, call) && !refused.includes(call));
        expect(missing.map(label)).toEqual([]);
        expect(refused.map(label)).toEqual(
          calls.filter((call) => isRefused(name, architecture, runtime, call)).map(label),
        );
      });
    }
  }
});

test('the table of denials names every profile of the catalogue', () => {
  expect(Object.keys(DENIED).sort()).toEqual(RECIPES.map((recipe) => recipe.name).sort());
});
