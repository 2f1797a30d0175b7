// Holds the line of docs/explanation/architecture.md: the pure folders import only each other, upwards, and nothing that touches the world.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

const pure = ['seccomp', 'policy', 'admission', 'recommend', 'audit'];
const pureNodeModules = new Set(['node:crypto', 'node:buffer']);
const purePackages = new Set(['zod', 'yaml']);
const problems = [];

const files = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

for (const file of files('src')) {
  const layer = relative('src', file).split(sep)[0];
  const text = readFileSync(file, 'utf8');
  for (const [, specifier] of text.matchAll(/^(?:import|export)\s(?:[^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)) {
    if (!pure.includes(layer)) continue;
    if (specifier.startsWith('.')) {
      const target = relative('src', normalize(join(dirname(file), specifier))).split(sep)[0];
      const sharedRoot = target === 'problem.js';
      if (!sharedRoot && !pure.includes(target))
        problems.push(`${file}: the pure folder ${layer}/ imports ${specifier}`);
    } else if (
      specifier.startsWith('node:') ? !pureNodeModules.has(specifier) : !purePackages.has(specifier.split('/')[0])
    ) {
      problems.push(`${file}: the pure folder ${layer}/ imports ${specifier}`);
    }
  }
}
for (const line of problems) console.error(line);
process.exitCode = problems.length > 0 ? 1 : 0;
