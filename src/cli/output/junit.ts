/** One test, or one thing that was looked at. */
export interface JunitCase {
  readonly name: string;
  readonly className: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  /** Absent: it passed. */
  readonly failure?: { readonly message: string; readonly type: string; readonly text: string } | undefined;
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/** The JUnit XML that CI systems read: suites of cases, each passed or failed. Ends with a newline. */
export function junit(name: string, suites: readonly JunitSuite[]): string {
  const total = suites.flatMap(({ cases }) => cases);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites${attributes({ name, ...tally(total) })}>`];
  for (const suite of suites) {
    lines.push(`  <testsuite${attributes({ name: suite.name, ...tally(suite.cases) })}>`);
    for (const one of suite.cases) {
      const head = attributes({ name: one.name, classname: one.className, file: one.file, line: one.line });
      if (one.failure === undefined) lines.push(`    <testcase${head}/>`);
      else {
        const { message, type, text } = one.failure;
        lines.push(
          `    <testcase${head}>`,
          `      <failure${attributes({ message, type })}>${escaped(text)}</failure>`,
          '    </testcase>',
        );
      }
    }
    lines.push('  </testsuite>');
  }
  lines.push('</testsuites>');
  return `${lines.join('\n')}\n`;
}

function tally(cases: readonly JunitCase[]): {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
} {
  return { tests: cases.length, failures: cases.filter(({ failure }) => failure !== undefined).length, errors: 0 };
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${escaped(String(value)).replace(/[\n\t]/g, (character) => `&#${character.charCodeAt(0)};`)}"`,
    )
    .join('');
}

/** XML 1.0 has no way to write most control characters and no lone surrogates, escaped or not. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\uFFFD')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
