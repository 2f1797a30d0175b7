import { LINT_RULES } from '../src/core/lint/lint-rules.js';
import type { LintExample, LintRule } from '../src/core/lint/subject/lint-rule.js';
import { RISK_CLASSES } from '../src/core/syscalls/risk-class.js';

const SEVERITIES = { error: 'error', warning: 'warning', info: 'note' } as const;

/** docs/reference/profile-lint.md, from the catalogue of rules. */
export function lintReference(): string {
  const rows = LINT_RULES.map(
    ({ id, severity, title }) => `| [${id}](#${id.toLowerCase()}) | ${SEVERITIES[severity]} | ${cell(title)} |`,
  );
  const classes = RISK_CLASSES.map(({ id, title }) => `| ${id} | ${cell(title)} |`);
  return `# Lint rules for profiles

<!-- Made from src/core/lint/rules by tools/generate-lint-reference.mjs: change the rules there. -->

\`seccomply profile lint\` reads profiles and says what is wrong with them, each thing with its place, the reason and the fix.

A file is looked at as containerd, runc and crun read it from a node (\`--reading raw\`), or as CRI-O does (\`--reading crio\`). Profiles of a catalogue are sources that Seccomply compiles first
(\`--reading compiled\`), which mends some of what the rules find; the rules below say so. Exit code 1 means errors, with \`--strict\` also
warnings. \`--ignore SP036\` leaves a rule out. \`--output sarif\` is for code scanners, \`junit\` for CI, \`json\` for programs; JSON also says
for each file whether a container would start with it under runc and crun, and for each profile of a file that holds several.

Every profile of a file is linted: documents of a YAML stream, elements of Lists, files in ConfigMaps; pods and workloads for how they name profiles.
Objects of other kinds are passed over.

Other codes: SP053 is said by \`profile convert\` where a SeccompProfile object cannot hold the profile; PC and PM codes, of compile and merge, are in
[Profiles](../explanation/profiles.md).

| rule | severity | finds |
|---|---|---|
${rows.join('\n')}

## Classes of syscalls
C0 to C5 are called dangerous.

| class | what can be done with them |
|---|---|
${classes.join('\n')}

${LINT_RULES.map(section).join('\n')}`;
}

function section({ id, severity, title, why, fix, compiled, failing, passing }: LintRule): string {
  const softened =
    compiled === undefined
      ? ''
      : compiled === 'off'
        ? ' Compiling mends this: not looked for in catalogue profiles.'
        : ` In catalogue profiles: ${SEVERITIES[compiled]}.`;
  return `## ${id}
**${title}** (${SEVERITIES[severity]}).${softened}

${why}

*What to do.* ${fix}

${example('Found in', failing)}
${example('Not found in', passing)}`;
}

function example(label: string, { text, options }: LintExample): string {
  const how = Object.entries(options ?? {}).map(([key, value]) => optionInWords(key, value));
  return `${label}${how.length === 0 ? '' : ` (with ${how.join(', ')})`}:
\`\`\`json
${shownText(text)}
\`\`\`
`;
}

function optionInWords(key: string, value: unknown): string {
  if (key === 'installed') return '`--installed`, the same with errnoRet 1';
  if (key === 'runsCommands') return 'a `--pod` that has an exec probe';
  if (key === 'capabilities') return `\`--cap ${String(value)}\``;
  const option = key === 'architecture' ? 'arch' : key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `\`--${option} ${String(value).toLowerCase()}\``;
}

/** In one line while that is short, else a rule or container a line. */
function shownText(text: string): string {
  if (text.includes('\n') || text.length <= 110) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  return pretty(value, '');
}

function pretty(value: unknown, margin: string): string {
  const flat = JSON.stringify(value);
  if (flat.length + margin.length <= 110 || typeof value !== 'object' || value === null) return flat;
  const inner = `${margin}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'string')) return namesInLines(value, inner, margin);
    return `[\n${value.map((item) => inner + pretty(item, inner)).join(',\n')}\n${margin}]`;
  }
  const members = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${pretty(item, inner)}`);
  return `{\n${members.join(',\n')}\n${margin}}`;
}

function namesInLines(names: readonly string[], inner: string, margin: string): string {
  const shown = names.length > 60 ? [...names.slice(0, 3), `… ${names.length - 3} more`] : names;
  const lines: string[] = [];
  let line = '';
  for (const name of shown) {
    const next = `${line === '' ? '' : `${line} `}${JSON.stringify(name)},`;
    if (inner.length + next.length > 110 && line !== '') {
      lines.push(inner + line);
      line = `${JSON.stringify(name)},`;
    } else line = next;
  }
  lines.push(inner + line.replace(/,$/, ''));
  return `[\n${lines.join('\n')}\n${margin}]`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
