import { names } from '../../core/manifests/names.js';
import {
  address,
  bytes,
  duration,
  httpsUrl,
  oneOfWords,
  profilesOrOff,
  type Reader,
  text,
  texts,
  wholeNumber,
  yesOrNo,
} from './value.js';

export const processNames = ['serve', 'webhook', 'controller'] as const;

export type ProcessName = (typeof processNames)[number];

/** One text for all processes, or one for each that has one. */
export type ByProcess = string | Readonly<Partial<Record<ProcessName, string>>>;

export interface Setting<T> {
  /** The processes that take it; to the others its flag and its key are a mistake. */
  readonly processes: readonly ProcessName[];
  /** What the flag takes, e.g. `HOST:PORT`; a trailing `…` means several; empty: the flag alone says yes. */
  readonly takes: string;
  readonly read: Reader<T>;
  /** As a person would write it; absent: the setting may be left out. */
  readonly default?: ByProcess;
  readonly description: ByProcess;
  /** Where another name is the custom of Kubernetes. */
  readonly variable?: string;
}

const admission = ['serve', 'webhook'] as const;
const controller = ['controller'] as const;
/** Those that go by policies. */
const judging = [...admission, ...controller] as const;

const ofAdmission = <const T extends string>(one: T) => ({ serve: one, webhook: one });

const mebibyte = 1_048_576;

/**
 * Every setting, by the name it has in the program. From it come the flag (`tlsCert` → `--tls-cert`), the variable
 * (`SECCOMPLY_TLS_CERT`), the key in `--config FILE` (`tlsCert` or `tls-cert`) and the page docs/reference/configuration.md.
 */
