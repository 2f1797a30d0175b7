import { celText } from '../crd/crd-schema.js';
import type { Glob } from '../match/glob.js';

export { celText };

/** The regular expression (RE2) for a pattern over one name; `any` is what a star stands for. */
export function globExpression({ pieces }: Glob, any = '.*'): string {
  return pieces.map(escapePattern).join(any);
}

/** Characters that mean something to RE2, made to mean themselves. */
export function escapePattern(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** Whether a text is one of these, or like one of these patterns; an absent list covers everything. */
export function celOneOf(text: string, expressions: readonly string[] | undefined): string {
  if (expressions === undefined) return 'true';
  const [first, ...more] = expressions;
  if (first === undefined) return 'false';
  const whole = more.length === 0 ? first : `(?:${expressions.join('|')})`;
  return `${text}.matches(${celText(`^${whole}$`)})`;
}

/** All must hold. */
export function and(...parts: readonly string[]): string {
  const kept = parts.filter((part) => part !== 'true');
  if (kept.includes('false')) return 'false';
  return kept.length === 0 ? 'true' : kept.map(inner).join(' && ');
}

/** One must hold. */
export function or(...parts: readonly string[]): string {
  const kept = parts.filter((part) => part !== 'false');
  if (kept.includes('true')) return 'true';
  return kept.length === 0 ? 'false' : kept.map(inner).join(' || ');
}

export function not(part: string): string {
  if (part === 'true') return 'false';
  return part === 'false' ? 'true' : `!(${part})`;
}

function inner(part: string): string {
  return / (?:&&|\|\|) | \? /.test(part) ? `(${part})` : part;
}

/** A list of text literals. */
export function celList(texts: readonly string[]): string {
  return `[${texts.map(celText).join(', ')}]`;
}
