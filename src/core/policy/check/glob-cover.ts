import { type Glob, matchesGlob } from '../match/glob.js';
import { matchesPathGlob, type PathGlob } from '../match/path-glob.js';

/** A character that no name has: what only a star can match stands for everything that a star can match. */
const ANY = '\u0001';
const MAX_VARIANTS = 64;

/** Whether everything that `b` matches, `a` matches too. */
export function globCovers(a: Glob, b: Glob): boolean {
  return a.text === b.text || matchesGlob(a, b.text.replaceAll('*', ANY));
}

/** Whether some text matches both. */
export function globsMeet(a: Glob, b: Glob): boolean {
  if (a.pieces.length === 1) return matchesGlob(b, a.text);
  if (b.pieces.length === 1) return matchesGlob(a, b.text);
  // Both have a star: what stands between the first and the last is free, so only the ends can differ.
  const [aFirst, bFirst, aLast, bLast] = [a.pieces[0], b.pieces[0], a.pieces.at(-1), b.pieces.at(-1)];
  return startsAlike(aFirst ?? '', bFirst ?? '') && endsAlike(aLast ?? '', bLast ?? '');
}

/** Whether every path that `b` matches, `a` matches too; false where that is not certain. */
export function pathGlobCovers(a: PathGlob, b: PathGlob): boolean {
  const gaps = b.runs.length - 1;
  // With more components in a gap than `a` has patterns, one of them fell to a `**`, and any number would have.
  const longest = gaps === 0 ? 0 : a.runs.reduce((sum, run) => sum + run.length, 0) + 1;
  if ((longest + 1) ** gaps > MAX_VARIANTS) return JSON.stringify(a) === JSON.stringify(b);
  return variants(gaps, longest).every((lengths) => matchesPathGlob(a, componentsOf(b, lengths)));
}

/** Whether some path matches both. */
export function pathGlobsMeet(a: PathGlob, b: PathGlob): boolean {
  return meet(stepsOf(a), stepsOf(b));
}

type Step = Glob | '**';

function stepsOf({ runs }: PathGlob): readonly Step[] {
  return runs.flatMap((run, index): Step[] => (index === 0 ? [...run] : ['**', ...run]));
}

function meet(a: readonly Step[], b: readonly Step[]): boolean {
  // reachable[j]: the first i steps of `a` and the first j of `b` can stand for the same path.
  let reachable: boolean[] = b.map((_, j) => b.slice(0, j).every((step) => step === '**'));
  reachable.push(b.every((step) => step === '**'));
  for (const step of a) {
    const next: boolean[] = [];
    for (let j = 0; j <= b.length; j += 1) {
      const other = b[j - 1];
      const diagonal = j > 0 && reachable[j - 1] === true;
      const above = reachable[j] === true;
      const left = j > 0 && next[j - 1] === true;
      if (step === '**' || other === '**') next.push(above || left);
      else next.push(diagonal && other !== undefined && globsMeet(step, other));
    }
    reachable = next;
  }
  return reachable[b.length] === true;
}

function variants(gaps: number, longest: number): number[][] {
  let all: number[][] = [[]];
  for (let gap = 0; gap < gaps; gap += 1)
    all = all.flatMap((lengths) => Array.from({ length: longest + 1 }, (_, length) => [...lengths, length]));
  return all;
}

function componentsOf({ runs }: PathGlob, lengths: readonly number[]): string[] {
  return runs.flatMap((run, index) => [
    ...(index === 0 ? [] : Array.from({ length: lengths[index - 1] ?? 0 }, () => ANY)),
    ...run.map(({ text }) => text.replaceAll('*', ANY)),
  ]);
}

function startsAlike(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function endsAlike(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a);
}
