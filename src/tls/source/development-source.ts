import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { chmod, link, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { MAX_SMALL_FILE } from '../../core/document/limits.js';
import type { Problem } from '../../core/problem/problem.js';
import { makeFolder } from '../../files/make-folder.js';
import { errnoOf, messageOf } from '../../system/errno.js';
import { readBounded } from '../../system/read-bounded.js';
import type { CertificateMaterial, CertSource } from '../certificate/cert-source.js';
import { checkServerCertificate } from '../certificate/check-server-certificate.js';
import { type Authority, issueAuthority, issueServerCertificate } from '../certificate/issue.js';
import { materialOf } from '../certificate/material.js';
import { polledSource } from './polled-source.js';

const authorityDays = 730;
const leafDays = 7;
const tick = 60_000;
const always = ['localhost', '127.0.0.1', '::1'];

export interface DevelopmentCertificatesOptions {
  /** `DIR/tls`: holds `ca.crt`, `ca.key`, `tls.crt`, `tls.key`; the keys are readable by their owner only. */
  readonly folder: string;
  /** DNS names and addresses beside `localhost`, `127.0.0.1` and `::1`; wildcard addresses are left out. */
  readonly names?: readonly string[];
  readonly leafDays?: number;
  readonly authorityDays?: number;
  /** Make a new server certificate even where the one that is there would do. */
  readonly renew?: boolean;
  /** What was made anew, and why; for a person. */
  readonly note?: (problem: Problem) => void;
  readonly now?: () => Date;
}

/**
 * Certificates for a laptop, a demo and CI: an authority of this folder's own and a server certificate under it. Both are used
 * again over restarts; what is broken, expired or lacks a name is made anew with a note; the server certificate is renewed at
 * two thirds of its life while the server runs.
 * @throws what the file system throws when the folder cannot be written
 */
export async function openDevelopmentCertificates(options: DevelopmentCertificatesOptions): Promise<CertSource> {
  const clock = options.now ?? (() => new Date());
  const first = { material: await makeDevelopmentCertificates(options), problems: [] };
  // A wall-clock tick: a timer for the whole span would miss the time that a laptop sleeps.
  return polledSource(first, tick, async (served) => {
    if (!dueForRenewal(served.material, clock())) return served;
    try {
      return { material: await makeDevelopmentCertificates(options), problems: [] };
    } catch (error) {
      return {
        material: served.material,
        problems: [
          {
            code: 'tls-renewal-failed',
            severity: 'error',
            message: `the server certificate could not be renewed: ${messageOf(error)}`,
            advice: `Make ${options.folder} writable; it is tried again every minute.`,
          },
        ],
      };
    }
  });
}

/** Uses what is in the folder as far as it is good, makes the rest, and returns the server certificate. */
export async function makeDevelopmentCertificates(
  options: DevelopmentCertificatesOptions,
): Promise<CertificateMaterial> {
  const now = options.now?.() ?? new Date();
  await makeFolder(options.folder, 0o755);
  const authority = await authorityIn(options, now);
  const names = [...new Set([...always, ...(options.names ?? []).filter((name) => !isWildcard(name))])];
  const certFile = join(options.folder, 'tls.crt');
  const keyFile = join(options.folder, 'tls.key');
  const kept = await readPair(certFile, keyFile);
  if (kept !== undefined && options.renew !== true) {
    await keepPrivate(keyFile, options);
    const wrong = checkServerCertificate({ ...kept, ca: authority.cert }, { names, now, certFile, keyFile }).find(
      (problem) => problem.severity === 'error',
    );
    if (wrong === undefined) {
      const material = materialOf({ ...kept, ca: authority.cert });
      if (!dueForRenewal(material, now)) return material;
    } else {
      options.note?.({
        ...wrong,
        severity: 'info',
        code: 'tls-certificate-remade',
        message: `made a new server certificate: ${wrong.message}`,
        advice: 'Nothing to do: clients that trust ca.crt trust it too.',
      });
    }
  }
  const material = await issueServerCertificate({
    authority,
    commonName: 'Seccomply development',
    dns: names.filter((name) => isIP(name) === 0),
    ip: names.filter((name) => isIP(name) !== 0),
    days: options.leafDays ?? leafDays,
    now,
  });
  await replaceFile(keyFile, material.key, 0o600);
  await replaceFile(certFile, material.cert, 0o644);
  return material;
}

function dueForRenewal(material: CertificateMaterial, now: Date): boolean {
  const life = material.notAfter.getTime() - material.notBefore.getTime();
  return now.getTime() >= material.notBefore.getTime() + (life * 2) / 3;
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || address === '';
}

/**
 * The key is what makes an authority: as long as it is there, its certificate can be made again and every leaf stays good. It
 * is created exclusively, so that two processes that start at once end up with one authority.
 */
async function authorityIn(options: DevelopmentCertificatesOptions, now: Date): Promise<Authority> {
  const keyFile = join(options.folder, 'ca.key');
  const certFile = join(options.folder, 'ca.crt');
  const commonName = 'Seccomply development CA';
  const days = options.authorityDays ?? authorityDays;
  const hadCertificate = (await readOptional(certFile)) !== undefined;
  let key = await readOptional(keyFile);
  if (key !== undefined && !isP256Key(key)) {
    options.note?.({
      code: 'tls-authority-remade',
      severity: 'warning',
      message: 'made a new authority: its private key could not be read',
      advice: `Clients have to trust the new ${certFile}.`,
      place: { file: keyFile },
    });
    await rm(keyFile);
    key = undefined;
  } else if (key === undefined && hadCertificate) {
    options.note?.({
      code: 'tls-authority-remade',
      severity: 'warning',
      message: 'made a new authority: its private key was gone',
      advice: `Clients have to trust the new ${certFile}.`,
      place: { file: keyFile },
    });
  }
  if (key === undefined) {
    const made = await issueAuthority({ commonName, days, now });
    if (await createFile(keyFile, made.key, 0o600)) {
      await replaceFile(certFile, made.cert, 0o644);
      return made;
    }
    key = (await readBounded(keyFile, { most: MAX_SMALL_FILE })).toString('utf8');
  }
  await keepPrivate(keyFile, options);
  const cert = await readOptional(certFile);
  const reason = cert === undefined ? 'it was gone' : whyUnfit(cert, key, now);
  if (cert !== undefined && reason === undefined) return { key, cert };
  if (hadCertificate)
    options.note?.({
      code: 'tls-authority-renewed',
      severity: 'info',
      message: `renewed the certificate of the authority, with the same key: ${reason}`,
      advice: 'Clients that pinned the old file take the new one; certificates issued before stay good.',
      place: { file: certFile },
    });
  const renewed = await issueAuthority({ commonName, days, key, now });
  await replaceFile(certFile, renewed.cert, 0o644);
  return renewed;
}

function isP256Key(pem: string): boolean {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

function whyUnfit(cert: string, key: string, now: Date): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    return 'it could not be read';
  }
  if (!certificate.ca) return 'it was no authority';
  if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'it was made for another key';
  const notBefore = new Date(certificate.validFrom).getTime();
  const notAfter = new Date(certificate.validTo).getTime();
  if (now.getTime() < notBefore) return 'it was not valid yet';
  if (now.getTime() >= notAfter) return 'it had expired';
  if (now.getTime() >= notBefore + ((notAfter - notBefore) * 2) / 3) return 'two thirds of its life were over';
  return undefined;
}

async function readPair(certFile: string, keyFile: string): Promise<{ cert: string; key: string } | undefined> {
  const [cert, key] = await Promise.all([readOptional(certFile), readOptional(keyFile)]);
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return (await readBounded(file, { most: MAX_SMALL_FILE })).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function keepPrivate(file: string, options: DevelopmentCertificatesOptions): Promise<void> {
  const mode = (await stat(file)).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  await chmod(file, 0o600);
  options.note?.({
    code: 'tls-key-mode',
    severity: 'warning',
    message: `a private key could be read by others (mode ${mode.toString(8)}); made it 600`,
    advice: 'If someone else may have read it, delete the folder and trust the new ca.crt.',
    place: { file },
  });
}

/** True when the file is ours, false when somebody made it first. */
async function createFile(file: string, text: string, mode: number): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, text, { mode });
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, file);
}
