export type Json = string | number | bigint | readonly Json[] | { readonly [key: string]: Json };

export interface PrintOptions {
  /** `pretty` (default): two spaces, a newline at the end. `compact`: no white space at all. */
  readonly layout?: 'pretty' | 'compact';
}

/** JSON with exact 64-bit integers. */
export function exactJson(value: Json, options: PrintOptions): string {
  return options.layout === 'compact' ? print(value, undefined, '') : `${print(value, '  ', '\n')}\n`;
}

function print(value: Json, step: string | undefined, margin: string): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  const inner = step === undefined ? '' : margin + step;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((item) => print(item, step, inner)).join(`,${inner}`)}${margin}]`;
  }
  const members = Object.entries(value);
  if (members.length === 0) return '{}';
  const colon = step === undefined ? ':' : ': ';
  return `{${inner}${members.map(([key, item]) => `${JSON.stringify(key)}${colon}${print(item, step, inner)}`).join(`,${inner}`)}${margin}}`;
}

function isList(value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] {
  return Array.isArray(value);
}
