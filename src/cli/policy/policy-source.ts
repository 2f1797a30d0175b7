import { join } from 'node:path';
import { type DocumentSet, documentSet } from '../../core/policy/load/document-set.js';
import { parseDocuments } from '../../core/policy/load/parse-documents.js';
import { formatPlace, type Problem } from '../../core/problem/problem.js';
import type { Catalogue } from '../../core/profile/catalogue.js';
import { counted } from '../../core/text/words.js';
import { demoFiles } from '../../files/demo-set.js';
import { loadPolicies } from '../../files/policies/load-policies.js';
import { loadCatalogue } from '../../files/profile-catalogue.js';
import { packageRoot } from '../../system/package-root.js';
import { CliError } from '../output/exit.js';
import { problemText } from '../output/problems.js';
import { stderrPaint } from '../output/write.js';
import type { RuleOptions } from './rule-options.js';

/** The policies that a command works with; the demo set, as `serve` has it, when no path is given. Problems that are errors end the command. */
export async function policiesFor(
  paths: readonly string[] | undefined,
  now: number,
): Promise<{ readonly documents: DocumentSet; readonly source: string }> {
  if (paths !== undefined) {
    const { documents, problems, notes } = await loadPolicies(paths, { pipes: true });
    refuseErrors(problems, 'these policies cannot be used');
    if (documents.policies.length === 0 && documents.exemptions.length === 0)
      throw new CliError(
        `there is no policy and no exemption in ${paths.join(', ')}: give a file or folder with SeccompPolicy documents${insteadText(notes)}`,
      );
    return { documents, source: paths.join(', ') };
  }
  const files = await demoFiles(now);
  const { documents, problems } = documentSet(
    files.map(({ name, text }) => parseDocuments(text, { file: `policies/demo/${name}` })),
  );
  refuseErrors(problems, 'the demo set is damaged: install Seccomply anew');
  return { documents, source: 'the demo set (policies/demo), since --policies is not given' };
}

/** What stands there instead of policies: "; one document of kind ClusterPolicy left alone (k.yaml:1:1)". */
export function insteadText(notes: readonly Problem[]): string {
  const note = notes[0];
  if (note === undefined) return '';
  const others = notes.length > 1 ? `, and ${counted(notes.length - 1, 'more such note', 'more such notes')}` : '';
  return `; ${note.message} (${formatPlace(note.place)})${others}`;
}

/** The catalogue of `--profiles`, or the one that comes with the program. */
export async function catalogueFor(options: Pick<RuleOptions, 'profiles' | 'runtimeDefault'>): Promise<Catalogue> {
  const { catalogue, problems } = await loadCatalogue(options.profiles ?? [join(packageRoot(), 'profiles')], options);
  refuseErrors(problems, 'these profiles cannot be used');
  return catalogue;
}

function refuseErrors(problems: readonly Problem[], what: string): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const paint = stderrPaint();
  for (const problem of errors) process.stderr.write(`${problemText(problem, paint)}\n`);
  throw new CliError(`${what}: ${errors.length} error${errors.length === 1 ? '' : 's'}, listed above`);
}
