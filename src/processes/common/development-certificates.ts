import { join } from 'node:path';
import type { Problem } from '../../core/problem/problem.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import type { CertSource } from '../../tls/certificate/cert-source.js';
import { DataFolderError } from './data-folder-error.js';

/** Where development certificates lie: `ca.crt` is what clients trust. */
export function certificateFolder(data: string): string {
  return join(data, 'tls');
}

export interface CertificatesUnderDataOptions {
  readonly data: string;
  /** DNS names and addresses; empty ones are passed over. */
  readonly names: readonly string[];
  readonly note?: (problem: Problem) => void;
}

/**
 * Development certificates under the data folder.
 * @throws DataFolderError
 */
export async function openCertificatesUnderData({
  data,
  names,
  note,
}: CertificatesUnderDataOptions): Promise<CertSource> {
  const { openDevelopmentCertificates } = await import('../../tls/source/development-source.js');
  try {
    return await openDevelopmentCertificates({
      folder: certificateFolder(data),
      names: names.filter((name) => name !== ''),
      ...(note === undefined ? {} : { note }),
    });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || !errno.startsWith('E')) throw error;
    throw new DataFolderError(
      `certificates cannot be written under ${data}: ${fileTrouble(error)}\n    Make the folder writable, or name another one with --data.`,
    );
  }
}
