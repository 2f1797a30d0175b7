import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Problem, Severity } from '../../core/problem/problem.js';

/** What a code means, for the page of rules that code scanners show. */
export interface SarifRule {
  readonly code: string;
  /** A few words. */
  readonly title: string;
  /** A sentence or two: what it means and what to do. */
  readonly text: string;
}

export interface SarifTool {
  readonly version: string;
  /** The rules that the codes of the problems are looked up in; a code that is not among them is written without one. */
  readonly rules: readonly SarifRule[];
}

/** SARIF 2.1.0, which code scanners (GitHub, GitLab, Azure DevOps) read. Ends with a newline. */
export function sarif(problems: readonly Problem[], { version, rules }: SarifTool): string {
  const used = new Set(problems.map(({ code }) => code));
  const listed = rules.filter(({ code }) => used.has(code));
  const index = new Map(listed.map(({ code }, at) => [code, at]));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'seccomply',
            version,
            rules: listed.map(({ code, title, text }) => ({
              id: code,
              shortDescription: { text: title },
              fullDescription: { text },
              help: { text },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: problems.map((problem) => resultOf(problem, index.get(problem.code))),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function resultOf({ code, severity, message, advice, place }: Problem, ruleIndex: number | undefined): object {
  return {
    ruleId: code,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: LEVELS[severity],
    message: { text: advice === undefined ? message : `${message}\n${advice}` },
    ...(place?.file === undefined
      ? {}
      : {
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(place.file) },
                region: {
                  startLine: place.line ?? 1,
                  ...(place.column === undefined ? {} : { startColumn: place.column }),
                },
              },
              ...(place.path === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: place.path }] }),
            },
          ],
        }),
  };
}

/** A relative path stays relative: scanners take it from the root of the repository. */
function uriOf(file: string): string {
  if (/^[a-z]+:[a-z]/i.test(file)) return encodeURI(file);
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.replace(/^\.\//, '').split(/[\\/]/).map(encodeURIComponent).join('/');
}

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};
