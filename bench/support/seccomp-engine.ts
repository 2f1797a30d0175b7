/** What bench/seccomp.bench.mjs measures. */
export { compileProfile } from '../../src/seccomp/compile.js';
export { compileEvaluator } from '../../src/seccomp/evaluate.js';
export { lintProfile } from '../../src/seccomp/lint/lint.js';
export { parseProfile } from '../../src/seccomp/parse.js';
export { printOci } from '../../src/seccomp/print.js';
export { syscallNames } from '../../src/seccomp/syscall-table.js';
