import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { names } from '../../core/manifests/names.js';
import type { Address } from '../../http/server/address.js';
import { defaultOf } from '../../processes/settings/settings.js';
import { address, duration, profilesOrOff, type Read } from '../../processes/settings/value.js';
import { messageOf } from '../../system/errno.js';
import type { Log } from '../../system/log.js';
import { type ClusterOptions, clusterClient, clusterCommand } from '../cluster/cluster-options.js';
import { CliError, EXIT } from '../output/exit.js';
import { outliveOutput, stderrPaint } from '../output/write.js';

const examples = `
Examples:
  $ seccomply controller                                           in a pod of the manifests
  $ seccomply controller --kubeconfig admin.conf --webhook-url https://127.0.0.1:8443

Does what is done once for the whole cluster, by whichever replica holds the Lease: the certificate authority, the webhook
registration, the status of policies, exemptions and profiles, and with --vap the exported admission policies.
SIGTERM gives the Lease up and ends it; a second signal ends it at once. See docs/explanation/cluster.md.`;

interface Options extends ClusterOptions {
  readonly namespace: string;
  readonly identity: string;
  readonly listen: Address;
  readonly data: string;
  readonly certificates: 'self-managed' | 'cert-manager' | 'secret';
  readonly webhookUrl?: URL;
  readonly baseline: readonly string[] | 'off';
  readonly longestExemption: number;
  readonly vap?: boolean;
  readonly interval: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFormat: 'json' | 'text';
}

export function command(): Command {
  const option = (flags: string, text: string, variable: string): Option =>
    new Option(flags, text).env(`SECCOMPLY_${variable}`);
  return clusterCommand('controller')
    .description('Run the controller of a cluster.')
    .addOption(
      new Option('--namespace <name>', 'the namespace of the installation')
        .env('POD_NAMESPACE')
        .default(names.namespace),
    )
    .addOption(
      new Option('--identity <name>', 'what this process is called in the Lease; nobody else may be called so')
        .env('POD_NAME')
        .default(`${hostname()}-${randomBytes(4).toString('hex')}`, 'host name and something random'),
    )
    .addOption(
      option('--listen <host:port>', 'where health and metrics are, HTTPS', 'LISTEN')
        .argParser(reading(address))
        .default({ host: '127.0.0.1', port: 9443 }, '127.0.0.1:9443'),
    )
    .addOption(option('--data <dir>', 'what is written goes here', 'DATA').default('.seccomply'))
    .addOption(
      option('--certificates <how>', 'who makes the certificate of the webhook', 'CERTIFICATES')
        .choices(['self-managed', 'cert-manager', 'secret'])
        .default('self-managed'),
    )
    .addOption(
      option('--webhook-url <url>', 'a webhook outside the cluster, for the registration', 'WEBHOOK_URL').argParser(
        webhookUrl,
      ),
    )
    .addOption(
      option('--baseline <list|off>', 'as for the webhook: what the built-in requirement allows', 'BASELINE')
        .argParser(reading(profilesOrOff))
        .default((defaultOf('baseline', 'webhook') ?? '').split(','), defaultOf('baseline', 'webhook')),
    )
    .addOption(
      option(
        '--longest-exemption <span>',
        'as for the webhook: how far ahead an exemption may end',
        'LONGEST_EXEMPTION',
      )
        .argParser(reading(duration({ min: 86_400_000, max: 3_650 * 86_400_000 })))
        .default(90 * 86_400_000, defaultOf('longestExemption', 'webhook')),
    )
    .addOption(option('--vap', 'keep the policies as admission policies of the API server, too', 'VAP'))
    .addOption(
      option('--interval <span>', 'between two looks at certificates and registration', 'INTERVAL')
        .argParser(reading(duration({ min: 100, max: 600_000 })))
        .default(10_000, '10s'),
    )
    .addOption(
      option('--log-level <level>', 'what goes to the log', 'LOG_LEVEL')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .addOption(
      option('--log-format <format>', 'for machines or for people', 'LOG_FORMAT')
        .choices(['json', 'text'])
        .default('json'),
    )
    .addHelpText('after', examples)
    .action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  outliveOutput();
  const [{ openLog }, { RecordStream }, { startController }] = await Promise.all([
    import('../../system/log.js'),
    import('../../system/record-stream.js'),
    import('../../processes/controller/controller.js'),
  ]);
  const log: Log = openLog({
    level: options.logLevel,
    format: options.logFormat,
    role: 'controller',
    paint: stderrPaint(),
    write: (line) => void process.stderr.write(line),
  });
  const client = await clusterClient(options);
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  let onSignal: (signal: string) => void = () => undefined;
  const signalled = new Promise<string>((resolve) => {
    onSignal = resolve;
  });
  let count = 0;
  for (const signal of signals)
    process.on(signal, () => {
      count += 1;
      if (count > 1) process.exit(130);
      onSignal(signal);
    });
  const records = new RecordStream(process.stdout);
  const starting = startController({
    client,
    log,
    ...options,
    admissionPolicies: options.vap === true,
    recordLines: records.lines,
  });
  const first = await Promise.race([
    starting.catch((error: unknown) => new CliError(messageOf(error), EXIT.findings)),
    signalled,
  ]);
  if (first instanceof CliError) throw first;
  if (typeof first === 'string') process.exit(0);
  log.info(`the controller answers on ${first.address}`, { namespace: options.namespace, identity: options.identity });
  const signal = await signalled;
  log.info(`${signal}: stopping`);
  await first.stop();
  client.close();
  log.info('stopped');
  process.exit(0);
}

function reading<T>(read: (value: unknown) => Read<T>): (text: string) => T {
  return (text) => {
    const value = read(text);
    if (value.ok) return value.value;
    throw new InvalidArgumentError(`${value.reason}${value.advice === undefined ? '' : `\n    ${value.advice}`}`);
  };
}

function webhookUrl(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Said below.
  }
  if (url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('Write an https URL without a path: https://10.0.0.5:8443');
}
