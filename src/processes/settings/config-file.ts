import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Place, Problem } from '../../core/problem/problem.js';
import { didYouMean } from '../../core/text/did-you-mean.js';
import { errnoOf, fileTrouble, messageOf } from '../../system/errno.js';
import { kebab, type SettingName, settingNames } from './settings.js';

export interface FileValue {
  readonly value: unknown;
  readonly place: Place;
}

export interface ConfigFile {
  readonly values: ReadonlyMap<SettingName, FileValue>;
  readonly problems: readonly Problem[];
}

/** Reads `--config FILE`: YAML or JSON, one key for each setting, spelt as the flag or in camelCase. */
export function readConfigFile(file: string): ConfigFile {
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const errno = errnoOf(error);
    const reason =
      errno === 'ENOENT'
        ? 'does not exist'
        : errno === 'EISDIR'
          ? 'is a folder'
          : errno === 'ERR_ENCODING_INVALID_ENCODED_DATA'
            ? 'is not UTF-8 text'
            : `cannot be read: ${fileTrouble(error)}`;
    return refused({
      code: 'config-file-unreadable',
      severity: 'error',
      message: `the configuration file ${file} ${reason}`,
      advice: 'Give --config (or SECCOMPLY_CONFIG) the path of a YAML or JSON file.',
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true, logLevel: 'error' });
  const placeAt = (offset: number | undefined, path?: string): Place => {
    const at = offset === undefined ? undefined : lines.linePos(offset);
    return {
      file,
      ...(at === undefined ? {} : { line: at.line, column: at.col }),
      ...(path === undefined ? {} : { path }),
    };
  };
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    return refused({
      code: 'config-file-syntax',
      severity: 'error',
      message:
        syntax.code === 'MULTIPLE_DOCS'
          ? 'there is more than one document in it: one is enough for all settings'
          : `not YAML: ${syntax.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}`,
      place: placeAt(syntax.pos[0]),
    });
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { values: new Map(), problems: [] };
  if (!isMap(contents)) {
    return refused({
      code: 'config-file-shape',
      severity: 'error',
      message: 'the configuration must be a map of settings',
      advice: 'For example: listen: 127.0.0.1:8443',
      place: placeAt(contents.range?.[0]),
    });
  }
  let js: Readonly<Record<string, unknown>>;
  try {
    js = document.toJS() as typeof js;
  } catch (error) {
    return refused({
      code: 'config-file-syntax',
      severity: 'error',
      message: `not YAML that can be used: ${messageOf(error)}`,
      advice: 'Write the values out instead of anchors and aliases.',
      place: { file },
    });
  }
  const values = new Map<SettingName, FileValue>();
  const problems: Problem[] = [];
  for (const pair of contents.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const offset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    const name = settingNames.find((one) => one === key || kebab(one) === key);
    if (name === undefined) {
      const near = didYouMean(
        key,
        settingNames.flatMap((one) => [one, kebab(one)]),
      );
      problems.push({
        code: 'config-unknown-key',
        severity: 'error',
        message: `unknown setting "${key}"`,
        advice: near === undefined ? 'docs/reference/configuration.md lists them all.' : `Did you mean ${near}?`,
        place: placeAt(offset),
      });
    } else if (values.has(name)) {
      problems.push({
        code: 'config-repeated-key',
        severity: 'error',
        message: `"${key}" sets what another key has set already`,
        place: placeAt(offset),
      });
    } else {
      values.set(name, { value: js[key], place: placeAt(offset, key) });
    }
  }
  return { values, problems };
}

function refused(problem: Problem): ConfigFile {
  return { values: new Map(), problems: [problem] };
}
