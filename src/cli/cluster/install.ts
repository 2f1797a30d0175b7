import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { defaultInstall, type InstallOptions } from '../../core/manifests/install-options.js';
import { type OverlayName, overlays } from '../../core/manifests/overlays.js';
import type { Manifest } from '../../core/policy/crd/manifest.js';
import { packageRoot } from '../../system/package-root.js';
import { CliError, EXIT } from '../output/exit.js';
import { problemText } from '../output/problems.js';
import { stderrPaint, stdoutPaint, writeOut } from '../output/write.js';
import { type ClusterOptions, clusterCommand, span, withCluster } from './cluster-options.js';
import { reportChecks } from './report-checks.js';

const examples = `
Examples:
  $ seccomply install
  $ seccomply install --image registry.example.com/seccomply:0.1.0 --policies restricted
  $ seccomply install --overlay dev --policies ./policies
  $ kubectl seccomply install --vap

Applies the custom kinds, the webhook, the controller and a ready policy set (server-side, with the field manager "seccomply"), and
waits until an Unconfined pod is really refused, in a dry run. It may be run again at any time: to upgrade, to change an option, to
put a deleted registration back. To take everything away: seccomply uninstall. See docs/how-to/install.md.

Exit codes: 0 it works, 1 it does not (what is wrong is listed), 2 bad usage.`;

interface Options extends ClusterOptions {
  readonly image?: string;
  readonly policies: string;
  readonly overlay: readonly OverlayName[];
  readonly replicas?: number;
  readonly vap?: true;
  readonly probeNamespace: string;
  readonly timeout: number;
}

export function command(): Command {
  return clusterCommand('install')
    .description('Install Seccomply in a cluster, or bring what is installed to this version.')
    .option('--image <ref>', `the image to run (default: ${defaultInstall.image})`)
    .option(
      '--policies <set>',
      'a ready set (baseline, restricted), a file or folder of policies of your own, or none',
      'baseline',
    )
    .addOption(
      new Option('--overlay <name>', 'may be given again')
        .choices(Object.keys(overlays))
        .default([] as readonly string[], 'production')
        .argParser((name: string, before: readonly string[]) => {
          if (!Object.hasOwn(overlays, name))
            throw new CliError(
              `there is no overlay ${JSON.stringify(name)}: choose from ${Object.keys(overlays).join(', ')}`,
            );
          return [...before, name];
        }),
    )
    .option('--replicas <n>', 'replicas of the webhook', replicas)
    .option(
      '--vap',
      'also keep the policies as admission policies of the API server, which hold while no webhook answers',
    )
    .option('--probe-namespace <name>', 'an enforced namespace, in which a pod is tried in a dry run', 'default')
    .addOption(new Option('--timeout <span>', 'how long to wait until it works').argParser(span).default(180_000, '3m'))
    .addHelpText('after', examples)
    .action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const documents = await documentsOf(options.policies);
  const installOptions: InstallOptions = {
    ...defaultInstall,
    ...Object.assign({}, ...options.overlay.map((name) => overlays[name])),
    ...(options.image === undefined ? {} : { image: options.image }),
    ...(options.replicas === undefined ? {} : { webhookReplicas: options.replicas }),
    ...(options.vap === undefined ? {} : { admissionPolicies: true }),
  };
  const paint = stdoutPaint();
  await withCluster(options, async (client) => {
    const [{ install, InstallError }, { checkInstallation }] = await Promise.all([
      import('../../cluster/install/install.js'),
      import('../../cluster/doctor/doctor.js'),
    ]);
    await writeOut(`Installing ${installOptions.image} in ${client.connection.server.origin}\n`);
    const began = Date.now();
    let result: Awaited<ReturnType<typeof install>>;
    try {
      result = await install(
        client,
        {
          options: installOptions,
          documents,
          probeNamespace: options.probeNamespace,
          deadline: options.timeout,
        },
        (step) => {
          const tick = paint('green', '✓');
          if (step.is === 'applied') process.stdout.write(`${tick} applied ${step.count} ${step.what}\n`);
          if (step.is === 'waiting') process.stdout.write(`… waiting for ${step.forWhat}\n`);
          if (step.is === 'still waiting') process.stdout.write(`  after ${step.seconds} s: ${step.why}\n`);
          if (step.is === 'done') {
            const seconds = Math.round((Date.now() - began) / 1000);
            process.stdout.write(`${tick} it was refused after ${seconds} s: ${step.message}\n`);
          }
        },
      );
    } catch (error) {
      if (error instanceof InstallError) throw new CliError(error.message, EXIT.findings);
      throw error;
    }
    const where = {
      namespace: installOptions.namespace,
      probeNamespace: options.probeNamespace,
      now: Date.now(),
    };
    if (result.is === 'not working') {
      await writeOut(`${paint('red', '✗')} it does not work after ${options.timeout / 1000} s. What was found:\n\n`);
      const { errors } = await reportChecks(client, checkInstallation, where, 'problems');
      throw new CliError(
        errors === 0
          ? 'the installation does not work; nothing else was found. Look at: seccomply doctor'
          : 'the installation does not work. After mending it: seccomply doctor',
        EXIT.findings,
      );
    }
    await reportChecks(client, checkInstallation, where, 'notes');
    await writeOut(
      `\nSeccomply works. Next:\n  kubectl get seccomp                       what policies, exemptions and profiles there are\n  seccomply doctor                          looks at the installation again\n`,
    );
  });
}

/** Policies and exemptions of a ready set or of a person's own files, checked before anything is applied. */
async function documentsOf(set: string): Promise<readonly Manifest[]> {
  if (set === 'none') return [];
  const ready = join(packageRoot(), 'policies', set);
  const path = /^[a-z-]+$/.test(set) && existsSync(ready) ? ready : set;
  if (!existsSync(path))
    throw new CliError(
      `--policies ${set}: there is neither a ready set of this name nor such a file or folder\n    The ready sets are baseline and restricted; none installs no policy.`,
    );
  const { loadPolicies } = await import('../../files/policies/load-policies.js');
  const { documents, problems } = await loadPolicies([path], { pipes: true });
  const manifests = [...documents.policies, ...documents.exemptions].map(({ value }) => value as unknown as Manifest);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new CliError(
      `--policies ${set} cannot be used:\n${errors.map((problem) => problemText(problem, stderrPaint())).join('\n')}`,
    );
  if (manifests.length === 0)
    throw new CliError(`--policies ${set}: there is no SeccompPolicy and no SeccompExemption in it`);
  return manifests;
}

function replicas(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 20)
    throw new CliError('--replicas takes a number from 1 to 20');
  return number;
}
