import {
  NODE_CAPABILITIES,
  PROCESS_CAPABILITIES,
  TRACING_CAPABILITIES,
} from '../src/core/policy/values/host-capabilities.js';
import {
  CREDENTIAL_PLACES,
  HARMLESS_PATHS,
  type HostPlace,
  SOCKET_PLACES,
  WRITABLE_PLACES,
} from '../src/core/policy/values/host-paths.js';

/** docs/reference/host-access.md */
export function hostAccessReference(): string {
  return `${[
    '<!-- Made by tools/generate-host-access.mjs from src/core/policy/values; changes here are lost. -->',
    '# Host access',
    '',
    'What `require.hostAccess` takes for a way to the node, around every profile. What it does not see is in the',
    '[threat model](../explanation/threat-model.md#host-access).',
    '',
    'A mount of a `hostPath` volume counts where its path (with `subPath`; of `subPathExpr` the folder before the first variable) is at such a',
    'place, below it, or above it. `*` stands for any name or the rest of one. `/var/run` is `/run`. Where a path is in two rows, it counts by both.',
    '',
    '## Writable mounts',
    'Whoever writes here decides what runs as root on the node.',
    '',
    ...table(WRITABLE_PLACES),
    '',
    'A writable `hostPath` of `type: BlockDevice` counts wherever it is.',
    '',
    '## Mounts that are read-only, too: sockets',
    'A read-only mount does not keep `connect` from a socket, neither one of the socket nor one of a folder above it.',
    '',
    ...table(SOCKET_PLACES),
    '',
    '## Mounts that are read-only, too: credentials',
    '',
    ...table(CREDENTIAL_PLACES),
    '',
    '## Mounts of the processes of the node',
    'Links below `/proc/<process>` (`root`, `cwd`, `exe`, `fd`, `map_files`, `ns`), and `/dev/fd`, `/dev/stdin`, `/dev/stdout`, `/dev/stderr`, which are',
    'such links: they lead wherever a process of the node is. A read-only mount of `/proc` or of one process in it counts with `SYS_PTRACE`, which',
    'follows the same links.',
    '',
    '## Below these places, and no way to the node',
    HARMLESS_PATHS.map((path) => `\`${path}\``).join(', '),
    '',
    '## Capabilities',
    'Added ones. With `hostUsers: false` they reach only what the pod has, and do not count.',
    '',
    '| capability | why |',
    '|---|---|',
    ...[...NODE_CAPABILITIES].map(([name, why]) => `| \`${name}\` | ${why} |`),
    `| ${code(TRACING_CAPABILITIES)} together | programs of BPF read the memory of the kernel and of every process of the node |`,
    `| ${code(PROCESS_CAPABILITIES)} or \`privileged\`, with \`hostPID\` | they enter the processes of the node |`,
    '| `procMount: Unmasked` without `hostUsers: false` | `/proc/sys` is writable in the container |',
    '',
    'A privileged container without `hostPID` is what `require.privileged` judges.',
  ].join('\n')}\n`;
}

function table(places: readonly HostPlace[]): readonly string[] {
  return [
    '| what it is | why | paths |',
    '|---|---|---|',
    ...places.map(({ what, why, paths }) => `| ${what} | ${why} | ${code(paths)} |`),
  ];
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
