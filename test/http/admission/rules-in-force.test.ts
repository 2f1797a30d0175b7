import { documentSet } from '../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../src/core/policy/load/parse-documents.js';
import { compileRuleSet, type RuleSet } from '../../../src/core/policy/rules/rule-set.js';
import { catalogueOf } from '../../../src/core/profile/catalogue-of.js';
import { RulesInForce } from '../../../src/http/admission/rules-in-force.js';

const catalogue = catalogueOf([], { within: () => false });
const policy = (name: string): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: ${name} }\nspec:\n  assign: [{ profile: RuntimeDefault }]\n`;

function rulesOf(text: string): RuleSet {
  const { documents } = documentSet([parseDocuments(text, { file: 'policies.yaml' })]);
  return compileRuleSet(documents, { catalogue, baseline: ['RuntimeDefault'], longestExemption: 90 * 86_400_000 });
}

test('a change keeps the set before for its grace', () => {
  const rules = new RulesInForce();
  const [one, other] = [rulesOf(policy('one')), rulesOf(policy('other'))];
  rules.put(one);
  rules.put(other);
  expect([rules.current, rules.previous]).toEqual([other, one]);
});

test('documents that only moved are named where they stand now, and what was before the last change still counts', () => {
  const rules = new RulesInForce();
  const one = rulesOf(policy('one'));
  rules.put(one);
  rules.put(rulesOf(policy('other')));
  const moved = rulesOf(`\n\n\n${policy('other')}`);
  rules.put(moved);
  expect(rules.current).toBe(moved);
  expect(rules.previous).toBe(one);
  expect(rules.current?.documents.policies[0]?.reference.origin).toBe('policies.yaml:4');
});
