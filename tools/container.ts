// Runs a command in a real container with a seccomp profile, by runc or crun and nothing above them. Root only.
// The container's /usr is the machine's own, so no image is needed.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Runtime = 'runc' | 'crun';

export interface ContainerOptions {
  readonly runtime: Runtime;
  readonly args: readonly string[];
  /** `linux.seccomp` as JSON text, as it stands; absent: no filter. Text, since a malformed profile must reach the runtime unchanged. */
  readonly seccomp?: string;
  readonly noNewPrivileges?: boolean;
  /** Default: what containerd gives a container. */
  readonly capabilities?: readonly string[];
  readonly uid?: number;
  /** Files to lay into the root folder before the start: path in the container → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Folders to make in the root folder, and their owner's uid. */
  readonly folders?: Readonly<Record<string, number>>;
  /** Programs of the machine to copy into the root folder: path in the container → path on the machine. */
  readonly programs?: Readonly<Record<string, string>>;
  /** A command that runs the runtime's commands, for example a tracer. */
  readonly wrap?: readonly string[];
}

export interface Finished {
  /** Null when it was killed: it did not end within the time given. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What containerd grants by default. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

const CGROUP2_MAGIC = 0x63677270;
let counter = 0;
const CLOCK = new Int32Array(new SharedArrayBuffer(4));

/** A container that is not started yet. `remove` must be called in the end. */
export class Container {
  readonly id: string;
  readonly folder: string;
  private readonly runtime: Runtime;
  private readonly wrap: readonly string[];
  private isStarted = false;

  constructor(options: ContainerOptions) {
    counter += 1;
    this.runtime = options.runtime;
    this.wrap = options.wrap ?? [];
    this.id = `seccomply-${process.pid}-${counter}`;
    this.folder = mkdtempSync(join(tmpdir(), 'seccomply-container-'));
    layRoot(this.folder, options);
    writeFileSync(join(this.folder, 'config.json'), configText(this.id, options));
  }

  /** The container's `/`, seen from the machine. */
  get root(): string {
    return join(this.folder, 'root');
  }

  /** Runs to the end. */
  run(timeoutMs = 60_000): Finished {
    return this.call(['run', '--bundle', this.folder, this.id], timeoutMs);
  }

  /** Starts it in the background; the container's folder gets the files stdout, stderr and, in the end, ended with the exit code. */
  start(): void {
    this.isStarted = true;
    const { command, args } = this.command(['run', '--bundle', this.folder, this.id]);
    const script = '"$@" >"$0/stdout" 2>"$0/stderr" </dev/null; echo $? >"$0/ended"';
    const child = spawn('sh', ['-c', script, this.folder, command, ...args], {
      stdio: 'ignore',
      detached: true,
    });
    child.unref();
  }

  exec(args: readonly string[], timeoutMs = 30_000, wrap: readonly string[] = []): Finished {
    return this.call(['exec', this.id, ...args], timeoutMs, wrap);
  }

  signal(name: string): Finished {
    return this.call(['kill', this.id, name], 30_000);
  }

  isRunning(): boolean {
    const { status, stdout } = this.call(['state', this.id], 30_000);
    return status === 0 && /"status": *"running"/.test(stdout);
  }

  /** Whether what `start` started is over and has left its exit code. */
  get hasEnded(): boolean {
    return existsSync(join(this.folder, 'ended'));
  }

  pid(): number {
    const { stdout } = this.call(['state', this.id], 30_000);
    return Number(/"pid": *(\d+)/.exec(stdout)?.[1] ?? 0);
  }

  output(): string {
    const read = (name: string) => {
      const path = join(this.folder, name);
      return existsSync(path) ? readFileSync(path, 'utf8') : '';
    };
    return `${read('stdout')}${read('stderr')}`;
  }

