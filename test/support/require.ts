type TestBody = () => unknown;

/**
 * For tests that need a part not every machine has (root, runc, a Kubernetes, a browser).
 * Where the part is missing the test is skipped with the reason in its name; under `.ci/run` (SECCOMPLY_REQUIRE_ALL=1)
 * a missing part is a failure, so that nothing is skipped there unnoticed.
 */
export function itNeeds(available: boolean, reason: string): (name: string, body: TestBody, timeout?: number) => void {
  return (name, body, timeout) => {
    if (available) test(name, async () => void (await body()), timeout);
    else if (process.env.SECCOMPLY_REQUIRE_ALL === '1') {
      test(name, () => {
        throw new Error(`cannot run here: ${reason}`);
      });
    } else test.skip(`${name} (skipped: ${reason})`, () => undefined);
  };
}

/** How often a property is tried: `base` times, multiplied by SECCOMPLY_RUNS (default 1). */
export function runs(base: number): number {
  const factor = Number(process.env.SECCOMPLY_RUNS ?? '1');
  return Math.max(1, Math.round(base * (Number.isFinite(factor) && factor > 0 ? factor : 1)));
}