export const settings = {
  listen: {
    processes: processNames,
    takes: 'HOST:PORT',
    read: address,
    default: { serve: '127.0.0.1:8443', webhook: '127.0.0.1:8443', controller: '127.0.0.1:9443' },
    description: {
      ...ofAdmission('Where to answer. Port 0 takes a free port and prints it; an IPv6 address stands in brackets.'),
      controller: 'Where health and metrics are, HTTPS. Port 0 takes a free port and prints it.',
    },
  },
  adminListen: {
    processes: admission,
    takes: 'HOST:PORT',
    read: address,
    description:
      'Health, metrics and pages on an address of their own; --listen then answers admission and health only. HTTPS with the same certificate.',
  },
  policies: {
    processes: admission,
    takes: 'PATH…',
    read: texts,
    description:
      'Policies and exemptions: files or folders. Without it the demo set is served from a copy under --data.',
  },
  data: {
    processes: processNames,
    takes: 'DIR',
    read: text,
    default: '.seccomply',
    description: {
      ...ofAdmission('Everything that is written goes here: tls/, audit/, the copy of the demo set.'),
      controller: 'Everything that is written goes here: audit/, and tls/ where --certificates is not self-managed.',
    },
  },
  profiles: {
    processes: admission,
    takes: 'PATH…',
    read: texts,
    description: 'Catalogue profiles: files or folders. Without it the profiles that come with the program.',
  },
  baseline: {
    processes: judging,
    takes: 'LIST|off',
    read: profilesOrOff,
    default: 'RuntimeDefault,*,Localhost/**,Unset',
    description: 'What the built-in requirement allows on every container, beside the policies; off takes it away.',
  },
  runtimeDefault: {
    processes: judging,
    takes: 'RUNTIME',
    read: oneOfWords('any', 'containerd', 'crio'),
    default: 'any',
    description:
      'Whose default RuntimeDefault means on the nodes: containerd, crio, or any of them. A profile is within it when it allows nothing that the default refuses; any asks for both.',
  },
  longestExemption: {
    processes: judging,
    takes: 'SPAN',
    read: duration({ min: 86_400_000, max: 3_650 * 86_400_000 }),
    default: '90d',
    description: 'How far ahead the date of an exemption may be; one beyond it does nothing yet.',
  },
  tlsCert: {
    processes: admission,
    takes: 'FILE',
    read: text,
    description:
      'Certificate to serve, PEM, leaf first. With --tls-key; without both, development certificates are made.',
  },
  tlsKey: {
    processes: admission,
    takes: 'FILE',
    read: text,
    description: 'Private key of --tls-cert, PEM.',
  },
  tlsCa: {
    processes: admission,
    takes: 'FILE',
    read: text,
    description: 'The authority clients need to trust --tls-cert; printed at start and checked against the chain.',
  },
  tlsNames: {
    processes: admission,
    takes: 'NAME…',
    read: texts,
    description: 'More DNS names and addresses for the development certificate, e.g. the name of a Service.',
  },
  tlsMinVersion: {
    processes: admission,
    takes: '1.2|1.3',
    read: oneOfWords('1.3', '1.2'),
    default: '1.3',
    description: 'Oldest TLS version that is accepted.',
  },
  tlsSecret: {
    processes: admission,
    takes: 'NAMESPACE/NAME',
    read: text,
    description:
      'In a cluster: a Secret with tls.crt and tls.key that somebody else fills (cert-manager, a PKI of your own). Without it and without --tls-cert the certificate is made under the authority that the controller keeps.',
  },
  cluster: {
    processes: admission,
    takes: 'auto|on|off',
    read: oneOfWords('auto', 'on', 'off'),
    default: { serve: 'off', webhook: 'auto' },
    description:
      'Take policies, exemptions, profiles and namespace labels from a cluster, too, and write Events there. auto: in a pod, or when --kubeconfig is given. serve never does.',
  },
  kubeconfig: {
    processes: processNames,
    takes: 'FILE',
    read: text,
    description: {
      ...ofAdmission(
        'The cluster to work with, for a webhook outside of it. In a pod its own service account is taken.',
      ),
      controller:
        'Whose cluster. Without it that of the pod, outside of one that of KUBECONFIG, else of ~/.kube/config.',
    },
  },
  context: {
    processes: controller,
    takes: 'NAME',
    read: text,
    description: 'A context of the kubeconfig file. Without it the current one.',
  },
  namespace: {
    processes: controller,
    takes: 'NAME',
    read: text,
    default: names.namespace,
    description: 'The namespace of the installation.',
    variable: 'POD_NAMESPACE',
  },
  identity: {
    processes: controller,
    takes: 'NAME',
    read: text,
    description:
      'What this process is called in the Lease; nobody else may be called so. Without it the host name and something random.',
    variable: 'POD_NAME',
  },
  certificates: {
    processes: controller,
    takes: 'HOW',
    read: oneOfWords('self-managed', 'cert-manager', 'secret'),
    default: 'self-managed',
    description: 'Who makes the certificate of the webhook: self-managed, cert-manager or secret.',
  },
  webhookUrl: {
    processes: controller,
    takes: 'URL',
    read: httpsUrl,
    description: 'A webhook outside the cluster, for the registration.',
  },
  vap: {
    processes: controller,
    takes: '',
    read: yesOrNo,
    description: 'Keep the policies as admission policies of the API server, too.',
  },
  interval: {
    processes: controller,
    takes: 'SPAN',
    read: duration({ min: 100, max: 600_000 }),
    default: '10s',
    description: 'Between two looks at certificates and registration.',
  },
  clientCa: {
    processes: admission,
    takes: 'FILE',
    read: text,
    description: 'The authority of the certificates that callers of /mutate and /validate are asked for (PEM).',
  },
  clientCertificates: {
    processes: admission,
    takes: 'WHEN',
    read: oneOfWords('optional', 'required'),
    description:
      'Whether /mutate and /validate refuse callers without a certificate of --client-ca (required, the default), or answer them too and only record who was not authenticated (optional).',
  },
  clientNames: {
    processes: admission,
    takes: 'NAME…',
    read: texts,
    description: 'Common names that count, e.g. kube-apiserver. Without it any certificate that --client-ca signed.',
  },
  shutdownDelay: {
    processes: admission,
    takes: 'SPAN',
    read: duration({ max: 20_000 }),
    default: { serve: '0s', webhook: '10s' },
    description: 'How long to go on answering after SIGTERM, while the Service moves its endpoints.',
  },
  deadline: {
    processes: admission,
    takes: 'SPAN',
    read: duration({ min: 50, max: 30_000 }),
    default: '2500ms',
    description: "Longest time for one answer; the call's own ?timeout= lowers it.",
  },
  bodyLimit: {
    processes: admission,
    takes: 'BYTES',
    read: bytes({ min: 16_384, max: 256 * mebibyte }),
    default: '20MiB',
    description: 'Largest request body; a larger one is denied, and the denial recorded.',
  },
  inFlightLimit: {
    processes: admission,
    takes: 'BYTES',
    read: bytes({ min: mebibyte, max: 4_096 * mebibyte }),
    default: '64MiB',
    description:
      'Bytes of request bodies held at once; beyond it the answer is 503. An eighth is kept for bodies up to 256 KiB.',
  },
  auditLimit: {
    processes: admission,
    takes: 'BYTES',
    read: bytes({ min: mebibyte, max: 1_048_576 * mebibyte }),
    description:
      'Bytes that the folder of audit records may take, so that a flood fills no disk; at once a namespace may take a sixteenth of them. Beyond it denials stay denials, without a record, exemptions let nothing through, and readiness says so.',
  },
  jsonDepth: {
    processes: admission,
    takes: 'LEVELS',
    read: wholeNumber({ min: 64, max: 10_000 }),
    default: '512',
    description: 'Deepest nesting of a request body.',
  },
  logLevel: {
    processes: processNames,
    takes: 'LEVEL',
    read: oneOfWords('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    description: 'What goes to the log on stderr: debug, info, warn, error or silent.',
  },
  logFormat: {
    processes: processNames,
    takes: 'json|text',
    read: oneOfWords('json', 'text'),
    default: { serve: 'text', webhook: 'json', controller: 'json' },
    description: 'JSON lines for machines, or lines for people.',
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** `tlsCert` → `tls-cert`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `tlsCert` → `SECCOMPLY_TLS_CERT`, but for the few whose variable has another name. */
export function variable(name: SettingName): string {
  const { variable: own }: Setting<unknown> = settings[name];
  return own ?? `SECCOMPLY_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}

export function isTakenBy(name: SettingName, process: ProcessName): boolean {
  const { processes }: Setting<unknown> = settings[name];
  return processes.includes(process);
}

export function defaultOf(name: SettingName, process: ProcessName): string | undefined {
  const { default: value }: Setting<unknown> = settings[name];
  return forProcess(value, process);
}

export function descriptionOf(name: SettingName, process: ProcessName): string {
  const { description }: Setting<unknown> = settings[name];
  return forProcess(description, process) ?? '';
}

function forProcess(value: ByProcess | undefined, process: ProcessName): string | undefined {
  return typeof value === 'object' ? value[process] : value;
}
