import { ListenError } from '../../http/server/https-server.js';
import { KubeError } from '../../kubernetes/kube-error.js';
import { CertificateError } from '../../tls/file-source.js';
import { ClientCaError } from './admission-process.js';
import { PoliciesError } from './follow-policies.js';
import { DataFolderError } from './open-certificates.js';

/** Whether an error at the start is one that a person can mend, whose message says how; all others are defects. */
export function isPreventable(error: unknown): error is Error {
  return [PoliciesError, CertificateError, ListenError, ClientCaError, DataFolderError, KubeError].some(
    (kind) => error instanceof kind,
  );
}
