import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { programFor } from '../../src/cli/program.js';

// The reference holds every command's help, so the examples in there are tried as well.
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

test('every command line in the docs has commands, options and choices that the program has', async () => {
  const lines = pages.flatMap((page) => commandLines(readFileSync(page, 'utf8')).map((line) => ({ page, line })));
  expect(lines.length).toBeGreaterThan(100);
  const wrong: string[] = [];
  for (const { page, line } of lines) {
    const problem = await problemOf(wordsOf(line));
    if (problem !== undefined) wrong.push(`${page}: ${line}: ${problem}`);
  }
  expect(wrong).toEqual([]);
});

test.each([
  ['polcy check', 'there is no command "polcy"'],
  ['policy chek policies', 'there is no command "chek"'],
  ['policy check --frob', 'there is no option --frob'],
  ['policy check -o xml', '-o does not take xml'],
  ['policy check --output=xml', '--output does not take xml'],
])('a mistake is found: %s', async (line, problem) => {
  expect(await problemOf(wordsOf(line))).toBe(problem);
});

/** What stands behind `seccomply` in blocks and spans of code, up to the end of that command. */
function commandLines(text: string): readonly string[] {
  const code = [
    ...[...text.matchAll(/^```(?:sh|text)?\n([\s\S]*?)^```/gm)].map(([, block = '']) => block.replace(/\\\n\s*/g, ' ')),
    ...[...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span),
  ].join('\n');
  return [
    ...code.matchAll(/(?:^|\$ |\| |npx |sudo |kubectl |&& |[A-Z_]+=\S+ )seccomply ((?:'[^'\n]*'|[^|>;#&\n])+)/gm),
  ].map(([, words = '']) => words.trim());
}

function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}

async function problemOf(words: readonly string[]): Promise<string | undefined> {
  // As columns of a help text explain an example behind two spaces, only the words that are the program's are looked at.
  const program = await programFor(
    'seccomply',
    words.filter((word) => !word.startsWith('-')),
  );
  let command: Command = program;
  const rest = [...words];
  while (command.commands.length > 0) {
    const name = rest[0];
    if (name === undefined || name.startsWith('-') || ['COMMAND', '…'].includes(name) || name === 'help') break;
    const child = command.commands.find((one) => one.name() === name);
    if (child === undefined) return `there is no command "${name}"`;
    command = child;
    rest.shift();
  }
  for (const [index, word] of rest.entries()) {
    if (!/^-{1,2}[a-z]/.test(word)) continue;
    const [flag = '', attached] = word.split('=');
    if (['-h', '--help', '-V', '--version'].includes(flag)) continue;
    const option = command.options.find(({ short, long }) => flag === short || flag === long);
    if (option === undefined) return `there is no option ${flag}`;
    const value = attached ?? rest[index + 1];
    if (option.argChoices !== undefined && value !== undefined && !option.argChoices.includes(value))
      return `${flag} does not take ${value}`;
  }
  return undefined;
}
