import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CRIO_READINGS, type CrioReading } from '../core/profile/crio-readings.js';
import { itNeeds } from '../support/require.js';

/** What CRI-O gives a container; Podman gives more. */
const CAPABILITIES = 'CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,NET_BIND_SERVICE,SETGID,SETPCAP,SETUID';

const isInstalled = process.getuid?.() === 0 && spawnSync('podman', ['--version'], { stdio: 'ignore' }).status === 0;
const withPodman = itNeeds(isInstalled, 'podman is not installed, or this is not root');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-podman-'));
  mkdirSync(join(folder, 'root'));
  // In the place of the runtime: it keeps the config.json that it is given.
  writeFileSync(
    join(folder, 'crun'),
    `#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --bundle ] && cp "$2/config.json" ${folder}/given.json; shift; done\nexit 1\n`,
  );
  chmodSync(join(folder, 'crun'), 0o755);
});
// Podman's own clean-up goes on for a moment.
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));

function podman(args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const own = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')];
  const engine = ['--runtime', join(folder, 'crun'), '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs'];
  return spawnSync('podman', [...own, ...engine, '--events-backend', 'none', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, XDG_RUNTIME_DIR: folder },
  });
}

function handed({ profile, capabilities = [] }: CrioReading): CrioReading['handed'] {
  const file = join(folder, 'profile.json');
  const given = join(folder, 'given.json');
  rmSync(given, { force: true });
  writeFileSync(file, JSON.stringify(profile));
  const added = capabilities.flatMap((name) => ['--cap-add', name]);
  const container = ['--network', 'none', '--cgroups', 'disabled', '--security-opt', `seccomp=${file}`];
  const held = ['--cap-drop', 'ALL', '--cap-add', CAPABILITIES, ...added];
  const created = podman(['create', ...container, ...held, '--rootfs', join(folder, 'root'), '/bin/true']);
  if (created.stderr.includes('loading seccomp profile')) return 'refused';
  const id = created.stdout.trim();
  podman(['init', id]);
  podman(['rm', '--force', '--time', '0', id]);
  if (!existsSync(given)) throw new Error(`podman made no container: ${created.stderr}`);
  return JSON.parse(readFileSync(given, 'utf8')).linux.seccomp ?? 'nothing';
}

for (const row of CRIO_READINGS)
  withPodman(`${row.what}: what Podman hands to the runtime`, () => {
    expect(handed(row)).toEqual(row.handed);
  });
