import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RuleSet } from '../../core/policy/rules/rule-set.js';
import { counted } from '../../core/text/words.js';
import { packageRoot } from '../../system/package-root.js';
import type { Paint } from '../../system/terminal/colour.js';
import type { AdmissionConfig } from '../settings/config.js';

export interface WelcomeFacts {
  readonly config: AdmissionConfig;
  readonly rules: RuleSet;
  readonly address: string;
  /** With the one-time token. */
  readonly pageLink: string;
  /** The file that clients have to trust; undefined where nobody said. */
  readonly caFile: string | undefined;
  /** The folder of the copy, when it is the demo set that is served. */
  readonly demoFolder: string | undefined;
}

/** What `serve` says when it is ready: where it answers, what is in force, and a line to paste. */
export function welcome({ config, rules, address, pageLink, caFile, demoFolder }: WelcomeFacts, paint: Paint): string {
  const { policies, exemptions } = rules.documents;
  const row = (word: string, text: string): string => `  ${paint('gray', word.padEnd(9))}${text}`;
  const served =
    demoFolder === undefined
      ? (config.policies ?? []).join(', ')
      : `${demoFolder}, a copy of the demo set: edit it, changes are taken over`;
  const ends = demoFolder === undefined ? undefined : exemptions[0]?.value.spec.expires;
  const lines = [
    `${paint('bold', 'Seccomply')} answers on ${paint('bold', address)} with ${counted(policies.length, 'policy', 'policies')} and ${counted(exemptions.length, 'exemption', 'exemptions')}.`,
    '',
    row('policies', served),
    ...(ends === undefined
      ? []
      : [row('', `its exemption ${exemptions[0]?.reference.name} ends on ${String(ends).slice(0, 10)}`)]),
    row('trust', caFile ?? 'the authority of your own certificate (name it with --tls-ca)'),
    row(
      'records',
      `${join(config.data, 'audit')}  (read them with: seccomply audit tail ${config.data === '.seccomply' ? '' : join(config.data, 'audit')}`.trimEnd() +
        ')',
    ),
    row('page', pageLink),
    '',
    ...tryIt(address, caFile, demoFolder !== undefined).map((line) => (line === '' ? line : `  ${line}`)),
    'Ctrl-C ends it.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function tryIt(address: string, caFile: string | undefined, isDemo: boolean): readonly string[] {
  const folder = join(packageRoot(), 'docs', 'tutorial', 'examples');
  if (!existsSync(folder)) return [];
  const examples = relative(process.cwd(), folder) || '.';
  const curl = `curl -sS ${caFile === undefined ? '' : `--cacert ${quoted(caFile)} `}-H 'Content-Type: application/json'`;
  if (!isDemo)
    return [
      'To try it, in a second terminal:',
      '',
      `${curl} \\`,
      `  --data @${quoted(join(examples, 'refused.json'))} ${address}/mutate`,
      '',
    ];
  return [
    'To try it, in a second terminal: a pod that is changed, one that is refused, one that an exemption lets through.',
    '',
    'for pod in changed refused exempted; do',
    `  ${curl} \\`,
    `    --data @${quoted(examples)}/$pod.json ${address}/mutate; echo`,
    'done',
    '',
  ];
}

function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
