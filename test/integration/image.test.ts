import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hasCommand } from '../support/has-command.js';
import { plainPod, podReview } from '../support/pod-review.js';
import { program } from '../support/program.js';
import { itNeeds } from '../support/require.js';
import { json, sendTo } from '../support/serving.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = dirname(program);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-image-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts it with an environment that says nothing, lets it answer one call, and ends it. */
async function answersOneCall(command: string, args: readonly string[], data: string, seenAs = data): Promise<void> {
  const child = spawn(
    command,
    [...args, 'webhook', '--listen', '127.0.0.1:0', '--data', seenAs, '--shutdown-delay', '0s'],
    {
      cwd: '/',
      env: { PATH: process.env.PATH ?? '' },
    },
  );
  let stderr = '';
  child.stdout.resume();
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const found = /https:\/\/127\.0\.0\.1:(\d+)/.exec(stderr);
      if (found !== null) resolve(Number(found[1]));
    });
    void ended.then((code) => reject(new Error(`ended with ${code}:\n${stderr}`)));
  });
  const ca = readFileSync(join(data, 'tls', 'ca.crt'), 'utf8');
  // A large one too: its thread is a file of its own.
  for (const size of [10, 200_000]) {
    const body = JSON.stringify(podReview(plainPod, {}, { annotations: { a: 'x'.repeat(size) } }));
    const answer = await sendTo({ port, ca }, 'POST', '/mutate', body, json);
    expect(answer.text).toContain('"patchType":"JSONPatch"');
  }
  expect((await sendTo({ port, ca }, 'GET', '/metrics')).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
}

test('the program runs with the files of the image and nothing else', async () => {
  const { imageFiles } = (await import(pathToFileURL(join(root, 'tools/image-files.mjs')).href)) as {
    imageFiles(dist: string): ReadonlyMap<string, string>;
  };
  for (const [path, source] of imageFiles(dist)) {
    expect(path).not.toMatch(/\.map$|\.tar$|node_modules/);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(source, join(folder, path));
  }
  expect(existsSync(join(folder, 'app/LICENSE'))).toBe(true);
  await answersOneCall(process.execPath, [join(folder, 'app/dist/seccomply.js')], join(folder, 'data'));
});

const canChroot = process.getuid?.() === 0 && process.platform === 'linux' && hasCommand('chroot', '--version');
itNeeds(canChroot, 'root may change the root folder')(
  'the image has the same bytes each time, and runs from its own files as nobody',
  async () => {
    const make = (name: string): string => {
      const file = join(folder, name);
      execFileSync(process.execPath, ['tools/image.mjs', file], {
        cwd: root,
        env: { ...process.env, SECCOMPLY_DIST: dist },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      return file;
    };
    const [one, other] = [make('one.tar'), make('other.tar')];
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
    rmSync(other);
    const parts = join(folder, 'parts');
    const inside = join(folder, 'root');
    for (const made of [parts, inside]) mkdirSync(made);
    execFileSync('tar', ['-xf', one, '-C', parts]);
    const [manifest] = JSON.parse(readFileSync(join(parts, 'manifest.json'), 'utf8')) as [
      { Config: string; RepoTags: string[]; Layers: string[] },
    ];
    expect(manifest.RepoTags).toEqual(['seccomply:dev']);
    for (const layer of manifest.Layers) execFileSync('tar', ['-xf', join(parts, layer), '-C', inside]);
    const { config } = JSON.parse(readFileSync(join(parts, manifest.Config), 'utf8')) as {
      config: { User: string; Entrypoint: string[] };
    };
    expect(config).toMatchObject({ User: '65532:65532', Entrypoint: ['/usr/bin/node', '/app/dist/seccomply.js'] });
    expect(existsSync(join(inside, 'bin/sh'))).toBe(false);
    await answersOneCall(
      'chroot',
      [`--userspec=${config.User}`, inside, ...config.Entrypoint],
      join(inside, 'tmp/data'),
      '/tmp/data',
    );
  },
);

test('the Dockerfile brings the same files', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  for (const part of [
    '/src/dist ./dist',
    '/src/policies ./policies',
    '/src/profiles ./profiles',
    '/src/package.json /src/LICENSE',
  ])
    expect(text).toContain(`COPY --from=build ${part}`);
  expect(text).toMatch(/^FROM gcr\.io\/distroless\/nodejs24-debian13:nonroot$/m);
  expect(text).toMatch(/^USER 65532:65532$/m);
});
