import {
  isDnsLabel,
  isDnsSubdomain,
  parseLabelKey,
  parseLabelValue,
  parseObjectName,
} from '../../../../src/core/policy/values/kubernetes-name.js';
import { parseTime } from '../../../../src/core/policy/values/parse-time.js';

const sentence = (parsed: ReturnType<typeof parseObjectName> | ReturnType<typeof parseTime>): string =>
  parsed.ok ? 'ok' : `${parsed.message}\n    ${parsed.advice}`;

test.each<[text: string, label: boolean, subdomain: boolean]>([
  ['web', true, true],
  ['w', true, true],
  ['9', true, true],
  ['a-b', true, true],
  ['a.b', false, true],
  ['a..b', false, false],
  ['.a', false, false],
  ['a.', false, false],
  ['-a', false, false],
  ['a-', false, false],
  ['a-.b', false, false],
  ['A', false, false],
  ['a_b', false, false],
  ['', false, false],
  ['a\n', false, false],
  ['a'.repeat(63), true, true],
  ['a'.repeat(64), false, true],
  ['a'.repeat(254), false, false],
])('%j: label %s, subdomain %s', (text, label, subdomain) => {
  expect([isDnsLabel(text), isDnsSubdomain(text)]).toEqual([label, subdomain]);
});

test.each(['Web Tier', 'web_tier', 'web/tier', '', '-', '.a.', 'ü'])('the name %j is refused', (text) => {
  expect(sentence(parseObjectName(text))).toMatchSnapshot();
});

test.each<[text: string, ok: boolean]>([
  ['app', true],
  ['App.Kubernetes_io-x', true],
  ['example.com/app', true],
  ['kubernetes.io/metadata.name', true],
  ['example.com/', false],
  ['/app', false],
  ['a/b/c', false],
  ['Example.com/app', false],
  ['-app', false],
  ['app-', false],
  ['', false],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  [`${'a.'.repeat(126)}a/x`, true],
  [`${'a.'.repeat(127)}a/x`, false],
])('the label key %j: %s', (text, ok) => expect(parseLabelKey(text).ok).toBe(ok));

test.each<[text: string, ok: boolean]>([
  ['', true],
  ['web', true],
  ['v1.2_3-x', true],
  ['Web', true],
  ['web-', false],
  ['we b', false],
  ['web*', false],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
])('the label value %j: %s', (text, ok) => expect(parseLabelValue(text).ok).toBe(ok));

test.each<[text: string, time: string]>([
  ['2027-01-31T00:00:00Z', '2027-01-31T00:00:00.000Z'],
  ['2027-01-31T00:00:00.5Z', '2027-01-31T00:00:00.500Z'],
  ['2027-01-31T02:00:00+02:00', '2027-01-31T00:00:00.000Z'],
  ['2027-01-30T19:00:00-05:00', '2027-01-31T00:00:00.000Z'],
  ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
])('%s is a time', (text, time) => {
  const parsed = parseTime(text);
  expect(parsed.ok && new Date(parsed.value).toISOString()).toBe(time);
});

test.each([
  '2027-01-31',
  '2027-01-31T00:00:00',
  '2027-02-30T00:00:00Z',
  '2027-02-29T00:00:00Z',
  '2027-13-01T00:00:00Z',
  '2027-01-31T25:00:00Z',
  '31.1.2027',
  'tomorrow',
  '',
  '2027-01-31 00:00:00Z',
  '90d',
  '2027-01-31t00:00:00z',
])('%j is no time', (text) => {
  expect(sentence(parseTime(text))).toMatchSnapshot();
  expect(parseTime(text).ok).toBe(false);
});
