import jsonPatch from 'fast-json-patch';
import { installObjects } from '../../src/core/manifests/install-objects.js';
import { defaultInstall, type InstallOptions } from '../../src/core/manifests/install-options.js';
import { type OverlayName, overlays } from '../../src/core/manifests/overlays.js';
import type { Manifest } from '../../src/core/policy/crd/manifest.js';
import { generatedBy, inGroups, keyOf, yamlOf, yamlOfAll } from './yaml.js';

/** Overlays that can be put on top of others: as components. */
export const components: readonly OverlayName[] = [
  'cert-manager',
  'monitoring',
  'client-certificates-optional',
  'client-certificates',
];

/** The base, the components and the overlays for kustomize, and the base in one file; text by path below manifests/. */
export function kustomizeFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const base = installObjects(defaultInstall);
  const groups = inGroups(base);
  for (const [group, objects] of groups) files.set(`base/${group}.yaml`, generatedBy + yamlOfAll(objects));
  files.set(
    'base/kustomization.yaml',
    kustomization('Kustomization', { resources: [...groups.keys()].map((group) => `${group}.yaml`) }),
  );
  files.set(
    'seccomply.yaml',
    `${generatedBy}# The base in one file, for kubectl apply --server-side -f.\n${yamlOfAll(base)}`,
  );

  for (const [name, options] of Object.entries(overlays)) {
    const changed = installObjects({ ...defaultInstall, ...(options as Partial<InstallOptions>) });
    const isComponent = components.includes(name as OverlayName);
    const folder = isComponent ? `components/${name}` : `overlays/${name}`;
    const { added, patches } = difference(base, changed);
    if (added.length > 0) files.set(`${folder}/added.yaml`, generatedBy + yamlOfAll(added));
    files.set(
      `${folder}/kustomization.yaml`,
      kustomization(isComponent ? 'Component' : 'Kustomization', {
        resources: [...(isComponent ? [] : ['../../base']), ...(added.length > 0 ? ['added.yaml'] : [])],
        patches,
      }),
    );
    if (isComponent)
      files.set(
        `overlays/${name}/kustomization.yaml`,
        kustomization('Kustomization', { resources: ['../../base'], components: [`../../components/${name}`] }),
      );
  }
  return files;
}

function kustomization(
  kind: 'Kustomization' | 'Component',
  body: { readonly [key: string]: readonly unknown[] },
): string {
  const apiVersion = kind === 'Component' ? 'kustomize.config.k8s.io/v1alpha1' : 'kustomize.config.k8s.io/v1beta1';
  const kept = Object.entries(body).filter(([, list]) => list.length > 0);
  return generatedBy + yamlOf({ apiVersion, kind, ...Object.fromEntries(kept) });
}

function difference(before: readonly Manifest[], after: readonly Manifest[]) {
  const old = new Map(before.map((object) => [keyOf(object), object]));
  const kept = new Map(after.map((object) => [keyOf(object), object]));
  const patches: object[] = [];
  for (const [key, object] of old) {
    const changed = kept.get(key);
    if (changed === undefined) {
      const { apiVersion, kind, metadata } = object;
      const { name, namespace } = metadata;
      patches.push({
        patch: yamlOf({
          $patch: 'delete',
          apiVersion,
          kind,
          metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
        }),
      });
      continue;
    }
    const operations = jsonPatch.compare(object, changed);
    if (operations.length > 0) patches.push({ target: targetOf(object), patch: yamlOf(operations) });
  }
  return { added: after.filter((object) => !old.has(keyOf(object))), patches };
}

function targetOf({ apiVersion, kind, metadata }: Manifest): object {
  const slash = apiVersion.indexOf('/');
  return {
    ...(slash < 0 ? {} : { group: apiVersion.slice(0, slash) }),
    version: apiVersion.slice(slash + 1),
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
}
