import type { Severity } from '../../problem/problem.js';
import type { MistakeDetail } from './mistake-detail.js';

/** Something wrong with a profile, at an offset of its text. */
export interface ProfileMistake {
  readonly offset: number;
  readonly path?: string;
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly detail?: MistakeDetail;
  readonly severity?: Severity;
  /** Whether this leaves open what the profile means; errors do unless they say otherwise. */
  readonly blocks?: boolean;
}

/**
 * A mistake whose words take some work: they are made only where it is told. A text can have tens of thousands of them, and of each
 * kind the first thousand are told.
 */
export interface UntoldMistake {
  readonly told: 'error' | 'remark';
  /** Whether this leaves open what the profile means. */
  readonly blocks: boolean;
  /** Of those with the same word here the first of a document is told. */
  readonly once?: string;
  tell(): ProfileMistake;
}

export type Report = (finding: ProfileMistake | UntoldMistake) => void;
