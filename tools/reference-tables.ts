import type { JsonSchema } from '../src/core/policy/schema/json-schema.js';

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly required?: readonly string[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly patternErrorMessage?: string;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
}

/** A table of every field below `spec` (and `status`), each with its type, its default and its bounds. */
export function fieldTable(schema: JsonSchema, from: readonly string[]): string {
  const rows: string[] = [];
  for (const key of from) {
    const node = (schema as Node).properties?.[key];
    if (node !== undefined) visit(node, key, true, rows);
  }
  return ['| field | what it is | type and bounds | default |', '|---|---|---|---|', ...rows].join('\n');
}

/** What is checked over several fields: sentences of the API server. */
export function rulesOf(schema: JsonSchema): readonly string[] {
  const found = new Set<string>();
  const walk = (node: Node, path: string): void => {
    for (const { message } of node['x-kubernetes-validations'] ?? [])
      if (!message.startsWith('must be ') && !message.startsWith('each key must'))
        found.add(`\`${path === '' ? 'the object' : path}\`: ${message}`);
    for (const [key, child] of Object.entries(node.properties ?? {})) walk(child, path === '' ? key : `${path}.${key}`);
    if (node.items !== undefined) walk(node.items, `${path}[]`);
  };
  walk(schema as Node, '');
  return [...found];
}

function visit(node: Node, path: string, required: boolean, rows: string[]): void {
  rows.push(
    `| \`${path}\`${required && path.includes('.') ? ' (required)' : ''} | ${cell(node.description ?? '')} | ${cell(typeOf(node))} | ${node.default === undefined ? '' : cell(`\`${JSON.stringify(node.default)}\``)} |`,
  );
  const inner = node.items ?? node;
  const at = node.items === undefined ? path : `${path}[]`;
  if (node.items !== undefined && inner.properties === undefined) return;
  for (const [key, child] of Object.entries(inner.properties ?? {}))
    visit(child, `${at}.${key}`, inner.required?.includes(key) === true, rows);
}

function typeOf(node: Node): string {
  if (node.items !== undefined) {
    const count = node.maxItems === undefined ? '' : `${node.minItems ?? 0} to ${node.maxItems} of: `;
    return `list, ${count}${node.items.properties === undefined ? typeOf(node.items) : 'objects'}`;
  }
  if (node.enum !== undefined) return node.enum.map((one) => `\`${String(one)}\``).join(', ');
  const must =
    node.patternErrorMessage ??
    node['x-kubernetes-validations']?.find(({ message }) => message.startsWith('must be '))?.message;
  if (must !== undefined) return must.replace(/^must be /, '');
  if (node.type === 'integer')
    return node.minimum === undefined || node.maximum === undefined
      ? 'whole number'
      : `whole number, ${node.minimum} to ${node.maximum}`;
  if (node.type === 'string')
    return node.maxLength === undefined ? 'text' : `text, at most ${node.maxLength} characters`;
  if (node.type === 'boolean') return 'true or false';
  if (typeof node.additionalProperties === 'object')
    return node.additionalProperties.type === 'string' ? 'texts by key' : 'values by key';
  return node.type ?? '';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
