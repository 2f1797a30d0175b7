import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

export interface ClientCertificate {
  /** The certificate, and behind it those of authorities that come with it. */
  readonly cert: string;
  readonly key: string;
}

interface Wanted {
  /** Common names of the subject; one as a rule. */
  readonly names?: readonly string[];
  /** Default: one that is good for clients. */
  readonly usage?: 'client' | 'server' | 'none';
  /** Milliseconds from now to its end. */
  readonly endsIn?: number;
}

/** An authority that issues certificates for clients: ours issue for servers alone. */
export class ClientAuthority {
  /** PEM. */
  readonly ca: string;
  readonly #name: string;
  readonly #pair = keyPair();
  readonly #above: string;

  constructor(name = 'Clients', issuer?: ClientAuthority) {
    this.#name = name;
    this.ca = (issuer ?? this).#certificate([name], this.#pair.publicKey, 3_600_000, authorityExtensions);
    this.#above = issuer === undefined ? '' : this.ca + issuer.#above;
  }

  issue({ names = ['kube-apiserver'], usage = 'client', endsIn = 3_600_000 }: Wanted = {}): ClientCertificate {
    const { key, publicKey } = clientKey;
    const extensions = usage === 'none' ? [] : [{ name: 'extKeyUsage', [`${usage}Auth`]: true }];
    return { key, cert: this.#certificate(names, publicKey, endsIn, extensions) + this.#above };
  }

  #certificate(
    names: readonly string[],
    publicKey: forge.pki.rsa.PublicKey,
    endsIn: number,
    extensions: object[],
  ): string {
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = publicKey;
    serial += 1;
    certificate.serialNumber = (0x10_00_00 + serial).toString(16);
    certificate.validity.notBefore = new Date(Date.now() - 86_400_000);
    certificate.validity.notAfter = new Date(Date.now() + endsIn);
    certificate.setSubject(names.map((value) => ({ name: 'commonName', value })));
    certificate.setIssuer([{ name: 'commonName', value: this.#name }]);
    certificate.setExtensions(extensions);
    certificate.sign(forge.pki.privateKeyFromPem(this.#pair.key), forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate).replaceAll('\r', '');
  }
}

const authorityExtensions = [{ name: 'basicConstraints', cA: true, critical: true }];
/** One for all: making one takes long, and what counts is the certificate. */
const clientKey = keyPair();
let serial = 0;

function keyPair() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
  };
}
