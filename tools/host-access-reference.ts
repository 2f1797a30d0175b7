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
    'Paths are those of known distributions: data folders of others have to be kept out otherwise (PSS `baseline` takes no host path at all).',
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
    '## Host paths below one that the pod can write',
    'A `hostPath` below a folder that any container of the pod mounts writable counts wherever it is, read-only, too (`/tmp` and `/tmp/x`): the runtime',
    'follows links in it, and who writes the folder can put one there that leads to `/`. What is mounted as a `subPath` of the upper volume',
    'does not: the kubelet keeps a `subPath` within its volume.',
    '',
    '## The processes of the node',
    'Links below `/proc/<process>` (`root`, `cwd`, `exe`, `fd`, `map_files`, `ns`), and `/dev/fd`, `/dev/stdin`, `/dev/stdout`, `/dev/stderr`, which are',
    'such links, lead wherever a process of the node is. A mount of one counts.',
    '',
    '`hostPID`, and a read-only mount of `/proc` or of a process in it (`/proc/1`, `/proc/1/task`), count for a container that follows such links:',
    '- with one of the capabilities below; for the mounts `SYS_PTRACE`, and not with `hostUsers: false`;',
    '- or as root. With `SETUID`, which containers have, root becomes any user, and a user opens the root file system of his processes on the node where they',
    '  have no capability more (that takes no `SYS_PTRACE`); `DAC_OVERRIDE`, which containers have, too, writes there. AppArmor and SELinux stop',
    '  it where the node confines containers by them, which a pod does not show.',
    '',
    "No root is a container with `runAsNonRoot: true` or a `runAsUser` that is not 0, its own or else the pod's, and root with `drop: [ALL]` and no",
    '`SETUID` added becomes nobody else. Where only the image says who it is, it counts: `runAsNonRoot: true` makes the kubelet look. A mount of',
    '`/proc` by a privileged container is what `require.privileged` judges.',
    '',
    '## Below these places, and no way to the node',
    HARMLESS_PATHS.map((path) => `\`${path}\``).join(', '),
    '',
    '## Capabilities',
    'Added ones. With `hostUsers: false` they reach only what the pod has, and do not count. (That takes nodes that do user namespaces:',
    'Kubernetes before 1.33 without the feature gate, or with an older runtime, can start such a pod without one.)',
    '',
    '| capability | why |',
    '|---|---|',
    ...[...NODE_CAPABILITIES].map(([name, why]) => `| \`${name}\` | ${why} |`),
    `| ${code(TRACING_CAPABILITIES)} together | programs of BPF read the memory of the kernel and of every process of the node |`,
    `| ${code(PROCESS_CAPABILITIES)}, \`privileged\` or root, with \`hostPID\` | they enter the [processes of the node](#the-processes-of-the-node) |`,
    '| `procMount: Unmasked` without `hostUsers: false` | `/proc/sys` is writable in the container |',
    '',
    'A privileged container without `hostPID` is what `require.privileged` judges, whatever its capabilities and `procMount` are.',
    '',
    '## In exported admission policies',
    '`seccomply policy export` writes the same tables and conditions in CEL. The API server bounds what an expression may cost, and the whole of it grows with',
    'the mounts times the volumes of a pod: 150 mounts of 150 host paths are within it. Of a pod that is beyond it nothing is judged; it is refused where the',
    'policy says `Deny`, and let through with no word where it warns or audits.',
  ].join('\n')}\n`;
}

function table(places: readonly HostPlace[]): readonly string[] {
  return [
    '| what it is | why | paths |',
    '|---|---|---|',
    ...places.map(
      ({ what, why, paths, notFromAbove }) =>
        `| ${what} | ${why} | ${code(paths)}${notFromAbove ? '; mounts above do not count' : ''} |`,
    ),
  ];
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
