import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { installObjects } from '../../../src/core/manifests/install-objects.js';
import { defaultInstall, type InstallOptions } from '../../../src/core/manifests/install-options.js';
import { chartFiles, valuesOf } from '../../../tools/manifests/chart.js';
import { runs } from '../../support/require.js';
import { objectsIn, renderTemplate } from './render-chart.js';
import { byKey, root } from './support.js';

const files = chartFiles('1.2.3');

function rendered(options: InstallOptions): readonly unknown[] {
  const values = valuesOf(options) as Readonly<Record<string, unknown>>;
  return [...files]
    .filter(([path]) => path.startsWith('templates/') && path.endsWith('.yaml'))
    .flatMap(([, text]) => objectsIn(renderTemplate(text, values, options.namespace)));
}

/** The namespace is Helm's to make. */
function expected(options: InstallOptions): readonly unknown[] {
  return installObjects(options).filter(({ kind }) => kind !== 'Namespace');
}

const anyOptions: fc.Arbitrary<InstallOptions> = fc.record({
  namespace: fc.constantFrom('seccomply-system', 'security'),
  image: fc.constantFrom('seccomply:dev', 'registry.example.com:5000/seccomply:1.2.3'),
  imagePullPolicy: fc.constantFrom('IfNotPresent', 'Never'),
  webhookReplicas: fc.integer({ min: 1, max: 9 }),
  controllerReplicas: fc.integer({ min: 1, max: 3 }),
  certificates: fc.constantFrom('self-managed', 'cert-manager', 'secret'),
  clientCertificates: fc.constantFrom('none', 'optional', 'required'),
  clientNames: fc.constantFrom('kube-apiserver', 'front,system:api'),
  priorityClassName: fc.constantFrom('', 'system-cluster-critical'),
  logLevel: fc.constantFrom('info', 'debug'),
  webhookResources: fc.constant({ requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } }),
  controllerResources: fc.constant(defaultInstall.controllerResources),
  networkPolicy: fc.boolean(),
  apiServerPeers: fc.constantFrom(
    [],
    [
      { ipBlock: { cidr: '10.0.0.4/32' } },
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'konnectivity-agent' } },
      },
    ],
  ),
  metricsPeers: fc.constantFrom(
    defaultInstall.metricsPeers,
    [],
    [{ namespaceSelector: { matchLabels: { team: 'watch' } } }],
  ),
  highAvailability: fc.boolean(),
  monitoring: fc.boolean(),
  admissionPolicies: fc.boolean(),
});

test('the chart makes what install applies, whatever the values', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      expect(byKey(rendered(options).map(withoutNull))).toEqual(byKey(expected(options)));
    }),
    { numRuns: runs(12) },
  );
});

/** The API server reads a list that is null as one without items. */
function withoutNull(object: unknown): unknown {
  return JSON.parse(JSON.stringify(object, (key, value: unknown) => (key === 'ingress' ? (value ?? []) : value)));
}

test('values.yaml says the defaults', () => {
  expect(parse(files.get('values.yaml') ?? '')).toEqual(valuesOf(defaultInstall));
});

test('the files of the chart are as they are made', () => {
  for (const [path, text] of chartFiles(version()))
    expect([path, readFileSync(join(root, 'manifests/chart', path), 'utf8')]).toEqual([path, text]);
});

function version(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}
