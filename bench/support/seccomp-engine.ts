/** What bench/seccomp.bench.mjs measures. */
export { compileProfile } from '../../src/core/compile/compile.js';
export { compileEvaluator } from '../../src/core/filter/evaluate.js';
export { lintProfile } from '../../src/core/lint/lint.js';
export { printOci } from '../../src/core/profile/print/print-oci.js';
export { parseProfile } from '../../src/core/profile/read/yaml/parse-profile.js';
export { syscallNames } from '../../src/core/syscalls/syscall-table.js';
