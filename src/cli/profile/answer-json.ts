import type { SyscallAnswer } from '../../core/filter/evaluator.js';
/** An answer as `profile simulate` prints it, alone with `--output json` or a line each with `--batch`. */
export function answerJson(answer: SyscallAnswer): string {
  const rule = typeof answer.rule === 'number' ? String(answer.rule) : `"${answer.rule}"`;
  const ambiguous =
    answer.ambiguous === undefined
      ? ''
      : `,"ambiguous":${JSON.stringify(answer.ambiguous)},"reason":"${answer.reason}"`;
  return `{"action":"${answer.action}","errno":${answer.errno},"rule":${rule}${ambiguous}}`;
}
