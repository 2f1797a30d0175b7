import { stringify } from 'yaml';
import { formatPlace, type Problem, type Severity } from '../../core/problem/problem.js';
import type { Colour, Paint } from '../../system/terminal/colour.js';
import { printable } from '../../system/terminal/printable.js';
import { junit } from './junit.js';
import { type SarifTool, sarif } from './sarif.js';

export type ProblemFormat = 'table' | 'json' | 'yaml' | 'junit' | 'sarif';

/** Problems in one of the formats that every command which lists them has. */
export function problemsOutput(
  problems: readonly Problem[],
  format: ProblemFormat,
  how: {
    /** What was looked at, e.g. `policy check`: the name of the JUnit suite. */
    readonly subject: string;
    /** What was looked at in the files without a problem, so that JUnit shows them as passed. */
    readonly files?: readonly string[];
    readonly tool: SarifTool;
    readonly paint: Paint;
    /** Members beside `problems` in JSON and YAML. */
    readonly more?: Readonly<Record<string, unknown>>;
  },
): string {
  switch (format) {
    case 'table':
      return withoutRepeatedAdvice(problems)
        .map((problem) => `${problemText(problem, how.paint)}\n`)
        .join('');
    case 'json':
      return `${JSON.stringify({ problems, ...how.more }, null, 2)}\n`;
    case 'yaml':
      return stringify({ problems, ...how.more }, { lineWidth: 0, aliasDuplicateObjects: false });
    case 'junit':
      return problemsAsJunit(problems, how.subject, how.files ?? []);
    case 'sarif':
      return sarif(problems, how.tool);
  }
}

/** Neighbours in one file with the same advice: the last of them has it, for all. */
function withoutRepeatedAdvice(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem, i) => {
    const next = problems[i + 1];
    if (next?.advice !== problem.advice || next?.place?.file !== problem.place?.file) return problem;
    const { advice: _, ...rest } = problem;
    return rest;
  });
}

/** `file:line:col: error: message (path) [CODE]`, the advice indented below it, coloured on a terminal. */
export function problemText({ code, severity, message, advice, place }: Problem, paint: Paint): string {
  const at = formatPlace(place);
  const path = place?.path === undefined ? '' : paint('gray', ` (${printable(place.path)})`);
  const head = `${at === '' ? '' : `${paint('bold', printable(at))}: `}${paint(COLOURS[severity], severity)}: `;
  const line = `${head}${printable(message)}${path} ${paint('gray', `[${code}]`)}`;
  return advice === undefined ? line : `${line}\n    ${printable(advice)}`;
}

/** `2 errors, 1 warning, 3 notes`; `no problems` when there are none. */
export function tallyText(problems: readonly Problem[]): string {
  const words = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length;
    const word = severity === 'info' ? 'note' : severity;
    return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`];
  });
  return words.length === 0 ? 'no problems' : words.join(', ');
}

/** A file is a suite; one that has no problem passes as a whole. Notes are not failures. */
function problemsAsJunit(problems: readonly Problem[], subject: string, files: readonly string[]): string {
  const failures = problems.filter(({ severity }) => severity !== 'info');
  const byFile = new Map<string, Problem[]>(files.map((file) => [file, []]));
  for (const problem of failures) {
    const file = problem.place?.file ?? '';
    const known = byFile.get(file);
    if (known === undefined) byFile.set(file, [problem]);
    else known.push(problem);
  }
  return junit(
    subject,
    [...byFile].map(([file, found]) => ({
      name: file === '' ? subject : file,
      cases:
        found.length === 0
          ? [{ name: subject, className: file, file }]
          : found.map((problem) => ({
              name: `${problem.code} ${formatPlace(problem.place)}`.trim(),
              className: file === '' ? subject : file,
              ...(problem.place?.file === undefined ? {} : { file: problem.place.file }),
              ...(problem.place?.line === undefined ? {} : { line: problem.place.line }),
              failure: {
                message: problem.message,
                type: problem.severity,
                text: problemText(problem, (_, text) => text),
              },
            })),
    })),
  );
}

const COLOURS: Readonly<Record<Severity, Colour>> = { error: 'red', warning: 'yellow', info: 'cyan' };
