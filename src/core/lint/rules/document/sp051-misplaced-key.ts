import type { LintRule } from '../../subject/lint-rule.js';

export const sp051MisplacedKey: LintRule = {
  id: 'SP051',
  severity: 'error',
  title: 'A key that belongs elsewhere',
  why: 'Runtimes ignore keys they do not know: a misspelt "syscalls" leaves a profile without rules, an error as where "names" or "args" are lost. Keys that look like nothing known are notes only; those that begin with _, #, $ or // are taken for comments, and noted once.',
  fix: 'Write the key that was meant, or remove it.',
  failing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","syscall":[]}' },
  passing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}' },
};