  remove(): void {
    this.call(['delete', '--force', this.id], 30_000);
    const end = Date.now() + 10_000;
    while (this.isStarted && !this.hasEnded && Date.now() < end) Atomics.wait(CLOCK, 0, 0, 5);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private call(args: readonly string[], timeoutMs: number, wrap: readonly string[] = []): Finished {
    const { command, args: all } = this.command(args, wrap);
    const { status, stdout, stderr } = spawnSync(command, all, {
      encoding: 'utf8',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 << 20,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { status, stdout, stderr };
  }

  private command(
    args: readonly string[],
    wrap: readonly string[] = [],
  ): { readonly command: string; readonly args: readonly string[] } {
    const [command = this.runtime, ...rest] = [...this.wrap, ...wrap, ...this.runtimeCommand(args)];
    return { command, args: rest };
  }

  private runtimeCommand(args: readonly string[]): readonly string[] {
    const own = ['--root', join(this.folder, 'state'), ...args];
    if (this.runtime === 'runc' || isUnifiedCgroup()) return [this.runtime, ...own];
    // crun refuses a machine with both cgroup versions: it gets a mount namespace where there is only the second.
    const script = 'umount -R -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec crun "$@"';
    return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'crun', ...own];
  }
}

/** Why containers cannot run here; undefined when they can. */
export function containersUnavailable(runtime: Runtime): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (spawnSync(runtime, ['--version'], { stdio: 'ignore' }).status !== 0) return `${runtime} is not installed`;
  return undefined;
}

export function runtimeVersion(runtime: Runtime): string {
  const { stdout } = spawnSync(runtime, ['--version'], { encoding: 'utf8' });
  return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

function isUnifiedCgroup(): boolean {
  return statfsSync('/sys/fs/cgroup').type === CGROUP2_MAGIC;
}

function layRoot(folder: string, options: ContainerOptions): void {
  const root = join(folder, 'root');
  for (const name of ['usr', 'etc', 'dev', 'proc', 'sys', 'tmp', 'run', 'var/log', 'var/lib', 'home']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) symlinkSync(`usr/${name}`, join(root, name));
  for (const name of [
    'passwd',
    'group',
    'nsswitch.conf',
    'ld.so.cache',
    'mime.types',
    'hosts',
    'services',
    'protocols',
  ]) {
    if (existsSync(`/etc/${name}`)) cpSync(`/etc/${name}`, join(root, 'etc', name));
  }
  for (const [path, uid] of Object.entries(options.folders ?? {})) {
    mkdirSync(join(root, path), { recursive: true });
    spawnSync('chown', ['-R', String(uid), join(root, path)]);
  }
  for (const [path, source] of Object.entries(options.programs ?? {})) cpSync(source, join(root, path));
  for (const [path, text] of Object.entries(options.files ?? {})) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function configText(id: string, options: ContainerOptions): string {
  const capabilities = options.capabilities ?? DEFAULT_CAPABILITIES;
  const held = options.uid === undefined || options.uid === 0 ? capabilities : [];
  const config = {
    ociVersion: '1.0.2',
    hostname: 'seccomply',
    root: { path: 'root', readonly: false },
    process: {
      terminal: false,
      user: { uid: options.uid ?? 0, gid: options.uid ?? 0 },
      args: options.args,
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/'],
      cwd: '/',
      noNewPrivileges: options.noNewPrivileges ?? false,
      capabilities: { bounding: capabilities, effective: held, permitted: held },
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
      },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666'],
      },
      {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'shm',
        options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
      },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['mode=1777'] },
      { destination: '/usr', type: 'none', source: '/usr', options: ['rbind', 'ro'] },
    ],
    linux: {
      cgroupsPath: `/seccomply/${id}`,
      namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      seccomp: PLACE,
    },
  };
  const text = JSON.stringify(config);
  return options.seccomp === undefined
    ? text.replace(`,"seccomp":"${PLACE}"`, '')
    : text.replace(`"${PLACE}"`, () => options.seccomp ?? '');
}

const PLACE = 'the profile goes here';
