import { installObjects } from '../../src/core/manifests/install-objects.js';
import { defaultInstall, type InstallOptions } from '../../src/core/manifests/install-options.js';
import { generatedBy, inGroups, keyOf, yamlOf } from './yaml.js';

/** What a value of the chart is called, and the text or number that stands for it while the objects are rendered. */
const placeholders: readonly (readonly [stand: string, template: string])[] = [
  ['chart-image', '{{ .Values.image.repository }}:{{ .Values.image.tag }}'],
  ['chart-pull-policy', '{{ .Values.image.pullPolicy }}'],
  ['chart-namespace', '{{ .Release.Namespace }}'],
  ['chart-priority', '{{ .Values.priorityClassName }}'],
  ['chart-log-level', '{{ .Values.logLevel }}'],
  ['chart-certificates', '{{ .Values.certificates }}'],
  ['chart-client-certificates', '{{ .Values.webhook.clientCertificates.mode }}'],
  ['chart-client-names', '{{ .Values.webhook.clientCertificates.names | quote }}'],
  ['chart-api-server-peers', '{{ .Values.networkPolicy.apiServerPeers | toJson }}'],
  ['chart-metrics-peers', '{{ .Values.networkPolicy.metricsPeers | toJson }}'],
  ['987001', '{{ .Values.webhook.replicas }}'],
  ['987002', '{{ .Values.controller.replicas }}'],
  ...(['webhook', 'controller'] as const).flatMap((component) =>
    ['requests.cpu', 'requests.memory', 'limits.memory'].map(
      (path) => [`chart-${component}-${path}`, `{{ .Values.${component}.resources.${path} | quote }}`] as const,
    ),
  ),
];

const resources = (component: string) => ({
  requests: { cpu: `chart-${component}-requests.cpu`, memory: `chart-${component}-requests.memory` },
  limits: { memory: `chart-${component}-limits.memory` },
});

/** Stands for a list that Helm writes as JSON. */
const peers = (stand: string) => stand as unknown as InstallOptions['apiServerPeers'];

/** Everything switched on. */
const full: InstallOptions = {
  namespace: 'chart-namespace',
  image: 'chart-image',
  imagePullPolicy: 'chart-pull-policy',
  webhookReplicas: 987001,
  controllerReplicas: 987002,
  certificates: 'cert-manager',
  clientCertificates: 'chart-client-certificates' as InstallOptions['clientCertificates'],
  clientNames: 'chart-client-names',
  priorityClassName: 'chart-priority',
  logLevel: 'chart-log-level',
  webhookResources: resources('webhook'),
  controllerResources: resources('controller'),
  networkPolicy: true,
  apiServerPeers: peers('chart-api-server-peers'),
  metricsPeers: peers('chart-metrics-peers'),
  highAvailability: true,
  monitoring: true,
  admissionPolicies: true,
};

/** What can be switched off, each with its condition and the options without it. */
const switches: readonly { readonly condition: string; readonly on: InstallOptions; readonly off: InstallOptions }[] = [
  { condition: '.Values.networkPolicy.enabled', on: full, off: { ...full, networkPolicy: false } },
  { condition: '.Values.networkPolicy.apiServerPeers', on: full, off: { ...full, apiServerPeers: [] } },
  { condition: '.Values.networkPolicy.metricsPeers', on: full, off: { ...full, metricsPeers: [] } },
  {
    condition: 'ne .Values.webhook.clientCertificates.mode "none"',
    on: full,
    off: { ...full, clientCertificates: 'none' },
  },
  { condition: '.Values.highAvailability.enabled', on: full, off: { ...full, highAvailability: false } },
  { condition: '.Values.monitoring.enabled', on: full, off: { ...full, monitoring: false } },
  { condition: '.Values.admissionPolicies.enabled', on: full, off: { ...full, admissionPolicies: false } },
  { condition: '.Values.priorityClassName', on: full, off: { ...full, priorityClassName: '' } },
  {
    condition: 'eq .Values.certificates "cert-manager"',
    on: full,
    off: { ...full, certificates: 'secret' },
  },
  {
    condition: 'ne .Values.certificates "self-managed"',
    on: { ...full, certificates: 'secret' },
    off: { ...full, certificates: 'self-managed' },
  },
];

