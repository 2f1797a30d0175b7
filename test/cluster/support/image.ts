import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ImageOptions {
  /** With its registry: `local.test/busybox:1`. */
  readonly name: string;
  /** What it holds, by path: a file of this machine, or `-> target` for a link. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
}

/** Writes an image as an archive that `ctr images import` takes: one layer, no container engine and no registry. */
export function writeImage(archive: string, { name, files, entrypoint }: ImageOptions): void {
  const work = mkdtempSync(join(tmpdir(), 'seccomply-image-'));
  try {
    const root = join(work, 'root');
    mkdirSync(join(root, 'tmp'), { recursive: true });
    chmodSync(join(root, 'tmp'), 0o1777);
    for (const [path, source] of Object.entries(files)) {
      const target = join(root, path);
      mkdirSync(dirname(target), { recursive: true });
      if (source.startsWith('-> ')) symlinkSync(source.slice(3), target);
      else cpSync(source, target, { dereference: true });
    }
    const layer = join(work, 'layer.tar');
    const tar = (...args: string[]): void => void execFileSync('tar', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    tar('--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '-C', root, '-cf', layer, '.');
    const config = JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: entrypoint, Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(readFileSync(layer))}`] },
    });
    const configFile = `${sha256(Buffer.from(config))}.json`;
    writeFileSync(join(work, configFile), config);
    const manifest = [{ Config: configFile, RepoTags: [name], Layers: ['layer.tar'] }];
    writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
    mkdirSync(dirname(archive), { recursive: true });
    tar('-C', work, '-cf', `${archive}.new`, 'manifest.json', configFile, 'layer.tar');
    renameSync(`${archive}.new`, archive);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Holds a pod's namespaces open: sleeps, and collects children that have ended. */
export function writePauseImage(archive: string, name: string): void {
  const work = mkdtempSync(join(tmpdir(), 'seccomply-pause-'));
  try {
    const source = join(work, 'pause.c');
    writeFileSync(source, pauseSource);
    execFileSync('gcc', ['-Os', '-static', '-s', '-o', join(work, 'pause'), source]);
    writeImage(archive, { name, files: { '/pause': join(work, 'pause') }, entrypoint: ['/pause'] });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Debian's busybox, linked statically, under the names that tests use. */
export function writeBusyboxImage(archive: string, name: string): void {
  const commands = [
    'sh',
    'cat',
    'echo',
    'grep',
    'head',
    'httpd',
    'id',
    'ls',
    'mkdir',
    'mount',
    'nc',
    'sleep',
    'touch',
    'true',
    'unshare',
    'wc',
  ];
  const links = commands.map((command) => [`/bin/${command}`, '-> busybox'] as const);
  writeImage(archive, {
    name,
    files: { '/bin/busybox': '/bin/busybox', ...Object.fromEntries(links) },
    entrypoint: ['/bin/sh'],
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const pauseSource = `#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal) { _exit(0); }
static void collect(int signal) { while (waitpid(-1, NULL, WNOHANG) > 0); }

int main(void) {
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  signal(SIGCHLD, collect);
  for (;;) pause();
}
`;
