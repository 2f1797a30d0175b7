import { readJsonNodes } from '../../document/lenient-json/json-nodes.js';
import type { NodeDocument } from '../../document/node-document.js';
import type { ParsedProfile } from './parsed-profile.js';
import { type MistakeTally, type ParseProfileOptions, type Places, profileOfText } from './profile-of-text.js';
import { looksLikeYaml, otherFileKind, YAML_IS_NOT_READ } from './text-format.js';
import { orTemplate } from './unrendered-template.js';

/**
 * Reads a profile from JSON: OCI's, Docker's and containers/common's supersets of it, and the SeccompProfile object of the
 * security-profiles-operator. Never throws: mistakes are in `problems`, and a text in YAML is one.
 * @param places where the text stands, when it is part of another one; `tally`: of that one
 */
export function parseJsonProfile(
  text: string,
  options: ParseProfileOptions = {},
  places?: Places,
  tally?: MistakeTally,
): ParsedProfile {
  return profileOfText(
    text,
    options,
    (json, report) => {
      if (looksLikeYaml(json)) {
        report({ offset: 0, ...YAML_IS_NOT_READ });
        return { root: undefined, isYaml: false };
      }
      const [document] = readJson(json, readOne);
      for (const problem of document?.problems ?? []) report(problem);
      return { root: document?.root, isYaml: false };
    },
    places,
    tally,
  );
}

/** Reads JSON with `read`; of a text that is something else, says what. */
export function readJson(text: string, read: (text: string) => readonly NodeDocument[]): readonly NodeDocument[] {
  const otherKind = otherFileKind(text);
  if (otherKind !== undefined) return [{ root: undefined, problems: [{ offset: 0, code: 'SP001', ...otherKind }] }];
  return orTemplate(text, read(text));
}

function readOne(text: string): readonly NodeDocument[] {
  return [readJsonNodes(text)];
}
