import type { LoadedPolicy } from './loaded-document.js';

/** Runs of this many are sorted in one go. */
const RUN = 1024;

/**
 * Policies in the order in which they are asked: priority (high first), then name, and of two with the same name the file before
 * the custom resource. Yields between slices of the work.
 */
export function* inPrecedence(policies: readonly LoadedPolicy[]): Generator<void, readonly LoadedPolicy[], void> {
  let runs: LoadedPolicy[][] = [];
  for (let at = 0; at < policies.length; at += RUN) {
    runs.push(policies.slice(at, at + RUN).sort(comparePrecedence));
    yield;
  }
  while (runs.length > 1) {
    const merged: LoadedPolicy[][] = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(yield* merge(runs[at] ?? [], runs[at + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function comparePrecedence(a: LoadedPolicy, b: LoadedPolicy): number {
  const byPriority = b.value.spec.priority - a.value.spec.priority;
  if (byPriority !== 0) return byPriority;
  if (a.reference.name !== b.reference.name) return a.reference.name < b.reference.name ? -1 : 1;
  return (a.home === 'file' ? 0 : 1) - (b.home === 'file' ? 0 : 1);
}

function* merge(a: readonly LoadedPolicy[], b: readonly LoadedPolicy[]): Generator<void, LoadedPolicy[], void> {
  const merged: LoadedPolicy[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [one, other] = [a[i], b[j]];
    if (one === undefined && other === undefined) return merged;
    if (other === undefined || (one !== undefined && comparePrecedence(one, other) <= 0)) {
      if (one !== undefined) merged.push(one);
      i += 1;
    } else {
      merged.push(other);
      j += 1;
    }
    if (merged.length % (4 * RUN) === 0) yield;
  }
}
