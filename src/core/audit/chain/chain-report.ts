import type { InstanceSummary } from './instance-summary.js';

/** What checking chains of records came to. */
export interface ChainReport {
  /** Whether nothing wrong was found. It says nothing about the records that are unproven. */
  readonly ok: boolean;
  /** How many records neither a signature nor what was kept elsewhere vouches for; `instances` says which, and since when. */
  readonly unproven: number;
  readonly records: number;
  readonly instances: readonly InstanceSummary[];
  /** In the order they were met; the first is the first bad record. */
  readonly findings: readonly ChainFinding[];
  /** Findings past the limit. */
  readonly findingsOmitted: number;
  /** True things that an auditor should know and that are no faults. */
  readonly notes: readonly string[];
}

/** A place where the proof fails. `line` counts from 1. */
export interface ChainFinding {
  readonly code:
    | 'not-a-record'
    | 'malformed'
    | 'blank-line'
    | 'hole'
    | 'changed'
    | 'rewritten'
    | 'missing'
    | 'out-of-order'
    | 'broken-link'
    | 'no-beginning'
    | 'torn-line'
    | 'bad-checkpoint'
    | 'other-key'
    | 'checkpoint-differs'
    | 'kept-differs'
    | 'kept-twice'
    | 'tail-cut'
    | 'chain-missing'
    | 'ended-differently'
    | 'stop-unsigned'
    | 'after-stop';
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly seq?: number;
  readonly instance?: string;
}
