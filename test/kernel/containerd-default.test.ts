import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { plainProfile } from '../../src/core/outcomes/node-target.js';
import { decisionInWords } from '../../src/core/outcomes/outcome-in-words.js';
import { decisionFor, decisionsOf } from '../../src/core/outcomes/syscall-decisions.js';
import type { Profile } from '../../src/core/profile/model.js';
import { parseProfile } from '../../src/core/profile/read/yaml/parse-profile.js';
import { runtimeDefault } from '../../src/core/profile/runtime-default.js';
import { syscallNames } from '../../src/core/syscalls/syscall-table.js';
import { itNeeds } from '../support/require.js';

/** Decisions that changed between containerd 1.6.20 (Debian 12) and what the mirror follows. */
const SINCE = [
  ...['cachestat', 'fchmodat2', 'futex_requeue', 'futex_wait', 'futex_wake', 'getxattrat', 'listmount', 'listxattrat'],
  ...['map_shadow_stack', 'mseal', 'name_to_handle_at', 'process_vm_readv', 'process_vm_writev', 'removexattrat'],
  ...['lsm_get_self_attr', 'lsm_list_modules', 'lsm_set_self_attr'],
  ...['set_mempolicy_home_node', 'setxattrat', 'statmount', 'uretprobe'],
  ...['io_uring_enter', 'io_uring_register', 'io_uring_setup', 'socket'],
];

const isInstalled =
  process.getuid?.() === 0 && ['containerd', 'ctr'].every((name) => spawnSync(name, ['--version']).status === 0);
const withContainerd = itNeeds(isInstalled, 'containerd is not installed, or this is not root');

/** What containerd hands to the runtime for its default: a daemon of its own is asked, with another program in the runtime's place. */
async function defaultsOf(added: readonly (readonly string[])[]): Promise<readonly Profile[]> {
  const folder = mkdtempSync(join(tmpdir(), 'seccomply-containerd-'));
  const socket = join(folder, 'socket');
  const given = join(folder, 'given.json');
  const runtime = join(folder, 'runc');
  mkdirSync(join(folder, 'rootfs'));
  writeFileSync(
    join(folder, 'config.toml'),
    `version = 2\nroot = "${folder}/root"\nstate = "${folder}/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "${socket}"\n`,
  );
  writeFileSync(
    runtime,
    `#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --bundle ] && cp "$2/config.json" ${given}; shift; done\nexit 1\n`,
  );
  chmodSync(runtime, 0o755);
  const daemon = spawn('containerd', ['--config', join(folder, 'config.toml')], { stdio: 'ignore' });
  try {
    for (let i = 0; i < 200 && !existsSync(socket); i += 1) await sleep(50);
    return added.map((capabilities, i) => {
      rmSync(given, { force: true });
      const more = capabilities.flatMap((name) => ['--cap-add', name]);
      const container = ['--seccomp', '--runc-binary', runtime, ...more, '--rootfs', join(folder, 'rootfs'), `c${i}`];
      const { stderr } = spawnSync('ctr', ['--address', socket, 'run', ...container, '/bin/true'], {
        encoding: 'utf8',
        timeout: 30_000,
      });
      if (!existsSync(given)) throw new Error(`containerd made no container: ${stderr}`);
      const { profile } = parseProfile(JSON.stringify(JSON.parse(readFileSync(given, 'utf8')).linux.seccomp));
      if (profile === undefined) throw new Error("containerd's default cannot be read");
      return profile;
    });
  } finally {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
}

/** What containerd gives by default and conditions of its profile ask about. */
const HELD = ['CAP_SYS_CHROOT', 'CAP_AUDIT_WRITE'];

withContainerd('RuntimeDefault decides call by call as containerd does, apart from what changed since', async () => {
  const all = [[], ['CAP_SYS_ADMIN'], ['CAP_SYS_PTRACE', 'CAP_SYSLOG'], ['CAP_SYS_TIME'], ['CAP_BPF', 'CAP_PERFMON']];
  const theirs = await defaultsOf(all);
  const changed = new Set<string>();
  for (const [i, capabilities] of all.entries())
    for (const architecture of ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] as const) {
      const target = {
        architecture: 'SCMP_ARCH_X86_64',
        capabilities: [...HELD, ...capabilities],
        kernel: '6.1',
      } as const;
      const [a, b] = [theirs[i], plainProfile(runtimeDefault('containerd'), target)].map((profile) =>
        profile === undefined ? undefined : decisionsOf(profile, architecture),
      );
      if (a === undefined || b === undefined) throw new Error('a profile is missing');
      for (const name of syscallNames(architecture))
        if (decisionInWords(decisionFor(a, name)) !== decisionInWords(decisionFor(b, name))) changed.add(name);
    }
  expect([...changed].filter((name) => !SINCE.includes(name))).toEqual([]);
});
