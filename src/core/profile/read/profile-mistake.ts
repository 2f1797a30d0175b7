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

export type Report = (finding: ProfileMistake) => void;
