import { address, bytes, duration, oneOfWords, profilesOrOff, type Reader, text, texts, wholeNumber } from './value.js';

/** The roles that take these settings. */
export type Role = 'serve' | 'webhook';

export interface Setting<T> {
  /** What the flag takes, e.g. `HOST:PORT`; a trailing `…` means several. */
  readonly takes: string;
  readonly read: Reader<T>;
  /** As a person would write it; absent: the setting may be left out. */
  readonly default?: string | Readonly<Record<Role, string>>;
  readonly description: string;
}

type Default = NonNullable<Setting<unknown>['default']>;

function setting<T>(one: Setting<T> & { readonly default: Default }): Setting<T> & { readonly default: Default };
function setting<T>(one: Setting<T>): Setting<T>;
function setting<T>(one: Setting<T>): Setting<T> {
  return one;
}

const mebibyte = 1_048_576;

/**
 * Every setting, by the name it has in the program. From it come the flag (`tlsCert` → `--tls-cert`), the variable
 * (`SECCOMPLY_TLS_CERT`), the key in `--config FILE` (`tlsCert` or `tls-cert`) and the page docs/reference/configuration.md.
 */
export const settings = {
  listen: setting({
    takes: 'HOST:PORT',
    read: address,
    default: '127.0.0.1:8443',
    description: 'Where to answer. Port 0 takes a free port and prints it; an IPv6 address stands in brackets.',
  }),
  adminListen: setting({
    takes: 'HOST:PORT',
    read: address,
    description:
      'Health, metrics and pages on an address of their own; --listen then answers admission and health only. HTTPS with the same certificate.',
  }),
  policies: setting({
    takes: 'PATH…',
    read: texts,
    description:
      'Policies and exemptions: files or folders. Without it the demo set is served from a copy under --data.',
  }),
  data: setting({
    takes: 'DIR',
    read: text,
    default: '.seccomply',
    description: 'Everything that is written goes here: tls/, audit/, the copy of the demo set.',
  }),
  profiles: setting({
    takes: 'PATH…',
    read: texts,
    description: 'Catalogue profiles: files or folders. Without it the profiles that come with the program.',
  }),
  baseline: setting({
    takes: 'LIST|off',
    read: profilesOrOff,
    default: 'RuntimeDefault,*,Localhost/**,Unset',
    description: 'What the built-in requirement allows on every container, beside the policies; off takes it away.',
  }),
  longestExemption: setting({
    takes: 'SPAN',
    read: duration({ min: 86_400_000, max: 3_650 * 86_400_000 }),
    default: '90d',
    description: 'How far ahead the date of an exemption may be; one beyond it does nothing yet.',
  }),
  tlsCert: setting({
    takes: 'FILE',
    read: text,
    description:
      'Certificate to serve, PEM, leaf first. With --tls-key; without both, development certificates are made.',
  }),
  tlsKey: setting({ takes: 'FILE', read: text, description: 'Private key of --tls-cert, PEM.' }),
  tlsCa: setting({
    takes: 'FILE',
    read: text,
    description: 'The authority clients need to trust --tls-cert; printed at start and checked against the chain.',
  }),
  tlsNames: setting({
    takes: 'NAME…',
    read: texts,
    description: 'More DNS names and addresses for the development certificate, e.g. the name of a Service.',
  }),
  tlsMinVersion: setting({
    takes: '1.2|1.3',
    read: oneOfWords('1.3', '1.2'),
    default: '1.3',
    description: 'Oldest TLS version that is accepted.',
  }),
  tlsSecret: setting({
    takes: 'NAMESPACE/NAME',
    read: text,
    description:
      'In a cluster: a Secret with tls.crt and tls.key that somebody else fills (cert-manager, a PKI of your own). Without it and without --tls-cert the certificate is made under the authority that the controller keeps.',
  }),
  cluster: setting({
    takes: 'auto|on|off',
    read: oneOfWords('auto', 'on', 'off'),
    default: { serve: 'off', webhook: 'auto' },
    description:
      'Take policies, exemptions, profiles and namespace labels from a cluster, too, and write Events there. auto: in a pod, or when --kubeconfig is given. serve never does.',
  }),
  kubeconfig: setting({
    takes: 'FILE',
    read: text,
    description: 'The cluster to work with, for a webhook outside of it. In a pod its own service account is taken.',
  }),
  clientCa: setting({
    takes: 'FILE',
    read: text,
    description: 'Only clients with a certificate of this authority may call /mutate and /validate.',
  }),
  clientNames: setting({
    takes: 'NAME…',
    read: texts,
    description:
      'Common names a client certificate may have, e.g. kube-apiserver. Without it any that --client-ca signed.',
  }),
  shutdownDelay: setting({
    takes: 'SPAN',
    read: duration({ max: 20_000 }),
    default: { serve: '0s', webhook: '10s' },
    description: 'How long to go on answering after SIGTERM, while the Service moves its endpoints.',
  }),
  deadline: setting({
    takes: 'SPAN',
    read: duration({ min: 50, max: 30_000 }),
    default: '2500ms',
    description: "Longest time for one answer; the call's own ?timeout= lowers it.",
  }),
  bodyLimit: setting({
    takes: 'BYTES',
    read: bytes({ min: 16_384, max: 256 * mebibyte }),
    default: '20MiB',
    description: 'Largest request body; a larger one is denied, and the denial recorded.',
  }),
  inFlightLimit: setting({
    takes: 'BYTES',
    read: bytes({ min: mebibyte, max: 4_096 * mebibyte }),
    default: '64MiB',
    description:
      'Bytes of request bodies held at once; beyond it the answer is 503. An eighth is kept for bodies up to 256 KiB.',
  }),
  auditLimit: setting({
    takes: 'BYTES',
    read: bytes({ min: mebibyte, max: 1_048_576 * mebibyte }),
    description:
      'Bytes that the folder of audit records may take, so that a flood fills no disk. Beyond it denials stay denials, without a record, exemptions let nothing through, and readiness says so.',
  }),
  jsonDepth: setting({
    takes: 'LEVELS',
    read: wholeNumber({ min: 64, max: 10_000 }),
    default: '512',
    description: 'Deepest nesting of a request body.',
  }),
  logLevel: setting({
    takes: 'LEVEL',
    read: oneOfWords('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    description: 'What goes to the log on stderr: debug, info, warn, error or silent.',
  }),
  logFormat: setting({
    takes: 'json|text',
    read: oneOfWords('json', 'text'),
    default: { serve: 'text', webhook: 'json' },
    description: 'JSON lines for machines, or lines for people.',
  }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** `tlsCert` → `tls-cert`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `tlsCert` → `SECCOMPLY_TLS_CERT`. */
export function variable(name: string): string {
  return `SECCOMPLY_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}

export function defaultOf(name: SettingName, role: Role): string | undefined {
  const { default: value }: Setting<unknown> = settings[name];
  return typeof value === 'object' ? value[role] : value;
}
