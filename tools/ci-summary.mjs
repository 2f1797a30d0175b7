// Adds up what .ci/run saw: jest reports test by test, every other step as one. Usage: ci-summary.mjs RESULTS_DIR SECONDS
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory, seconds] = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const reports = new Set();

for (const file of readdirSync(directory).filter((name) => name.endsWith('.jest.json'))) {
  const report = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  reports.add(file.replace('.jest.json', ''));
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  for (const suite of report.testResults) {
    if (suite.status === 'failed' && suite.assertionResults.length === 0)
      failures.push(`${suite.name}: ${suite.message}`);
    for (const test of suite.assertionResults) if (test.status === 'failed') failures.push(test.fullName);
  }
}
for (const line of readFileSync(join(directory, 'steps'), 'utf8').trim().split('\n')) {
  const [code, name] = line.split('\t');
  // A suite that has a report is counted there, unless it failed without a failed test (a crash, an open handle).
  if (reports.has(name) && (code === '0' || totals.failed > 0)) continue;
  if (code === '0') totals.passed += 1;
  else {
    totals.failed += 1;
    failures.push(`step ${name} ended with exit code ${code}`);
  }
}

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`took ${Math.round(Number(seconds) / 60)} minutes`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
