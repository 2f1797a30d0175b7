import type { Server } from 'node:https';
import { connect, type SecureContextOptions, type SecureVersion } from 'node:tls';
import type { Problem } from '../../core/problem/problem.js';
import { messageOf } from '../../system/errno.js';
import type { CertificateMaterial } from '../certificate/cert-source.js';
import { checkServerCertificate } from '../certificate/check-server-certificate.js';

const handshakeDeadline = 3_000;

export interface SwapOptions {
  /** What the server has now; put back when the new material does not prove itself. */
  readonly previous?: CertificateMaterial;
  /** Default TLSv1.3. Node forgets it with every new context, so it is set again each time. */
  readonly minVersion?: SecureVersion;
  /** The rest of the context (client authorities, ciphers), the same for every certificate. */
  readonly context?: SecureContextOptions;
  readonly now?: Date;
}

export type SwapResult =
  /** `proven` is false only for a server that does not listen yet. */
  { readonly swapped: true; readonly proven: boolean } | { readonly swapped: false; readonly problem: Problem };

/**
 * Gives a running server another certificate without losing a call: checked first, then put in, then proven by a handshake with
 * ourselves over loopback; what does not prove itself is taken back. Connections that are open keep their certificate.
 */
export async function swapCertificate(
  server: Server,
  material: CertificateMaterial,
  options: SwapOptions = {},
): Promise<SwapResult> {
  const refused = checkServerCertificate(material, { now: options.now ?? new Date() }).find(
    (problem) => problem.severity === 'error',
  );
  if (refused !== undefined) return { swapped: false, problem: refused };
  const contextOf = ({ key, cert }: CertificateMaterial): SecureContextOptions => ({
    ...options.context,
    key,
    cert,
    minVersion: options.minVersion ?? 'TLSv1.3',
  });
  const takeBack = (detail: string): SwapResult => {
    if (options.previous !== undefined) server.setSecureContext(contextOf(options.previous));
    return {
      swapped: false,
      problem: {
        code: 'tls-swap-failed',
        severity: 'error',
        message: `the new certificate did not prove itself: ${detail}`,
        advice:
          options.previous === undefined
            ? 'Replace the certificate files.'
            : 'The certificate before it is served until the files are replaced.',
      },
    };
  };
  try {
    server.setSecureContext(contextOf(material));
  } catch (error) {
    return takeBack(messageOf(error));
  }
  const address = server.address();
  if (address === null || typeof address === 'string') return { swapped: true, proven: false };
  try {
    const served = await servedFingerprint(address.address, address.port, options.minVersion);
    if (served !== material.fingerprint256) return takeBack('a handshake with ourselves showed another certificate');
  } catch (error) {
    return takeBack(`a handshake with ourselves failed (${messageOf(error)})`);
  }
  return { swapped: true, proven: true };
}

/** The SHA-256 fingerprint of the certificate that a server on this machine shows to a new connection. */
function servedFingerprint(listenAddress: string, port: number, minVersion?: SecureVersion): Promise<string> {
  const host = listenAddress === '0.0.0.0' ? '127.0.0.1' : listenAddress === '::' ? '::1' : listenAddress;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      // Trust is not the question here: which certificate is shown, and whether its key can finish a handshake, is.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(minVersion === undefined ? {} : { minVersion }),
    });
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), handshakeDeadline);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
      socket.destroy();
      if (fingerprint === undefined) reject(new Error('no certificate was shown'));
      else resolve(fingerprint);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
