import type { Log } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import type { CertSource } from '../../tls/certificate/cert-source.js';
import type { AdmissionConfig } from '../settings/config.js';
import { openCertificatesUnderData } from './development-certificates.js';

/**
 * The certificate files that were given, else development certificates under the data folder.
 * @throws CertificateError, DataFolderError
 */
export async function openCertificates(config: AdmissionConfig, log: Log): Promise<CertSource> {
  if (config.tlsCert === undefined || config.tlsKey === undefined)
    return openCertificatesUnderData({
      data: config.data,
      names: [config.listen.host, config.adminListen?.host ?? '', ...(config.tlsNames ?? [])],
      note: (problem) => logProblem(log, problem),
    });
  const { openCertificateFiles } = await import('../../tls/source/file-source.js');
  return openCertificateFiles({
    certFile: config.tlsCert,
    keyFile: config.tlsKey,
    ...(config.tlsCa === undefined ? {} : { caFile: config.tlsCa }),
    ...(config.tlsNames === undefined ? {} : { names: config.tlsNames }),
  });
}
