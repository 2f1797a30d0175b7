import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';

type Values = Readonly<Record<string, unknown>>;

/**
 * The part of Helm's templates that the chart keeps to: `{{ .Values.a.b }}`, `{{ .Release.Namespace }}`, `| quote`, `| toJson`, a text in quotes,
 * `{{- if X }}`, `{{- else }}` and `{{- end }}`, where X is a value, `not (X)`, `eq X "text"` or `ne X "text"`. Anything else is an error.
 */
export function renderTemplate(text: string, values: Values, namespace: string): string {
  const tokens = [...text.matchAll(/(?<before>[\s\S]*?)(?:\{\{(?<trim>-?) *(?<code>.*?) *\}\}|$)/g)];
  const open: { readonly shown: boolean; readonly taken: boolean }[] = [];
  const isShown = () => open.every(({ shown }) => shown);
  let result = '';
  for (const { groups } of tokens) {
    const { before = '', trim, code } = groups ?? {};
    if (isShown()) result += trim === '-' ? before.replace(/\s+$/, '') : before;
    if (code === undefined) continue;
    const condition = /^if (.+)$/.exec(code)?.[1];
    if (condition !== undefined) {
      const shown = holds(condition, values, namespace);
      open.push({ shown, taken: shown });
    } else if (code === 'else') {
      const last = open.pop();
      if (last === undefined) throw new Error('else without if');
      open.push({ shown: !last.taken, taken: true });
    } else if (code === 'end') {
      if (open.pop() === undefined) throw new Error('end without if');
    } else if (isShown()) result += output(code, values, namespace);
  }
  if (open.length > 0) throw new Error('if without end');
  return result;
}

/** The objects of rendered text. */
export function objectsIn(text: string): readonly unknown[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    const object: unknown = document.toJS();
    return object === null ? [] : [object];
  });
}

function holds(condition: string, values: Values, namespace: string): boolean {
  const negated = /^not \((.+)\)$/.exec(condition)?.[1];
  if (negated !== undefined) return !holds(negated, values, namespace);
  const compared = /^(eq|ne) (\S+) "([^"]*)"$/.exec(condition);
  if (compared !== null) {
    const [, operator, path = '', text] = compared;
    return (lookUp(path, values, namespace) === text) === (operator === 'eq');
  }
  const value = lookUp(condition, values, namespace);
  return value !== undefined && value !== false && value !== '' && value !== 0 && !isDeepStrictEqual(value, []);
}

function output(code: string, values: Values, namespace: string): string {
  const literal = /^"([^"]*)"$/.exec(code)?.[1];
  if (literal !== undefined) return literal;
  const [path = '', filter] = code.split(' | ');
  const value = lookUp(path, values, namespace);
  if (value === undefined) throw new Error(`no value for ${path}`);
  if (filter === undefined) return String(value);
  if (filter === 'toJson') return JSON.stringify(value);
  if (filter !== 'quote') throw new Error(`unknown filter ${filter}`);
  return JSON.stringify(String(value));
}

function lookUp(path: string, values: Values, namespace: string): unknown {
  if (path === '.Release.Namespace') return namespace;
  const steps = /^\.Values\.([\w.]+)$/.exec(path)?.[1]?.split('.');
  if (steps === undefined) throw new Error(`not a value: ${path}`);
  return steps.reduce<unknown>((at, step) => (at as Values | undefined)?.[step], values);
}
