import { memberOf, type ObjectNode } from '../../document/document-node.js';

/** What a Kubernetes object says of itself; each undefined where it is not there, or no text. */
export interface ObjectIdentity {
  readonly kind: string | undefined;
  /** Of `apiVersion`; empty for the core group. */
  readonly group: string | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

export function identityOf(node: ObjectNode): ObjectIdentity {
  const apiVersion = textOf(node, 'apiVersion');
  const metadata = memberOf(node, 'metadata')?.value;
  const inMetadata = (key: string) => (metadata?.kind === 'object' ? textOf(metadata, key) : undefined);
  return {
    kind: textOf(node, 'kind'),
    group: apiVersion?.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : apiVersion && '',
    name: inMetadata('name'),
    namespace: inMetadata('namespace'),
  };
}

function textOf(node: ObjectNode, key: string): string | undefined {
  const value = memberOf(node, key)?.value;
  return value?.kind === 'string' ? value.value : undefined;
}
