import type { Command } from 'commander';
import { names } from '../../core/manifests/names.js';
import { EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { type ClusterOptions, clusterCommand, withCluster } from './cluster-options.js';
import { reportChecks } from './report-checks.js';

const examples = `
Examples:
  $ seccomply doctor
  $ kubectl seccomply doctor --context staging -o json

Looks at the API server, the webhook and the controller, certificates, the registration, the guards, other webhooks, kubelets and
policies, and tries an Unconfined pod in a dry run. Changes nothing.

Exit codes: 0 all is well (there may be warnings), 1 something is wrong, 2 bad usage.`;

interface Options extends ClusterOptions {
  readonly probeNamespace: string;
  readonly output: 'table' | 'json';
}

export function command(): Command {
  return clusterCommand('doctor')
    .description('Look at an installation in a cluster and say what is wrong with it.')
    .option('--probe-namespace <name>', 'an enforced namespace, in which a pod is tried in a dry run', 'default')
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', examples)
    .action((options: Options) => run(options));
}

async function run({ output, probeNamespace, ...cluster }: Options): Promise<void> {
  await withCluster(cluster, async (client) => {
    const { checkInstallation } = await import('../../cluster/doctor/doctor.js');
    const options = { namespace: names.namespace, probeNamespace, now: Date.now() };
    const isTable = output === 'table';
    const report = await reportChecks(client, checkInstallation, options, isTable ? 'all' : 'nothing');
    const { results, errors, warnings } = report;
    if (isTable) {
      const paint = stdoutPaint();
      const tally = `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
      await writeOut(`\n${errors === 0 ? paint('green', tally) : paint('red', tally)}\n`);
    } else await writeOut(`${JSON.stringify({ examinations: results }, null, 2)}\n`);
    process.exitCode = errors === 0 ? EXIT.good : EXIT.findings;
  });
}
