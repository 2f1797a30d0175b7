// Makes src/core/syscalls/syscall-tables.generated.json by asking the libseccomp packages of four Debian releases for every name and number.
// Debian's 2.5.4 has the table of 2.5.5. Needs apt-get, dpkg-deb and cc, on amd64.
//   node tools/syscall-tables.mjs            writes the file
//   node tools/syscall-tables.mjs --check    says whether it is up to date
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'src/core/syscalls/syscall-tables.generated.json');
const suites = ['bullseye', 'bookworm', 'trixie', 'sid'];
/** Debian's versions, where the table in the package is not that of the version it is called after. */
const tableOf = { '2.5.4-1+deb12u1': '2.5.5' };
/** What Linux 6.5 to 6.7 brought, and so 2.5.4 (of Linux 5.17) does not know. */
const newIn255 = ['cachestat', 'fchmodat2', 'futex_requeue', 'futex_wait', 'futex_wake', 'map_shadow_stack'];

const folder = mkdtempSync(join(tmpdir(), 'syscall-tables-'));
try {
  const json = render(readTables());
  if (process.argv.includes('--check')) {
    const stale = readFileSync(target, 'utf8') !== json;
    if (stale) console.error('stale: run `node tools/syscall-tables.mjs` and commit the result');
    process.exitCode = stale ? 1 : 0;
  } else writeFileSync(target, json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function readTables() {
  const apt = prepareApt();
  const tables = [];
  for (const suite of suites) {
    const version = apt.versionIn(suite);
    if (version === undefined) continue;
    const place = join(folder, suite);
    mkdirSync(place);
    apt.get(place, 'download', `libseccomp2=${version}`);
    const [deb] = readdirSync(place);
    execFileSync('dpkg-deb', ['-x', join(place, deb), place]);
    const libraries = join(place, 'usr/lib/x86_64-linux-gnu');
    const library = [libraries, join(place, 'lib/x86_64-linux-gnu')].find((path) =>
      listed(path).includes('libseccomp.so.2'),
    );
    const program = join(place, 'dump');
    execFileSync('cc', ['-o', program, join(root, 'tools/syscall-dump.c'), join(library, 'libseccomp.so.2')]);
    const dump = execFileSync(program, {
      env: { ...process.env, LD_LIBRARY_PATH: library },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    tables.push({ version: tableOf[version] ?? version.split('-')[0], ...readDump(dump) });
  }
  const known = tables.find(({ version }) => version === '2.5.5');
  if (known === undefined) throw new Error('no package has the table of 2.5.5');
  const names = new Set([...known.names].filter((name) => !newIn255.includes(name)));
  tables.push({ version: '2.5.4', names, numbers: new Map() });
  return tables.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
}

function prepareApt() {
  const site = execFileSync('apt-get', ['indextargets', '--format', '$(SITE)'], { encoding: 'utf8' })
    .split('\n')
    .find((line) => line.endsWith('/debian'));
  if (site === undefined) throw new Error('no Debian archive in the apt sources of this machine');
  const key = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  const lines = suites.map((suite) => `deb ${key} ${site} ${suite} main`);
  writeFileSync(join(folder, 'sources.list'), `${lines.join('\n')}\n`);
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  const options = [
    ['Dir::Etc::sourcelist', join(folder, 'sources.list')],
    ['Dir::Etc::sourceparts', '/dev/null'],
    ['Dir::State::lists', join(folder, 'lists')],
    ['Dir::Cache', join(folder, 'cache')],
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  execFileSync('apt-get', [...options, 'update', '-q'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const available = execFileSync('apt-cache', [...options, 'madison', 'libseccomp2'], { encoding: 'utf8' });
  return {
    get: (cwd, ...args) =>
      execFileSync('apt-get', [...options, '-q', ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] }),
    versionIn: (suite) =>
      available
        .split('\n')
        .map((line) => line.split('|').map((part) => part.trim()))
        .find(([, , where]) => where?.includes(` ${suite}/`))?.[1],
  };
}

function listed(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readDump(dump) {
  const names = new Set();
  const numbers = new Map();
  for (const line of dump.split('\n')) {
    const [arch, name, number] = line.split(' ');
    if (name === undefined || arch === 'version') continue;
    names.add(name);
    if (arch === '-') continue;
    if (!numbers.has(arch)) numbers.set(arch, new Map());
    numbers.get(arch).set(name, Number(number));
  }
  return { names, numbers };
}

function render(tables) {
  const newest = tables.at(-1);
  const since = {};
  for (const [i, table] of tables.entries())
    for (const name of table.names) if (since[name] === undefined) since[name] = i;
  const sorted = (names) => [...names].sort();
  const withoutNumber = sorted(Object.keys(since)).filter(
    (name) => ![...newest.numbers.values()].some((map) => map.has(name)),
  );
  const later = sorted(Object.keys(since)).filter((name) => since[name] > 0);
  const late = {};
  for (const [arch, numbers] of newest.numbers)
    for (const name of numbers.keys()) {
      const first = tables.find((table) => table.numbers.get(arch)?.has(name))?.version;
      const known = tables[since[name]].version;
      if (first === undefined || first <= (known > '2.5.5' ? known : '2.5.5')) continue;
      late[name] = { ...late[name], [arch]: first };
    }
  const lines = [
    `"versions":${JSON.stringify(tables.map((table) => table.version))}`,
    `"since":${JSON.stringify(Object.fromEntries(later.map((name) => [name, tables[since[name]].version])))}`,
    `"numberSince":${JSON.stringify(late)}`,
    `"elsewhere":${JSON.stringify(withoutNumber)}`,
    ...[...newest.numbers].map(
      ([arch, map]) =>
        `${JSON.stringify(arch)}:${JSON.stringify(Object.fromEntries([...map].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))))}`,
    ),
  ];
  return `{\n${lines.join(',\n')}\n}\n`;
}
