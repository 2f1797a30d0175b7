// Makes a container image without a container engine and without a network: dist/seccomply-image.tar, which `ctr images import`,
// `docker load` and `podman load` take, with the image seccomply:dev. It holds the node of this machine with its shared libraries, so it
// runs on machines like this one; the image to publish comes from the Dockerfile. Same files, same bytes.
// Usage: node tools/image.mjs [FILE]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageFiles } from './image-files.mjs';
import { tar } from './image-tar.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = process.env.SECCOMPLY_DIST ?? join(root, 'dist');
const target = process.argv[2] ?? join(dist, 'seccomply-image.tar');
const user = 65532;

if (process.platform !== 'linux') fail('this works on Linux only, since the image gets the node of this machine');
if (!existsSync(join(dist, 'seccomply.js'))) fail(`${dist} has no build: run \`npm run build\``);

const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const layers = [tar(withFolders(runtimeEntries())), tar(withFolders(programEntries()))];
const config = Buffer.from(
  JSON.stringify({
    created: '1970-01-01T00:00:00Z',
    architecture: { x64: 'amd64' }[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      User: `${user}:${user}`,
      Entrypoint: ['/usr/bin/node', '/app/dist/seccomply.js'],
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production', 'HOME=/tmp'],
      WorkingDir: '/app',
      ExposedPorts: { '8443/tcp': {} },
      Labels: {
        'org.opencontainers.image.title': 'seccomply',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': 'Apache-2.0',
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
    history: layers.map((_, index) => ({
      created: '1970-01-01T00:00:00Z',
      created_by: index === 0 ? 'node and its libraries' : 'seccomply',
    })),
  }),
);
const layerNames = layers.map((layer) => `${sha256(layer)}.tar`);
const configName = `${sha256(config)}.json`;
const manifest = Buffer.from(JSON.stringify([{ Config: configName, RepoTags: ['seccomply:dev'], Layers: layerNames }]));
writeFileSync(
  `${target}.new`,
  tar([
    { path: 'manifest.json', content: manifest },
    { path: configName, content: config },
    ...layers.map((content, index) => ({ path: layerNames[index], content })),
  ]),
);
renameSync(`${target}.new`, target);
console.log(
  `${target}: seccomply:dev, ${Math.round(layers.reduce((sum, { length }) => sum + length, 0) / 1e6)} MB, config sha256:${sha256(config).slice(0, 12)}`,
);

function runtimeEntries() {
  const node = realpathSync(process.execPath);
  const entries = [
    { path: 'usr/bin/node', mode: 0o755, content: readFileSync(node) },
    {
      path: 'etc/passwd',
      content: Buffer.from(
        `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${user}:${user}:nonroot:/tmp:/sbin/nologin\n`,
      ),
    },
    { path: 'etc/group', content: Buffer.from(`root:x:0:\nnonroot:x:${user}:\n`) },
    { path: 'etc/nsswitch.conf', content: Buffer.from('hosts: files dns\n') },
    { path: 'tmp', mode: 0o1777 },
  ];
  for (const library of librariesOf(node))
    entries.push({ path: library.slice(1), mode: 0o755, content: readFileSync(library) });
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(authorities)) entries.push({ path: authorities.slice(1), content: readFileSync(authorities) });
  return entries;
}

/** Paths as the loader finds them: where a library is a link, the image has the file itself in its place. */
function librariesOf(program) {
  let text;
  try {
    text = execFileSync('ldd', [program], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  } catch (error) {
    if (/not a dynamic executable/.test(String(error.stderr))) return [];
    fail(`ldd cannot tell which libraries ${program} needs: ${error.message}`);
  }
  if (text.includes('not found')) fail(`libraries of ${program} are missing:\n${text}`);
  return [...new Set([...text.matchAll(/(?:=>\s+|^\s+)(\/\S+)/gm)].map(([, path]) => path))].sort();
}

function programEntries() {
  return [...imageFiles(dist)].map(([path, source]) => ({ path, content: readFileSync(source) }));
}

/** Every folder before what lies in it, each once. */
function withFolders(entries) {
  const all = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries)
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      if (!all.has(folder)) all.set(folder, { path: folder, mode: 0o755 });
    }
  return [...all.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function fail(message) {
  console.error(`image: ${message}`);
  process.exit(1);
}
