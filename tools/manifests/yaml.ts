import { stringify } from 'yaml';
import type { Manifest } from '../../src/core/policy/crd/manifest.js';

export const generatedBy = '# Made by tools/generate-manifests.mjs from src/core/manifests; changes here are lost.\n';

export function yamlOf(object: object): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
}

export function yamlOfAll(objects: readonly object[]): string {
  return objects.map((object) => yamlOf(object)).join('---\n');
}

/** Which file an object stands in. */
export function groupOf({ kind, apiVersion }: Manifest): string {
  if (kind === 'CustomResourceDefinition') return 'crds';
  if (apiVersion.startsWith('rbac.authorization.k8s.io/') || kind === 'ServiceAccount') return 'access';
  if (kind === 'Namespace' || kind === 'ResourceQuota') return 'namespace';
  if (kind === 'NetworkPolicy') return 'network';
  if (kind === 'Secret') return 'certificates';
  if (apiVersion.startsWith('cert-manager.io/')) return 'certificates';
  if (apiVersion.startsWith('monitoring.coreos.com/') || kind === 'ConfigMap') return 'monitoring';
  if (kind.startsWith('ValidatingAdmissionPolicy')) return 'guards';
  if (kind.endsWith('WebhookConfiguration')) return 'registration';
  return 'workloads';
}

/** The file's objects by group, in the order in which groups come first. */
export function inGroups(objects: readonly Manifest[]): ReadonlyMap<string, readonly Manifest[]> {
  const groups = new Map<string, Manifest[]>();
  for (const object of objects) {
    const group = groups.get(groupOf(object)) ?? [];
    group.push(object);
    groups.set(groupOf(object), group);
  }
  return groups;
}

/** What tells an object apart from all others. */
export function keyOf({ apiVersion, kind, metadata }: Manifest): string {
  return [apiVersion, kind, metadata.namespace ?? '', metadata.name].join(' ');
}
