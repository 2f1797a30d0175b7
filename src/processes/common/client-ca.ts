import { MAX_SMALL_FILE } from '../../core/document/limits.js';
import { UserError } from '../../core/problem/user-error.js';
import { messageOf } from '../../system/errno.js';
import { readBounded } from '../../system/read-bounded.js';

/**
 * The PEM text of the file of --client-ca.
 * @throws ClientCaError
 */
export async function readClientCa(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readBounded(file, { most: MAX_SMALL_FILE, pipes: true })).toString('utf8');
  } catch (error) {
    throw new ClientCaError(`--client-ca ${file} cannot be read: ${messageOf(error)}`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new ClientCaError(
      `--client-ca ${file} holds no certificate\n    Give the PEM file of the authority that signs the API server's client certificate.`,
    );
  return text;
}

/** The file of --client-ca cannot be used. */
export class ClientCaError extends UserError {
  override readonly name = 'ClientCaError';
}
