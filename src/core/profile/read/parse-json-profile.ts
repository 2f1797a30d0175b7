import { readJsonNodes } from '../../document/lenient-json/json-nodes.js';
import type { ParsedProfile } from './parsed-profile.js';
import { type ParseProfileOptions, profileOfText, type ReadNodes } from './profile-of-text.js';
import { looksLikeYaml, otherFileKind, YAML_IS_NOT_READ } from './text-format.js';

/**
 * Reads a profile from JSON: OCI's, Docker's and containers/common's supersets of it, and the SeccompProfile object of the
 * security-profiles-operator. Never throws: mistakes are in `problems`, and a text in YAML is one.
 */
export function parseJsonProfile(text: string, options: ParseProfileOptions = {}): ParsedProfile {
  return profileOfText(text, options, (json, report) => {
    if (!looksLikeYaml(json)) return readJson(json, report);
    report({ offset: 0, ...YAML_IS_NOT_READ });
    return { root: undefined, isYaml: false };
  });
}

export const readJson: ReadNodes = (text, report) => {
  const otherKind = otherFileKind(text);
  if (otherKind !== undefined) {
    report({ offset: 0, code: 'SP001', ...otherKind });
    return { root: undefined, isYaml: false };
  }
  const { root, problems } = readJsonNodes(text);
  for (const problem of problems) report(problem);
  return { root, isYaml: false };
};
