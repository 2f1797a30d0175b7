import { isMap, isScalar } from 'yaml';
import { MAX_LEVELS, MAX_SETTINGS_FILE } from '../../core/document/limits.js';
import { SourceText } from '../../core/document/source-text.js';
import { yamlDocuments } from '../../core/document/yaml/yaml-documents.js';
import { shortMessage, startOf } from '../../core/document/yaml/yaml-package.js';
import type { Place, Problem } from '../../core/problem/problem.js';
import { didYouMean } from '../../core/text/did-you-mean.js';
import { quoted } from '../../core/text/quoted.js';
import { errnoOf, fileTrouble, messageOf } from '../../system/errno.js';
import { readBoundedSync } from '../../system/read-bounded.js';
import { kebab, type SettingName, settingNames } from './settings.js';

export interface FileValue {
  readonly value: unknown;
  readonly place: Place;
}

export interface ConfigFile {
  readonly values: ReadonlyMap<SettingName, FileValue>;
  readonly problems: readonly Problem[];
}

/** So many keys that are no settings are told one by one. */
const MAX_PROBLEMS = 20;

/** Reads `--config FILE`: YAML or JSON, one key for each setting, spelt as the flag or in camelCase. */
export function readConfigFile(file: string): ConfigFile {
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(
      readBoundedSync(file, { most: MAX_SETTINGS_FILE, pipes: true }),
    );
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
  const lines = new SourceText(source, file);
  const documents = yamlDocuments(source, MAX_LEVELS, { logLevel: 'error', uniqueKeys: false });
  if ('tooDeepAt' in documents) {
    return refused({
      code: 'config-file-syntax',
      severity: 'error',
      message: `values are nested more than ${MAX_LEVELS} deep`,
      advice: 'A setting is a single value or a list of them.',
      place: lines.placeAt(documents.tooDeepAt),
    });
  }
  const [document, second] = documents;
  const [syntax] = document?.errors ?? [];
  if (syntax !== undefined || second !== undefined) {
    return refused({
      code: 'config-file-syntax',
      severity: 'error',
      message:
        syntax === undefined
          ? 'there is more than one document in it: one is enough for all settings'
          : `not YAML: ${shortMessage(syntax.message)}`,
      place: lines.placeAt(syntax?.pos[0] ?? second?.range[0] ?? 0),
    });
  }
  const contents = document?.contents ?? null;
  if (document === undefined || contents === null || (isScalar(contents) && contents.value === null))
    return { values: new Map(), problems: [] };
  if (!isMap(contents)) {
    return refused({
      code: 'config-file-shape',
      severity: 'error',
      message: 'the configuration must be a map of settings',
      advice: 'For example: listen: 127.0.0.1:8443',
      place: lines.placeAt(startOf(contents)),
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
    const place = lines.placeAt(startOf(pair.key));
    const name = settingNames.find((one) => one === key || kebab(one) === key);
    if (name === undefined) {
      const near = didYouMean(
        key,
        settingNames.flatMap((one) => [one, kebab(one)]),
      );
      problems.push({
        code: 'config-unknown-key',
        severity: 'error',
        message: `unknown setting ${quoted(key)}`,
        advice: near === undefined ? 'docs/reference/configuration.md lists them all.' : `Did you mean ${near}?`,
        place,
      });
    } else if (values.has(name)) {
      problems.push({
        code: 'config-repeated-key',
        severity: 'error',
        message: `"${key}" sets what another key has set already`,
        place,
      });
    } else values.set(name, { value: js[key], place: { ...place, path: key } });
    if (problems.length === MAX_PROBLEMS) break;
  }
  return { values, problems };
}

function refused(problem: Problem): ConfigFile {
  return { values: new Map(), problems: [problem] };
}