/** What values.yaml says of an installation: the chart with these values makes the objects of these options. */
export function valuesOf(options: InstallOptions): object {
  const [repository, tag] = splitImage(options.image);
  const { webhookReplicas, webhookResources, controllerReplicas, controllerResources } = options;
  return {
    image: { repository, tag, pullPolicy: options.imagePullPolicy },
    webhook: {
      replicas: webhookReplicas,
      resources: webhookResources,
      clientCertificates: { mode: options.clientCertificates, names: options.clientNames },
    },
    controller: { replicas: controllerReplicas, resources: controllerResources },
    certificates: options.certificates,
    priorityClassName: options.priorityClassName,
    logLevel: options.logLevel,
    networkPolicy: {
      enabled: options.networkPolicy,
      apiServerPeers: options.apiServerPeers,
      metricsPeers: options.metricsPeers,
    },
    highAvailability: { enabled: options.highAvailability },
    monitoring: { enabled: options.monitoring },
    admissionPolicies: { enabled: options.admissionPolicies },
    crds: { install: true },
  };
}

/** The Helm chart; text by path below manifests/chart. The namespace is Helm's to make. */
export function chartFiles(version: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  files.set(
    'Chart.yaml',
    generatedBy +
      yamlOf({
        apiVersion: 'v2',
        name: 'seccomply',
        description: 'The right seccomp profile on every container: admission webhook, controller, policies.',
        type: 'application',
        version,
        appVersion: version,
        kubeVersion: '>=1.30.0-0',
      }),
  );
  files.set('values.yaml', commentedValues());
  files.set('templates/NOTES.txt', notes);
  const variants = switches.map(({ condition, on, off }) => ({ condition, on: textsOf(on), off: textsOf(off) }));
  for (const [group, objects] of inGroups(installObjects(full))) {
    const documents = objects
      .filter(({ kind }) => kind !== 'Namespace')
      .map((object) => templateOf(keyOf(object), textOf(object), variants));
    if (documents.length === 0) continue;
    const text = documents.map((document) => `---\n${document}`).join('');
    files.set(`templates/${group}.yaml`, group === 'crds' ? wrapped('.Values.crds.install', text) : text);
  }
  return files;
}

interface Variant {
  readonly condition: string;
  readonly on: ReadonlyMap<string, string>;
  readonly off: ReadonlyMap<string, string>;
}

function textsOf(options: InstallOptions): ReadonlyMap<string, string> {
  return new Map(installObjects(options).map((object) => [keyOf(object), textOf(object)]));
}

/** With one placeholder for what the option `certificates` may be: switches read that option, so it cannot be one itself. */
function textOf(object: object): string {
  return yamlOf(object).replace(/^( *value: )(?:self-managed|cert-manager|secret)$/m, '$1chart-certificates');
}

function templateOf(key: string, text: string, variants: readonly Variant[]): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const before = new Map<number, string[]>();
  const after = new Map<number, string[]>();
  let whole: string | undefined;
  for (const { condition, on, off } of variants) {
    const with_ = on.get(key);
    const without = off.get(key);
    if (with_ === without || with_ === undefined) continue;
    if (without === undefined) {
      whole = condition;
      continue;
    }
    if (with_ !== text) throw new Error(`${key} depends on two switches in the same place`);
    for (const { from, to, instead } of hunks(lines, without.replace(/\n$/, '').split('\n'))) {
      const opening = from === to ? [] : [`{{- if ${condition} }}`];
      if (from === to) {
        before.set(from, [
          ...(before.get(from) ?? []),
          `{{- if not (${condition}) }}`,
          ...instead.map(placed),
          '{{- end }}',
        ]);
        continue;
      }
      before.set(from, [...(before.get(from) ?? []), ...opening]);
      after.set(to - 1, [
        ...(instead.length === 0 ? [] : ['{{- else }}', ...instead.map(placed)]),
        '{{- end }}',
        ...(after.get(to - 1) ?? []),
      ]);
    }
  }
  const result = lines.flatMap((line, index) => [
    ...(before.get(index) ?? []),
    placed(line),
    ...(after.get(index) ?? []),
  ]);
  const atEnd = before.get(lines.length) ?? [];
  const body = `${[...result, ...atEnd].join('\n')}\n`;
  return whole === undefined ? body : wrapped(whole, body);
}

