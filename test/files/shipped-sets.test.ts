import { readdirSync } from 'node:fs';
import { testedContainers } from '../../src/core/admission/test-run/policy-test-pod.js';
import { runPolicyTest } from '../../src/core/admission/test-run/policy-test-run.js';
import { checkPolicies } from '../../src/core/policy/check/check-policies.js';
import { compileRuleSet } from '../../src/core/policy/rules/rule-set.js';
import { loadPolicies } from '../../src/files/policies/load-policies.js';
import { loadPolicyTests } from '../../src/files/policies/load-policy-tests.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';

const sets = readdirSync('policies').sort();
const options = { baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'], longestExemption: 90 * 86_400_000 };
const now = Date.parse('2026-12-01T00:00:00Z');

test('the sets to start from are there', () => {
  expect(sets).toEqual(['baseline', 'by-image', 'by-label', 'demo', 'exemptions', 'restricted']);
});

describe.each(sets)('policies/%s', (set) => {
  const folder = `policies/${set}`;

  test('passes its own tests', async () => {
    const { documents, problems } = await loadPolicies([folder]);
    expect(problems).toEqual([]);
    const { catalogue } = await loadCatalogue(['profiles']);
    const rules = compileRuleSet(documents, { catalogue, ...options });
    const tests = await loadPolicyTests([folder]);
    expect(tests.problems).toEqual([]);
    const results = tests.suites.flatMap((suite) =>
      suite.tests.map((one) => ({
        name: one.name,
        failures: runPolicyTest(rules, { ...one, now: one.now ?? now, namespaces: suite.namespaces }),
      })),
    );
    expect(results.length).toBeGreaterThan(1);
    expect(results.filter(({ failures }) => failures.length > 0)).toEqual([]);
  });

  test('has nothing that check finds, not even a note', async () => {
    const { documents } = await loadPolicies([folder]);
    const { catalogue } = await loadCatalogue(['profiles']);
    const { suites } = await loadPolicyTests([folder]);
    const containers = suites.flatMap(({ tests }) => tests.flatMap(({ object }) => testedContainers(object)));
    expect(checkPolicies(documents, { catalogue, ...options, now, testedWith: () => containers })).toEqual([]);
  });
});
