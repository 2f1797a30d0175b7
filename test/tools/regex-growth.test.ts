import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';

interface Literal {
  readonly pattern: string;
  readonly flags: string;
  readonly file: string;
}

/** What has been looked at: the text is short wherever these are used. */
const BOUNDED: ReadonlySet<string> = new Set([
  // A name of at most 253 characters.
  String.raw`/[-.]*\.[-.]*/g`,
  '/^[-.]+|[-.]+$/g',
  // A duration of at most 64 characters.
  '/([\\d.]+)([a-zµμ]+)/g',
]);

const LENGTH = 20_000;
/** Of processor time. In a text of this length a linear expression takes a hundredth of it, a quadratic one several times as much. */
const TOO_MUCH = 40;
/** On the clock, in a twentieth of that length: what is so slow by chance is measured again. */
const SUSPICIOUS = 0.15;

test('no regular expression of the program takes more than linear time', () => {
  const slow = literals()
    .filter(({ pattern, flags }) => !BOUNDED.has(`/${pattern}/${flags}`))
    .flatMap((literal) => {
      const unit = slowUnit(literal);
      return unit === undefined ? [] : [`${literal.file}: /${literal.pattern}/${literal.flags} on ${unit}`];
    });
  expect(slow).toEqual([]);
});

test('one that takes more is found', () => {
  const file = 'here';
  expect(slowUnit({ pattern: '\\s+$', flags: '', file })).toBeDefined();
  expect(slowUnit({ pattern: '^0+\\d+$', flags: '', file })).toBeDefined();
  expect(slowUnit({ pattern: ':.*$', flags: '', file })).toBeDefined();
  expect(slowUnit({ pattern: '^\\s+', flags: '', file })).toBeUndefined();
});

/** What the text that is slow is made of; undefined where none of those tried is. */
function slowUnit({ pattern, flags }: Literal): string | undefined {
  const expression = new RegExp(pattern, flags);
  for (const unit of units(pattern))
    for (const start of ['', '0'])
      for (const end of ['!', '\n', ' x!']) {
        const textOf = (length: number): string => start + unit.repeat(length / unit.length) + end;
        const began = performance.now();
        match(expression, textOf(LENGTH / 20));
        if (performance.now() - began < SUSPICIOUS) continue;
        const text = textOf(LENGTH);
        if (Math.min(...[1, 2, 3].map(() => took(expression, text))) > TOO_MUCH)
          return JSON.stringify([start, unit, end]);
      }
  return undefined;
}

/** Single characters and pairs of those that the expression names, and of some that stand for classes. */
function units(pattern: string): readonly string[] {
  const written = pattern.replace(/\\u[0-9a-f]{4}|\\[a-zA-Z]/g, '').replace(/[()|?+*^{}\\,$[\]]/g, '');
  const named = [...new Set(written)].slice(0, 12);
  const characters = [...new Set([...named, 'a', '0', ' ', '\n', '-', '.', '/'])];
  return [...characters, ...characters.flatMap((one) => named.map((other) => other + one))];
}

/** Milliseconds of processor time. */
function took(expression: RegExp, text: string): number {
  const before = process.cpuUsage();
  match(expression, text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function match(expression: RegExp, text: string): void {
  expression.lastIndex = 0;
  if (expression.global) text.replace(expression, '');
  else expression.test(text);
}

function literals(): readonly Literal[] {
  const found = new Map<string, Literal>();
  for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = join('src', name);
    const source = readFileSync(file, 'utf8');
    // To parse a file takes longer than all that is tried with what is in it.
    if (!/(?:[^/*\w\s]|\breturn)\s*\/[^/*\s]/.test(source.replace(/(?<=from )'[^']*'/g, ''))) continue;
    const visit = (node: unknown): void => {
      if (Array.isArray(node)) for (const child of node) visit(child);
      if (typeof node !== 'object' || node === null) return;
      const { type, pattern, flags } = node as Record<string, unknown>;
      if (type === 'RegExpLiteral')
        found.set(`${pattern}/${flags}`, { pattern: String(pattern), flags: String(flags), file });
      else for (const child of Object.values(node)) if (typeof child === 'object') visit(child);
    };
    visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }).body);
  }
  return [...found.values()];
}
