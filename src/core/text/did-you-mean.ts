/** The word of `known` that a person most likely meant by `written`; undefined when none is near. */
export function didYouMean(written: string, known: Iterable<string>): string | undefined {
  const wanted = fold(written);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const word of known) {
    const folded = fold(word);
    if (folded === wanted) return word;
    if (Math.abs(folded.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, folded, bestDistance);
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

const LONGEST = 64;

/** Case, separators and the SCMP_ prefixes are what people leave out. */
function fold(word: string): string {
  return word
    .slice(0, LONGEST)
    .toUpperCase()
    .replace(/^(?:SCMP_|SECCOMP_)?(?:ACT_|CMP_|ARCH_|FILTER_FLAG_|RET_)?/, '')
    .replace(/[\s_-]+/g, '');
}

/** Used again for each pair: a document can have tens of thousands of words that nobody knows, each held against a hundred. */
let beforePrevious = new Uint8Array(LONGEST + 2);
let previous = new Uint8Array(LONGEST + 2);
let row = new Uint8Array(LONGEST + 2);

/** Letters added, left out, replaced, or two neighbours changed over; of `limit` or more, only that it is so many. */
function editDistance(a: string, b: string, limit: number): number {
  for (let j = 0; j <= b.length; j += 1) previous[j] = j;
  let leastBefore = 0;
  for (let i = 1; i <= a.length; i += 1) {
    row[0] = i;
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let distance = (previous[j - 1] ?? 0) + (isSame ? 0 : 1);
      distance = Math.min(distance, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const isSwapped =
        i > 1 && j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1);
      if (isSwapped) distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1);
      row[j] = distance;
      least = Math.min(least, distance);
    }
    // What follows can only be as near as the two rows that it is made from.
    if (least >= limit && leastBefore >= limit) return limit;
    leastBefore = least;
    [beforePrevious, previous, row] = [previous, row, beforePrevious];
  }
  return previous[b.length] ?? 0;
}
