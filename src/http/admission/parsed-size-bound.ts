/** What an object or list, a member and an entry come to when they are parsed, in bytes of memory, at most. */
const perBracket = 100;
const perColon = 64;
const perComma = 32;

/**
 * Whether parsing JSON text would take more than about so many bytes of memory: a few characters can become an object of a
 * hundred bytes. What stands in texts counts as if it did not, so that the answer is an upper bound, told without parsing.
 */
export function exceedsParsedSize(json: string, limit: number): boolean {
  // Were it nothing but brackets, it would be lighter still.
  if (json.length * (perBracket + 1) <= limit) return false;
  let weight = json.length;
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === 0x7b || unit === 0x5b) weight += perBracket;
    else if (unit === 0x3a) weight += perColon;
    else if (unit === 0x2c) weight += perComma;
    if (weight > limit) return true;
  }
  return false;
}
