import { readYamlNodes } from '../../../document/yaml/yaml-nodes.js';
import { isSpoObject } from '../decode-spo-object.js';
import { readJson } from '../parse-json-profile.js';
import type { ParsedProfile } from '../parsed-profile.js';
import { type ParseProfileOptions, profileOfText, type ReadNodes } from '../profile-of-text.js';
import { looksLikeYaml } from '../text-format.js';

/**
 * Reads a profile in any of the formats in use: those that `parseJsonProfile` reads, and the SeccompProfile object of the
 * security-profiles-operator as YAML. Never throws: mistakes are in `problems`.
 */
export function parseProfile(text: string, options: ParseProfileOptions = {}): ParsedProfile {
  return profileOfText(text, options, looksLikeYaml(text) ? readYaml : readJson);
}

const readYaml: ReadNodes = (text, report) => {
  const { documents, problems } = readYamlNodes(text);
  for (const problem of problems) report(problem);
  const root = documents.find((node) => node.kind === 'object' && isSpoObject(node)) ?? documents[0];
  if (root === undefined && problems.length === 0)
    report({
      offset: 0,
      code: 'SP001',
      message: 'there is nothing in this file but remarks',
      advice: 'remove the "#" before the profile; lines must end with a line feed, not with a carriage return alone',
    });
  return { root, isYaml: true };
};
