import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const pages = ['README.md', 'CONTRIBUTING.md', ...filesBelow('docs', '.md')];
const linking = [...pages, ...filesBelow('policies', '.md'), ...filesBelow('profiles', '.md')];

test('every relative link of a page leads to a file, and to a heading where it names one', () => {
  const broken: string[] = [];
  for (const page of linking)
    for (const [, target = ''] of withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), decodeURIComponent(path));
      if (!existsSync(file)) broken.push(`${page}: ${target}`);
      else if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor))
        broken.push(`${page}: ${target} (no such heading)`);
    }
  expect(broken).toEqual([]);
});

test('every page of docs that the program and its tools name is there', () => {
  const broken: string[] = [];
  for (const file of [...filesBelow('src', '.ts'), ...filesBelow('manifests', '.yaml'), ...pages])
    for (const [path] of textOf(file).matchAll(/\bdocs\/[\w./-]+\.(?:md|json|yaml)\b/g))
      if (!existsSync(path)) broken.push(`${file}: ${path}`);
  expect(broken).toEqual([]);
});

test('every how-to, reference and explanation can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached)
    for (const [, target = ''] of withoutCode(textOf(page)).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const file = join(dirname(page), target);
      if (file.endsWith('.md') && existsSync(file)) reached.add(file);
    }
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});

/** What is left when blocks and spans of code are gone. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

function anchorsOf(file: string): ReadonlySet<string> {
  const text = textOf(file);
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)]);
}

function filesBelow(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8');
}
