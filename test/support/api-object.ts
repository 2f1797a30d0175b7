import * as api from '@kubernetes/client-node';

type Models = Readonly<Record<string, { getAttributeTypeMap?(): readonly { baseName: string; type: string }[] }>>;

/** An object of the Kubernetes API with every field that its type has (as the official client knows it): texts are `x`. */
export function apiObject(type: string): Readonly<Record<string, unknown>> {
  return filled(type) as Readonly<Record<string, unknown>>;
}

function filled(type: string): unknown {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return [filled(item)];
  const member = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (member !== undefined) return { x: filled(member) };
  const attributes = (api as unknown as Models)[type]?.getAttributeTypeMap?.();
  if (attributes !== undefined) return Object.fromEntries(attributes.map((one) => [one.baseName, filled(one.type)]));
  switch (type) {
    case 'string':
      return 'x';
    case 'number':
    case 'IntOrString':
      return 1;
    case 'boolean':
      return true;
    case 'Date':
      return '2026-11-30T00:00:00Z';
    case 'any':
      return { x: 'x' };
    default:
      throw new Error(`the client has a type that is not known here: ${type}`);
  }
}
