import type { Problem } from '../../core/problem/problem.js';

/** What became of a record. `folded`: an earlier record stands for it; `counted`: its namespace's over-quota record does. */
export type Receipt =
  | {
      readonly recorded: true;
      readonly recordId?: string;
      readonly as: 'record' | 'folded' | 'counted' | 'nothing';
      /** What a record takes of the disk. */
      readonly bytes?: number;
    }
  | { readonly recorded: false; readonly recordId?: string; readonly problem: Problem };
