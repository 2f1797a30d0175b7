import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { Manifest } from '../../core/policy/crd/manifest.js';
import { type ExportedPolicies, exportAdmissionPolicies } from '../../core/policy/export/admission-policies.js';
import type { ExportGap } from '../../core/policy/export/cel-profile-cover.js';
import { makeFolder } from '../../files/make-folder.js';
import { errnoOf, messageOf } from '../../system/errno.js';
import { CliError } from '../output/exit.js';
import { writeOut } from '../output/write.js';
import { catalogueFor, policiesFor } from './policy-source.js';
import { type RuleOptions, ruleOptions } from './rule-options.js';

const examples = `
Examples:
  $ seccomply policy export --as vap policies/ | kubectl apply --server-side -f -
  $ seccomply policy export --as vap --out exported/ policies/ exemptions.yaml

Writes ValidatingAdmissionPolicy objects (Kubernetes 1.30) for what policies require and one MutatingAdmissionPolicy
(Kubernetes 1.36) for what they assign. The API server judges by them itself, so the essential rule holds while no webhook
answers. What they cannot say, and in which direction they differ, is listed on standard error.

CEL has no clock: the exemptions in force now are written into the objects. Make the export again before the first of them
ends; in a cluster \`seccomply install --vap\` has the controller do that.

Exit code: 0 when the objects were written, 2 when the policies cannot be used.`;

interface ExportCliOptions extends RuleOptions {
  readonly as: 'vap';
  readonly out?: string;
}

export function command(): Command {
  const made = new Command('export')
    .description('write policies as objects that the API server judges by itself')
    .argument('<path...>', 'files and folders of policies and exemptions')
    .addOption(
      new Option('--as <form>', 'vap: ValidatingAdmissionPolicy and MutatingAdmissionPolicy')
        .choices(['vap'])
        .makeOptionMandatory(),
    )
    .option('--out <folder>', 'write a file for each object in there instead of standard output')
    .addHelpText('after', examples)
    .action((paths: readonly string[], options: ExportCliOptions) => run(paths, options));
  for (const option of ruleOptions()) made.addOption(option);
  return made;
}

async function run(paths: readonly string[], options: ExportCliOptions): Promise<void> {
  const now = options.now ?? Date.now();
  const { documents } = await policiesFor(paths, now);
  const exported = exportAdmissionPolicies(documents, {
    catalogue: await catalogueFor(options),
    baseline: options.baseline,
    longestExemption: options.longestExemption,
    now,
  });
  const head = heading(exported);
  if (options.out === undefined)
    await writeOut(`${head}${exported.objects.map((object) => yamlOf(object)).join('---\n')}`);
  else await writeFiles(options.out, head, exported.objects);
  process.stderr.write(report(exported));
}

function heading({ renewBefore }: ExportedPolicies): string {
  const renew =
    renewBefore === undefined
      ? ''
      : `# Make it again before ${renewBefore}: an exemption ends then, and what stands here goes on allowing it.\n`;
  return `# Made by \`seccomply policy export --as vap\`; changes here are lost.\n${renew}`;
}

async function writeFiles(folder: string, head: string, objects: readonly Manifest[]): Promise<void> {
  try {
    await makeFolder(folder);
    for (const object of objects)
      await writeFile(join(folder, `${object.kind.toLowerCase()}-${object.metadata.name}.yaml`), head + yamlOf(object));
  } catch (error) {
    const code = errnoOf(error);
    throw new CliError(
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `${folder} is a file: give --out a folder`
        : `cannot write to ${folder} (${code ?? messageOf(error)})`,
    );
  }
}

function yamlOf(object: Manifest): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
}

function report({ objects, gaps, renewBefore }: ExportedPolicies): string {
  const lines = [`${objects.length} objects.`];
  if (gaps.length > 0) {
    lines.push('', 'What they do not say, or say otherwise than the webhook:');
    lines.push(...gaps.map(gapLine));
  }
  lines.push('', "They do not look whether a container that a rule is for was really changed ('not injected').");
  if (renewBefore !== undefined) lines.push(`Make the export again before ${renewBefore}: an exemption ends then.`);
  return `${lines.join('\n')}\n`;
}

function gapLine({ document, path, why, effect }: ExportGap): string {
  return `  ${document}${path === undefined ? '' : ` (${path})`}: ${effect}: ${why}`;
}
