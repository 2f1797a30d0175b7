import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { formatProblem } from '../../core/problem/problem.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { isDnsName } from '../../tls/certificate/issue.js';
import { makeDevelopmentCertificates } from '../../tls/source/development-source.js';
import { CliError } from '../output/exit.js';

const examples = `
Examples:
  $ seccomply certs init
  $ seccomply certs init --dns seccomply.seccomply-system.svc --ip 192.168.1.20
  $ seccomply serve --tls-cert certs/tls.crt --tls-key certs/tls.key
  $ curl --cacert certs/ca.crt https://localhost:8443/healthz

Makes ca.crt, ca.key, tls.crt and tls.key. What is there and still good is kept, so clients that trust ca.crt go on
working. For development only: in a cluster Seccomply makes and renews its own, or takes cert-manager's.
See docs/how-to/certificates.md.`;

interface InitOptions {
  readonly out: string;
  readonly dns: readonly string[];
  readonly ip: readonly string[];
  readonly days: number;
  readonly newCa?: true;
}

export function initCommand(): Command {
  return new Command('init')
    .description('make an authority and a server certificate for development')
    .option('--out <folder>', 'where they go', 'certs')
    .option('--dns <name>', 'a further DNS name, may be given again (localhost is always there)', addDns, [])
    .option('--ip <address>', 'a further address, may be given again (127.0.0.1 and ::1 are always there)', addIp, [])
    .option('--days <n>', 'how long the server certificate is good for', days, 90)
    .option('--new-ca', 'make a new authority too; clients have to trust it anew')
    .addHelpText('after', examples)
    .action((options: InitOptions) => init(options));
}

async function init(options: InitOptions): Promise<void> {
  const { out } = options;
  try {
    if (options.newCa === true) for (const file of ['ca.key', 'ca.crt']) await rm(join(out, file), { force: true });
    const material = await makeDevelopmentCertificates({
      folder: out,
      names: [...options.dns, ...options.ip],
      leafDays: options.days,
      authorityDays: Math.max(730, options.days),
      renew: true,
      note: (problem) => process.stderr.write(`${formatProblem(problem)}\n`),
    });
    process.stdout.write(
      `${join(out, 'ca.crt')}   the authority: clients trust this file\n` +
        `${join(out, 'tls.crt')}  good for ${material.names.join(', ')}\n` +
        `${' '.repeat(join(out, 'tls.crt').length)}  until ${material.notAfter.toISOString()}\n` +
        `${join(out, 'tls.key')}  its private key, readable by you only (and ${join(out, 'ca.key')}, the authority's)\n`,
    );
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new CliError(`cannot write to ${out}: ${fileTrouble(error)}`);
  }
}

function addDns(value: string, before: readonly string[]): readonly string[] {
  if (isIP(value) !== 0) throw new InvalidArgumentError(`${value} is an address: use --ip ${value}`);
  if (!isDnsName(value))
    throw new InvalidArgumentError(`${JSON.stringify(value)} is not a DNS name (letters, digits, hyphens and dots).`);
  return [...before, value];
}

function addIp(value: string, before: readonly string[]): readonly string[] {
  if (isIP(value) === 0)
    throw new InvalidArgumentError(`${JSON.stringify(value)} is not an IP address; names go to --dns.`);
  return [...before, value];
}

function days(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 3650)
    throw new InvalidArgumentError('Give a whole number of days from 1 to 3650.');
  return number;
}
