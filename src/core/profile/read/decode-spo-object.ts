import { memberOf, type ObjectNode } from '../../document/document-node.js';
import { memberPath } from '../../document/path-text.js';
import { type DecodedProfile, decodeProfile } from './decode-profile.js';
import { identityOf, type ObjectIdentity } from './object-identity.js';
import type { Report } from './profile-mistake.js';

const GROUP = 'security-profiles-operator.x-k8s.io';
/** Other projects have a kind of this name, too; their objects hold a profile elsewhere. */
const OTHER_GROUPS = ['seccomply.dev', 'spdx.softwarecomposition.kubescape.io'];

/** Whether this is a SeccompProfile object of the security-profiles-operator. */
export function isSpoObject(node: ObjectNode, { kind, group }: ObjectIdentity = identityOf(node)): boolean {
  if (group === GROUP) return kind === undefined || kind === 'SeccompProfile';
  return kind === 'SeccompProfile' && !OTHER_GROUPS.includes(group ?? '');
}

/** The profile in the object's `spec`; undefined, and reported, where it has none. `path`: where the object stands in its document. */
export function decodeSpoObject(node: ObjectNode, path: string, report: Report): DecodedProfile | undefined {
  const spec = memberOf(node, 'spec')?.value;
  const place = memberPath(path, 'spec');
  if (spec?.kind === 'object') return decodeProfile(spec, place, 'spo', report);
  report({
    offset: spec?.offset ?? node.offset,
    path: place,
    code: 'SP003',
    message: 'this SeccompProfile has no spec',
    advice: 'write spec: with defaultAction: and syscalls: below it',
  });
  return undefined;
}
