import { X509Certificate } from 'node:crypto';
import { Command } from 'commander';
import { MAX_SMALL_FILE } from '../../core/document/limits.js';
import { formatProblem } from '../../core/problem/problem.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { readBounded, readStream } from '../../system/read-bounded.js';
import { checkServerCertificate } from '../../tls/certificate/check-server-certificate.js';
import { namesOf, splitPem } from '../../tls/certificate/material.js';
import { CliError, EXIT } from '../output/exit.js';

const examples = `
Examples:
  $ seccomply certs show certs/tls.crt --key certs/tls.key --ca certs/ca.crt
  $ seccomply certs show tls.crt --name seccomply.seccomply-system.svc
  $ kubectl get secret seccomply-tls -o jsonpath='{.data.tls\\.crt}' | base64 -d | seccomply certs show -

Exit code: 0 when a server could use it, 1 when clients would refuse it, 2 when there is no certificate to read.`;

interface ShowOptions {
  readonly key?: string;
  readonly ca?: string;
  readonly name: readonly string[];
}

export function showCommand(): Command {
  return new Command('show')
    .description('say what is in a certificate file and whether a server could use it')
    .argument('<file>', 'PEM file, the server certificate first; - for standard input')
    .option('--key <file>', 'check that this private key belongs to it')
    .option('--ca <file>', 'check that it leads to one of these authorities')
    .option(
      '--name <name>',
      'check that it is good for this name or address, may be given again',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .addHelpText('after', examples)
    .action((file: string, options: ShowOptions) => show(file, options));
}

async function show(file: string, options: ShowOptions): Promise<void> {
  const cert = await read(file);
  const blocks = splitPem(cert);
  if (blocks.length === 0)
    throw new CliError(
      `${file === '-' ? 'standard input' : file} holds no certificate: a PEM file begins with -----BEGIN CERTIFICATE-----`,
    );
  for (const [index, block] of blocks.entries()) {
    const certificate = parse(block, `${file}, certificate ${index + 1}`);
    if (index > 0) process.stdout.write('\n');
    process.stdout.write(
      `${[
        `subject     ${oneLine(certificate.subject)}${certificate.ca ? ' (a certificate authority)' : ''}`,
        `issuer      ${oneLine(certificate.issuer)}`,
        `names       ${namesOf(certificate).join(', ') || 'none'}`,
        `valid       ${new Date(certificate.validFrom).toISOString()} to ${new Date(certificate.validTo).toISOString()}`,
        `key         ${keyOf(certificate)}`,
        `SHA-256     ${certificate.fingerprint256}`,
      ].join('\n')}\n`,
    );
  }
  const leaf = parse(blocks[0] ?? '', file);
  const key = options.key === undefined ? undefined : await read(options.key);
  const ca = options.ca === undefined ? undefined : await read(options.ca);
  const problems = checkServerCertificate(
    { cert, key: key ?? '', ...(ca === undefined ? {} : { ca }) },
    {
      now: new Date(),
      names: options.name,
      certFile: file,
      ...(options.key === undefined ? {} : { keyFile: options.key }),
    },
  )
    .filter((problem) => key !== undefined || problem.code !== 'tls-key-unreadable')
    // An authority is looked at for its own sake; that it is no server certificate is no fault of it.
    .filter(
      (problem) => !leaf.ca || !['tls-leaf-is-ca', 'tls-no-names'].includes(problem.code) || options.name.length > 0,
    );
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  if (problems.some((problem) => problem.severity === 'error')) process.exitCode = EXIT.findings;
}

async function read(file: string): Promise<string> {
  try {
    return (
      await (file === '-' ? readStream(process.stdin, SMALL) : readBounded(file, { ...SMALL, pipes: true }))
    ).toString();
  } catch (error) {
    throw new CliError(
      errnoOf(error) === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file}: ${fileTrouble(error)}`,
    );
  }
}

const SMALL = { most: MAX_SMALL_FILE };

function parse(block: string, name: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw new CliError(`${name} is damaged: its content is not a certificate`);
  }
}

function keyOf(certificate: X509Certificate): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const size = details?.namedCurve ?? (details?.modulusLength === undefined ? '' : `${details.modulusLength} bits`);
  return `${type ?? 'unknown'} ${size}`.trim();
}

function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ') || '(empty)';
}
