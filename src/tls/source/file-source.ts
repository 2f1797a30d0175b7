import { MAX_SMALL_FILE } from '../../core/document/limits.js';
import type { Problem } from '../../core/problem/problem.js';
import { errnoOf } from '../../system/errno.js';
import { readBounded, UnfitFile } from '../../system/read-bounded.js';
import type { CertSource } from '../certificate/cert-source.js';
import type { LoadedCertificate } from './loaded-source.js';
import { loadedCertificate, loadedSource } from './loaded-source.js';
import { watchFiles } from './watch-files.js';

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

/**
 * Certificate files of one's own, taken over when they change. Their folders are watched, and the content is looked at every 10 s
 * besides.
 * @throws CertificateError when the files cannot be served at the start; later ones only show in `problems`
 */
export async function openCertificateFiles(options: CertificateFilesOptions): Promise<CertSource> {
  const clock = options.now ?? (() => new Date());
  const source = await loadedSource(() => load(options, clock()), options.poll ?? poll);
  const { certFile, keyFile, caFile } = options;
  const stopWatching = watchFiles([certFile, keyFile, ...(caFile === undefined ? [] : [caFile])], () => source.look());
  return {
    ...source,
    close() {
      stopWatching();
      source.close();
    },
  };
}

async function load(options: CertificateFilesOptions, now: Date): Promise<LoadedCertificate> {
  const unreadable: Problem[] = [];
  const read = async (file: string): Promise<string> => {
    try {
      return (await readBounded(file, { most: MAX_SMALL_FILE })).toString('utf8');
    } catch (error) {
      const code = error instanceof UnfitFile ? error.message : (errnoOf(error) ?? 'unknown');
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
  if (unreadable.length > 0)
    return { contentHash: JSON.stringify(unreadable.map(({ message }) => message)), refused: unreadable };
  return loadedCertificate(
    { cert, key, ...(ca === undefined ? {} : { ca }) },
    {
      now,
      certFile: options.certFile,
      keyFile: options.keyFile,
      ...(options.names === undefined ? {} : { names: options.names }),
    },
  );
}
