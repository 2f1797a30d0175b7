import { compileGlob, type Glob, matchesGlob } from './glob.js';

/**
 * A pattern over a path of components. `*` inside a component stands for any characters of that component; a component
 * `**` stands for any number of components, none too (but at the end of a pattern for at least one).
 * Held as the runs of component patterns between the `**`.
 */
export interface PathGlob {
  readonly runs: readonly (readonly Glob[])[];
}

/** `components` come from a text that was checked already: none is empty, and `**` stands alone in its component. */
export function compilePathGlob(components: readonly string[]): PathGlob {
  const runs: Glob[][] = [[]];
  const endsOpen = components[components.length - 1] === '**';
  components.forEach((component, index) => {
    if (component !== '**') runs[runs.length - 1]?.push(compileGlob(component));
    else if (index === 0 || components[index - 1] !== '**') {
      // `a/**` needs something below `a`: the last `**` is one component `*` behind any number.
      runs.push([]);
    }
  });
  if (endsOpen) runs[runs.length - 1]?.push(compileGlob('*'));
  return { runs };
}

/** Whether the pattern covers the whole path. No backtracking: at most components × pattern components comparisons. */
export function matchesPathGlob(pattern: PathGlob, components: readonly string[]): boolean {
  const { runs } = pattern;
  const first = runs[0] ?? [];
  if (runs.length === 1) return components.length === first.length && runMatchesAt(first, components, 0);
  const last = runs[runs.length - 1] ?? [];
  if (components.length < first.length + last.length) return false;
  if (!runMatchesAt(first, components, 0)) return false;
  const end = components.length - last.length;
  if (!runMatchesAt(last, components, end)) return false;
  let at = first.length;
  for (let i = 1; i < runs.length - 1; i += 1) {
    const run = runs[i] ?? [];
    while (at + run.length <= end && !runMatchesAt(run, components, at)) at += 1;
    if (at + run.length > end) return false;
    at += run.length;
  }
  return true;
}

function runMatchesAt(run: readonly Glob[], components: readonly string[], at: number): boolean {
  for (let i = 0; i < run.length; i += 1) {
    const glob = run[i];
    const component = components[at + i];
    if (glob === undefined || component === undefined || !matchesGlob(glob, component)) return false;
  }
  return true;
}
