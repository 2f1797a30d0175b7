import type { Problem } from '../problem/problem.js';
import { shortened } from './quoted.js';

const LONGEST_SENTENCE = 1000;

/** The same with no sentence longer than a person reads: a document can be one long word, and a problem would hold all of it. */
export function inShort(problem: Problem): Problem {
  const { message, advice = '' } = problem;
  if (message.length <= LONGEST_SENTENCE && advice.length <= LONGEST_SENTENCE) return problem;
  return {
    ...problem,
    message: shortened(message, LONGEST_SENTENCE),
    ...(advice === '' ? {} : { advice: shortened(advice, LONGEST_SENTENCE) }),
  };
}
