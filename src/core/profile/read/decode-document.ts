import { type DocumentNode, memberOf, type ObjectNode } from '../../document/document-node.js';
import { memberPath } from '../../document/path-text.js';
import { type DecodedProfile, decodeProfile, PROFILE_KEYS } from './decode-profile.js';
import { decodeSpoObject, isSpoObject } from './decode-spo-object.js';
import { describeNode } from './describe-node.js';
import { identityOf, type ObjectIdentity } from './object-identity.js';
import type { ProfileCarrier, ProfileFormat } from './parsed-profile.js';
import type { Report } from './profile-mistake.js';
import { YAML_IS_NOT_READ } from './text-format.js';

export interface DecodedDocument {
  readonly format: ProfileFormat;
  readonly carrier: ProfileCarrier;
  /** Undefined where the document is no profile. */
  readonly decoded: DecodedProfile | undefined;
  /** Of the object that holds it. */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** Where the profile stands in its document. */
  readonly path: string;
  /** In characters. */
  readonly length: number;
}

/** A value of a document, and where it stands there. */
export interface PlacedNode {
  readonly node: DocumentNode;
  readonly path: string;
  /** Absent: what it says itself. */
  readonly identity?: ObjectIdentity;
}

/** Takes a value for a profile, or for an object with a profile in it. */
export function decodeDocument(placed: PlacedNode, isYaml: boolean, report: Report): DecodedDocument {
  const { node, path } = placed;
  const length = node.end - node.offset;
  if (node.kind !== 'object') {
    report({
      offset: node.offset,
      code: 'SP052',
      message: `a profile is an object, this is ${describeNode(node)}`,
      advice: 'write { "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ … ] }',
    });
    return NO_PROFILE;
  }
  const identity = placed.identity ?? identityOf(node);
  if (isSpoObject(node, identity)) {
    const { name, namespace } = identity;
    const decoded = decodeSpoObject(node, path, report);
    return { format: 'spo', carrier: 'spo', decoded, name, namespace, path: memberPath(path, 'spec'), length };
  }
  const kind = otherKindOf(node);
  if (kind !== undefined) {
    report({ offset: node.offset, ...otherKind(kind) });
    return NO_PROFILE;
  }
  if (isYaml) report({ offset: node.offset, ...YAML_IS_NOT_READ });
  const decoded = decodeProfile(node, path, 'oci', report);
  return { format: decoded.format, carrier: 'file', decoded, path, length };
}

const NO_PROFILE: DecodedDocument = { format: 'oci', carrier: 'file', decoded: undefined, path: '', length: 0 };

/** What to say of a Kubernetes object that is no profile. */
export function otherKind(kind: string) {
  return {
    code: 'SP052',
    message: `this is a Kubernetes object of kind ${JSON.stringify(kind.slice(0, 63))}, and no profile`,
    advice: 'give the profile itself: JSON with "defaultAction", or an object of kind SeccompProfile',
  };
}

/** Whether it has a key that only profiles have. */
export function hasProfileKey(node: ObjectNode): boolean {
  return node.members.some(({ key }) => (PROFILE_KEYS as readonly string[]).includes(key));
}

/** The kind of an object that has nothing of a profile. */
function otherKindOf(node: ObjectNode): string | undefined {
  const kind = memberOf(node, 'kind')?.value;
  if (kind?.kind !== 'string' || memberOf(node, 'apiVersion') === undefined) return undefined;
  return hasProfileKey(node) ? undefined : kind.value;
}
