import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatProblem, type Problem } from '../core/problem/problem.js';
import { UserError } from '../core/problem/user-error.js';
import { errnoOf } from '../system/errno.js';
import type { CertificateMaterial, CertSource } from './cert-source.js';
import { checkServerCertificate } from './check.js';
import { type CertificatePem, materialOf } from './material.js';

const settle = 100;
const poll = 10_000;

export interface CertificateFilesOptions {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string;
  /** Names the certificate has to be good for; without them only its own consistency is checked. */
  readonly names?: readonly string[];
  readonly now?: () => Date;
  /** Milliseconds between looks at the content, for file systems that send no events. */
  readonly poll?: number;
}

/** The certificate files given at the start cannot be served. */
export class CertificateError extends UserError {
  override readonly name = 'CertificateError';
  readonly code = 'tls-certificate-refused';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/**
 * Certificate files of one's own, taken over when they change. The folder is watched, not the file: a mounted Secret changes by
 * the swap of a link (`..data`), and a watched file would stay the old one. The content is looked at every 10 s besides.
 * @throws CertificateError when the files cannot be served at the start; later ones only show in `problems`
 */
export async function openCertificateFiles(options: CertificateFilesOptions): Promise<CertSource> {
  const clock = options.now ?? (() => new Date());
  const listeners = new Set<(material: CertificateMaterial) => void>();
  const first = await load(options, clock());
  if ('refused' in first) throw new CertificateError(first.refused);
  let material = first.material;
  let problems = first.notes;
  let seen = first.contentHash;
  let closed = false;
  let loading = Promise.resolve();

  const look = async (): Promise<void> => {
    const next = await load(options, clock());
    if (closed) return;
    const before = JSON.stringify(problems);
    const changed = next.contentHash !== seen;
    seen = next.contentHash;
    if ('refused' in next) {
      problems = next.refused;
    } else {
      problems = next.notes;
      if (changed) material = next.material;
    }
    if (changed || JSON.stringify(problems) !== before) for (const listener of listeners) listener(material);
  };
  const lookInTurn = (): void => {
    loading = loading.then(look, look);
  };

  let settling: NodeJS.Timeout | undefined;
  const onEvent = (): void => {
    clearTimeout(settling);
    settling = setTimeout(lookInTurn, settle);
    settling.unref();
  };
  const files = [options.certFile, options.keyFile, ...(options.caFile === undefined ? [] : [options.caFile])];
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((folder) => watchFolder(folder, onEvent));
  const timer = setInterval(lookInTurn, options.poll ?? poll);
  timer.unref();

  return {
    current: () => material,
    problems: () => problems,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      clearTimeout(settling);
      clearInterval(timer);
      for (const watcher of watchers) watcher.close();
      listeners.clear();
    },
  };
}

type Loaded =
  | { readonly contentHash: string; readonly material: CertificateMaterial; readonly notes: readonly Problem[] }
  | { readonly contentHash: string; readonly refused: readonly Problem[] };

async function load(options: CertificateFilesOptions, now: Date): Promise<Loaded> {
  const unreadable: Problem[] = [];
  const read = async (file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      const code = errnoOf(error) ?? 'unknown';
      unreadable.push({
        code: 'tls-file-unreadable',
        severity: 'error',
        message: `${file} cannot be read (${code})`,
        advice:
          code === 'ENOENT'
            ? 'Check the path given by --tls-cert and --tls-key.'
            : code === 'EACCES'
              ? 'Let the user that runs Seccomply read the file.'
              : 'Give the path of a PEM file.',
        place: { file },
      });
      return '';
    }
  };
  const cert = await read(options.certFile);
  const key = await read(options.keyFile);
  const ca = options.caFile === undefined ? undefined : await read(options.caFile);
  const contentHash = createHash('sha256')
    .update(JSON.stringify([cert, key, ca ?? null]))
    .digest('hex');
  if (unreadable.length > 0) return { contentHash, refused: unreadable };
  const pem: CertificatePem = { cert, key, ...(ca === undefined ? {} : { ca }) };
  const problems = checkServerCertificate(pem, {
    now,
    certFile: options.certFile,
    keyFile: options.keyFile,
    ...(options.names === undefined ? {} : { names: options.names }),
  });
  return problems.some((problem) => problem.severity === 'error')
    ? { contentHash, refused: problems }
    : { contentHash, material: materialOf(pem), notes: problems };
}

/** No watcher (out of inotify handles, a file system without events) is no failure: the poll sees the change too, later. */
function watchFolder(folder: string, onEvent: () => void): readonly FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
