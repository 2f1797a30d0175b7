import { memberOf, type ObjectNode, type StringNode } from '../../../document/document-node.js';
import { memberPath } from '../../../document/path-text.js';
import type { ProfileCarrier } from '../parsed-profile.js';
import type { FileObject } from './file-object.js';
import { isProfileText } from './inner-profile.js';

/** A profile that stands in an object as text. */
export interface EmbeddedProfile {
  readonly carrier: ProfileCarrier;
  readonly name: string | undefined;
  /** Undefined where the object has none. */
  readonly text: StringNode | undefined;
  /** The way to the text in its document. */
  readonly path: string;
}

/** The profiles of a SeccompProfile of Seccomply, and of a ConfigMap with such files; undefined for all other objects. */
export function embeddedProfiles({ node, path, identity }: FileObject): readonly EmbeddedProfile[] | undefined {
  if (node.kind !== 'object') return undefined;
  const { kind, group, name } = identity;
  if (kind === 'SeccompProfile' && group === 'seccomply.dev') {
    const spec = objectAt(node, 'spec');
    const text = spec && memberOf(spec, 'profile')?.value;
    const placed = {
      text: text?.kind === 'string' ? text : undefined,
      path: memberPath(memberPath(path, 'spec'), 'profile'),
    };
    return [{ carrier: 'seccomply', name, ...placed }];
  }
  if (kind !== 'ConfigMap') return undefined;
  const dataPath = memberPath(path, 'data');
  const found = (objectAt(node, 'data')?.members ?? []).flatMap(({ key, value }): readonly EmbeddedProfile[] => {
    if (value.kind !== 'string' || !isProfileText(value.value)) return [];
    const file = key.replace(/\.json$/, '');
    return [{ carrier: 'ConfigMap', name: file, text: value, path: memberPath(dataPath, key) }];
  });
  return found.length === 0 ? undefined : found;
}

function objectAt(node: ObjectNode, key: string): ObjectNode | undefined {
  const value = memberOf(node, key)?.value;
  return value?.kind === 'object' ? value : undefined;
}
