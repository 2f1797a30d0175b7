/**
 * Whether JSON text is nested deeper than `limit`, told without parsing it. Text with no more opening brackets than the limit
 * cannot be; counting those is several times cheaper than a look at every character, and enough for nearly every review.
 */
export function deeperThan(json: string, limit: number): boolean {
  return moreOpenersThan(json, limit) && depthExceeds(json, limit);
}

function moreOpenersThan(json: string, limit: number): boolean {
  let count = 0;
  for (let at = json.indexOf('{'); at !== -1; at = json.indexOf('{', at + 1)) if (++count > limit) return true;
  for (let at = json.indexOf('['); at !== -1; at = json.indexOf('[', at + 1)) if (++count > limit) return true;
  return false;
}

function depthExceeds(json: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === 0x22) inString = !inString;
    else if (inString) {
      if (unit === 0x5c) at += 1;
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1;
  }
  return false;
}
