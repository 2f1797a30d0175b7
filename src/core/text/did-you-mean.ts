/** The word of `known` that a person most likely meant by `written`; undefined when none is near. */
export function didYouMean(written: string, known: Iterable<string>): string | undefined {
  const wanted = fold(written);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const word of known) {
    const folded = fold(word);
    if (folded === wanted) return word;
    if (Math.abs(folded.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, folded);
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** Case, separators and the SCMP_ prefixes are what people leave out. */
function fold(word: string): string {
  return word
    .slice(0, 64)
    .toUpperCase()
    .replace(/^(?:SCMP_|SECCOMP_)?(?:ACT_|CMP_|ARCH_|FILTER_FLAG_|RET_)?/, '')
    .replace(/[\s_-]+/g, '');
}

/** Letters added, left out, replaced, or two neighbours changed over. */
function editDistance(a: string, b: string): number {
  let beforePrevious: readonly number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (beforePrevious[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitute, swapped));
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
