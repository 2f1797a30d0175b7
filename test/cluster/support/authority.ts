import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a folder, for servers and users of a test cluster. */
export class Authority implements KeyPair {
  readonly cert: string;
  readonly key: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.cert = join(folder, 'ca.crt');
    this.key = join(folder, 'ca.key');
    writeFileSync(join(folder, 'openssl.cnf'), '[req]\ndistinguished_name = name\n[name]\n');
    if (!existsSync(this.cert))
      this.#openssl(this, '/CN=test-ca', [
        '-addext',
        'basicConstraints=critical,CA:TRUE',
        '-addext',
        'keyUsage=keyCertSign',
      ]);
  }

  /** A certificate for a user (`name`, `groups`) that can serve too, under the names given: `DNS:localhost`, `IP:127.0.0.1`. */
  issue(file: string, name: string, groups: readonly string[] = [], names: readonly string[] = []): KeyPair {
    const pair = { cert: join(this.#folder, `${file}.crt`), key: join(this.#folder, `${file}.key`) };
    const subject = [...groups.map((group) => `/O=${escaped(group)}`), `/CN=${escaped(name)}`].join('');
    const extensions = ['extendedKeyUsage=serverAuth,clientAuth'];
    if (names.length > 0) extensions.push(`subjectAltName=${names.join(',')}`);
    this.#openssl(pair, subject, [
      ...['-CA', this.cert, '-CAkey', this.key],
      ...extensions.flatMap((extension) => ['-addext', extension]),
    ]);
    return pair;
  }

  #openssl({ cert, key }: KeyPair, subject: string, more: readonly string[]): void {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-config', join(this.#folder, 'openssl.cnf'), '-days', '30', '-nodes'],
        ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', key, '-out', cert],
        ...['-subj', subject, ...more],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
  }
}

/** RSA, which every API server can sign tokens with. */
export function serviceAccountKey(folder: string): { readonly key: string; readonly publicKey: string } {
  const key = join(folder, 'service-account.key');
  const publicKey = join(folder, 'service-account.pub');
  const quiet = { stdio: 'ignore' } as const;
  if (!existsSync(publicKey)) {
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], quiet);
    execFileSync('openssl', ['rsa', '-in', key, '-pubout', '-out', publicKey], quiet);
  }
  return { key, publicKey };
}

function escaped(text: string): string {
  return text.replace(/[/\\+=]/g, '\\$&');
}
