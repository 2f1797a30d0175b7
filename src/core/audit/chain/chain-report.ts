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
  /** What is not shown, though nothing wrong was found: while there are any, nobody can say that nothing is missing. */
  readonly gaps: readonly ChainGap[];
  readonly gapsOmitted: number;
  /** True things that an auditor should know and that are no faults. */
  readonly notes: readonly string[];
}

/** Something that the records do not show. It is honest after a crash, beside a process that runs, or where files lie elsewhere. */
export interface ChainGap {
  readonly code:
    | 'end-unproven'
    | 'running'
    | 'segments-before'
    | 'instance-elsewhere'
    | 'head-missing'
    | 'file-changed'
    | 'records-elsewhere'
    | 'unfinished'
    | 'not-collected';
  readonly message: string;
  readonly instance: string;
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
    | 'after-stop'
    | 'foreign-record'
    | 'checkpoint-missing'
    | 'bad-head'
    | 'kept-changed'
    | 'left-over'
    | 'not-a-file'
    | 'misplaced';
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly seq?: number;
  readonly instance?: string;
}