function wrapped(condition: string, text: string): string {
  return `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

/** Braces that are not ours are Prometheus' and Grafana's. */
function placed(line: string): string {
  let text = line.replaceAll('{{', '{{ "{{" }}');
  for (const [stand, template] of placeholders) text = text.replaceAll(stand, template);
  return text;
}

/** Where two lists of lines differ: lines [from, to) of the first stand for `instead` in the second. */
function hunks(a: readonly string[], b: readonly string[]) {
  const length = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      (length[i] as Uint32Array)[j] =
        a[i] === b[j] ? at(length, i + 1, j + 1) + 1 : Math.max(at(length, i + 1, j), at(length, i, j + 1));
  const found: { from: number; to: number; instead: string[] }[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i += 1;
      j += 1;
      continue;
    }
    const hunk = { from: i, to: i, instead: [] as string[] };
    while ((i < a.length || j < b.length) && !(i < a.length && j < b.length && a[i] === b[j])) {
      if (j >= b.length || (i < a.length && at(length, i + 1, j) >= at(length, i, j + 1))) i += 1;
      else {
        hunk.instead.push(b[j] ?? '');
        j += 1;
      }
    }
    hunk.to = i;
    found.push(hunk);
  }
  return found;
}

function at(table: readonly Uint32Array[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}

function splitImage(image: string): readonly [string, string] {
  const colon = image.lastIndexOf(':');
  return [image.slice(0, colon), image.slice(colon + 1)];
}

const comments: Readonly<Record<string, string>> = {
  image: 'The image that webhook and controller run.',
  webhook:
    'Replicas of the webhook, and what each may use. No limit on CPU: a throttled webhook holds up every pod.\nclientCertificates.mode: none; optional: audit records say whether the caller showed a certificate of the ConfigMap seccomply-client-ca (ca.crt);\nrequired: whoever shows none is refused, the API server too. First read docs/how-to/client-certificates.md. names: common names, with commas between.',
  controller: 'Replicas of the controller; one works, the others wait.',
  certificates:
    'self-managed: an authority in a Secret of ours. cert-manager: an Issuer and a Certificate of cert-manager.\nsecret: somebody else fills the Secret seccomply-webhook-tls and the caBundle.',
  priorityClassName: 'Empty for none.',
  logLevel: 'debug, info, warn or error.',
  networkPolicy:
    'In: admission and metrics. Out: DNS and the API server.\napiServerPeers: whence the API server calls, as peers of a NetworkPolicy, e.g. [{ipBlock: {cidr: 10.0.0.4/32}}]; empty: anywhere.\nmetricsPeers: who may read metrics; all pods of the cluster unless you name fewer.',
  highAvailability: 'PodDisruptionBudgets, and spreading over nodes and zones.',
  monitoring: 'ServiceMonitor and PrometheusRule (kinds of the Prometheus operator), and the Grafana dashboard.',
  admissionPolicies:
    'Keep the policies as admission policies of the API server, too (Kubernetes 1.36 for all of them).',
  crds: 'Whether the custom kinds come with the chart. They stay when the chart is removed.',
};

function commentedValues(): string {
  return (
    generatedBy +
    Object.entries(valuesOf(defaultInstall))
      .map(([key, value]) => `${(comments[key] ?? '').replace(/^/gm, '# ')}\n${yamlOf({ [key]: value })}`)
      .join('\n')
  );
}

const notes = `Seccomply is in the namespace {{ .Release.Namespace }}. The webhooks are registered when a replica answers.

  kubectl -n {{ .Release.Namespace }} rollout status deployment/seccomply-webhook
  seccomply doctor --namespace {{ .Release.Namespace }}

The chart brings no policies. To begin with: kubectl apply -f policies/baseline/baseline.yaml
The emergency exit: kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration seccomply
`;
