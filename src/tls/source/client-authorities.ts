import { X509Certificate } from 'node:crypto';
import { MAX_SMALL_FILE } from '../../core/document/limits.js';
import type { Problem } from '../../core/problem/problem.js';
import { UserError } from '../../core/problem/user-error.js';
import { messageOf } from '../../system/errno.js';
import { readBounded } from '../../system/read-bounded.js';
import { splitPem } from '../certificate/material.js';
import { polled } from './polled.js';
import { watchFiles } from './watch-files.js';

const poll = 10_000;

/** The authorities that sign the certificates of those who call admission: a PEM file, taken over when it changes. */
export interface ClientAuthorities {
  /** The PEM text that counts: that of the file, or the last good one. */
  current(): string;
  /** Why the file as it is now does not count. */
  problems(): readonly Problem[];
  /** Called after each change of `current` or of `problems`. Returns the call that ends it. */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** The file of --client-ca cannot be used. */
export class ClientCaError extends UserError {
  override readonly name = 'ClientCaError';
  readonly what: string;
  readonly advice: string | undefined;

  constructor(what: string, advice?: string) {
    super(advice === undefined ? what : `${what}\n    ${advice}`);
    this.what = what;
    this.advice = advice;
  }
}

interface Authorities {
  readonly pem: string;
  /** Why the file as it is now does not count. */
  readonly wrong?: ClientCaError;
}

/** @throws ClientCaError when the file cannot be used at the start; later ones only show in `problems` */
export async function openClientAuthorities(file: string): Promise<ClientAuthorities> {
  const first: Authorities = { pem: await readAuthorities(file) };
  const { current, look, onChange, close } = polled(first, poll, (counting) => readAgain(file, counting));
  const stopWatching = watchFiles([file], look);
  return {
    current: () => current().pem,
    problems() {
      const { wrong } = current();
      return wrong === undefined ? [] : [problemOf(wrong, file)];
    },
    onChange: (listener) => onChange(() => listener()),
    close() {
      stopWatching();
      close();
    },
  };
}

/** What counts from now on; the very object where nothing changed. */
async function readAgain(file: string, counting: Authorities): Promise<Authorities> {
  try {
    const pem = await readAuthorities(file);
    return pem === counting.pem && counting.wrong === undefined ? counting : { pem };
  } catch (error) {
    const wrong = error instanceof ClientCaError ? error : new ClientCaError(messageOf(error));
    return wrong.message === counting.wrong?.message ? counting : { pem: counting.pem, wrong };
  }
}

/**
 * The PEM text of a file, of which every certificate is one of an authority: of a text that is broken half-way TLS takes what comes before.
 * @throws ClientCaError
 */
async function readAuthorities(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readBounded(file, { most: MAX_SMALL_FILE, pipes: true })).toString('utf8');
  } catch (error) {
    throw new ClientCaError(`--client-ca ${file} cannot be read: ${messageOf(error)}`);
  }
  const blocks = splitPem(text);
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (begun === 0)
    throw new ClientCaError(
      `--client-ca ${file} holds no certificate`,
      `Give the PEM file of the authority that signs the API server's client certificate.`,
    );
  const certificates = Array.from({ length: begun }, (_, index) => {
    const certificate = parsed(blocks[index]);
    if (certificate !== undefined) return certificate;
    throw new ClientCaError(
      `certificate ${index + 1} of --client-ca ${file} cannot be read`,
      `Copy the PEM text again, from the BEGIN line to the END line.`,
    );
  });
  const subjects = new Set(certificates.map(({ subject }) => subject));
  for (const [index, { ca, subject, issuer }] of certificates.entries()) {
    if (!ca && subject !== issuer)
      throw new ClientCaError(
        `certificate ${index + 1} of --client-ca ${file} is no authority (${oneLine(subject)})`,
        `Give the certificate of the authority that signed it.`,
      );
    // Node 20 trusts a chain up to its root only.
    if (!subjects.has(issuer))
      throw new ClientCaError(
        `--client-ca ${file} lacks the authority above ${oneLine(subject)}`,
        `Add the certificate of ${oneLine(issuer)}, up to the root.`,
      );
  }
  return text;
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}

function parsed(pem: string | undefined): X509Certificate | undefined {
  try {
    return new X509Certificate(pem ?? '');
  } catch {
    return undefined;
  }
}

function problemOf({ what, advice = 'Mend the file.' }: ClientCaError, file: string): Problem {
  return {
    code: 'client-ca-unusable',
    severity: 'error',
    message: `${what}; the authorities before it count on`,
    advice,
    place: { file },
  };
}
