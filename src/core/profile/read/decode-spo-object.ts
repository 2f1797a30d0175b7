import { memberOf, type ObjectNode } from '../../document/document-node.js';
import { type DecodedProfile, decodeProfile } from './decode-profile.js';
import type { Report } from './profile-mistake.js';

/** Whether this is a SeccompProfile object of the security-profiles-operator. */
export function isSpoObject(node: ObjectNode): boolean {
  const kind = memberOf(node, 'kind')?.value;
  const apiVersion = memberOf(node, 'apiVersion')?.value;
  return (
    (kind?.kind === 'string' && kind.value === 'SeccompProfile') ||
    (apiVersion?.kind === 'string' && apiVersion.value.startsWith('security-profiles-operator.x-k8s.io/'))
  );
}

/** The profile in the object's `spec`; undefined, and reported, where it has none. */
export function decodeSpoObject(root: ObjectNode, report: Report): DecodedProfile | undefined {
  const spec = memberOf(root, 'spec')?.value;
  if (spec?.kind === 'object') return decodeProfile(spec, 'spec', 'spo', report);
  report({
    offset: spec?.offset ?? root.offset,
    path: 'spec',
    code: 'SP003',
    message: 'this SeccompProfile has no spec',
    advice: 'write spec: with defaultAction: and syscalls: below it',
  });
  return undefined;
}

/** `metadata.name`. */
export function nameOfSpoObject(root: ObjectNode): string | undefined {
  const metadata = memberOf(root, 'metadata')?.value;
  const name = metadata?.kind === 'object' ? memberOf(metadata, 'name')?.value : undefined;
  return name?.kind === 'string' ? name.value : undefined;
}
