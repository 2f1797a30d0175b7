import fc from 'fast-check';

// Properties are tried with the same random values in every run, so that a run that passed passes again: a red CI then speaks of
// the change that it ran on. `SECCOMPLY_SEED=random` (or a number) and SECCOMPLY_RUNS look further.
const seed = process.env.SECCOMPLY_SEED ?? '20261124';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
