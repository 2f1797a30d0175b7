import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_KERNEL, type NodeTarget } from '../../core/outcomes/node-target.js';
import { normalCapabilities } from '../../core/profile/conditions.js';
import { ARCHITECTURES, type Architecture } from '../../core/syscalls/architectures.js';
import { didYouMean } from '../../core/text/did-you-mean.js';

/** The names that Go, Debian and uname use. */
const OTHER_NAMES: Readonly<Record<string, Architecture>> = {
  amd64: 'SCMP_ARCH_X86_64',
  'x86-64': 'SCMP_ARCH_X86_64',
  386: 'SCMP_ARCH_X86',
  i386: 'SCMP_ARCH_X86',
  i686: 'SCMP_ARCH_X86',
  arm64: 'SCMP_ARCH_AARCH64',
  armhf: 'SCMP_ARCH_ARM',
  armv7l: 'SCMP_ARCH_ARM',
  ppc64el: 'SCMP_ARCH_PPC64LE',
};

/** `SCMP_ARCH_X86_64`, `x86_64` or `amd64`; undefined for anything else. */
export function architectureOf(word: string): Architecture | undefined {
  const name = word.toUpperCase();
  return (
    ARCHITECTURES.find((architecture) => architecture === name || architecture === `SCMP_ARCH_${name}`) ??
    (Object.hasOwn(OTHER_NAMES, word.toLowerCase()) ? OTHER_NAMES[word.toLowerCase()] : undefined)
  );
}

export function parseArchitecture(word: string): Architecture {
  const found = architectureOf(word);
  if (found !== undefined) return found;
  const near = didYouMean(word, ARCHITECTURES);
  throw new InvalidArgumentError(
    near === undefined ? `Write one of ${ARCHITECTURES.join(', ')}.` : `Did you mean ${near}?`,
  );
}

export function architectureOption(description: string): Option {
  return new Option('--arch <architecture>', description).argParser(parseArchitecture);
}

/** What conditions of Docker's format ask about, beside the architecture. */
export interface ConditionOptions {
  readonly cap: readonly string[];
  readonly kernel?: string;
}

export function addConditionOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--cap <capability>', 'a capability that the container adds, e.g. SYS_ADMIN; may be given again')
        .argParser(addCapability)
        .default([], 'none'),
    )
    .addOption(new Option('--kernel <version>', `the node's kernel (default: ${DEFAULT_KERNEL})`).argParser(kernel));
}

export function settingOf(architecture: Architecture, options: ConditionOptions): NodeTarget {
  return { architecture, capabilities: options.cap, kernel: options.kernel ?? DEFAULT_KERNEL };
}

function addCapability(word: string, before: readonly string[]): readonly string[] {
  const names = word.split(',').filter((name) => name.trim() !== '');
  for (const name of names) {
    if (!/^[A-Za-z][A-Za-z_0-9]*$/.test(name.trim()))
      throw new InvalidArgumentError('A capability is written like CAP_SYS_ADMIN or SYS_ADMIN.');
    const [normal = ''] = normalCapabilities([name]);
    if (normal !== 'ALL' && !CAPABILITIES.has(normal)) {
      const near = didYouMean(normal, CAPABILITIES);
      throw new InvalidArgumentError(
        `Linux has no capability ${normal}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
      );
    }
  }
  return [...new Set([...before, ...normalCapabilities(names)])].sort();
}

function kernel(word: string): string {
  if (!/^\d+\.\d+/.test(word)) throw new InvalidArgumentError('Write it like 6.1, as uname -r says it.');
  return word;
}

const CAPABILITIES: ReadonlySet<string> = new Set(
  (
    'AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID ' +
    'IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW ' +
    'PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE ' +
    'SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM'
  )
    .split(' ')
    .map((name) => `CAP_${name}`),
);
