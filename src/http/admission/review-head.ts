/** What the head of an AdmissionReview says about its request. */
export interface ReviewHead {
  readonly uid?: string;
  readonly namespace?: string;
}

/** As much of a review is looked at for them. */
export const reviewHeadBytes = 65_536;

const wanted = new Set(['uid', 'namespace']);

/**
 * Reads `request.uid` and `request.namespace` from the first bytes of an AdmissionReview that is too large or too deep to be parsed. The API
 * server writes them before the object. Only members of `request` itself count, so that nothing inside an object can pose as them.
 */
export function readReviewHead(head: Buffer): ReviewHead {
  const text = head.toString('utf8');
  const keys: (string | undefined)[] = [];
  const found: Record<string, string> = {};
  let depth = 0;
  let key: string | undefined;
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      if (end === undefined) break;
      const value = textOf(text.slice(at, end));
      at = end;
      const next = /^\s*:/.exec(text.slice(at, at + 16));
      if (next !== null && key === undefined) {
        key = value;
        at += next[0].length;
      } else {
        if (depth === 2 && keys[1] === 'request' && key !== undefined && wanted.has(key) && value !== undefined)
          found[key] ??= value;
        key = undefined;
      }
      continue;
    }
    if (character === '{' || character === '[') {
      depth += 1;
      keys[depth - 1] = key;
      key = undefined;
    } else if (character === '}' || character === ']') {
      if (depth === 2 && keys[1] === 'request') break;
      depth -= 1;
      key = undefined;
    } else if (character === ',') key = undefined;
    at += 1;
  }
  return found;
}

function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

function textOf(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
