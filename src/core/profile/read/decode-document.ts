import { type DocumentNode, memberOf, type ObjectNode } from '../../document/document-node.js';
import { type DecodedProfile, decodeProfile, PROFILE_KEYS } from './decode-profile.js';
import { decodeSpoObject, isSpoObject, nameOfSpoObject } from './decode-spo-object.js';
import { describeNode } from './describe-node.js';
import type { ProfileFormat } from './parsed-profile.js';
import type { Report } from './profile-mistake.js';
import { YAML_IS_NOT_READ } from './text-format.js';

export interface DecodedDocument {
  readonly format: ProfileFormat;
  /** Undefined where the document is no profile. */
  readonly decoded: DecodedProfile | undefined;
  /** `metadata.name` of a SeccompProfile object. */
  readonly name: string | undefined;
}

/** Takes the root of a document for a profile, or for an object with a profile in it. */
export function decodeDocument(root: DocumentNode, isYaml: boolean, report: Report): DecodedDocument {
  if (root.kind !== 'object') {
    report({
      offset: root.offset,
      code: 'SP052',
      message: `a profile is an object, this is ${describeNode(root)}`,
      advice: 'write { "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ … ] }',
    });
    return NO_PROFILE;
  }
  if (isSpoObject(root)) {
    const decoded = decodeSpoObject(root, report);
    return { format: 'spo', decoded, name: decoded && nameOfSpoObject(root) };
  }
  const kind = otherKindOf(root);
  if (kind !== undefined) {
    report({
      offset: root.offset,
      code: 'SP052',
      message: `this is a Kubernetes object of kind ${JSON.stringify(kind)}, and no profile`,
      advice: 'give the profile itself: JSON with "defaultAction", or an object of kind SeccompProfile',
    });
    return NO_PROFILE;
  }
  if (isYaml) report({ offset: root.offset, ...YAML_IS_NOT_READ });
  const decoded = decodeProfile(root, '', 'oci', report);
  return { format: decoded.format, decoded, name: undefined };
}

const NO_PROFILE: DecodedDocument = { format: 'oci', decoded: undefined, name: undefined };

/** The kind of an object that has nothing of a profile. */
function otherKindOf(node: ObjectNode): string | undefined {
  const kind = memberOf(node, 'kind')?.value;
  if (kind?.kind !== 'string' || memberOf(node, 'apiVersion') === undefined) return undefined;
  return PROFILE_KEYS.some((key) => memberOf(node, key) !== undefined) ? undefined : kind.value.slice(0, 63);
}
