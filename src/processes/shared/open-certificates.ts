import { join } from 'node:path';
import { UserError } from '../../core/problem/user-error.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import type { Log } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import type { CertSource } from '../../tls/cert-source.js';
import type { Config } from '../settings/config.js';

/** Where development certificates lie: `ca.crt` is what clients trust. */
export function certificateFolder(data: string): string {
  return join(data, 'tls');
}

/** The data folder cannot be written. */
export class DataFolderError extends UserError {
  override readonly name = 'DataFolderError';
}

/**
 * The certificate files that were given, else development certificates under the data folder.
 * @throws CertificateError, DataFolderError
 */
export async function openCertificates(config: Config, log: Log): Promise<CertSource> {
  if (config.tlsCert !== undefined && config.tlsKey !== undefined) {
    const { openCertificateFiles } = await import('../../tls/file-source.js');
    return openCertificateFiles({
      certFile: config.tlsCert,
      keyFile: config.tlsKey,
      ...(config.tlsCa === undefined ? {} : { caFile: config.tlsCa }),
      ...(config.tlsNames === undefined ? {} : { names: config.tlsNames }),
    });
  }
  const { openDevelopmentCertificates } = await import('../../tls/development-source.js');
  try {
    return await openDevelopmentCertificates({
      folder: certificateFolder(config.data),
      names: [config.listen.host, config.adminListen?.host ?? '', ...(config.tlsNames ?? [])].filter(
        (name) => name !== '',
      ),
      note: (problem) => logProblem(log, problem),
    });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || !errno.startsWith('E')) throw error;
    throw new DataFolderError(
      `certificates cannot be written under ${config.data}: ${fileTrouble(error)}\n    Make the folder writable, or name another one with --data.`,
    );
  }
}
