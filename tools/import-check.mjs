// Holds src/ to tools/folders.mjs: a folder imports only what stands before it, no circle of files, only the packages that it names, at
// most 25 files in a folder, one meaning for an exported name. Type-only imports count. Variables of the environment are read in
// processes/settings only, kubernetes/ knows no word of Seccomply, and package.json has no dependency that src/ does not import. `node tools/import-check.mjs [FOLDER]` checks another tree than src/.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSync } from '@swc/core';
import { folders } from './folders.mjs';

const mostFiles = 25;
/** What every file of a command exports, since src/cli loads it by that name. */
const perCommand = 'command';
const pureNodeModules = new Set(['node:crypto', 'node:buffer']);

/** Every problem of the tree below `root`, one sentence each. */
export function importProblems(root) {
  const problems = [];
  const used = new Set();
  const rank = new Map(folders.map(({ folder }, index) => [folder, index]));
  const files = sourceFiles(root);
  const imports = new Map();
  const counts = new Map();
  const exported = new Map();
  for (const file of files) {
    const folder = dirname(file);
    if (!rank.has(folder)) {
      problems.push(
        `${file}: the folder ${folder} is not in tools/folders.mjs; say there where it stands and what it is for`,
      );
      continue;
    }
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
    const text = readFileSync(join(root, file), 'utf8');
    imports.set(file, []);
    const { specifiers, problems: wrong } = importsOf(text, file);
    problems.push(...wrong);
    for (const specifier of specifiers) {
      if (!specifier.startsWith('.')) {
        const problem = packageProblem(folder, specifier);
        if (problem !== undefined) problems.push(`${file}: ${problem}`);
        used.add(`${folder} ${packageName(specifier)}`);
        continue;
      }
      const target = relative(root, resolve(root, folder, specifier))
        .split(sep)
        .join('/')
        .replace(/\.js$/, '.ts');
      const standing = rank.get(dirname(target));
      if (standing === undefined)
        problems.push(`${file}: imports ${specifier}, which is in no folder of tools/folders.mjs`);
      else if (standing > rank.get(folder))
        problems.push(`${file}: ${folder} stands before ${dirname(target)} and must not import ${target}`);
      else imports.get(file).push(target);
    }
    problems.push(...wordProblems(file, text));
    for (const name of exportsOf(text)) exported.set(name, [...(exported.get(name) ?? []), file]);
  }
  for (const [folder, count] of counts)
    if (count > mostFiles)
      problems.push(`${folder}: ${count} files, at most ${mostFiles} are easy to find one's way in`);
  for (const { folder, packages } of folders) {
    if (!counts.has(folder)) problems.push(`tools/folders.mjs: there are no files in ${folder}`);
    for (const name of packages)
      if (!used.has(`${folder} ${name}`)) problems.push(`tools/folders.mjs: nothing in ${folder} imports ${name}`);
  }
  for (const [name, places] of exported)
    if (places.length > 1 && name !== perCommand)
      problems.push(`${name} is exported by ${places.join(' and ')}: an exported name means one thing`);
  for (const circle of circles(imports)) problems.push(`a circle of imports: ${circle.join(' → ')}`);
  return problems;
}

/** Packages that are installed for every user although no folder lists them; what a folder lists, it imports (above). */
export function dependencyProblems({ dependencies }) {
  const used = new Set(folders.flatMap(({ packages }) => packages));
  return Object.keys(dependencies)
    .filter((name) => !used.has(name))
    .map((name) => `package.json: nothing in src/ imports ${name}: it is a dev dependency, or none`);
}

function sourceFiles(root) {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .sort();
}

const functions = new Set([
  'ArrowFunctionExpression',
  'FunctionDeclaration',
  'FunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'MethodProperty',
]);

/**
 * Every specifier that a file imports, whatever the form: statements, types, `import()`. An `import()` of what is no string, and one
 * outside of functions, which loads at once, are problems.
 */
function importsOf(text, file) {
  const specifiers = new Set();
  const problems = [];
  const visit = (node, isInFunction) => {
    if (Array.isArray(node)) {
      for (const one of node) visit(one, isInFunction);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const source =
      node.source ?? node.moduleRef?.expression ?? (node.type === 'TsImportType' ? node.argument : undefined);
    if (source?.type === 'StringLiteral') specifiers.add(source.value);
    if (node.type === 'CallExpression' && node.callee.type === 'Import') {
      const target = node.arguments[0]?.expression;
      if (target?.type === 'StringLiteral') specifiers.add(target.value);
      else problems.push(`${file}: import() takes a string in quotes, so that it can be checked`);
      if (!isInFunction)
        problems.push(`${file}: import() outside of a function loads at once: write an import statement`);
    }
    for (const value of Object.values(node)) visit(value, isInFunction || functions.has(node.type));
  };
  visit(parseSync(text, { syntax: 'typescript', target: 'es2023' }).body, false);
  return { specifiers: [...specifiers], problems };
}

function exportsOf(text) {
  const pattern = /^export (?:async |abstract )*(?:type|interface|const|function\*?|class) (\w+)/gm;
  // Overloads of one function are one name.
  return new Set([...text.matchAll(pattern)].map(([, name]) => name));
}

function packageProblem(folder, specifier) {
  if (specifier === 'node:module') return 'require() of createRequire cannot be checked: write an import';
  if (specifier.startsWith('node:')) {
    if (!folder.startsWith('core/') || pureNodeModules.has(specifier)) return undefined;
    return `core/ is pure and must not import ${specifier}`;
  }
  const name = packageName(specifier);
  const { packages } = folders.find((one) => one.folder === folder);
  return packages.includes(name) ? undefined : `tools/folders.mjs does not list the package ${name} for ${folder}`;
}

/** `zod` of `zod/v4`, `@kubernetes/client-node` of what is below it. */
function packageName(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

const readsEnvironment =
  /\bprocess\s*(?:\?\.|\.|\[\s*['"`])\s*env\b|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b|from '(?:node:)?process'/;

/** Words that a folder has promised not to know. */
function wordProblems(file, text) {
  const problems = [];
  if (file.startsWith('kubernetes/') && /seccomp/i.test(text))
    problems.push(`${file}: kubernetes/ is the protocol and knows no word of Seccomply`);
  if (!file.startsWith('processes/settings/') && readsEnvironment.test(text))
    problems.push(`${file}: variables of the environment are read in processes/settings only`);
  return problems;
}

/** The circles among `imports` (file → files), each as the way round; found depth first, without recursion. */
function circles(imports) {
  const found = [];
  const done = new Set();
  for (const start of imports.keys()) {
    if (done.has(start)) continue;
    const way = [];
    const onWay = new Map();
    const stack = [{ file: start, next: 0 }];
    onWay.set(start, 0);
    way.push(start);
    while (stack.length > 0) {
      const top = stack.at(-1);
      const target = imports.get(top.file)?.[top.next];
      top.next += 1;
      if (target === undefined) {
        stack.pop();
        way.pop();
        onWay.delete(top.file);
        done.add(top.file);
      } else if (onWay.has(target)) found.push([...way.slice(onWay.get(target)), target]);
      else if (!done.has(target)) {
        onWay.set(target, way.length);
        way.push(target);
        stack.push({ file: target, next: 0 });
      }
    }
  }
  return found;
}

if (process.argv[1]?.endsWith('import-check.mjs')) {
  const root = resolve(process.argv[2] ?? 'src');
  const problems = [...importProblems(root), ...dependencyProblems(JSON.parse(readFileSync('package.json', 'utf8')))];
  for (const line of problems) console.error(line);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
