import { SourceText } from '../../../document/source-text.js';
import type { Problem } from '../../../problem/problem.js';
import { listed } from '../../../text/words.js';
import type { ParsedProfile } from '../parsed-profile.js';
import { labelOf } from '../profile-label.js';
import { collectProfile, type ParseProfileOptions, tallyOf } from '../profile-of-text.js';
import { looksLikeYaml } from '../text-format.js';
import { readProfileFile } from './profile-file.js';

/**
 * Reads the one profile of a file in any of the formats in use, which may hold other things beside it. Never throws: mistakes are in
 * `problems`, and no profile and more than one are mistakes.
 */
export function parseProfile(text: string, options: ParseProfileOptions = {}): ParsedProfile {
  const { profiles, others, problems } = readProfileFile(text, options);
  const [first, second] = profiles;
  const [other] = others;
  if (first !== undefined && second === undefined && problems.length === 0) return first;
  const found: Problem[] = [...problems];
  if (second !== undefined)
    found.push({
      code: 'SP052',
      severity: 'error',
      message: `this file holds ${profiles.length} profiles: ${listed(profiles.map(labelOf))}`,
      advice: 'put each into a file of its own',
      place: second.placeOf(''),
    });
  else found.push(...(first?.problems ?? others.map(({ foreign }) => foreign)));
  const none = collectProfile(new SourceText(text, options.file), tallyOf(options), () => ({
    // Runtimes read any JSON that they are given.
    root: other?.path === '' && others.length === 1 && !looksLikeYaml(text) ? other.node : undefined,
    document: undefined,
  }));
  return { ...none, problems: found };
}
