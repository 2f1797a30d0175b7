import {
  compileSelector,
  type LabelSelector,
  type Labels,
  selects,
} from '../../../../src/core/policy/match/label-selector.js';

const holds = (selector: LabelSelector, labels: Labels): boolean => selects(compileSelector(selector), labels);
const expression = (
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist',
  ...values: readonly string[]
): LabelSelector => ({ matchExpressions: [{ key: 'tier', operator, ...(values.length === 0 ? {} : { values }) }] });

/** As metav1.LabelSelector decides, for each selector: no label, an empty one, web, db. */
test.each<[name: string, selector: LabelSelector, absent: boolean, empty: boolean, web: boolean, db: boolean]>([
  ['an empty selector selects everything', {}, true, true, true, true],
  ['empty lists select everything', { matchLabels: {}, matchExpressions: [] }, true, true, true, true],
  ['matchLabels', { matchLabels: { tier: 'web' } }, false, false, true, false],
  ['matchLabels with an empty value needs the label', { matchLabels: { tier: '' } }, false, true, false, false],
  ['In', expression('In', 'web', 'db'), false, false, true, true],
  ['NotIn holds where the label is absent', expression('NotIn', 'web'), true, true, false, true],
  ['Exists holds for an empty value', expression('Exists'), false, true, true, true],
  ['DoesNotExist does not', expression('DoesNotExist'), true, false, false, false],
  [
    'all must hold',
    { matchLabels: { tier: 'web' }, matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] },
    false,
    false,
    false,
    false,
  ],
])('%s', (_, selector, absent, empty, web, db) => {
  expect([{}, { tier: '' }, { tier: 'web' }, { tier: 'db' }].map((labels) => holds(selector, labels))).toEqual([
    absent,
    empty,
    web,
    db,
  ]);
});

test('two expressions over one key must both hold', () => {
  const selector: LabelSelector = {
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['web', 'db'] },
      { key: 'tier', operator: 'NotIn', values: ['db'] },
    ],
  };
  expect([holds(selector, { tier: 'web' }), holds(selector, { tier: 'db' })]).toEqual([true, false]);
});

test('matching is exact: no case folding, no wildcards, no blanks taken off', () => {
  for (const tier of ['Web', ' web', 'web ', 'we*', 'website'])
    expect(holds({ matchLabels: { tier: 'web' } }, { tier })).toBe(false);
});

test('keys of the prototype are no labels, and values that are no text are no values', () => {
  expect(holds({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, {})).toBe(false);
  expect(holds({ matchExpressions: [{ key: 'toString', operator: 'DoesNotExist' }] }, {})).toBe(true);
  expect(holds({ matchLabels: { n: '1' } }, { n: 1 })).toBe(false);
  expect(holds({ matchExpressions: [{ key: 'n', operator: 'Exists' }] }, { n: null })).toBe(false);
  expect(holds(expression('In', 'web'), JSON.parse('{"__proto__":{"tier":"web"}}'))).toBe(false);
});
