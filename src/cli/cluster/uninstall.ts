import { type Command, Option } from 'commander';
import { enforcementLabel } from '../../core/manifests/guard.js';
import { names } from '../../core/manifests/names.js';
import { CliError, EXIT } from '../output/exit.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { type ClusterOptions, clusterCommand, span, withCluster } from './cluster-options.js';

const examples = `
Examples:
  $ seccomply uninstall --yes
  $ seccomply uninstall --yes --keep-policies
  $ kubectl get seccomppolicies,seccompexemptions,seccompprofiles -o yaml > before.yaml

The registration goes first, so that no pod waits for a webhook that is going. Policies, exemptions and profiles go with their kinds
unless --keep-policies is given. Pods that run keep the profiles they were given.

Exit codes: 0 everything is gone, 1 something is left (it is named), 2 bad usage.`;

interface Options extends ClusterOptions {
  readonly yes?: true;
  readonly keepPolicies?: true;
  readonly timeout: number;
}

export function command(): Command {
  return clusterCommand('uninstall')
    .description('Take Seccomply out of a cluster.')
    .option('--yes', 'do it; without it only what would go is said')
    .option('--keep-policies', 'leave policies, exemptions, profiles and their kinds')
    .addOption(
      new Option('--timeout <span>', 'how long to wait until everything is gone')
        .argParser(span)
        .default(120_000, '2m'),
    )
    .addHelpText('after', examples)
    .action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const paint = stdoutPaint();
  await withCluster(options, async (client) => {
    const { server } = client.connection;
    const kept = options.keepPolicies === true;
    if (options.yes !== true) {
      await writeOut(
        `This takes the registration, the webhook, the controller, the namespace ${names.namespace}${kept ? '' : ', and every policy, exemption and profile'} out of ${server.origin}.\n`,
      );
      throw new CliError('nothing was done: add --yes to do it', EXIT.usage);
    }
    const { uninstall } = await import('../../cluster/install/uninstall.js');
    const { deleted, left, labelled } = await uninstall(
      client,
      { namespace: names.namespace, keepPolicies: kept, deadline: options.timeout },
      (what) => void process.stdout.write(`${paint('green', '✓')} removed ${what}\n`),
    );
    if (labelled.length > 0)
      await writeOut(
        `These namespaces keep the label ${enforcementLabel}, which somebody gave them: ${labelled.join(', ')}\n    kubectl label namespace ${labelled.join(' ')} ${enforcementLabel}-\n`,
      );
    if (left.length > 0)
      throw new CliError(
        `still there after ${options.timeout / 1000} s: ${left.join(', ')}\n    Look for finalizers: kubectl get ${left[0]?.replace(' ', '/').toLowerCase()} -o yaml`,
        EXIT.findings,
      );
    await writeOut(deleted === 0 ? 'Nothing of Seccomply was there.\n' : 'Nothing of Seccomply is left.\n');
  });
}
