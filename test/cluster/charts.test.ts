import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { installObjects } from '../../src/core/manifests/install-objects.js';
import { defaultInstall, type InstallOptions } from '../../src/core/manifests/install-options.js';
import { type OverlayName, overlays } from '../../src/core/manifests/overlays.js';
import { valuesOf } from '../../tools/manifests/chart.js';
import { objectsIn } from '../core/manifests/render-chart.js';
import { byKey, chartBinary, optionsWith, outputOf, root } from '../core/manifests/support.js';
import { itNeeds } from '../support/require.js';

const helm = chartBinary('helm');
const kustomize = chartBinary('kustomize');

/** The namespace is Helm's to make. */
function expected(options: InstallOptions): readonly unknown[] {
  return installObjects(options).filter(({ kind }) => kind !== 'Namespace');
}

itNeeds(helm !== undefined, 'helm is not built (tools/chart-binaries.sh)')('Helm itself makes the same', () => {
  for (const [name, options] of Object.entries(sets)) {
    const flags = settingsOf(valuesOf(options));
    const text = outputOf(helm ?? '', [
      ...['template', 'seccomply', join(root, 'manifests/chart'), '--namespace', options.namespace],
      ...['--kube-version', '1.36.0', ...flags.flatMap((flag) => ['--set-json', flag])],
    ]);
    expect([name, byKey(objectsIn(text))]).toEqual([name, byKey(expected(options))]);
  }
});

const sets: Readonly<Record<string, InstallOptions>> = {
  default: defaultInstall,
  everything: {
    ...defaultInstall,
    namespace: 'security',
    certificates: 'cert-manager',
    clientCertificates: 'required',
    clientNames: 'kube-apiserver,front',
    apiServerPeers: [{ ipBlock: { cidr: '10.0.0.4/32' } }],
    metricsPeers: [{ namespaceSelector: { matchLabels: { team: 'watch' } } }],
    monitoring: true,
    admissionPolicies: true,
  },
  nothing: {
    ...defaultInstall,
    webhookReplicas: 1,
    priorityClassName: '',
    networkPolicy: false,
    highAvailability: false,
    certificates: 'secret',
  },
};

function settingsOf(values: object): readonly string[] {
  return Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
}

const needsKustomize = itNeeds(kustomize !== undefined, 'kustomize is not built (tools/chart-binaries.sh)');

needsKustomize('kustomize itself makes the same of every overlay', () => {
  for (const name of Object.keys(overlays) as OverlayName[]) {
    const text = outputOf(kustomize ?? '', ['build', join(root, 'manifests/overlays', name)]);
    expect([name, byKey(objectsIn(text))]).toEqual([name, byKey(installObjects(optionsWith([name])))]);
  }
});

needsKustomize(
  'the patch of the page on client certificates lets in whom the chart does with the same addresses',
  () => {
    const page = readFileSync(join(root, 'docs/how-to/client-certificates.md'), 'utf8');
    const [, patches] = /^```yaml\n(patches:\n[\s\S]*?)^```$/m.exec(page) ?? [];
    const [, values] = /^```yaml\nnetworkPolicy:\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const { apiServerPeers } = parse(values ?? '') as Pick<InstallOptions, 'apiServerPeers'>;
    const folder = mkdtempSync(join(tmpdir(), 'seccomply-kustomize-'));
    try {
      const base = relative(folder, join(root, 'manifests/base'));
      writeFileSync(join(folder, 'kustomization.yaml'), `resources: [${base}]\n${patches}`);
      const text = outputOf(kustomize ?? '', ['build', '--load-restrictor', 'LoadRestrictionsNone', folder]);
      const options = { ...defaultInstall, apiServerPeers };
      expect(byKey(objectsIn(text))).toEqual(byKey(installObjects(options)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

needsKustomize('components go on top of an overlay', () => {
  const of = ['cert-manager', 'monitoring', 'client-certificates'] as const;
  const folder = mkdtempSync(join(tmpdir(), 'seccomply-kustomize-'));
  try {
    const at = (path: string) => relative(folder, join(root, 'manifests', path));
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      `resources: [${at('overlays/production')}]\ncomponents: [${of.map((name) => at(`components/${name}`)).join(', ')}]\n`,
    );
    const text = outputOf(kustomize ?? '', ['build', '--load-restrictor', 'LoadRestrictionsNone', folder]);
    expect(byKey(objectsIn(text))).toEqual(byKey(installObjects(optionsWith(['production', ...of]))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
