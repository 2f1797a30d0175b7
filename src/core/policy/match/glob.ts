import { bad, good, type Parsed, shown } from '../../text/parsed.js';

/** A pattern over one name, where `*` stands for any run of characters (none too). Split at its stars: `nginx-*` is ['nginx-', '']. */
export interface Glob {
  readonly text: string;
  /** The literal pieces between the stars; a single piece means that there is no star. */
  readonly pieces: readonly string[];
}

/** The name when the pattern has no star, else undefined. */
export function literalOf(glob: Glob): string | undefined {
  return glob.pieces.length === 1 ? glob.pieces[0] : undefined;
}

/**
 * Reads a pattern over names that hold no `/`. `what` names the thing in messages ("a namespace"), `alphabet` is the set of
 * characters that such a name can have: a pattern with another one could never match, and is a mistake.
 */
export function parseGlob(text: string, what: string, alphabet: RegExp): Parsed<Glob> {
  if (text === '') return bad(`an empty text matches no ${what}`, `write a name, or "*" for every ${what}`);
  if (text.includes('**')) return bad(`"**" has no meaning in a pattern for a ${what}`, 'write a single "*"');
  for (const character of text) {
    if (character === '*' || alphabet.test(character)) continue;
    return bad(
      `the name of a ${what} cannot have the character ${shown(character)}: ${shown(text)}`,
      wildcardAdvice(character),
    );
  }
  if (text.length > 253) return bad(`a pattern for a ${what} has at most 253 characters`, 'shorten it');
  return good(compileGlob(text));
}

/** A pattern known to be well formed. */
export function compileGlob(text: string): Glob {
  return { text, pieces: text.split('*') };
}

/** Whether the pattern covers the whole of `text`. Takes time in proportion to the text, whatever the pattern. */
export function matchesGlob(glob: Glob, text: string): boolean {
  const { pieces } = glob;
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return text === first;
  const last = pieces[pieces.length - 1] ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  // The leftmost place for each piece leaves the most room for the rest, so there is never a reason to go back.
  for (let i = 1; i < pieces.length - 1; i += 1) {
    const piece = pieces[i] ?? '';
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

function wildcardAdvice(character: string): string {
  if ('?[]{}!()+^$\\|'.includes(character)) return '"*" is the only wildcard';
  if (/[A-Z]/.test(character)) return 'Kubernetes names are lower case';
  if (character.trim() === '') return 'remove the blank';
  return 'correct the name, or write "*" for what may vary';
}
